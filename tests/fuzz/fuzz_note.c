/* Notes, keys, checkpoints, genesis and certificates from anywhere. What is a checkpoint is written again the same. */
#include "ledger/checkpoint.h"
#include "ledger/epoch.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_key(const char *text, size_t len)
{
	char again[VKEY_SIZE];
	struct note_key key;

	if (vkey_parse(&key, text, len) != ERR_OK)
		return;
	vkey_format(again, &key);
	if (strlen(again) != len || memcmp(again, text, len) != 0)
		abort();
}

static void try_checkpoint(const char *text, size_t len)
{
	struct checkpoint c;
	struct buf again = {0};

	if (checkpoint_parse(&c, "city.example/k0001/1", text, len) != ERR_OK)
		return;
	checkpoint_format(&again, "city.example/k0001/1", &c);
	if (again.len != len || memcmp(again.data, text, len) != 0)
		abort();
	buf_fini(&again);
}

static void try_genesis(const char *text, size_t len)
{
	struct certificate certificate;
	struct genesis genesis;

	if (genesis_parse(&genesis, text, len) == ERR_OK && origin_check(genesis.identity.name) != ERR_OK)
		abort();
	memset(&genesis, 0, sizeof genesis);
	if (certificate_parse(&certificate, text, len, 2, genesis.hash, &genesis.epoch, &genesis.identity) == ERR_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct note_key key = {.name = "city.example/k0001/1"};
	struct note note;

	if (sodium_init() < 0)
		abort();
	try_key(text, len);
	try_checkpoint(text, len);
	try_genesis(text, len);
	if (note_parse(&note, text, len) != ERR_OK)
		return 0;
	try_checkpoint(note.text, note.text_len);
	if (note.count == 0 || note.count > NOTE_LINES_MAX || note_verify(&note, &key) == ERR_OK)
		abort();
	return 0;
}
