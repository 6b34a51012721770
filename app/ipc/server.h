/* The answering side of the sockets, on sd-event: connections, limits, strict messages, deferred answers, pushes.
 *
 *   bytes ── too long, not a request ──────────► counted, logged, that connection is closed
 *     │ no such method, not for this peer, params that do not fit ──► answered with an error
 *     ▼
 *   hooks.request ── now or later ──► server_answer | server_refuse
 *
 * A peer that is no good is cut off alone, and counted: one that sends what is no request, that does not take its
 * answers (OUTPUT_MAX bytes wait for it), or that asks for what is answered at once more often than anybody can read it
 * (QUICK_BURST, then QUICK_PER_S). What has to be recorded or worked on is waited for, and bounded by that.
 */
#ifndef KANNUKI_IPC_SERVER_H
#define KANNUKI_IPC_SERVER_H

#include "ipc/methods.h"

#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

enum { OUTPUT_MAX = 512 * 1024, QUICK_BURST = 5000, QUICK_PER_S = 500 };

/* Why a peer is cut off, or not let in: too many are, or it is of another user. */
enum cut { CUT_MALFORMED, CUT_OVERSIZED, CUT_STALLED, CUT_FLOOD, CUT_FULL, CUT_FOREIGN, CUT_COUNT };
/* "malformed", "oversized" … */
const char *cut_word(enum cut cut);

struct server;
struct descriptors;

/* Where an answer goes. Stays valid for ever; an answer to a connection that is gone is dropped. */
struct ticket {
	uint64_t connection;
	int64_t id;
};

struct request {
	struct ticket ticket;
	enum peer peer;
	uid_t uid; /* of the process at the other end, as the kernel says */
	const struct method *method;
	json_t *params; /* borrowed, already fitted to the method's table; NULL when absent */
	/* Open files that came along, as many as a PARAM_FILES names. During the hook only; who takes them sets count
	 * to 0. */
	struct descriptors *came;
};

/* The hooks run on the loop and must not block. */
struct server_hooks {
	void (*request)(void *context, const struct request *request);
	void (*gone)(void *context, uint64_t connection);
	void (*cut)(void *context, enum peer peer, uid_t uid, enum cut cut); /* may be NULL */
	void *context;
};

struct server_counts {
	uint64_t accepted, cut[CUT_COUNT];
};

/* `event` and `hooks` are borrowed. */
enum err server_new(sd_event *event, const struct server_hooks *hooks, struct server **out) MUST_USE;
void server_free(struct server *s);

/* From now on only processes of this user may use the socket of `peer`; until then, whoever its mode lets in. */
void server_permit(struct server *s, enum peer peer, uid_t uid);
/* Makes the socket of `peer` below $KANNUKI_ROOT, mode 0660; one left by a dead process is replaced. */
enum err server_listen(struct server *s, enum peer peer, struct fault *f) MUST_USE;
/* Takes over a listening socket made by somebody else (systemd). */
enum err server_take_listener(struct server *s, enum peer peer, int fd, struct fault *f) MUST_USE;
/* The peer whose socket is called `name` ("console"), 0 when there is none. */
enum peer peer_by_name(const char *name);

/* All three take over the JSON reference; NULL stands for an empty object. */
void server_answer(struct server *s, struct ticket ticket, json_t *result);
/* An open file goes along; it is taken over. */
void server_answer_with(struct server *s, struct ticket ticket, json_t *result, int fd);
void server_refuse(struct server *s, struct ticket ticket, const char *code, json_t *args);
void server_push(struct server *s, uint64_t connection, const char *push, json_t *params);

struct server_counts server_counts(const struct server *s);
/* How many peers of a kind are connected. */
unsigned server_connected(const struct server *s, enum peer peer);

#endif
