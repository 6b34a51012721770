#include "firmware/core/panel_inside.h"

#include "firmware/core/registers.h"

#include <string.h>

static bool some_key_is(const struct kept *kept, enum board_store_state state)
{
	return kept->keys[0].state == state || kept->keys[1].state == state;
}

/* 0: none is kept. */
static uint32_t newest_generation(const struct kept *kept)
{
	uint32_t newest = 0;

	for (uint8_t i = 0; i < KEY_SLOTS; i++)
		if (kept->keys[i].state == STORE_IS_KEPT && key_generation(&kept->keys[i]) > newest)
			newest = key_generation(&kept->keys[i]);
	return newest;
}

static enum board_result take(struct panel *p, const uint8_t *bytes)
{
	uint8_t slot = key_slot_next(&p->kept);
	uint32_t generation = register_pair_at(bytes, 0), newest = newest_generation(&p->kept);

	if (memcmp(p->kept.keys[p->keys.newest].bytes, bytes, KEY_BYTES) == 0 &&
	    p->kept.keys[p->keys.newest].state == STORE_IS_KEPT)
		return RESULT_DONE;
	if (some_key_is(&p->kept, STORE_IS_WRITING))
		return RESULT_BUSY;
	if (generation <= newest)
		return RESULT_OLDER;
	/* Nobody may come to the end of the numbers and so shut the slots for ever. */
	if (generation - newest > BOARD_KEY_RISE)
		return RESULT_TOO_FAR;
	if (!panel_spend(&p->host.spent_s, BOARD_COST_KEY_S))
		return RESULT_TOO_SOON;
	memcpy(p->kept.keys[slot].bytes, bytes, KEY_BYTES);
	p->kept.keys[slot].state = STORE_IS_WRITING;
	p->keys.newest = slot;
	return RESULT_DONE;
}

void panel_key(struct panel *p, const uint8_t *words)
{
	uint32_t nonce = register_pair_at(words, KEY_WRITE_NONCE_HIGH);

	if (p->keys.answer.result == RESULT_DONE && p->keys.answer.nonce == nonce)
		return;
	p->keys.answer.nonce = nonce;
	p->keys.answer.result = RESULT_BAD_CHECK;
	if (words_check(words, KEY_WRITE_SIZE))
		p->keys.answer.result = (uint8_t)take(p, words + 2 * KEY_WRITE_GENERATION_HIGH);
}

enum board_result panel_erase_keys(struct panel *p)
{
	for (uint8_t i = 0; i < KEY_SLOTS; i++) {
		p->kept.keys[i].state = STORE_IS_WRITING;
		p->kept.keys[i].blank = true;
	}
	p->keys.erasing = true;
	return RESULT_DONE;
}

void panel_step_keys(struct panel *p)
{
	if (!p->keys.erasing || some_key_is(&p->kept, STORE_IS_WRITING))
		return;
	p->keys.erasing = false;
	if (!some_key_is(&p->kept, STORE_IS_BAD))
		panel_add(p, EVENT_KEYS_ERASED, 0, 0);
}
