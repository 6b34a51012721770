/* The controller's registers as bytes of meaning: pure functions between words on the bus and structures.
 * The layout is board/map.h; a block is trusted only when its header is the one that was asked for.
 */
#ifndef KANNUKI_UPLINK_BLOCK_H
#define KANNUKI_UPLINK_BLOCK_H

#include "uplink/driver.h"

#include <stddef.h>

/* What the header of an answer must say. */
struct block_expected {
	uint16_t block; /* its address */
	bool check_nonce;
	uint16_t nonce;
};

/* ERR_OK, or why the words are not the block that was asked for:
   ERR_FORMAT another block, or shorter than its layout; ERR_STATE another map; ERR_BUSY a late answer. */
enum err block_check(const uint16_t *words, size_t count, const struct block_expected *expected) MUST_USE;

/* ERR_FORMAT when too short; ERR_RANGE when it is not our kind of board. Outputs untouched then. */
enum err identity_decode(const uint16_t *words, size_t count, struct panel_identity *out) MUST_USE;
/* ERR_FORMAT when too short; ERR_RANGE when an event or state contradicts itself. Outputs untouched then. */
enum err status_decode(const uint16_t *words, size_t count, struct panel_state *out) MUST_USE;

/* ERR_FORMAT when too short. */
enum err witness_decode(const uint16_t *words, size_t count, struct panel_witness *out) MUST_USE;

/* ERR_FORMAT when too short. */
enum err keys_decode(const uint16_t *words, size_t count, struct panel_keys *out) MUST_USE;

void poll_encode(uint16_t out[EXCHANGE_POLL_SIZE], uint16_t nonce, const struct panel_wish *wish);
void command_encode(uint16_t out[EXCHANGE_SIZE], uint16_t nonce, const struct panel_wish *wish,
		    const struct panel_command *command);
void witness_encode(uint16_t out[WITNESS_WRITE_SIZE], const struct witness_write *write);
void key_encode(uint16_t out[KEY_WRITE_SIZE], const struct key_write *write);

#endif
