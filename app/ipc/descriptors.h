/* Open files that come along with a message (SCM_RIGHTS).
 *
 * Whatever is done to a file that somebody else opened may take as long as they like: closing a socket that lingers,
 * looking at a file that a program of theirs serves. So a thread of its own closes what nobody wants.
 */
#ifndef KANNUKI_IPC_DESCRIPTORS_H
#define KANNUKI_IPC_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* As many as the kernel lets into one message: what there is no room for it would close itself, in our place. */
enum { DESCRIPTORS_MAX = 253 };

struct descriptors {
	int fd[DESCRIPTORS_MAX];
	unsigned count;
};

/* As recv with MSG_DONTWAIT | MSG_TRUNC. What came along is the caller's. */
ssize_t descriptors_receive(int socket, void *data, size_t len, struct descriptors *out);
/* As send with MSG_NOSIGNAL. */
ssize_t descriptors_send(int socket, void *data, size_t len, const int *fds, unsigned count, int flags);
/* Closes all of them beside the loop. */
void descriptors_drop(struct descriptors *d);
/* So many wait to be closed that somebody must be holding it up on purpose. */
bool descriptors_are_stuck(void);

#endif
