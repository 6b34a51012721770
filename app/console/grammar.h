/* The grammar of commands: a table of patterns, matched word by word. Pure.
 *
 * A pattern is words divided by one space: "report N edit", "incident note [TEXT...]".
 *   lower case   the word itself; any unambiguous beginning will do
 *   N            a number
 *   NxN          two of them
 *   UPPER        any word
 *   [UPPER]      may be left out; only at the end
 *   [UPPER...]   all the rest, maybe nothing; only at the end
 * A typed "quoted part" is one word. Full-width letters, digits and spaces count as half-width ones.
 */
#ifndef KANNUKI_CONSOLE_GRAMMAR_H
#define KANNUKI_CONSOLE_GRAMMAR_H

#include "base/text.h"

struct console;

enum { WORDS_MAX = 32, COMMANDS_MAX = 160 };

/* A typed line in words. `rest[i]` is the line from word i on, as it was typed. */
struct words {
	size_t count;
	char *word[WORDS_MAX];
	const char *rest[WORDS_MAX];
	char *storage[2];
};

struct call;
typedef void command_run(struct console *c, const struct call *call);

struct command {
	const char *pattern;
	const char *help; /* one line, for _() */
	command_run *run; /* NULL: a heading that only explains its first words */
	const char *act;  /* the act of acts.c it asks for, or NULL */
};

/* A command with the words it was called by. */
struct call {
	const struct command *command;
	const struct words *words;
};

/* ERR_FORMAT: a quotation mark is not closed; ERR_FULL: too many words. */
enum err words_split(const char *line, struct words *out) MUST_USE;
void words_free(struct words *words);

enum match_kind {
	MATCH_EMPTY,
	MATCH_RUN,        /* `command` is to run */
	MATCH_HELP,       /* word `word` is "?" or "help": explain what may stand there */
	MATCH_INCOMPLETE, /* word `word` is missing */
	MATCH_UNKNOWN,    /* word `word` does not fit */
	MATCH_AMBIGUOUS   /* word `word` is the beginning of several */
};

struct match {
	enum match_kind kind;
	const struct command *command;
	size_t word;
};

struct match grammar_match(const struct command *table, const struct words *words);

/* One word that may stand at a place, with the line that explains it. */
struct choice {
	char word[32];
	const char *help;
};

/* What may stand as word number `at` after the words before it; with `beginning` only what begins so.
   Returns how many were put into `out` (at most `room`). */
size_t grammar_choices(const struct command *table, const struct words *words, size_t at, const char *beginning,
		       struct choice *out, size_t room);

/* The argument called `name` in the pattern: its word number, or −1 when it was left out. `call` may be NULL. */
int grammar_argument(const struct call *call, const char *name);

#endif
