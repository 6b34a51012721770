/* What the panel's controller has seen of the log: a checkpoint that it keeps in EEPROM and lets only grow. It is given
 * the newest one at the start of each epoch and every ten minutes, always after it is durable here; so a log that holds
 * less, or something else, than the controller has seen is not the log that was kept with it.
 *
 *   agrees        the log begins with what was seen
 *   earlier_log   so does a log before this one; the controller takes the new one only with its jumper set
 *   empty         it has seen none
 *   unreadable    what it kept did not stay
 *   not_compared  the log could not be read there
 *   shorter, other_root, other_log   the log was cut, changed or exchanged
 *   missing_log  it is none of those here, but a log before this one is not here either
 *
 * What was compared is recorded whenever it comes out otherwise than before. A log that contradicts the controller is
 * not shown to it any more: it keeps what it knows until somebody has begun a new incarnation and set the jumper.
 */
#include "keeper/keeper.h"

#include "base/bytes.h"
#include "base/diag.h"
#include "board/map.h"
#include "ledger/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORIGIN_DIGITS = 16 };

static const int64_t again_ns = INT64_C(600) * 1000000000, patience_ns = INT64_C(60) * 1000000000;

static void origin_digits(char out[ORIGIN_DIGITS + 1], const struct ledger *l)
{
	const char *origin = ledger_origin(l);
	uint8_t hash[HASH_SIZE];

	hash_bytes(hash, origin, strlen(origin));
	hex_encode(out, hash, ORIGIN_DIGITS / 2);
}

static bool is_of(const struct seen *s, const struct ledger *l)
{
	char origin[ORIGIN_DIGITS + 1];

	origin_digits(origin, l);
	return strcmp(s->origin, origin) == 0;
}

/* ---- comparing ---- */

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words != NULL && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static const char *compare_with(struct ledger *l, const struct seen *s)
{
	uint8_t root[HASH_SIZE];
	struct fault f;

	if (s->size > ledger_head(l).size)
		return "shorter";
	if (prove_root(l, s->size, root, &f) != ERR_OK) {
		diag(DIAG_ERROR, "the panel's checkpoint could not be compared: %s", f.text);
		return "not_compared";
	}
	return memcmp(root, s->root, HASH_SIZE) == 0 ? "agrees" : "other_root";
}

/* One that is on two media is looked at twice: either may be whole. */
static const char *compare_with_past(const struct keeper *k, const struct seen *s)
{
	const struct past *past = scribe_chain(k->scribe)->past;
	const char *found = "other_log";
	struct ledger *log;

	for (unsigned i = 0; (log = past_log(past, i)) != NULL && strcmp(found, "earlier_log") != 0; i++) {
		if (!is_of(s, log))
			continue;
		found = compare_with(log, s);
		if (strcmp(found, "agrees") == 0)
			found = "earlier_log";
	}
	/* What was seen may be what is missing, also when another half of the same log is here. */
	return is_one_of(found, (const char *const[]){"earlier_log", "not_compared", NULL}) || past_missing(past) == 0
		       ? found
		       : "missing_log";
}

static const char *compare(const struct keeper *k, const struct seen *s)
{
	struct ledger *l = scribe_ledger(k->scribe);

	if (strcmp(s->state, "empty") == 0 || strcmp(s->state, "bad") == 0)
		return s->state[0] == 'e' ? "empty" : "unreadable";
	return is_of(s, l) ? compare_with(l, s) : compare_with_past(k, s);
}

static bool contradicts(const struct seen *s)
{
	static const char *const bad[] = {"shorter", "other_root", "other_log", "missing_log", NULL};

	return s->is_known && is_one_of(s->verdict, bad);
}

bool seen_needs_care(const struct keeper *k)
{
	return contradicts(&k->seen) || (k->seen.is_known && strcmp(k->seen.verdict, "earlier_log") == 0);
}

static void record_verdict(struct keeper *k)
{
	const struct recall *recall = scribe_recall(k->scribe);
	const struct seen *s = &k->seen;
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("log.witnessed")};

	if (strcmp(recall->seen_verdict, s->verdict) == 0 && strcmp(recall->seen_by, s->controller) == 0)
		return;
	if (contradicts(s))
		diag(DIAG_ERROR,
		     "the panel's controller has seen %" PRIu64 " entries of a log that is not the one here (%s)",
		     s->size, s->verdict);
	entry.body = json_pack("{s:s, s:I, s:I, s:s}", "verdict", s->verdict, "size", (json_int_t)s->size, "entries",
			       (json_int_t)ledger_head(scribe_ledger(k->scribe)).size, "controller", s->controller);
	scribe_note(k->scribe, &entry);
	json_decref(entry.body);
}

/* ---- showing it the log ---- */

uint64_t seen_next_size(uint64_t seen, uint64_t size)
{
	return size > seen && size - seen > BOARD_WITNESS_RISE ? seen + BOARD_WITNESS_RISE : size;
}

static void show(struct keeper *k, const struct checkpoint_info *head)
{
	struct seen *s = &k->seen;
	bool is_ours = is_of(s, scribe_ledger(k->scribe));
	uint64_t size = is_ours ? seen_next_size(s->size, head->size) : head->size;
	char origin[ORIGIN_DIGITS + 1], root[HEX_SIZE(HASH_SIZE)];
	uint8_t hash[HASH_SIZE];
	bool is_epoch = head->epoch != s->epoch;
	struct fault f;

	s->epoch = head->epoch;
	s->at_ns = moment_now().boot_ns;
	s->is_due = false;
	if (prove_root(scribe_ledger(k->scribe), size, hash, &f) != ERR_OK) {
		diag(DIAG_ERROR, "the panel could not be shown the log: %s", f.text);
		return;
	}
	origin_digits(origin, scribe_ledger(k->scribe));
	hex_encode(root, hash, HASH_SIZE);
	s->command = ++k->panel.command;
	server_push(k->server, k->panel.connection, "panel.checkpoint",
		    json_pack("{s:I, s:s, s:I, s:s, s:b}", "command", (json_int_t)s->command, "origin", origin, "size",
			      (json_int_t)size, "root", root, "epoch", (int)is_epoch));
}

void seen_mind(struct keeper *k)
{
	struct seen *s = &k->seen;
	int64_t passed_ns = moment_now().boot_ns - s->at_ns;
	struct checkpoint_info head;
	bool is_ours;

	if (!s->is_known || scribe_ledger(k->scribe) == NULL || (s->command != 0 && passed_ns < patience_ns))
		return;
	head = ledger_head(scribe_ledger(k->scribe));
	is_ours = is_of(s, scribe_ledger(k->scribe));
	if ((contradicts(s) && is_ours) || (is_ours && s->size == head.size && strcmp(s->state, "kept") == 0))
		return;
	/* A new incarnation has begun since. */
	s->is_due = s->is_due || (!is_ours && strcmp(s->verdict, "agrees") == 0);
	if (s->is_due || head.epoch != s->epoch || passed_ns >= again_ns)
		show(k, &head);
}

void seen_jumper(struct keeper *k, json_t *faults)
{
	bool is_set = false;
	json_t *fault;
	size_t i;

	json_array_foreach (faults, i, fault)
		is_set = is_set || (json_is_string(fault) && strcmp(json_string_value(fault), "jumper") == 0);
	k->seen.is_due = k->seen.is_due || (is_set && !k->seen.has_jumper && seen_needs_care(k));
	k->seen.has_jumper = is_set;
	seen_mind(k);
}

/* ---- what the daemon tells ---- */

void panel_witness(struct keeper *k, const struct request *r, const struct session *session)
{
	struct seen *s = &k->seen;
	size_t len = sizeof s->root;

	(void)session;
	server_answer(k->server, r->ticket, NULL);
	if (k->panel.connection != r->ticket.connection)
		return;
	(void)snprintf(s->controller, sizeof s->controller, "%s", param_text(r, "controller"));
	(void)snprintf(s->state, sizeof s->state, "%s", param_text(r, "state"));
	(void)snprintf(s->origin, sizeof s->origin, "%s", param_text(r, "origin"));
	s->size = param_count(r, "size");
	(void)!hex_decode(s->root, &len, param_text(r, "root"), 2 * sizeof s->root);
	s->verdict = compare(k, s);
	s->is_known = true;
	record_verdict(k);
	panel_push_lamps(k);
	/* What has just been refused is not shown again at once. */
	if (s->command == 0)
		seen_mind(k);
}

void seen_done(struct keeper *k, uint64_t command, bool ok, const char *detail)
{
	struct seen *s = &k->seen;
	const char *why = ok ? "" : detail != NULL ? detail : "no_answer";

	if (command != s->command)
		return;
	s->command = 0;
	if (strcmp(s->refused, why) != 0)
		reader_push_changed(k);
	(void)snprintf(s->refused, sizeof s->refused, "%s", why);
}

void seen_forget(struct keeper *k)
{
	k->seen = (struct seen){.is_known = false};
}

json_t *seen_json(const struct keeper *k)
{
	const struct seen *s = &k->seen;
	uint64_t size = s->size;
	char code[10];

	if (!s->is_known)
		return NULL;
	if (is_of(s, scribe_ledger(k->scribe)))
		size = chain_number(scribe_chain(k->scribe), size);
	checkpoint_short_code(code, s->root);
	return json_pack("{s:s, s:I, s:s, s:s}", "verdict", s->verdict, "entries", (json_int_t)size, "code", code,
			 "refused", s->refused);
}
