/* Files over the cable itself, by ZMODEM: Debian's lrzsz does the talking. And what a stick needs of it. */
#ifndef KANNUKI_CONSOLE_CARRY_H
#define KANNUKI_CONSOLE_CARRY_H

#include "console/console.h"

#include <sys/types.h>

enum { CARRY_PATH_SIZE = 4096 };

/* A folder of this program alone, empty, for what goes over the cable. False: why has been said. */
bool carry_open(struct console *c, char folder[CARRY_PATH_SIZE]);
void carry_close(const char *folder);
/* How long it will take. */
void carry_say_time(struct console *c, const char *name, uint64_t size);
/* Sends one file. False: not whole. */
bool carry_out(struct console *c, const char *path);
/* Receives files into the folder, of `most` bytes at most altogether. False: they are not whole. */
bool carry_in(struct console *c, const char *folder, uint64_t most);

/* Waits until the terminal program has finished. */
void carry_wait(struct console *c);

void carry_send(struct console *c, const struct call *call);

enum { PIECE_MOST = 48 * 1024 };
/* One piece of an exported file; *size: of the whole. A piece of no bytes is its end; -1: why has been said. */
ssize_t carry_piece(struct console *c, const char *name, uint64_t at, char piece[PIECE_MOST], uint64_t *size);
/* Has it recorded that the file leaves now: `way` is cable or stick. */
bool carry_note(struct console *c, const char *name, const char *way);

#endif
