/* The genesis code as it stands on paper: six groups of four signs, and a word for each group, for reading it to each
   other. Pure. */
#ifndef KANNUKI_KEEPER_PAPER_H
#define KANNUKI_KEEPER_PAPER_H

#include "ledger/ledger.h"

#include <stdbool.h>

enum { PAPER_GROUP = 4, PAPER_GROUPS = GENESIS_CODE_CHARS / PAPER_GROUP };

/* The word for group `group` (from 0): it stands for the group's first sign. In the language in use. */
const char *paper_word(const char *code, unsigned group);
/* Is that the word, in either language, or the group? Capital letters and spaces do not matter. */
bool paper_is_word(const char *code, unsigned group, const char *typed);
bool paper_is_group(const char *code, unsigned group, const char *typed);

#endif
