/* The way to the keeper: it may restart at any moment, and nothing a person typed is lost by it.
 *
 * A request that got no answer is sent again, an act under the same `idem`, so it is never recorded twice.
 * When the session has ended meanwhile, the password is asked for once more.
 */
#ifndef KANNUKI_CONSOLE_KEEPER_H
#define KANNUKI_CONSOLE_KEEPER_H

#include "console/console.h"

/* ERR_OK: *result is a new reference. ERR_DENIED: *result is {"code", "args"}, a new reference. ERR_IO: the person
   gave up waiting. "session" and "lang" are put into `params` (borrowed, changed) where the method takes them. */
enum err keeper_ask(struct console *c, const char *method, json_t *params, json_t **result) MUST_USE;
/* The same with open files that go along, or one that comes with the answer. */
enum err keeper_ask_with(struct console *c, const char *method, json_t *params, struct client_files *files,
			 json_t **result) MUST_USE;

/* One view, with all its pages. NULL: the reason has been said. `about` NULL and `report` 0 are left out. */
json_t *keeper_view(struct console *c, const char *what, const char *about, uint64_t report);
/* Fetches `now` again. False: the reason has been said. */
bool keeper_refresh(struct console *c);
/* The same without a dialogue, for while somebody types: a new reference, or NULL when it cannot be had now. */
json_t *keeper_peek(struct console *c);

/* An act to be recorded. body, text and person are taken (they may be NULL). */
struct deed {
	const char *act;
	const char *about;
	json_t *body;
	json_t *text;
	json_t *person;
	json_t *names;              /* taken: of the files, [{"name"}]; or NULL */
	struct client_files *files; /* that go along; or NULL */
	const char *proof;
};
/* Does it and says the receipt. ERR_DENIED: the reason has been said; ERR_IO: the person gave up waiting. */
enum err keeper_do(struct console *c, struct deed deed);
/* The same without a word when all goes well; *receipt is a new reference, or with ERR_DENIED the refusal. */
enum err keeper_do_quietly(struct console *c, struct deed deed, json_t **receipt) MUST_USE;

/* Asks for a password and logs in as `user`. ERR_DENIED: *result is the refusal. */
enum err keeper_log_in(struct console *c, const char *user, json_t **result) MUST_USE;
/* The same with a password that was asked for; a code from a telephone is asked for where there are any, or never. */
enum code_need { CODE_ASKED_FOR, CODE_NONE };
enum err keeper_log_in_with(struct console *c, const char *user, const char *password, enum code_need code,
			    json_t **result) MUST_USE;
/* Live notices need a subscription on each new connection, and a session with a password of its own. */
void keeper_subscribe(struct console *c);
void keeper_log_out(struct console *c);
/* Of another session than the running one. */
void keeper_end_session(struct console *c, const char *session);

/* For the terminal's watcher. */
int keeper_fd(const struct console *c);
/* Reads pushes; notices when the keeper goes and comes back. */
void keeper_woke(struct console *c);

#endif
