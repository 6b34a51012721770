/* Any words on the bus: the decoders must refuse or give values inside their ranges, and never read past the end. */
#include "uplink/block.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_state(const struct panel_state *s)
{
	if (s->event.uplink > BOARD_UPLINKS || (s->event.number != 0 && s->event.times == 0))
		abort();
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		if (uplink_state_word(uplink_judge(s->uplink[i])) == NULL)
			abort();
	if (event_word(s->event.kind) == NULL || result_word(s->result) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct block_expected expected = {.block = BLOCK_STATUS, .check_nonce = true, .nonce = 1};
	size_t count = size / 2;
	/* Exactly as large as it is said to be, so that the sanitizer sees a read past the end. */
	uint16_t *words = malloc(count * sizeof *words + 1);
	struct panel_identity identity;
	struct panel_witness witness;
	struct panel_state state;

	if (words == NULL)
		return 0;
	memcpy(words, data, count * sizeof *words);
	if (block_check(words, count, &expected) == ERR_OK && words[HEADER_NONCE] != 1)
		abort();
	if (status_decode(words, count, &state) == ERR_OK)
		check_state(&state);
	if (identity_decode(words, count, &identity) == ERR_OK && (identity.fitted & ~BOARD_ALL_UPLINKS) != 0)
		abort();
	if (witness_decode(words, count, &witness) == ERR_OK && result_word(witness.result) == NULL)
		abort();
	free(words);
	return 0;
}
