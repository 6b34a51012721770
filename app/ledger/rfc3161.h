/* What the reply of a time stamp authority says (RFC 3161). libcrypto reads it; its headers and ours claim the same
 * names for errors, so this one includes none of ours.
 */
#ifndef KANNUKI_LEDGER_RFC3161_H
#define KANNUKI_LEDGER_RFC3161_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAMP_IMPRINT_SIZE = 32, STAMP_WORDS_MAX = 200, STAMP_STATUS_NONE = -1 };

struct stamp_reply {
	int64_t status;              /* 0 and 1: it stamped; STAMP_STATUS_NONE: these bytes are no reply */
	char words[STAMP_WORDS_MAX]; /* why it did not, as it came */
	size_t words_len;

	/* Of a stamp. */
	bool is_sha256; /* the imprint is, and so it is known */
	uint8_t imprint[STAMP_IMPRINT_SIZE];
	bool has_nonce;
	uint64_t nonce;
	int64_t wall_ms;
	/* The signature fits, by a certificate that came with it and is for time stamping. Nothing is said of who
	   issued it; nor of its dates, as it may be this machine's clock that is wrong. */
	bool is_signed;
};

void stamp_reply_read(struct stamp_reply *out, const void *data, size_t len);

#endif
