#include "firmware/core/panel_inside.h"

#include "firmware/core/registers.h"

#include <string.h>

enum { ORIGIN_BYTES = 8, SIZE_BYTES = 8 };

/* By how much the size rises, when it rises; the chip has no 64 bits to spare. */
static bool rises_too_far(const uint8_t *before, const uint8_t *after)
{
	uint32_t high = get32(after + ORIGIN_BYTES) - get32(before + ORIGIN_BYTES);
	uint32_t low_before = get32(before + ORIGIN_BYTES + 4), low = get32(after + ORIGIN_BYTES + 4);

	if (low < low_before)
		high--;
	return high != 0 || low - low_before > BOARD_WITNESS_RISE;
}

static bool is_too_soon(const struct panel *p)
{
	return p->witness.is_written && p->uptime_s - p->witness.at_s <= BOARD_WITNESS_REST_S;
}

/* Whether this log may follow the one that is kept. */
static enum board_result judge(const struct panel *p, const uint8_t *bytes, uint16_t epoch)
{
	const struct witness *kept = &p->kept.witness;
	int rise = memcmp(bytes + ORIGIN_BYTES, kept->bytes + ORIGIN_BYTES, SIZE_BYTES);

	if (epoch > 1)
		return RESULT_BAD_ARGUMENT;
	if (kept->state == STORE_IS_EMPTY || memcmp(bytes, kept->bytes, WITNESS_BYTES) == 0)
		return RESULT_DONE;
	if (memcmp(bytes, kept->bytes, ORIGIN_BYTES) != 0)
		return (p->inputs & INPUT_JUMPER) != 0 ? RESULT_DONE : RESULT_OTHER_ORIGIN;
	if (rise <= 0)
		return rise < 0 ? RESULT_OLDER : RESULT_OTHER_ROOT;
	if (rises_too_far(kept->bytes, bytes))
		return RESULT_TOO_FAR;
	return epoch == 0 && is_too_soon(p) ? RESULT_TOO_SOON : RESULT_DONE;
}

static enum board_result take(struct panel *p, const uint8_t *bytes)
{
	struct witness *kept = &p->kept.witness;

	/* What is kept already is not written again, unless it did not stay. */
	if (memcmp(bytes, kept->bytes, WITNESS_BYTES) == 0 &&
	    (kept->state == STORE_IS_KEPT || kept->state == STORE_IS_WRITING))
		return RESULT_DONE;
	if (!panel_spend(&p->host.spent_s, BOARD_COST_WITNESS_S))
		return RESULT_TOO_SOON;
	if (kept->state != STORE_IS_EMPTY && memcmp(bytes, kept->bytes, ORIGIN_BYTES) != 0)
		panel_add(p, EVENT_NEW_ORIGIN, 0, 0);
	memcpy(kept->bytes, bytes, WITNESS_BYTES);
	kept->state = STORE_IS_WRITING;
	p->witness.is_written = true;
	p->witness.at_s = p->uptime_s;
	return RESULT_DONE;
}

void panel_witness(struct panel *p, const uint8_t *words)
{
	const uint8_t *bytes = words + 2 * WITNESS_WRITE_ORIGIN;
	uint32_t nonce = register_pair_at(words, WITNESS_WRITE_NONCE_HIGH);

	p->witness.answer.nonce = nonce;
	p->witness.answer.result = RESULT_BAD_CHECK;
	if (!words_check(words, WITNESS_WRITE_SIZE))
		return;
	p->witness.answer.result = (uint8_t)judge(p, bytes, register_at(words, WITNESS_WRITE_EPOCH));
	if (p->witness.answer.result == RESULT_DONE)
		p->witness.answer.result = (uint8_t)take(p, bytes);
}
