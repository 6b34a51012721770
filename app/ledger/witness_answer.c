/* What a witness answered (C2SP tlog-cosignature): all its lines are right and new, or nothing of it is taken. */
#include "base/text.h"
#include "ledger/inside.h"
#include "ledger/pins.h"
#include "ledger/policy.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char dash[] = "\xe2\x80\x94 "; /* a signature line begins with "— " */
enum { DASH_LEN = sizeof dash - 1, ASKED_LOOKED_AT = 64 };
static const uint64_t last_second = 253402300799; /* of the year 9999 */

struct answer {
	struct ledger *ledger;
	struct policy *policy;
	bool is_whole;      /* it has the checkpoint, not only lines */
	struct buf data;    /* what came */
	struct note note;   /* its lines under the text they are of */
	struct buf closing; /* our note of that checkpoint */
	struct checkpoint at;
	struct cosigned taken;
	struct fault *f;
};

static const struct note_key *find_witness(const struct policy *p, const struct note_line *line)
{
	for (unsigned i = 0; i < p->member_count; i++)
		if (!p->members[i].is_group && note_line_is_of(line, &p->members[i].witness))
			return &p->members[i].witness;
	return NULL;
}

/* A whole checkpoint comes back with the log's own lines. */
static bool is_own(const struct answer *a, const struct note_line *line)
{
	const char *origin = ledger_origin(a->ledger);

	return find_witness(a->policy, line) == NULL && line->name_len == strlen(origin) &&
	       memcmp(line->name, origin, line->name_len) == 0;
}

/* ---- reading ---- */

static enum err load_policy(struct answer *a)
{
	struct buf text = {.cap = BUF_CAP_DEFAULT};
	struct fault why;
	enum err err = policy_in_force(a->ledger, &text, a->f);

	if (err == ERR_OK && policy_parse(a->policy, text.data, text.len, &why) != ERR_OK)
		err = fault_set(a->f, ERR_STATE, _("the policy in force cannot be used: %s. Set another one first"),
				why.text);
	buf_fini(&text);
	return err;
}

/* Lines alone are read as those of a note whose text is yet to be found. */
static enum err read_answer(struct answer *a, const char *data, size_t len)
{
	a->is_whole = len < DASH_LEN || memcmp(data, dash, DASH_LEN) != 0;
	if (!a->is_whole)
		buf_adds(&a->data, "?\n\n");
	buf_add(&a->data, data, len);
	if (buf_status(&a->data) != ERR_OK || note_parse(&a->note, a->data.data, a->data.len) != ERR_OK)
		return fault_set(a->f, ERR_FORMAT,
				 _("this is not what a witness answers: neither lines of signatures, nor a checkpoint "
				   "with such lines"));
	return ERR_OK;
}

static enum err check_names(struct answer *a)
{
	unsigned count = 0;

	for (size_t i = 0; i < a->note.count; i++) {
		const struct note_line *line = &a->note.lines[i];

		if (is_own(a, line))
			continue;
		count++;
		if (find_witness(a->policy, line) == NULL)
			return fault_set(
				a->f, ERR_MISSING,
				_("the policy in force names no witness '%.*s' with this key; nothing was taken"),
				(int)line->name_len, line->name);
	}
	return count > 0 ? ERR_OK : fault_set(a->f, ERR_FORMAT, _("there is no line of a witness in it"));
}

/* ---- which checkpoint ---- */

static const struct note_key *first_witness(const struct answer *a)
{
	const struct note_key *witness = NULL;

	for (size_t i = 0; i < a->note.count && witness == NULL; i++)
		witness = find_witness(a->policy, &a->note.lines[i]);
	return witness;
}

/* A whole note says it by itself; of lines alone, the signature tells. */
static bool is_of(struct answer *a, const struct note *ours)
{
	struct note tried = a->note;
	uint64_t time;

	if (a->is_whole)
		return a->note.text_len == ours->text_len && memcmp(a->note.text, ours->text, ours->text_len) == 0;
	tried.text = ours->text;
	tried.text_len = ours->text_len;
	return note_cosigned(&tried, first_witness(a), &time) == ERR_OK;
}

/* The newest epoch before *epoch about whose closing checkpoint a witness was asked. */
static enum err last_asked(struct answer *a, uint64_t *epoch)
{
	struct store *store = media_store(&a->ledger->media);
	enum err err = store_row(store, STORE_LAST_WITNESS_ASKED, (int64_t)*epoch, NULL);

	if (err == ERR_OK)
		*epoch = (uint64_t)store_integer(store, STORE_LAST_WITNESS_ASKED, 0);
	store_done(store, STORE_LAST_WITNESS_ASKED);
	return err == ERR_OK || err == ERR_MISSING ? err : store_fault(store, err, _("reading"), a->f);
}

static enum err refuse_checkpoint(struct answer *a)
{
	struct kept_checkpoint kept;

	if (!a->is_whole)
		return fault_set(a->f, ERR_CRYPTO,
				 _("the signature of the witness %s is wrong, or of none of the checkpoints that "
				   "witnesses were asked about"),
				 first_witness(a)->name);
	if (kept_checkpoint_parse(&kept, a->data.data, a->data.len) != ERR_OK)
		return fault_set(a->f, ERR_FORMAT, _("there is no checkpoint above the lines of the witness"));
	if (strcmp(kept.origin, ledger_origin(a->ledger)) != 0)
		return fault_set(a->f, ERR_MISSING, _("the checkpoint is of another log: %s"), kept.origin);
	return fault_set(a->f, ERR_MISSING, _("no witness was asked about this checkpoint of %llu entries"),
			 (unsigned long long)kept.checkpoint.size);
}

static enum err find_checkpoint(struct answer *a)
{
	uint64_t epoch = a->ledger->running.epoch;
	struct note ours;
	enum err err = ERR_OK;

	for (int i = 0; i < ASKED_LOOKED_AT; i++) {
		err = last_asked(a, &epoch);
		if (err != ERR_OK)
			break;
		buf_clear(&a->closing);
		err = closing_load(a->ledger, epoch, &a->closing, &a->at, a->f);
		if (err != ERR_OK)
			break;
		if (note_parse(&ours, a->closing.data, a->closing.len) == ERR_OK && is_of(a, &ours)) {
			a->note.text = ours.text;
			a->note.text_len = ours.text_len;
			return ERR_OK;
		}
	}
	return err == ERR_OK || err == ERR_MISSING ? refuse_checkpoint(a) : err;
}

/* ---- taking its lines ---- */

static enum err check_line(struct answer *a, size_t index, const struct note *stored, uint64_t *time)
{
	const struct note_line *line = &a->note.lines[index];
	const struct note_key *witness = find_witness(a->policy, line);

	if (note_line_of(stored, witness) >= 0 || note_line_of(&a->note, witness) != (int)index)
		return fault_set(a->f, ERR_EXISTS, _("the witness %s signed the checkpoint of %llu entries before"),
				 witness->name, (unsigned long long)a->at.size);
	if (note_cosigned(&a->note, witness, time) != ERR_OK)
		return fault_set(a->f, ERR_CRYPTO, _("the signature of the witness %s is wrong"), witness->name);
	if (*time > last_second)
		return fault_set(a->f, ERR_RANGE, _("the witness %s signed at a time that no clock shows"),
				 witness->name);
	return ERR_OK;
}

static enum err stage_line(struct answer *a, const struct actor *by, size_t index, uint64_t time, struct moment now)
{
	struct draft draft = {.who = by->who, .via = by->via, .type = "system", .about = "-"};
	const struct note_line *line = &a->note.lines[index];
	const char *from = line->name - DASH_LEN, *lf = rawmemchr(from, '\n');
	char wall[WALL_TEXT_SIZE];
	json_t *json;
	char *body;
	enum err err;

	wall_format(wall, (int64_t)time * 1000);
	json = json_pack("{s:s, s:I, s:s%, s:s}", "act", "witness.cosigned", "size", (json_int_t)a->at.size, "witness",
			 line->name, line->name_len, "time", wall);
	body = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (body == NULL)
		return fault_set(a->f, ERR_NOMEM, _("no memory"));
	draft.body = body;
	err = ledger_add(a->ledger, &draft, now, NULL, NULL, a->f);
	if (err == ERR_OK)
		batch_add(&a->ledger->changes, STORE_PUT_COSIGNATURE, (int64_t)a->at.size,
			  (const struct blob[]){{from, (size_t)(lf + 1 - from)}}, 1);
	if (a->taken.count++ == 0)
		(void)snprintf(a->taken.first, sizeof a->taken.first, "%.*s", (int)line->name_len, line->name);
	free(body);
	return err;
}

static enum err take_lines(struct answer *a, const struct actor *by, struct moment now)
{
	struct buf known = {.cap = NOTE_MAX};
	struct note stored;
	uint64_t time = 0;
	enum err err;

	buf_add(&known, a->closing.data, a->closing.len);
	err = cosignatures_load(a->ledger, a->at.size, &known, a->f);
	if (err == ERR_OK && note_parse(&stored, known.data, known.len) != ERR_OK)
		err = fault_set(a->f, ERR_CORRUPT, _("the stored lines of witnesses are damaged"));
	for (size_t i = 0; i < a->note.count && err == ERR_OK; i++) {
		if (is_own(a, &a->note.lines[i]))
			continue;
		err = check_line(a, i, &stored, &time);
		if (err == ERR_OK && stored.count + a->taken.count == NOTE_LINES_MAX)
			err = fault_set(a->f, ERR_FULL, _("the checkpoint has as many signatures as it can hold"));
		if (err == ERR_OK)
			err = stage_line(a, by, i, time, now);
	}
	buf_fini(&known);
	return err;
}

static enum err accept(struct answer *a, const struct actor *by, const char *data, size_t len, struct moment now)
{
	enum err err = load_policy(a);

	if (err == ERR_OK)
		err = read_answer(a, data, len);
	if (err == ERR_OK)
		err = check_names(a);
	if (err == ERR_OK)
		err = find_checkpoint(a);
	if (err != ERR_OK)
		return err;
	a->taken.size = a->at.size;
	err = take_lines(a, by, now);
	if (err == ERR_OK)
		return ledger_commit(a->ledger, now, a->f);
	ledger_abandon(a->ledger);
	return err;
}

enum err witness_accept(struct ledger *l, const struct actor *by, const void *data, size_t len, struct moment now,
			struct cosigned *out, struct fault *f)
{
	struct answer a = {.ledger = l, .f = f, .data = {.cap = PIN_FILE_MAX + 16}, .closing = {.cap = NOTE_MAX}};
	enum err err = may_write(l, f);

	if (err == ERR_OK && ledger_has_staged(l))
		err = fault_set(f, ERR_STATE, _("entries still wait for their commit"));
	if (err != ERR_OK)
		return err;
	a.policy = calloc(1, sizeof *a.policy);
	err = a.policy != NULL ? accept(&a, by, data, len, now) : fault_set(f, ERR_NOMEM, _("no memory"));
	free(a.policy);
	buf_fini(&a.data);
	buf_fini(&a.closing);
	if (err == ERR_OK)
		*out = a.taken;
	return err;
}
