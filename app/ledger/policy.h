/* Which witnesses an auditor trusts (C2SP tlog-policy). A text of lines, words parted by spaces and tabs:
 *
 *   log <vkey> [<url>]
 *   witness <name> <vkey> [<url>]
 *   group <name> <k>|any|all <name>...       names from lines above, each a member once
 *   quorum <name>|none                       exactly once
 *   # a comment
 */
#ifndef KANNUKI_LEDGER_POLICY_H
#define KANNUKI_LEDGER_POLICY_H

#include "ledger/note.h"

enum { POLICY_MAX = 64 * 1024, POLICY_LOGS_MAX = 64, POLICY_MEMBERS_MAX = 256, QUORUM_NONE = -1 };

/* A witness, or a group of members named before it. */
struct policy_member {
	char name[NOTE_NAME_MAX + 1];
	bool is_group;
	struct note_key witness;
	unsigned needed; /* by a group, of its members */
	int group;       /* the one that lists this member, or -1 */
};

struct policy {
	struct note_key logs[POLICY_LOGS_MAX];
	struct policy_member members[POLICY_MEMBERS_MAX];
	unsigned log_count, member_count;
	int quorum; /* a member, or QUORUM_NONE */
};

/* ERR_FORMAT: not a policy, `f` names the line; ERR_RANGE: too long. Only on ERR_OK does `out` mean anything. */
enum err policy_parse(struct policy *out, const char *text, size_t len, struct fault *f) MUST_USE;
bool policy_has_log(const struct policy *p, const struct note_key *log);
/* Whether enough have signed. `signed_by[i]` of each witness i; the places of groups are filled in. */
bool policy_holds(const struct policy *p, bool signed_by[POLICY_MEMBERS_MAX]);

#endif
