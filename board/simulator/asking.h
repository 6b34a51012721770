/* The operator's side: one command to a running simulator, or a page on the terminal. */
#ifndef KANNUKI_SIMULATOR_ASKING_H
#define KANNUKI_SIMULATOR_ASKING_H

#include "base/err.h"

#include <stddef.h>

/* Connects to the control socket at `path`. */
enum err asking_open(const char *path, int *fd, struct fault *f) MUST_USE;
/* Sends one line and waits up to ten seconds for its answer, which becomes a heap string without line feed. */
enum err asking_ask(int fd, const char *line, char **answer, struct fault *f) MUST_USE;

/* The page: draws the board and takes keys until q, SIGTERM or the simulator's end. */
enum err page_run(const char *path, struct fault *f) MUST_USE;

#endif
