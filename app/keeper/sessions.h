/* Who is logged in: random tokens in memory, bound to the kind of peer and the user id of its process. */
#ifndef KANNUKI_KEEPER_SESSIONS_H
#define KANNUKI_KEEPER_SESSIONS_H

#include "ipc/methods.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SESSIONS_MAX = 128, SESSIONS_OF_USER_MAX = 8, TOKEN_SIZE = 33, ACCOUNT_SIZE = 65 };

struct session {
	char token[TOKEN_SIZE]; /* 32 hex digits; empty: a free place */
	char user[ACCOUNT_SIZE];
	uint64_t generation; /* of the password it was opened with */
	uid_t uid;
	enum peer peer;
	int64_t used_ns;
	uint8_t totp[20]; /* a new secret that waits for its first code, if has_totp */
	bool has_totp;
	char looked[65]; /* at this restricted case last; "" at none */
};

struct sessions {
	struct session places[SESSIONS_MAX];
	int64_t idle_ns;
};

/* The oldest session of a person who has as many as allowed; it has to end before another begins. Else NULL. */
struct session *sessions_surplus(struct sessions *s, const char *user);
/* NULL: all places are taken. */
struct session *sessions_begin(struct sessions *s, const char *user, uint64_t generation, enum peer peer, uid_t uid,
			       int64_t now_ns);
/* NULL: no such session for this peer, or it has been idle too long. Finding is not using. */
struct session *sessions_find(struct sessions *s, const char *token, enum peer peer, uid_t uid, int64_t now_ns);
void session_end(struct session *session);
/* The next one that has been idle too long; NULL when there is none. */
struct session *sessions_next_idle(struct sessions *s, int64_t now_ns);

#endif
