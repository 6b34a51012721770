/* What the bodies of entries say that a rule is about: epochs, redactions, policies, logs before this one. */
#include "ledger/audit_inside.h"

#include "base/text.h"
#include "ledger/number.h"

#include <jansson.h>
#include <string.h>

/* A disclosure said to be redacted, until the redaction that names it is met. */
struct awaited {
	uint64_t seq;
	uint32_t name;
	bool is_found;
	uint8_t digest[HASH_SIZE];
};

static const char *text_of(const json_t *body, const char *member)
{
	return json_string_value(json_object_get(body, member));
}

static bool act_is(const json_t *body, const char *act)
{
	const char *said = text_of(body, "act");

	return said != NULL && strcmp(said, act) == 0;
}

/* ---- epochs ---- */

/* The body of the entry that begins an epoch names the note with the epoch's key. */
static bool names_its_key(const struct audit *a, const json_t *body)
{
	const char *hash = text_of(body, a->entry.epoch == 1 ? "genesis" : "certificate");
	char right[BASE64_SIZE(HASH_SIZE)];

	base64_encode(right, a->key_hash, HASH_SIZE);
	return act_is(body, "epoch.start") && hash != NULL && strcmp(hash, right) == 0;
}

/* ---- the logs before this one ---- */

static bool read_hash(const json_t *object, const char *member, uint8_t out[HASH_SIZE])
{
	const char *text = text_of(object, member);
	size_t len = HASH_SIZE;

	return text != NULL && strlen(text) == BASE64_SIZE(HASH_SIZE) - 1 &&
	       base64_decode(out, &len, text, strlen(text)) == ERR_OK && len == HASH_SIZE;
}

/* This log's origin but for a smaller incarnation. */
static bool is_earlier_origin(const char *origin, const char *ours)
{
	size_t stem = (size_t)(strrchr(ours, '/') + 1 - ours);
	uint64_t incarnation, our_incarnation;

	return strncmp(origin, ours, stem) == 0 && origin_check(origin) == ERR_OK &&
	       number_parse(origin + stem, strlen(origin + stem), &incarnation) == ERR_OK &&
	       number_parse(ours + stem, strlen(ours + stem), &our_incarnation) == ERR_OK &&
	       incarnation < our_incarnation;
}

static bool read_earlier(struct earlier_log *out, const json_t *object, const char *ours)
{
	const json_t *size = json_object_get(object, "size");
	const char *origin = text_of(object, "origin");

	if (origin == NULL || !is_earlier_origin(origin, ours) || json_integer_value(size) < 1)
		return false;
	memcpy(out->origin, origin, strlen(origin) + 1);
	out->head.size = (uint64_t)json_integer_value(size);
	return read_hash(object, "root", out->head.root) && read_hash(object, "genesis", out->genesis);
}

static enum err note_earlier(struct audit *a, const json_t *continues, struct fault *f)
{
	struct earlier_log one = {0};
	const json_t *object;
	size_t i;

	if (continues == NULL)
		return ERR_OK;
	if (!json_is_array(continues))
		return audit_bad_entry(a, f, _("what it says of the logs before this one is not written rightly"));
	json_array_foreach (continues, i, object) {
		if (!read_earlier(&one, object, a->genesis.identity.name))
			return audit_bad_entry(a, f,
					       _("what it says of the logs before this one is not written rightly"));
		if (i < EARLIER_LOGS_MAX)
			buf_add(&a->earlier, &one, sizeof one);
	}
	return buf_status(&a->earlier);
}

static enum err begin_epoch(struct audit *a, const json_t *body, struct fault *f)
{
	if (!names_its_key(a, body))
		return audit_bad_entry(a, f,
				       _("it begins an epoch with another certificate than the one that follows"));
	return a->entry.seq == 0 ? note_earlier(a, json_object_get(body, "continues"), f) : ERR_OK;
}

/* ---- redactions ---- */

enum err audit_await(struct audit *a, enum disclosure_name name, struct fault *f)
{
	struct awaited one = {.seq = a->entry.seq, .name = name};

	if (name == DISCLOSURE_BODY)
		return audit_bad_entry(a, f, _("a body can never be redacted"));
	memcpy(one.digest, a->entry.sd[name], HASH_SIZE);
	buf_add(&a->redactions, &one, sizeof one);
	return buf_status(&a->redactions);
}

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

bool audit_is_approved(const json_t *body)
{
	const json_t *all = json_object_get(body, "approved_by"), *one;
	const char *first = NULL;
	size_t i;

	json_array_foreach (all, i, one) {
		const char *who = json_string_value(one);

		if (who == NULL)
			continue;
		if (first != NULL && strcmp(first, who) != 0)
			return true;
		first = who;
	}
	return false;
}

static void note_redaction(struct audit *a, const json_t *body)
{
	const char *name = text_of(body, "name"), *digest = text_of(body, "digest");
	const json_t *seq = json_object_get(body, "seq");
	char right[BASE64_SIZE(HASH_SIZE)];
	struct awaited *one;

	if (name == NULL || digest == NULL || !json_is_integer(seq) || json_integer_value(seq) < 0 ||
	    !audit_is_approved(body))
		return;
	one = find_awaited(a, (uint64_t)json_integer_value(seq),
			   name_find(disclosure_names, DISCLOSURE_COUNT, name, strlen(name)));
	if (one == NULL || one->seq >= a->entry.seq)
		return;
	base64url_encode(right, one->digest, HASH_SIZE);
	one->is_found |= strcmp(right, digest) == 0;
}

enum err audit_check_redactions(struct audit *a, struct fault *f)
{
	const struct awaited *all = (const struct awaited *)(const void *)a->redactions.data;

	for (size_t i = 0; i < a->redactions.len / sizeof *all; i++) {
		if (all[i].is_found)
			continue;
		if (a->is_part) {
			a->redacted_elsewhere++;
			continue;
		}
		a->blamed = all[i].seq;
		return fault_set(f, ERR_CORRUPT,
				 _("entry %llu: '%s' is said to be redacted, but no redaction names it"),
				 (unsigned long long)all[i].seq, disclosure_names[all[i].name]);
	}
	return ERR_OK;
}

/* ---- all of them ---- */

static enum err note_policy(struct audit *a, const json_t *body)
{
	const char *policy = text_of(body, "policy");

	if (policy == NULL)
		return ERR_OK;
	buf_clear(&a->policy);
	buf_adds(&a->policy, policy);
	return buf_status(&a->policy);
}

static enum err note_system(struct audit *a, const json_t *body)
{
	if (act_is(body, "redaction"))
		note_redaction(a, body);
	return act_is(body, "policy.set") ? note_policy(a, body) : ERR_OK;
}

/* Most bodies of type system are of no interest, and to know that need not be read as JSON: without a backslash
   a string stands there as it is. */
static bool is_of_interest(const struct audit *a)
{
	const struct buf *body = &a->body;

	return a->redactions.len > 0 || memchr(body->data, '\\', body->len) != NULL ||
	       memmem(body->data, body->len, "policy.set", 10) != NULL;
}

enum err audit_judge_body(struct audit *a, struct fault *f)
{
	json_t *body;
	enum err err;

	if (a->entry.type == TYPE_SYSTEM && !is_of_interest(a))
		return ERR_OK;
	body = json_loadb(a->body.data, a->body.len, 0, NULL);
	err = a->entry.type == TYPE_EPOCH ? begin_epoch(a, body, f) : note_system(a, body);
	json_decref(body);
	return err;
}
