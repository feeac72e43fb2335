// sockop_preload.c breaks messages up, between a program and libc:
//
//	gcc -shared -fPIC -O2 -Wall -Wextra -Werror -o sockop_preload.so sockop_preload.c -ldl
//	LD_PRELOAD=./sockop_preload.so program
//
// It passes on each send, recv and sendfile with half its length, recv with 20
// bytes at most. All that a program may see of this is what any socket may do at
// any time: short counts. A program that gives the same answers with and without
// this library handles them.
//
// The rules are those of backend.Faults.Split, which does the same inside an
// engine. They are for stream sockets: a datagram would be truncated, not split.

#define _GNU_SOURCE // RTLD_NEXT
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

enum { RECV_MOST = 20 };

// The functions that this library wraps. They are looked up once and only read
// from then on, so threads need no lock.
static ssize_t (*next_send)(int, const void *, size_t, int);
static ssize_t (*next_recv)(int, void *, size_t, int);
static ssize_t (*next_sendfile)(int, int, off_t *, size_t);

static void *lookup(const char *name) {
	void *function = dlsym(RTLD_NEXT, name);
	if (!function) {
		fprintf(stderr, "sockop_preload: %s\n", dlerror());
		abort();
	}
	return function;
}

static void lookup_all(void) {
	// ISO C has no cast from object to function pointers; this is dlsym(3)'s
	// way around it.
	*(void **)&next_send = lookup("send");
	*(void **)&next_recv = lookup("recv");
	*(void **)&next_sendfile = lookup("sendfile");
}

// A constructor would be too late for a send in another library's constructor.
static void resolve(void) {
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, lookup_all);
}

// half leaves 0 and 1 alone: an empty call stays empty, any other makes progress.
static size_t half(size_t n) {
	return n > 1 ? n / 2 : n;
}

ssize_t send(int fd, const void *b, size_t n, int flags) {
	resolve();
	return next_send(fd, b, half(n), flags);
}

ssize_t recv(int fd, void *b, size_t n, int flags) {
	resolve();
	n = half(n);
	return next_recv(fd, b, n < RECV_MOST ? n : RECV_MOST, flags);
}

ssize_t sendfile(int out, int in, off_t *off, size_t n) {
	resolve();
	return next_sendfile(out, in, off, half(n));
}

// Programs built with _FILE_OFFSET_BITS=64 call this. On 64-bit machines it is the
// same function, as it is in libc.
ssize_t sendfile64(int out, int in, off64_t *off, size_t n)
	__attribute__((alias("sendfile")));
