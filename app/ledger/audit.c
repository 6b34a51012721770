#include "ledger/audit.h"

#include "base/text.h"
#include "ledger/disclosure.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A disclosure said to be redacted, until the redaction that names it is met. */
struct awaited {
	uint64_t seq;
	uint32_t name;
	bool is_found;
	uint8_t digest[HASH_SIZE];
};

static enum err bad_entry(struct audit *a, struct fault *f, const char *reason)
{
	a->blamed = a->tree.size;
	return fault_set(f, ERR_CORRUPT, _("entry %llu: %s"), (unsigned long long)a->tree.size, reason);
}

static enum err bad_note(struct audit *a, struct fault *f, const char *reason)
{
	return fault_set(f, ERR_CORRUPT, "%s: %s", a->file, reason);
}

enum err audit_begin(struct audit *a, const void *genesis, size_t len, const struct audit_source *source,
		     const struct tile_listener *listener, struct fault *f)
{
	*a = (struct audit){.source = *source, .listener = listener, .file = "genesis.note"};
	if (genesis_parse(&a->genesis, genesis, len) != ERR_OK)
		return bad_note(a, f, _("is not a genesis note signed by its own keys"));
	a->file[0] = '\0';
	a->key = a->genesis.epoch;
	memcpy(a->key_hash, a->genesis.hash, HASH_SIZE);
	hash_bytes(a->prev, "", 0);
	a->note.cap = NOTE_MAX;
	a->body.cap = DISCLOSURE_MAX;
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
}

/* Each rule about numbers, and the words for breaking it. */
static const char *broken_order(const struct audit *a, const struct entry *e)
{
	bool begins = e->type == TYPE_EPOCH, is_first = a->tree.size == 0;

	if (e->seq != a->tree.size)
		return _("its 'seq' is another number: an entry was removed, inserted or moved");
	if (memcmp(e->prev, a->prev, HASH_SIZE) != 0)
		return _("its 'prev' does not fit the entry before it: one of the two was changed");
	if (is_first && !begins)
		return _("the first entry does not begin epoch 1");
	if (e->epoch != a->epoch + (begins ? 1 : 0))
		return _("its 'epoch' does not follow");
	if (e->boot != a->boot && !((begins || is_first) && e->boot == a->boot + 1))
		return _("its 'boot' does not follow");
	if (is_first && e->boot != 1)
		return _("its 'boot' does not follow");
	return NULL;
}

enum err audit_entry(struct audit *a, const void *leaf, size_t len, struct fault *f)
{
	struct fault why;
	const char *reason;

	if (entry_parse(&a->entry, leaf, len, &why) != ERR_OK)
		return bad_entry(a, f, why.text);
	reason = broken_order(a, &a->entry);
	if (reason != NULL)
		return bad_entry(a, f, reason);
	hash_leaf(a->leaf, leaf, len);
	buf_clear(&a->body);
	return ERR_OK;
}

/* Strict base64url of ["<salt>","<name>",…]. That its hash fits says that the box wrote the rest so. */
static bool is_disclosure(struct audit *a, enum disclosure_name name, const char *text, size_t len)
{
	char expected[24];
	const char *array = a->decoded;
	size_t size = DISCLOSURE_MAX, salt_len = SALT_SIZE;
	uint8_t salt[SALT_SIZE];
	int expected_len = snprintf(expected, sizeof expected, "\",\"%s\",", disclosure_names[name]);

	return len <= DISCLOSURE_MAX && base64url_decode(a->decoded, &size, text, len) == ERR_OK &&
	       size >= 25 + (size_t)expected_len && array[0] == '[' && array[1] == '"' &&
	       base64url_decode(salt, &salt_len, array + 2, 22) == ERR_OK &&
	       memcmp(array + 24, expected, (size_t)expected_len) == 0 && array[size - 1] == ']';
}

/* Only bodies that a rule is about are read as JSON. */
static bool needs_body(const struct entry *e)
{
	return e->type == TYPE_EPOCH || e->type == TYPE_SYSTEM;
}

static enum err await(struct audit *a, enum disclosure_name name, struct fault *f)
{
	struct awaited one = {.seq = a->entry.seq, .name = name};

	if (name == DISCLOSURE_BODY)
		return bad_entry(a, f, _("a body can never be redacted"));
	memcpy(one.digest, a->entry.sd[name], HASH_SIZE);
	buf_add(&a->redactions, &one, sizeof one);
	return buf_status(&a->redactions);
}

static enum err judge_text(struct audit *a, enum disclosure_name name, const char *text, size_t len, struct fault *f)
{
	uint8_t hash[HASH_SIZE];

	hash_bytes(hash, text, len);
	if (memcmp(hash, a->entry.sd[name], HASH_SIZE) != 0)
		return bad_entry(a, f, _("a disclosed text does not fit its hash: it was changed"));
	if (!is_disclosure(a, name, text, len))
		return bad_entry(a, f, _("a disclosed text is not written as the format wants"));
	if (name == DISCLOSURE_BODY && needs_body(&a->entry) && disclosure_parse(&a->body, name, text, len) != ERR_OK)
		return bad_entry(a, f, _("a disclosed text is not written as the format wants"));
	return ERR_OK;
}

enum err audit_disclosure(struct audit *a, enum disclosure_name name, enum disclosed state, const char *text,
			  size_t len, struct fault *f)
{
	a->counts[state]++;
	if (name == DISCLOSURE_BODY && state != DISCLOSED && a->entry.type == TYPE_EPOCH)
		return bad_entry(a, f, _("it begins an epoch without saying which certificate it uses"));
	if (state == REDACTED)
		return await(a, name, f);
	return state == DISCLOSED ? judge_text(a, name, text, len, f) : ERR_OK;
}

/* ---- epochs ---- */

static enum err take_note(struct audit *a, enum err (*take)(void *, uint64_t, struct buf *), uint64_t epoch,
			  struct fault *f)
{
	enum err err;

	buf_clear(&a->note);
	err = take(a->source.context, epoch, &a->note);
	if (err == ERR_MISSING)
		return bad_note(a, f, _("is missing"));
	if (err == ERR_RANGE || err == ERR_FORMAT)
		return bad_note(a, f, _("is not a note of this log"));
	if (err != ERR_OK)
		return fault_set(f, err, _("%s: cannot be read"), a->file);
	return ERR_OK;
}

static enum err check_closing(struct audit *a, struct fault *f)
{
	const struct note_key *const keys[] = {&a->key, &a->genesis.identity};
	struct checkpoint closing;
	uint8_t root[HASH_SIZE];
	struct note note;
	enum err err;

	(void)snprintf(a->file, sizeof a->file, "checkpoints/%" PRIu64, a->epoch);
	err = take_note(a, a->source.closing, a->epoch, f);
	if (err != ERR_OK)
		return err;
	if (note_parse(&note, a->note.data, a->note.len) != ERR_OK ||
	    checkpoint_parse(&closing, a->genesis.identity.name, note.text, note.text_len) != ERR_OK)
		return bad_note(a, f, _("is not a checkpoint of this log"));
	if (!note_is_signed_exactly(&note, keys, 2))
		return bad_note(a, f, _("is not signed by its epoch and by the identity"));
	tree_root(&a->tree, root);
	if (closing.size != a->tree.size || memcmp(closing.root, root, HASH_SIZE) != 0)
		return bad_note(a, f, _("does not fit the entries before the next epoch"));
	return ERR_OK;
}

static enum err follow_certificate(struct audit *a, struct fault *f)
{
	struct certificate next;
	enum err err;

	(void)snprintf(a->file, sizeof a->file, "epochs/%" PRIu64 ".note", a->entry.epoch);
	err = take_note(a, a->source.certificate, a->entry.epoch, f);
	if (err != ERR_OK)
		return err;
	if (certificate_parse(&next, a->note.data, a->note.len, a->entry.epoch, a->key_hash, &a->key,
			      &a->genesis.identity) != ERR_OK)
		return bad_note(a, f,
				_("is not the certificate that follows, signed by the epoch before and the identity"));
	a->key = next.key;
	memcpy(a->key_hash, next.hash, HASH_SIZE);
	a->file[0] = '\0';
	return ERR_OK;
}

/* The body of the entry that begins an epoch names the note with the epoch's key. */
static bool names_its_key(const struct audit *a, const json_t *body)
{
	const char *act = json_string_value(json_object_get(body, "act"));
	const char *hash = json_string_value(json_object_get(body, a->entry.epoch == 1 ? "genesis" : "certificate"));
	char right[BASE64_SIZE(HASH_SIZE)];

	base64_encode(right, a->key_hash, HASH_SIZE);
	return act != NULL && strcmp(act, "epoch.start") == 0 && hash != NULL && strcmp(hash, right) == 0;
}

static enum err begin_epoch(struct audit *a, const json_t *body, struct fault *f)
{
	enum err err = ERR_OK;

	if (a->entry.epoch > 1) {
		err = check_closing(a, f);
		if (err == ERR_OK)
			err = follow_certificate(a, f);
	}
	if (err == ERR_OK && !names_its_key(a, body))
		err = bad_entry(a, f, _("it begins an epoch with another certificate than the one that follows"));
	return err;
}

/* ---- redactions ---- */

static struct awaited *find_awaited(struct audit *a, uint64_t seq, int name)
{
	struct awaited *all = (struct awaited *)(void *)a->redactions.data;
	size_t low = 0, high = a->redactions.len / sizeof *all;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct awaited *one = &all[middle];

		if (one->seq == seq && one->name == (uint32_t)name)
			return one;
		if (one->seq < seq || (one->seq == seq && one->name < (uint32_t)name))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Two different people, whoever else. */
static bool is_approved(const json_t *approvers)
{
	const char *first = NULL, *id;
	const json_t *one;
	size_t i;

	json_array_foreach (approvers, i, one) {
		id = json_string_value(one);
		if (id != NULL && first != NULL && strcmp(id, first) != 0)
			return true;
		if (id != NULL && first == NULL)
			first = id;
	}
	return false;
}

static void note_redaction(struct audit *a, const json_t *body)
{
	const char *act = json_string_value(json_object_get(body, "act"));
	const char *name = json_string_value(json_object_get(body, "name"));
	const char *digest = json_string_value(json_object_get(body, "digest"));
	const json_t *seq = json_object_get(body, "seq");
	char right[BASE64_SIZE(HASH_SIZE)];
	struct awaited *one;

	if (act == NULL || strcmp(act, "redaction") != 0 || name == NULL || digest == NULL || !json_is_integer(seq) ||
	    json_integer_value(seq) < 0 || !is_approved(json_object_get(body, "approved_by")))
		return;
	one = find_awaited(a, (uint64_t)json_integer_value(seq),
			   name_find(disclosure_names, DISCLOSURE_COUNT, name, strlen(name)));
	if (one == NULL || one->seq >= a->entry.seq)
		return;
	base64url_encode(right, one->digest, HASH_SIZE);
	one->is_found |= strcmp(right, digest) == 0;
}

static enum err check_redactions(struct audit *a, struct fault *f)
{
	const struct awaited *all = (const struct awaited *)(const void *)a->redactions.data;

	for (size_t i = 0; i < a->redactions.len / sizeof *all; i++) {
		if (all[i].is_found)
			continue;
		a->blamed = all[i].seq;
		return fault_set(f, ERR_CORRUPT,
				 _("entry %llu: '%s' is said to be redacted, but no redaction names it"),
				 (unsigned long long)all[i].seq, disclosure_names[all[i].name]);
	}
	return ERR_OK;
}

/* ---- the end of an entry, and of the log ---- */

static enum err judge_body(struct audit *a, struct fault *f)
{
	json_t *body = json_loadb(a->body.data, a->body.len, 0, NULL);
	enum err err = ERR_OK;

	if (a->entry.type == TYPE_EPOCH)
		err = begin_epoch(a, body, f);
	else
		note_redaction(a, body);
	json_decref(body);
	return err;
}

enum err audit_settle(struct audit *a, struct fault *f)
{
	/* What a redaction says matters only when one is awaited. */
	if (a->body.len > 0 && (a->entry.type == TYPE_EPOCH || a->redactions.len > 0)) {
		enum err err = judge_body(a, f);

		if (err != ERR_OK)
			return err;
	}
	a->epoch = a->entry.epoch;
	a->boot = a->entry.boot;
	memcpy(a->prev, a->leaf, HASH_SIZE);
	tree_append(&a->tree, a->leaf, a->listener);
	return ERR_OK;
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
		return bad_note(a, f, _("is not a checkpoint of this log"));
	if (!note_is_signed_exactly(&note, keys, who == AUDIT_BOTH_SIGN ? 2 : 1))
		return bad_note(a, f, _("is not signed by the epoch of the last entry and by the identity"));
	tree_root(&a->tree, root);
	if (last.size != a->tree.size || memcmp(last.root, root, HASH_SIZE) != 0)
		return bad_note(a, f, _("its root is not the root of the entries: an entry was changed or removed"));
	a->file[0] = '\0';
	return check_redactions(a, f);
}
