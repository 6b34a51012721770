/* A life of the board, and its power cut at many instants of it: see cuts.c for what must hold afterwards. */
#ifndef KANNUKI_TEST_CUTS_H
#define KANNUKI_TEST_CUTS_H

#include "tests/firmware/trials.h"

/* How many times the power is cut in one life. */
enum { CUTS_A_LIFE = 25 };

void cuts_try(struct trial *t);

#endif
