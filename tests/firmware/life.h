/* What people and host do to a board, at random, and what may be said of it from then on. */
#ifndef KANNUKI_TEST_LIFE_H
#define KANNUKI_TEST_LIFE_H

#include "tests/firmware/truth.h"

/* Does one thing. */
void life_act(struct trial *t, struct truth *truth);

#endif
