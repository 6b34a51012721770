/* How far a long act is: one line that changes, for a person who waits at a terminal. */
#ifndef KANNUKI_OFFLINE_FAR_H
#define KANNUKI_OFFLINE_FAR_H

#include <stdint.h>

/* `what` is a word for the step, marked with N_(); total 0: nobody knows. */
void far_show(const char *what, uint64_t done, uint64_t total);
/* The same where results are printed meanwhile: not when they go to the terminal, too. */
void far_show_beside(const char *what, uint64_t done);
void far_end(void);

#endif
