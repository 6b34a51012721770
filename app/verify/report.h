/* The verdict, for a person or for a machine. */
#ifndef KANNUKI_VERIFY_REPORT_H
#define KANNUKI_VERIFY_REPORT_H

#include "ledger/verdict.h"

void report_words(const struct verdict *v, const struct known *known);
void report_json(const struct verdict *v, const struct known *known);

#endif
