/* The commands: one table from which the grammar, the help and the menu come. */
#ifndef KANNUKI_CONSOLE_COMMANDS_H
#define KANNUKI_CONSOLE_COMMANDS_H

#include "console/console.h"

extern const struct command commands[];

/* Does what a line says; explains it when it says nothing sensible. */
void commands_run(struct console *c, const char *line);
/* For the Tab key, see struct watcher. */
void commands_complete(struct console *c, const char *line, char *out, size_t size);
/* The command line that does `act` ("report 1 edit"), with `number` for N; false when there is none. */
bool commands_for_act(const char *act, uint64_t number, char *out, size_t size);

/* The argument called `name`; NULL when it was left out. _rest: it and all that follows, as typed. */
const char *argument(const struct call *call, const char *name);
const char *argument_rest(const struct call *call, const char *name);
uint64_t argument_number(const struct call *call);

#endif
