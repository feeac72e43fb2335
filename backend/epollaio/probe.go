package epollaio

import (
	"unsafe"

	"aws/backend/sockop"
)

const withoutAIO = ", or use --backend=uring"

// probe tries the calls without which nothing is served, and which nothing has
// needed so far: a filter that refuses one shows at start, and not as a server that
// answers nobody. No listener is watched yet, so no event is lost.
func (e *engine) probe() error {
	_, errno := e.transfer.EpollWait(e.epfd, e.events, 0)
	if err := sockop.Refusal("epoll_pwait", errno, ""); err != nil {
		return err
	}
	_, errno = e.transfer.IoSubmit(e.aio.ctx, 0, unsafe.Pointer(&e.aio.pointers[0]))
	if err := sockop.Refusal("io_submit", errno, withoutAIO); err != nil {
		return err
	}
	_, errno = e.accept4(-1)
	if err := sockop.Refusal("accept4", errno, ""); err != nil {
		return err
	}
	return e.transfer.Probe()
}
