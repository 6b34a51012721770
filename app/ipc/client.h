/* The asking side of the sockets: for the panel daemon, the console and the other front ends. */
#ifndef KANNUKI_IPC_CLIENT_H
#define KANNUKI_IPC_CLIENT_H

#include "ipc/methods.h"

struct client;

/* Called for each push that arrives while the client waits or is told to read. `params` is borrowed. */
typedef void push_taker(void *context, const char *push, json_t *params);

/* Connects to the socket of `peer` below $KANNUKI_ROOT. Does not block. */
enum err client_open(enum peer peer, push_taker *take, void *context, struct client **out, struct fault *f) MUST_USE;
void client_close(struct client *c);
/* To poll for POLLIN; then client_read. */
int client_fd(const struct client *c);

/* Sends a request (`params` is borrowed, may be NULL) and blocks until its answer or `timeout_ms`; pushes that
   come meanwhile go to the taker.
   ERR_OK: *result is a new reference. ERR_DENIED: the keeper answered with an error; *result is a new reference to
   {"code", "args"}. ERR_TIMEOUT, ERR_IO (connection gone), ERR_RANGE (message too large): *result untouched. */
enum err client_call(struct client *c, const char *method, json_t *params, int timeout_ms, json_t **result,
		     struct fault *f) MUST_USE;
/* The same with open files that go along (they stay the caller's) and one that may come with the answer: *got, the
   caller's to close, -1 when none did. */
struct client_files {
	int given[FILES_MAX];
	unsigned count;
	int got;
};
enum err client_call_with(struct client *c, const char *method, json_t *params, struct client_files *files,
			  int timeout_ms, json_t **result, struct fault *f) MUST_USE;
/* The same without waiting: sends; the answer is given to the taker as push "answer" with {"id", "result"|"error"}.
 *id receives the number. */
enum err client_send(struct client *c, const char *method, json_t *params, int *id, struct fault *f) MUST_USE;
/* Reads what has arrived without blocking, a limited number of messages at once, and hands out pushes.
   ERR_IO: the keeper has gone. */
enum err client_read(struct client *c, struct fault *f) MUST_USE;

#endif
