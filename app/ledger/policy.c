#include "ledger/policy.h"

#include "base/text.h"
#include "ledger/number.h"

#include <string.h>

struct word {
	const char *at;
	size_t len;
};

/* The words of one line. */
struct words {
	const char *at, *end;
};

static bool next_word(struct words *line, struct word *out)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
		line->at++;
	*out = (struct word){.at = line->at};
	while (line->at < line->end && *line->at != ' ' && *line->at != '\t')
		line->at++;
	out->len = (size_t)(line->at - out->at);
	return out->len > 0;
}

static bool is_at_end(struct words *line)
{
	struct word none;

	return !next_word(line, &none);
}

/* A web address that nobody here calls may stand at the end of a line. */
static bool may_end_with_address(struct words *line)
{
	struct word address;

	return !next_word(line, &address) || is_at_end(line);
}

static bool word_is(const struct word *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->at, text, word->len) == 0;
}

/* ---- the lines ---- */

static int member_find(const struct policy *p, const struct word *name)
{
	for (unsigned i = 0; i < p->member_count; i++)
		if (word_is(name, p->members[i].name))
			return (int)i;
	return -1;
}

/* The next member, which counts when its line turns out to be right. NULL: `reason` says why it gets none. */
static struct policy_member *name_member(struct policy *p, struct words *line, const char **reason)
{
	struct policy_member *member = &p->members[p->member_count];
	struct word name;

	if (!next_word(line, &name) || name.len > NOTE_NAME_MAX || word_is(&name, "none"))
		*reason = _("it has no name that can be used");
	else if (member_find(p, &name) >= 0)
		*reason = _("its name is already taken");
	else if (p->member_count == POLICY_MEMBERS_MAX)
		*reason = _("there are too many lines like it");
	if (*reason != NULL)
		return NULL;
	*member = (struct policy_member){.group = -1};
	memcpy(member->name, name.at, name.len);
	return member;
}

static const char *take_log(struct policy *p, struct words *line)
{
	struct note_key key;
	struct word vkey;

	if (!next_word(line, &vkey) || vkey_parse(&key, vkey.at, vkey.len) != ERR_OK)
		return _("the key is not that of a log");
	for (unsigned i = 0; i < p->log_count; i++)
		if (memcmp(p->logs[i].key, key.key, KEY_SIZE) == 0)
			return _("its key was named before");
	if (p->log_count == POLICY_LOGS_MAX)
		return _("there are too many lines like it");
	p->logs[p->log_count++] = key;
	return may_end_with_address(line) ? NULL : _("it has words too many");
}

static const char *take_witness(struct policy *p, struct words *line)
{
	const char *reason = NULL;
	struct policy_member *witness = name_member(p, line, &reason);
	struct word vkey;

	if (witness == NULL)
		return reason;
	if (!next_word(line, &vkey) || witness_vkey_parse(&witness->witness, vkey.at, vkey.len) != ERR_OK)
		return _("the key is not that of a witness");
	for (unsigned i = 0; i < p->member_count; i++)
		if (!p->members[i].is_group && memcmp(p->members[i].witness.key, witness->witness.key, KEY_SIZE) == 0)
			return _("its key was named before");
	p->member_count++;
	return may_end_with_address(line) ? NULL : _("it has words too many");
}

static bool read_needed(const struct word *word, uint64_t members, uint64_t *needed)
{
	if (word_is(word, "any"))
		*needed = 1;
	else if (word_is(word, "all"))
		*needed = members;
	else if (number_parse(word->at, word->len, needed) != ERR_OK)
		return false;
	return *needed >= 1 && *needed <= members;
}

static const char *take_group(struct policy *p, struct words *line)
{
	const char *reason = NULL;
	struct policy_member *group = name_member(p, line, &reason);
	struct word threshold, name;
	uint64_t members = 0, needed;

	if (group == NULL)
		return reason;
	if (!next_word(line, &threshold))
		return _("it does not say how many of which members it needs");
	for (; next_word(line, &name); members++) {
		int member = member_find(p, &name);

		if (member < 0)
			return _("it has a member that no line above names");
		if (p->members[member].group >= 0)
			return _("it has a member that is listed already");
		p->members[member].group = (int)p->member_count;
	}
	if (!read_needed(&threshold, members, &needed))
		return _("it does not say how many of which members it needs");
	group->is_group = true;
	group->needed = (unsigned)needed;
	p->member_count++;
	return NULL;
}

static const char *take_quorum(struct policy *p, struct words *line, bool *has_quorum)
{
	struct word name;

	if (*has_quorum)
		return _("there is a quorum already");
	if (!next_word(line, &name))
		return _("it has no name that can be used");
	p->quorum = word_is(&name, "none") ? QUORUM_NONE : member_find(p, &name);
	if (p->quorum < 0 && !word_is(&name, "none"))
		return _("no line above has this name");
	*has_quorum = true;
	return is_at_end(line) ? NULL : _("it has words too many");
}

static const char *take_line(struct policy *p, struct words *line, bool *has_quorum)
{
	struct word kind;

	if (!next_word(line, &kind) || kind.at[0] == '#')
		return NULL;
	if (word_is(&kind, "log"))
		return take_log(p, line);
	if (word_is(&kind, "witness"))
		return take_witness(p, line);
	if (word_is(&kind, "group"))
		return take_group(p, line);
	if (word_is(&kind, "quorum"))
		return take_quorum(p, line, has_quorum);
	return _("a line begins with log, witness, group, quorum or #");
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t' && text[i] != '\n') || text[i] == 0x7f)
			return true;
	return false;
}

enum err policy_parse(struct policy *out, const char *text, size_t len, struct fault *f)
{
	const char *at = text, *end = text + len;
	bool has_quorum = false;

	if (len > POLICY_MAX)
		return fault_set(f, ERR_RANGE, _("it is longer than %d KiB"), POLICY_MAX / 1024);
	if (len == 0 || end[-1] != '\n' || has_control(text, len))
		return fault_set(f, ERR_FORMAT, _("it is not a text of whole lines"));
	*out = (struct policy){.quorum = QUORUM_NONE};
	for (unsigned number = 1; at < end; number++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		struct words line = {at, lf};
		const char *reason = take_line(out, &line, &has_quorum);

		if (reason != NULL)
			return fault_set(f, ERR_FORMAT, _("line %u: %s"), number, reason);
		at = lf + 1;
	}
	return has_quorum ? ERR_OK : fault_set(f, ERR_FORMAT, _("it has no line 'quorum'"));
}

/* ---- what it asks for ---- */

bool policy_has_log(const struct policy *p, const struct note_key *log)
{
	for (unsigned i = 0; i < p->log_count; i++)
		if (memcmp(p->logs[i].key, log->key, KEY_SIZE) == 0 && strcmp(p->logs[i].name, log->name) == 0)
			return true;
	return false;
}

bool policy_holds(const struct policy *p, bool signed_by[POLICY_MEMBERS_MAX])
{
	unsigned votes[POLICY_MEMBERS_MAX] = {0};

	/* Members stand before their group, so one pass from the first to the last is enough. */
	for (unsigned i = 0; i < p->member_count; i++) {
		const struct policy_member *member = &p->members[i];

		if (member->is_group)
			signed_by[i] = votes[i] >= member->needed;
		if (signed_by[i] && member->group >= 0)
			votes[member->group]++;
	}
	return p->quorum == QUORUM_NONE || signed_by[p->quorum];
}
