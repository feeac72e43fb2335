// io_submit.c is a library that provides io_submit and answers by the number
// of operations: 1 is taken, 2 fails as in libaio, 3 fails as in a wrapper of
// syscall(2), 4 fails as in libaio with the one errno that reads like 3.

#include <errno.h>

int io_submit(void *ctx, long n, void **iocbs);

int io_submit(void *ctx, long n, void **iocbs) {
	(void)ctx;
	(void)iocbs;
	switch (n) {
	case 1:
		return 1;
	case 2:
		return -EAGAIN;
	case 3:
		errno = EBADF;
		return -1;
	default:
		return -EPERM;
	}
}
