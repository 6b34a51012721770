/* What may be a PIN. Pure. */
#ifndef KANNUKI_KEEPER_CODES_H
#define KANNUKI_KEEPER_CODES_H

enum { PIN_MIN = 6, PIN_MAX = 12 };

/* NULL: it will do. Else a word for what is wrong: digits, length, same, run, pattern. */
const char *pin_fault(const char *pin);

#endif
