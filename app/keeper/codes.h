/* What people type besides passwords: what may be a PIN, codes from a telephone (RFC 6238: SHA-1, 30 s, 6 digits),
 * recovery codes, passwords that the keeper makes. */
#ifndef KANNUKI_KEEPER_CODES_H
#define KANNUKI_KEEPER_CODES_H

#include "base/bytes.h"

#include <stdbool.h>

enum { PIN_MIN = 6, PIN_MAX = 12 };

/* NULL: it will do. Else a word for what is wrong: digits, length, same, run, pattern. */
const char *pin_fault(const char *pin);

enum { TOTP_BYTES = 20, TOTP_STEP_MS = 30000 };

/* The code of one step of 30 s since 1970, six digits. */
unsigned totp_code(const uint8_t secret[TOTP_BYTES], uint64_t step);
/* Is it the code of the step at `wall_ms`, or of the one before or after it, and of none up to `used`? *step is that of
   the code. */
bool totp_fits(const uint8_t secret[TOTP_BYTES], const char *code, int64_t wall_ms, uint64_t used, uint64_t *step);

enum { RANDOM_PASSWORD_SIZE = sizeof "abcd-efgh-jkmn-pqrs", RECOVERY_HASH_BYTES = 16 };

/* Sixteen letters and digits that nobody confuses: 79 bits. */
void password_random(char out[RANDOM_PASSWORD_SIZE]);
/* Of such a password when it is a recovery code, however it was typed. So long and random, it needs no slow hash. */
void recovery_hash(char out[HEX_SIZE(RECOVERY_HASH_BYTES)], const char *typed);

#endif
