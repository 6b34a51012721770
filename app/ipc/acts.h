/* The registry of entry types ("acts"): everything that can ever stand in an entry's `body.act`.
 *
 * It stands beside the permit table of the messages: a method says who may speak, an act says what may be
 * recorded. The keeper takes acts with origin ACT_BY_PERSON from people; the rest it writes itself.
 *
 * What stands inside the objects and lists:
 *   setup.done      uplinks [{"id","label","label_en","stops","stops_en"}] in the controller's order, the _en ones
 *                   optional; site {variable: text}, the pack's site variables (pack_check_site)
 *
 *   clock.stepped   by_ms: a whole number, below 0 when the clock was set back
 *
 *   user.added      person {"name"}, and where known "login", "section", "title", "phone", "fax", "mail": what is typed
 *                   to log in, and what report headers are filled from
 *
 *   incident.restricted, incident.declared  readers [account id]: who may know of the case, at least two. Every entry
 *                   of such a case is sealed with its key and stands under "system", "keeper" and "-"; its body has
 *                   "by" and "via" besides
 *   people.requested  changes [{"do": add | change | end | reset, "user" (not for add), "kind" (add), "roles",
 *                   "until": day | "", "scope": [case]}]; person {NUMBER: as of user.added}, by the number of the
 *                   change in this entry, from 1; of a change only what is to be new ("" clears). Days are
 *                   "2027-03-31" in Japan, and the last on which something holds.
 *                   kind: staff, auditor (looks only, needs `until`), external (needs `until` and `scope`), envelope
 *   user.*          approved_by [who asked, who approved]
 *
 *   contact.*       person {"name": with whom, or who it is; "number": where to call back}; `user` made or took the
 *                   call when somebody else records it. way: phone, mail, fax, visit, other; result: reached,
 *                   absent, message, called_back
 *
 *   report.drafted  cells {field: option | [options] | time | null}, text {field: words | ""}; null and "" clear
 *
 *   report.*        digest: SHA-256 of the version that was seen; the keeper adds it (book_complete)
 *   report.approved for: whose seal it is, when a deputy puts it; the keeper adds it
 *
 *   restore.*       uplinks [id]
 *
 *   evidence.taken  evidence: its number in the case, from 1, and files: how many there are; the keeper adds both.
 *                   kind: as of view `evidence`; copy_of: the evidence that it is a working copy of. text {"what",
 *                   "where", "taker", "witness", "method", "place" where it is kept, "seal" its number}, "what"
 * required evidence.handed seal: intact, broken or none, as found; text {"from", "to", "why", "place", "witness"},
 * from, to and why required evidence.copied file: which of its files, from 1
 *
 *   register.written  line: of the register, from 1; of a new one the keeper adds it. text {field: value}, and person
 *                   {field: value} for fields of kind person; all values are strings: a date "2027-03-31", a time
 *                   "2026-11-20T…Z", a choice its option's id, choices ids divided by spaces
 *
 *   panel.pressed   maintenance: true for a press in maintenance, which opens no case
 *
 *   panel.*, uplink.*  times, with `before`: like events that the keeper has counted (keeper/flood.h), number and retry
 *                   key those of the last; entries from number `before` on are newer than it
 *
 *   uplink.tested   result good, bad, interrupted (a trip came) or refused; why: of bad, the contact did not `close` or
 *                   `open`; of refused, the controller's word (enum board_result) or the daemon's; without an uplink
 *                   it is about all that were asked for
 *
 *   erasure.requested  either seq and name (text, person or files), or case; text {"authority", "reason"}
 */
#ifndef KANNUKI_IPC_ACTS_H
#define KANNUKI_IPC_ACTS_H

#include "ipc/methods.h"

enum act_origin {
	ACT_BY_PERSON, /* asked for with the method `act` */
	ACT_BY_KEEPER, /* logins, accounts, heartbeats, writer starts */
	ACT_BY_PANEL   /* from the controller's event queue */
};

enum act_flags {
	ACT_OPENS_CASE = 1,  /* `about` is absent in the request: the keeper gives the next number */
	ACT_ON_CASE = 2,     /* `about` names an incident */
	ACT_NEEDS_PROOF = 4, /* the person's PIN, or the password of one who has none */
	ACT_HAS_TEXT = 8,    /* may carry `text` */
	ACT_HAS_PERSON = 16, /* may carry `person` */
	ACT_HAS_FILES = 64,  /* may carry `files` */
	ACT_ON_PANEL = 32    /* with ACT_ON_CASE: in maintenance `about` may be absent */
};

struct act_kind {
	const char *name; /* "incident.declared" */
	const char *type; /* the entry's coarse class */
	enum act_origin origin;
	unsigned flags;
	const char *meaning;
	struct param body[12]; /* fields of `body` beside "act" */
};

extern const struct act_kind act_kinds[];
const struct act_kind *act_find(const char *name);

/* The name in a body that begins {"act":"…", as nearly all do, without taking the whole apart: years of heartbeats are
   folded at every start. False says nothing. */
enum { ACT_NAME_SIZE = 65 };
bool act_peek(const char *body, char out[ACT_NAME_SIZE]);

#endif
