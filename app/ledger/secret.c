/* The secret of the next epoch as it is stored: sealed with the wrapping key, and inside of that, where the panel's
 * controller keeps keys, with one of those. The outer seal says which of the two it is, and proves the wrapping key
 * either way.
 *
 *   "epoch 7"           seed
 *   "epoch 7 in slot"   nonce[24] ‖ XChaCha20-Poly1305(seed; "epoch 7") with the controller's key
 */
#include "ledger/inside.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char alone[] = "", in_slot[] = " in slot";

static void name(char out[48], uint64_t epoch, const char *how)
{
	(void)snprintf(out, 48, "epoch %" PRIu64 "%s", epoch, how);
}

/* The newest that is kept; NULL: none is, or none is wanted. */
static const uint8_t *key_to_seal(const struct slot_keys *slots)
{
	return slots != NULL && slots->seals && slots->kept > 0 ? slots->key[slots->kept - 1] : NULL;
}

void secret_seal(const struct ledger *l, uint64_t epoch, const uint8_t seed[SEED_SIZE], struct buf *out)
{
	const uint8_t *slot = key_to_seal(l->slots);
	struct buf inner = {.cap = 256};
	char what[48];

	name(what, epoch, alone);
	if (slot == NULL) {
		seal(out, l->keys.wrap, what, seed, SEED_SIZE);
		return;
	}
	seal(&inner, slot, what, seed, SEED_SIZE);
	name(what, epoch, in_slot);
	if (buf_status(&inner) == ERR_OK)
		seal(out, l->keys.wrap, what, inner.data, inner.len);
	else
		out->err = buf_status(&inner);
	buf_fini(&inner);
}

static enum err open_with_slots(const struct slot_keys *slots, const char *what, const struct buf *inner,
				struct buf *seed)
{
	enum err err = ERR_CRYPTO;

	if (slots == NULL)
		return err;
	for (unsigned i = 0; i < slots->kept && err == ERR_CRYPTO; i++)
		err = unseal(seed, slots->key[i], what, inner->data, inner->len);
	/* A controller that was exchanged since has it no more. */
	if (err == ERR_CRYPTO && slots->is_sealed)
		err = unseal(seed, slots->present, what, inner->data, inner->len);
	return err;
}

enum err secret_open(const struct ledger *l, uint64_t epoch, struct blob sealed, struct buf *seed)
{
	struct buf inner = {.cap = 256};
	char what[48];
	enum err err;

	name(what, epoch, alone);
	err = unseal(seed, l->keys.wrap, what, sealed.data, sealed.len);
	if (err != ERR_CRYPTO)
		return err;
	name(what, epoch, in_slot);
	err = unseal(&inner, l->keys.wrap, what, sealed.data, sealed.len);
	if (err == ERR_OK) {
		name(what, epoch, alone);
		err = open_with_slots(l->slots, what, &inner, seed);
		err = err == ERR_CRYPTO ? ERR_DENIED : err;
	}
	buf_fini(&inner);
	return err;
}

void secret_is_stored(const struct ledger *l)
{
	struct slot_keys *slots = l->slots;
	const uint8_t *slot = key_to_seal(slots);

	if (slots == NULL)
		return;
	slots->is_sealed = slot != NULL;
	if (slot != NULL)
		memcpy(slots->present, slot, SLOT_KEY_SIZE);
	else
		sodium_memzero(slots->present, SLOT_KEY_SIZE);
}
