#include "ipc/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STUCK_FROM = 256 };

/* One for the process; the thread reads the numbers of what it is to close. */
static struct {
	pthread_once_t once;
	int to; /* -1: there is no such thread */
	atomic_uint waiting;
} closer = {.once = PTHREAD_ONCE_INIT, .to = -1};

static void *close_all(void *context)
{
	int from = *(const int *)context, fd;

	while (read(from, &fd, sizeof fd) == (ssize_t)sizeof fd) {
		(void)close(fd);
		atomic_fetch_sub(&closer.waiting, 1);
	}
	return NULL;
}

/* Signals are for the program's own thread. */
static void start(void)
{
	static int ends[2];
	sigset_t all, before;
	pthread_t thread;
	int result;

	if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0)
		return;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&thread, NULL, close_all, &ends[0]);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result == 0 && pthread_detach(thread) == 0)
		closer.to = ends[1];
}

void descriptors_drop(struct descriptors *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		(void)pthread_once(&closer.once, start);
		atomic_fetch_add(&closer.waiting, 1);
		if (write(closer.to, &d->fd[i], sizeof d->fd[i]) == (ssize_t)sizeof d->fd[i])
			continue;
		atomic_fetch_sub(&closer.waiting, 1);
		(void)close(d->fd[i]);
	}
	d->count = 0;
}

bool descriptors_are_stuck(void)
{
	return atomic_load(&closer.waiting) >= STUCK_FROM;
}

static void take(const struct cmsghdr *part, struct descriptors *out)
{
	size_t len = part->cmsg_len - CMSG_LEN(0);

	if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t at = 0; at + sizeof(int) <= len && out->count < DESCRIPTORS_MAX; at += sizeof(int))
		memcpy(&out->fd[out->count++], CMSG_DATA(part) + at, sizeof(int));
}

union control {
	char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	struct cmsghdr aligned;
};

ssize_t descriptors_receive(int socket, void *data, size_t len, struct descriptors *out)
{
	union control control;
	struct iovec piece = {data, len};
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	out->count = 0;
	if (got < 0)
		return got;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part != NULL; part = CMSG_NXTHDR(&message, part))
		take(part, out);
	return got;
}

ssize_t descriptors_send(int socket, void *data, size_t len, const int *fds, unsigned count, int flags)
{
	union control control = {.bytes = {0}};
	struct iovec piece = {data, len};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	if (count > 0 && count <= DESCRIPTORS_MAX) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.aligned = (struct cmsghdr){CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.aligned), fds, count * sizeof(int));
	}
	return sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}
