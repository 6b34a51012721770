/* Keeps a program that is about to be run to one folder (Landlock): it creates, writes and removes files nowhere else.
 * The names of files that come over a cable are the sender's, and rz takes those that begin with '/' for what they are.
 */
#ifndef KANNUKI_CONSOLE_CONFINE_H
#define KANNUKI_CONSOLE_CONFINE_H

#include <stdbool.h>

/* Can this machine do it? */
bool confine_is_possible(void);
/* For the rest of this process and what it runs; between fork and exec. False: it is not kept to anything. */
bool confine_to(const char *folder);

#endif
