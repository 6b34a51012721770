#include "ledger/audit_inside.h"

#include "base/text.h"
#include "ledger/disclosure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err audit_bad_entry(struct audit *a, struct fault *f, const char *reason)
{
	a->blamed = a->tree.size;
	return fault_set(f, ERR_CORRUPT, _("entry %llu: %s"), (unsigned long long)a->tree.size, reason);
}

enum err audit_bad_note(struct audit *a, struct fault *f, const char *reason)
{
	return fault_set(f, ERR_CORRUPT, "%s: %s", a->file, reason);
}

enum err audit_begin(struct audit *a, const void *genesis, size_t len, const struct audit_source *source,
		     const struct tile_listener *listener, struct fault *f)
{
	*a = (struct audit){.source = *source, .listener = listener, .file = "genesis.note"};
	if (genesis_parse(&a->genesis, genesis, len) != ERR_OK)
		return audit_bad_note(a, f, _("is not a genesis note signed by its own keys"));
	a->file[0] = '\0';
	a->key = a->genesis.epoch;
	memcpy(a->key_hash, a->genesis.hash, HASH_SIZE);
	hash_bytes(a->prev, "", 0);
	a->note.cap = NOTE_MAX;
	a->body.cap = DISCLOSURE_MAX;
	a->policy.cap = DISCLOSURE_MAX;
	a->decoded = malloc(DISCLOSURE_MAX);
	return a->decoded != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, _("no memory"));
}

void audit_fini(struct audit *a)
{
	free(a->decoded);
	a->decoded = NULL;
	buf_fini(&a->body);
	buf_fini(&a->note);
	buf_fini(&a->redactions);
	buf_fini(&a->policy);
	buf_fini(&a->earlier);
}

static bool boot_follows(const struct audit *a, const struct entry *e, bool begins)
{
	if (a->is_part && !a->has_boot && a->tree.size > 0)
		return true;
	if (a->tree.size == 0)
		return e->boot == 1;
	return e->boot == a->boot || (begins && e->boot == a->boot + 1);
}

/* Each rule about numbers, and the words for breaking it. */
static const char *broken_order(const struct audit *a, const struct entry *e)
{
	bool begins = e->type == TYPE_EPOCH;

	if (e->seq != a->tree.size)
		return _("its 'seq' is another number: an entry was removed, inserted or moved");
	if (memcmp(e->prev, a->prev, HASH_SIZE) != 0)
		return _("its 'prev' does not fit the entry before it: one of the two was changed");
	if (a->tree.size == 0 && !begins)
		return _("the first entry does not begin epoch 1");
	if (a->is_part && begins != a->begins)
		return begins ? _("it begins an epoch where the checkpoints know of none")
			      : _("it does not begin the epoch that the checkpoints know of here");
	if (e->epoch != a->epoch + (begins && !a->is_part ? 1 : 0))
		return _("its 'epoch' does not follow");
	if (!boot_follows(a, e, begins))
		return _("its 'boot' does not follow");
	return NULL;
}

static enum err judge_place(struct audit *a, struct fault *f)
{
	const char *reason = broken_order(a, &a->entry);

	if (reason != NULL) {
		a->doubts_last = a->entry.seq == a->tree.size && memcmp(a->entry.prev, a->prev, HASH_SIZE) != 0;
		return audit_bad_entry(a, f, reason);
	}
	if (a->is_part && memcmp(a->leaf, a->placed, HASH_SIZE) != 0)
		return audit_bad_entry(a, f, _("it is not the one whose hash is in the hash tiles: it was changed"));
	buf_clear(&a->body);
	return ERR_OK;
}

enum err audit_entry(struct audit *a, const void *leaf, size_t len, struct fault *f)
{
	struct fault why;

	if (entry_parse(&a->entry, leaf, len, &why) != ERR_OK)
		return audit_bad_entry(a, f, why.text);
	hash_leaf(a->leaf, leaf, len);
	return judge_place(a, f);
}

enum err audit_found_entry(struct audit *a, const struct entry *entry, const uint8_t leaf[HASH_SIZE], struct fault *f)
{
	a->entry = *entry;
	memcpy(a->leaf, leaf, HASH_SIZE);
	return judge_place(a, f);
}

bool audit_needs_body(const struct entry *e)
{
	return e->type == TYPE_EPOCH || e->type == TYPE_SYSTEM;
}

static enum err judge_text(struct audit *a, enum disclosure_name name, const char *text, size_t len, struct fault *f)
{
	uint8_t hash[HASH_SIZE];

	hash_bytes(hash, text, len);
	if (memcmp(hash, a->entry.sd[name], HASH_SIZE) != 0)
		return audit_bad_entry(a, f, _("a disclosed text does not fit its hash: it was changed"));
	if (!disclosure_has_form(a->decoded, name, text, len))
		return audit_bad_entry(a, f, _("a disclosed text is not written as the format wants"));
	if (name == DISCLOSURE_BODY && audit_needs_body(&a->entry) &&
	    disclosure_parse(&a->body, name, text, len) != ERR_OK)
		return audit_bad_entry(a, f, _("a disclosed text is not written as the format wants"));
	return ERR_OK;
}

static enum err take_state(struct audit *a, enum disclosure_name name, enum disclosed state, struct fault *f)
{
	a->counts[state]++;
	if (state == REDACTED)
		return audit_await(a, name, f);
	if (name == DISCLOSURE_BODY && state == WITHHELD && a->entry.type == TYPE_EPOCH)
		return audit_bad_entry(a, f, _("it begins an epoch without saying which certificate it uses"));
	return ERR_OK;
}

enum err audit_disclosure(struct audit *a, enum disclosure_name name, enum disclosed state, const char *text,
			  size_t len, struct fault *f)
{
	enum err err = take_state(a, name, state, f);

	return err == ERR_OK && state == DISCLOSED ? judge_text(a, name, text, len, f) : err;
}

enum err audit_found_disclosure(struct audit *a, enum disclosure_name name, enum disclosed state, const char *value,
				size_t len, struct fault *f)
{
	enum err err = take_state(a, name, state, f);

	if (err != ERR_OK || state != DISCLOSED || name != DISCLOSURE_BODY || !audit_needs_body(&a->entry))
		return err;
	buf_add(&a->body, value, len);
	return buf_status(&a->body);
}

static void append(struct audit *a, const uint8_t leaf[HASH_SIZE])
{
	memcpy(a->prev, leaf, HASH_SIZE);
	tree_append(&a->tree, leaf, a->listener);
}

enum err audit_settle(struct audit *a, struct fault *f)
{
	enum err err = ERR_OK;

	if (a->entry.type == TYPE_EPOCH && a->entry.epoch > 1 && !a->is_part)
		err = audit_follow(a, f);
	if (err == ERR_OK && a->body.len > 0)
		err = audit_judge_body(a, f);
	if (err != ERR_OK)
		return err;
	if (a->entry.type == TYPE_EPOCH)
		a->epoch_began = a->tree.size;
	a->epoch = a->entry.epoch;
	a->boot = a->entry.boot;
	a->entries++;
	a->has_boot = true;
	append(a, a->leaf);
	return ERR_OK;
}

void audit_skip(struct audit *a)
{
	append(a, a->placed);
}

enum err audit_end(struct audit *a, const void *data, size_t len, enum audit_end who, struct fault *f)
{
	const struct note_key *const keys[] = {&a->key, &a->genesis.identity};
	struct checkpoint last;
	uint8_t root[HASH_SIZE];
	struct note note;

	(void)snprintf(a->file, sizeof a->file, "checkpoint.log");
	if (note_parse(&note, data, len) != ERR_OK ||
	    checkpoint_parse(&last, a->genesis.identity.name, note.text, note.text_len) != ERR_OK)
		return audit_bad_note(a, f, _("is not a checkpoint of this log"));
	if (!note_is_signed_exactly(&note, keys, who == AUDIT_BOTH_SIGN ? 2 : 1))
		return audit_bad_note(a, f, _("is not signed by the epoch of the last entry and by the identity"));
	tree_root(&a->tree, root);
	a->doubts_last = memcmp(last.root, root, HASH_SIZE) != 0;
	if (last.size != a->tree.size || a->doubts_last)
		return audit_bad_note(a, f,
				      _("its root is not the root of the entries: an entry was changed or removed"));
	a->file[0] = '\0';
	return audit_check_redactions(a, f);
}
