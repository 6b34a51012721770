/* Requests that wait for the worker, because a password or PIN is checked or hashed for them. */
#ifndef KANNUKI_KEEPER_ERRAND_H
#define KANNUKI_KEEPER_ERRAND_H

#include "keeper/keeper.h"

struct errand {
	struct password_job job; /* first: the worker hands back a pointer to it */
	struct keeper *keeper;
	struct request request; /* params is a reference of our own */
	char account[ACCOUNT_SIZE];
	char name[ACCOUNT_SIZE];
	char token[TOKEN_SIZE];
	uint64_t generation; /* of the password, with `is_pin` of the PIN */
	bool is_pin;
	proven *go_on;
};

typedef void errand_done(void *context, struct password_job *job);

/* NULL: out of memory. */
struct errand *errand_new(struct keeper *k, const struct request *r, const char *password, errand_done *done);
void errand_free(struct errand *e);
/* Hands it to the worker, or refuses. */
void errand_send(struct keeper *k, struct errand *e);
/* On behalf of somebody who is logged in, to check the password; errand_send is still to come. NULL: refused. */
struct errand *errand_of_session(struct keeper *k, const struct request *r, const struct session *session,
				 const char *password, errand_done *done);
/* The account still is as it was when the errand began. */
bool errand_is_current(struct keeper *k, const struct errand *e);
/* Counts the failure and says it. */
void errand_refuse(struct errand *e);

/* True when the name has to wait, which has been answered then. */
bool is_locked(struct keeper *k, const struct request *r, const char *name);
struct session *own_session(struct keeper *k, const struct request *r, const char *token);

#endif
