// Command iosubmit shows what answers io_submit through libc. It submits 1 to 4
// operations to an AIO context that does not exist, and prints each answer: EINVAL
// from the kernel, something else from a preloaded library.
package main

import (
	"fmt"
	"unsafe"

	"aws/backend/sockop"
)

func main() {
	calls := sockop.Calls{Libc: true}
	for n := 1; n <= 4; n++ {
		taken, errno := calls.IoSubmit(0, n, unsafe.Pointer(nil))
		fmt.Println(n, taken, int(errno))
	}
}
