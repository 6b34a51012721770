/* What the auditor brought: an older checkpoint, a code on paper, a policy of witnesses. */
#include "ledger/verdict_inside.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* ---- reading ---- */

static enum err read_from_bundle(struct buf *out, const char *path, struct fault *f)
{
	struct bundle bundle;
	enum err err = bundle_open(&bundle, path, f);

	if (err != ERR_OK)
		return err;
	err = bundle_read(&bundle, "checkpoint.log", NOTE_MAX, out);
	bundle_close(&bundle);
	return err == ERR_OK ? ERR_OK
			     : fault_set(f, err, _("%s: is not a bundle: its checkpoint.log cannot be read (%s)"), path,
					 err_name(err));
}

/* A note is not larger than it may be and does not begin as a ZIP file does; else it must be a bundle. */
enum err kept_checkpoint_read(struct kept_checkpoint *out, const char *path, struct fault *f)
{
	struct buf note = {.cap = NOTE_MAX};
	enum err err = file_read(path, NOTE_MAX, &note, f);

	if (err != ERR_OK || (note.len >= 2 && memcmp(note.data, "PK", 2) == 0)) {
		buf_clear(&note);
		note.err = ERR_OK;
		err = read_from_bundle(&note, path, f);
	}
	if (err == ERR_OK && kept_checkpoint_parse(out, note.data, note.len) != ERR_OK)
		err = fault_set(f, ERR_FORMAT, _("%s: is not a checkpoint that was kept"), path);
	buf_fini(&note);
	return err;
}

/* ---- while the tree grows ---- */

static struct checkpoint checkpoint_now(const struct verifier *v)
{
	struct checkpoint now = {.size = v->audit.tree.size};

	tree_root(&v->audit.tree, now.root);
	return now;
}

void verify_pass(struct verifier *v)
{
	const struct kept_checkpoint *since = v->known->since;
	const struct paper_code *paper = v->known->paper;
	struct checkpoint now;

	if (since != NULL && since->checkpoint.size == v->audit.tree.size) {
		now = checkpoint_now(v);
		v->since_fits = memcmp(now.root, since->checkpoint.root, HASH_SIZE) == 0;
	}
	if (paper != NULL && paper->size == v->audit.tree.size) {
		now = checkpoint_now(v);
		v->paper_fits = paper_code_fits(paper, v->verdict->origin, &now);
	}
}

/* ---- witnesses ---- */

static bool is_known_line(const struct policy *p, const struct note_line *line)
{
	for (unsigned i = 0; p != NULL && i < p->member_count; i++)
		if (!p->members[i].is_group && note_line_is_of(line, &p->members[i].witness))
			return true;
	return false;
}

static enum err check_witness(struct verifier *v, const char *path, const struct note *note, unsigned member,
			      bool *has_signed)
{
	const struct note_key *witness = &v->known->policy->members[member].witness;
	uint64_t time;
	enum err err = note_cosigned(note, witness, &time);

	*has_signed = err == ERR_OK;
	if (err != ERR_CRYPTO)
		return ERR_OK;
	(void)snprintf(v->verdict->file, sizeof v->verdict->file, "%s", path);
	return fault_set(v->f, ERR_CORRUPT, _("%s: the signature of the witness %s is wrong"), path, witness->name);
}

enum err verify_witnesses(struct verifier *v, const char *path, const struct note *note, uint64_t size)
{
	const struct policy *p = v->known->policy;
	bool signed_by[POLICY_MEMBERS_MAX] = {0};
	struct verdict *out = v->verdict;

	for (size_t i = 2; i < note->count; i++)
		out->witness_lines += is_known_line(p, &note->lines[i]) ? 0 : 1;
	if (p == NULL)
		return ERR_OK;
	for (unsigned i = 0; i < p->member_count; i++) {
		enum err err = p->members[i].is_group ? ERR_OK : check_witness(v, path, note, i, &signed_by[i]);

		if (err != ERR_OK)
			return err;
		if (signed_by[i] && size > out->witness_sizes[i])
			out->witness_sizes[i] = size;
	}
	if (policy_holds(p, signed_by)) {
		v->is_witnessed = true;
		out->witnessed = size > out->witnessed ? size : out->witnessed;
	}
	return ERR_OK;
}

/* ---- at the end ---- */

static enum err bad_pin(struct verifier *v)
{
	v->is_pin_at_fault = true;
	return ERR_CORRUPT;
}

static enum err check_since(struct verifier *v)
{
	const struct kept_checkpoint *since = v->known->since;
	unsigned long long kept = since->checkpoint.size, size = v->verdict->checkpoint.size;

	if (strcmp(since->origin, v->verdict->origin) != 0)
		(void)fault_set(v->f, ERR_CORRUPT, _("the checkpoint you kept is of another log: %s"), since->origin);
	else if (kept > size)
		(void)fault_set(
			v->f, ERR_CORRUPT,
			_("the log is shorter (%llu entries) than the checkpoint you kept (%llu): its end was cut off"),
			size, kept);
	else if (!v->since_fits)
		(void)fault_set(
			v->f, ERR_CORRUPT,
			_("the first %llu entries are not those of the checkpoint you kept: the log was changed since"),
			kept);
	else
		v->verdict->since = kept;
	return v->verdict->since != 0 ? ERR_OK : bad_pin(v);
}

static enum err check_paper(struct verifier *v)
{
	unsigned long long kept = v->known->paper->size, size = v->verdict->checkpoint.size;

	if (kept > size)
		(void)fault_set(
			v->f, ERR_CORRUPT,
			_("the log is shorter (%llu entries) than the code on paper says (%llu): its end was cut off"),
			size, kept);
	else if (!v->paper_fits)
		(void)fault_set(
			v->f, ERR_CORRUPT,
			_("the first %llu entries are not those of the code on paper: the log was changed since, "
			  "or the code is of another log or was mistyped"),
			kept);
	else
		v->verdict->paper = kept;
	return v->verdict->paper != 0 ? ERR_OK : bad_pin(v);
}

static enum err check_policy(struct verifier *v)
{
	if (!policy_has_log(v->known->policy, &v->audit.genesis.identity))
		(void)fault_set(v->f, ERR_CORRUPT,
				_("the policy given is of another log: no line 'log' has this one's key"));
	else if (!v->is_witnessed)
		(void)fault_set(
			v->f, ERR_CORRUPT,
			_("no checkpoint in the bundle is signed by as many witnesses as the policy given asks for"));
	else
		return ERR_OK;
	return bad_pin(v);
}

enum err verify_pins(struct verifier *v)
{
	enum err err = ERR_OK;

	if (v->known->since != NULL)
		err = check_since(v);
	if (err == ERR_OK && v->known->paper != NULL)
		err = check_paper(v);
	if (err == ERR_OK && v->known->policy != NULL)
		err = check_policy(v);
	return err;
}
