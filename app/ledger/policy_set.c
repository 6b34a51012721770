/* The policy in force: which witnesses are asked, and whose answers are taken. */
#include "base/text.h"
#include "ledger/bundle.h"
#include "ledger/inside.h"
#include "ledger/pins.h"
#include "ledger/policy.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* As the export and every verifier read it: a body whose `policy` is not a string sets none. */
static enum err take_policy(void *context, const struct record *record)
{
	json_t *body = record->body != NULL ? json_loads(record->body, 0, NULL) : NULL;
	const char *act = json_string_value(json_object_get(body, "act"));
	const json_t *policy = json_object_get(body, "policy");
	struct buf *out = context;
	enum err err = ERR_MISSING;

	if (act != NULL && strcmp(act, "policy.set") == 0 && strcmp(record->type, "system") == 0 &&
	    json_is_string(policy)) {
		buf_add(out, json_string_value(policy), json_string_length(policy));
		err = ERR_OK;
	}
	json_decref(body);
	return err;
}

static enum err find_last(struct ledger *l, uint64_t before, uint64_t *seq)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_LAST_POLICY, (int64_t)before, NULL);

	if (err == ERR_OK)
		*seq = (uint64_t)store_integer(store, STORE_LAST_POLICY, 0);
	store_done(store, STORE_LAST_POLICY);
	return err;
}

enum err policy_in_force(struct ledger *l, struct buf *out, struct fault *f)
{
	uint64_t seq = l->durable.tree.size;
	enum err err = ERR_MISSING;

	while (err == ERR_MISSING) {
		err = find_last(l, seq, &seq);
		if (err == ERR_MISSING) {
			bundle_policy(out, &l->genesis.identity);
			break;
		}
		if (err != ERR_OK)
			return store_fault(media_store(&l->media), err, _("reading"), f);
		err = ledger_read(l, seq, seq + 1, take_policy, out, f);
	}
	if (err != ERR_OK && err != ERR_MISSING)
		return err;
	return buf_status(out) == ERR_OK ? ERR_OK : fault_set(f, buf_status(out), _("no memory"));
}

/* ---- setting one ---- */

static enum err check_policy(const struct ledger *l, const char *text, size_t len, struct fault *f)
{
	struct policy *policy = calloc(1, sizeof *policy);
	struct fault why;
	enum err err;

	if (policy == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	err = policy_parse(policy, text, len, &why);
	if (err == ERR_OK && !utf8_is_valid(text, len))
		err = fault_set(&why, ERR_FORMAT, _("it is not a text of whole lines"));
	if (err != ERR_OK)
		(void)fault_set(f, err, _("this is not a policy: %s"), why.text);
	else if (!policy_has_log(policy, &l->genesis.identity))
		err = fault_set(f, ERR_FORMAT, _("the policy is of another log: no line 'log' has the key of %s"),
				ledger_origin(l));
	free(policy);
	return err;
}

static enum err check_is_new(struct ledger *l, const char *text, size_t len, struct fault *f)
{
	struct buf now = {.cap = BUF_CAP_DEFAULT};
	enum err err = policy_in_force(l, &now, f);

	if (err == ERR_OK && now.data != NULL && now.len == len && memcmp(now.data, text, len) == 0)
		err = fault_set(f, ERR_EXISTS, _("this policy is in force already"));
	buf_fini(&now);
	return err;
}

static enum err record(struct ledger *l, const struct actor *by, const char *text, size_t len, struct moment now,
		       struct fault *f)
{
	struct draft draft = {.who = by->who, .via = by->via, .type = "system", .about = "-"};
	json_t *json = json_pack("{s:s, s:s%}", "act", "policy.set", "policy", text, len);
	char *body = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	enum err err;

	json_decref(json);
	if (body == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	draft.body = body;
	err = ledger_add(l, &draft, now, NULL, NULL, f);
	if (err == ERR_OK)
		err = ledger_commit(l, now, f);
	free(body);
	return err;
}

enum err policy_set(struct ledger *l, const struct actor *by, const char *text, size_t len, struct moment now,
		    struct fault *f)
{
	enum err err = may_write(l, f);

	if (err == ERR_OK && ledger_has_staged(l))
		err = fault_set(f, ERR_STATE, _("entries still wait for their commit"));
	if (err == ERR_OK)
		err = check_policy(l, text, len, f);
	if (err == ERR_OK)
		err = check_is_new(l, text, len, f);
	return err == ERR_OK ? record(l, by, text, len, now, f) : err;
}
