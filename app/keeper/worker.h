/* One thread beside the loop that does Argon2id, so that a flood of logins never delays a press.
 *
 * Jobs wait in lanes, each for so many at most, and the lanes are served in turn: a flood through the web page keeps
 * nobody at the serial line from logging in, and no flood anybody who is logged in from putting a seal.
 */
#ifndef KANNUKI_KEEPER_WORKER_H
#define KANNUKI_KEEPER_WORKER_H

#include "keeper/secrets.h"

#include <systemd/sd-event.h>

enum { PASSWORD_MAX = 256, WORKER_LANE_MAX = 8 };

enum password_lane { LANE_OWN /* of people who are logged in */, LANE_CONSOLE, LANE_WEB, LANE_CLI, LANES };

enum password_work { PASSWORD_VERIFY, PASSWORD_MAKE };

/* Begins a heap structure of the asker. */
struct password_job {
	struct password_job *next;
	enum password_work work;
	enum password_lane lane;
	char password[PASSWORD_MAX + 1]; /* wiped as soon as the work is done */
	char hash[SECRET_HASH_SIZE];     /* in for VERIFY, out for MAKE */
	enum err result;                 /* ERR_CRYPTO: wrong password */
	/* On the loop, with the job handed back: free it. */
	void (*done)(void *context, struct password_job *job);
	/* The worker ends before the work is done: free it without an answer. NULL: free(job). */
	void (*forget)(struct password_job *job);
	void *context;
};

struct worker;

enum err worker_new(sd_event *event, struct worker **out, struct fault *f) MUST_USE;
/* Waits for the work in hand; what is still queued is freed without an answer. */
void worker_free(struct worker *w);
/* Takes over the job. ERR_FULL: its lane is full and the job stays the caller's. */
enum err worker_take(struct worker *w, struct password_job *job) MUST_USE;

/* What the thread does; blocks for about a tenth of a second. */
void password_work(struct password_job *job);

#endif
