#include "verify/report.h"

#include <jansson.h>
#include <stdio.h>

static void set_text(json_t *json, const char *key, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(json, key, json_string(text));
}

static void set_number(json_t *json, const char *key, uint64_t number)
{
	(void)json_object_set_new(json, key, json_integer((json_int_t)number));
}

static void set_hash(json_t *json, const char *key, const uint8_t hash[HASH_SIZE])
{
	char text[BASE64_SIZE(HASH_SIZE)];

	base64_encode(text, hash, HASH_SIZE);
	set_text(json, key, text);
}

static void set_counts(json_t *json, const struct verdict *v)
{
	set_number(json, "entries_checked", v->entries);
	set_number(json, "epochs", v->epochs);
	set_number(json, "disclosed", v->counts[DISCLOSED]);
	set_number(json, "withheld", v->counts[WITHHELD]);
	set_number(json, "redacted", v->counts[REDACTED]);
	set_number(json, "redacted_elsewhere", v->redacted_elsewhere);
	set_number(json, "blobs_checked", v->blobs_checked);
	set_number(json, "blobs_encrypted", v->blobs_encrypted);
	set_number(json, "blobs_absent", v->blobs_absent);
	set_number(json, "proofs", v->proofs);
	set_number(json, "time_stamps", v->stamps);
	set_number(json, "unchecked_witness_lines", v->witness_lines);
	set_number(json, "unsigned_files", v->unsigned_files);
	set_number(json, "foreign_files", v->foreign_files);
}

static json_t *json_of_witnesses(const struct verdict *v, const struct policy *policy)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < policy->member_count; i++) {
		json_t *one;

		if (policy->members[i].is_group)
			continue;
		one = json_object();
		set_text(one, "name", policy->members[i].witness.name);
		set_number(one, "size", v->witness_sizes[i]);
		(void)json_array_append_new(all, one);
	}
	return all;
}

/* Only what was brought and fits. */
static void set_pins(json_t *json, const struct verdict *v, const struct known *known)
{
	if (v->since > 0)
		set_number(json, "since", v->since);
	if (v->paper > 0)
		set_number(json, "paper", v->paper);
	if (known->policy == NULL)
		return;
	if (v->witnessed > 0)
		set_number(json, "witnessed", v->witnessed);
	(void)json_object_set_new(json, "witnesses", json_of_witnesses(v, known->policy));
}

static void set_continues(json_t *json, const struct verdict *v)
{
	json_t *all = json_array();

	for (size_t i = 0; i < v->earlier_count; i++) {
		json_t *one = json_object();

		set_text(one, "origin", v->earlier[i].origin);
		set_number(one, "size", v->earlier[i].head.size);
		set_hash(one, "root", v->earlier[i].head.root);
		set_hash(one, "genesis", v->earlier[i].genesis);
		(void)json_array_append_new(all, one);
	}
	(void)json_object_set_new(json, "continues", all);
}

void report_json(const struct verdict *v, const struct known *known)
{
	static const char *const words[] = {
		[VERDICT_GOOD] = "good", [VERDICT_BAD] = "bad", [VERDICT_UNKNOWN] = "unknown"};
	json_t *json = json_object();

	set_text(json, "verdict", words[v->kind]);
	set_text(json, "reason", v->fault.text);
	if (v->has_entry)
		set_number(json, "entry", v->entry);
	set_text(json, "file", v->file);
	set_text(json, "origin", v->origin);
	set_text(json, "genesis", v->code);
	set_number(json, "size", v->checkpoint.size);
	set_hash(json, "root", v->checkpoint.root);
	if (v->is_part) {
		set_number(json, "from", v->from);
		set_number(json, "to", v->to);
	}
	set_counts(json, v);
	set_pins(json, v, known);
	if (v->earlier_count > 0)
		set_continues(json, v);
	(void)json_dumpf(json, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(json);
}
