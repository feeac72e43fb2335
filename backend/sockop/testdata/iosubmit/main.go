// Command iosubmit shows who answers io_submit through libc. It submits 1 to 4
// operations to an AIO context that does not exist, and prints each answer:
// the kernel's is EINVAL, a preloaded library's is something else.
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
