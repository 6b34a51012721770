/* The console: what all its parts share. One person at one terminal, talking to one keeper. */
#ifndef KANNUKI_CONSOLE_CONSOLE_H
#define KANNUKI_CONSOLE_CONSOLE_H

#include "console/grammar.h"
#include "console/terminal.h"
#include "ipc/client.h"

enum { ABOUT_SIZE = 65, USER_SIZE = 65, SESSION_SIZE = 33 };

/* The worst that became of a command. */
enum trouble { TROUBLE_NONE, TROUBLE_REFUSED, TROUBLE_MISUSED, TROUBLE_AWAY };

struct console {
	struct terminal *terminal;
	enum peer peer; /* which socket of the keeper */
	bool at_once;   /* one command: nothing is waited for */
	enum trouble trouble;
	/* Hears each answer, or refusal, before it is put into words; or NULL. */
	void (*hear)(const char *method, json_t *params, enum err err, json_t *result);
	struct client *client; /* NULL while the keeper is away */
	bool told_away;        /* the reader knows that it is */
	bool changed;          /* something was recorded since `now` was fetched */
	bool own_act;          /* … by this person, here */
	unsigned told_tenth;   /* of the long work that is waited for */
	char user[USER_SIZE];
	char session[SESSION_SIZE]; /* "" while nobody is logged in */
	char about[ABOUT_SIZE];     /* the incident in hand, "" for none */
	const char *doing;          /* the command that is being run, NULL for none */
	/* One command: the open files that were handed over with it, and their names. */
	struct client_files handed;
	const char *handed_names[FILES_MAX];
	const char *field;           /* … and the field of a report that is asked for, or NULL */
	const struct buf *written;   /* … and the lines of a text so far, or NULL */
	json_t *draft;               /* a half-typed text that is taken up again, or NULL */
	json_t *now;                 /* the newest view `now`, NULL before the first */
	enum lang lang, lang_before; /* _before: where it was not plain ASCII */
	bool ascii;
	const char *speeds; /* of the line, NULL: as they are */
	bool heeds_modem;
	bool locked;
	unsigned lock_s; /* without a key, until the screen is locked; 0: never */
	bool leave;      /* the program is to end */
};

/* A shorthand for the many lines: wrapped, later lines indented by two. */
#define SAY(c, ...) terminal_put((c)->terminal, 2, __VA_ARGS__)

/* Members of objects, never NULL. */
const char *string_of(json_t *object, const char *key);
uint64_t number_of(json_t *object, const char *key);
bool is_true(json_t *object, const char *key);
/* What to call a thing with "id" and "label" (or another key): the label, or the id where the terminal cannot
   show it. */
const char *label_of(const struct console *c, json_t *object, const char *key);
/* "2026-11-20T…Z" under `key`, −1 when absent. */
int64_t wall_of(json_t *object, const char *key);
int64_t wall_now(void);

#endif
