/* Files on their way between the cable and the keeper. Their names are words of whoever sent them, never paths. */
#ifndef KANNUKI_CONSOLE_SPOOL_H
#define KANNUKI_CONSOLE_SPOOL_H

#include "console/carry.h"
#include "console/keeper.h"

struct spool {
	char folder[CARRY_PATH_SIZE]; /* "": there is none */
	struct client_files files;
	json_t *names; /* [{"name"}] */
};

/* What was handed over with the command, or comes over the cable, or nothing. False: the person left. */
bool spool_fill(struct console *c, struct spool *s);
/* Records the act with them, waiting while the keeper has its hands full. */
enum err spool_record(struct console *c, const struct spool *s, struct deed deed);
void spool_drop(struct spool *s);

/* Gives a file of the evidence out: over the cable, or at one command into the present folder. */
void spool_give(struct console *c, const char *about, uint64_t evidence, size_t number, json_t *file);

#endif
