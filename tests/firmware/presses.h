/* A trial of presses: several buttons at random moments, their contacts bouncing, short spikes on the others, while the
 * controller has something else to do. See presses.c for what must hold.
 */
#ifndef KANNUKI_TEST_PRESSES_H
#define KANNUKI_TEST_PRESSES_H

#include "tests/firmware/trials.h"

void presses_try(struct trial *t);

#endif
