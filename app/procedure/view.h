/* Pictures of the state, as JSON for front ends; labels in the reader's language, values as recorded.
 * Times are "2026-11-20T00:12:33.123Z" or null. Unknown keys must be ignored by front ends.
 *
 * now        {"organisation","pack","word":事案,"time":T,
 *             "user":{"id","name","roles":[{"id","label"}],"proof":"pin|password","recovery_left":N},
 *                      recovery_left only with codes from a telephone
 *             "envelope":{"user","name","at":T}                      only while the sealed envelope is open
 *             "next":[{"about","act","label","why","mine":true|false,"role_label","due":T|null,"basis":"law|guide|house"|null,
 *                      "basis_label","report":N|null}],                      mine first, then by urgency; at most 24
 *             "incidents":[HEAD…] open ones, newest 24,
 *             "uplinks":[{"id","label","stops","state":"connected|cutting|cut|unknown",
 *                      "state_label","proof":"contact|none","edge_to_contact_us":N|null,"since":T|null,
 *                      "tried":was once cut and connected with the key,
 *                      "test":{"state":"none|asked|good|bad|interrupted|refused","state_label","why","at":T|null,
 *                              "coil_to_contact_us":N|null,"proven":T|null,"due":T|null}}],
 *             "maintenance":{"by","text","since":T|null,"until":T|null,"restore":as of incident,
 *             "permit","permit_why"}|null,
 *             "press":{"press":SEQ,"at":T|null,"label"}|null        in maintenance, that no case was made of
 *             "acts":[{"act":"incident.declared","label","allowed":bool,"why_not":{"code","args"}|null}],
 *             "media":{"first":"well|failed","second":"well|failed","room":"low|no_files|reserve"}}
 *            by the keeper; one medium: only "first"; "room" only when it becomes scarce
 *            HEAD = {"about","title","state":"open|ended|closed","state_label","phase","phase_label","priority",
 *                    "priority_label","declared":T,"declared_by","done":N,"left":N,"notes":N,
 *                    "evidence":N,
 *                    "drill":bool,"restricted":bool,
 *                    "reports":[{"report":N,"label":"第1報","state":"draft|submitted|returned|sealed|sent","state_label"}]}
 * incidents  {"incidents":[HEAD…],"cursor":N|null}                           newest first, all states
 * incident   HEAD + {"types":[{"id","label"}], "types_possible":[…],
 *             "phases":[{"id","label","done":N,"left":N}],
 *             "priorities":[{"id","label"}], "verdicts":[{"id","label"}], "endings":[{"id","label"}],
 *             "acts":[{"act","label","allowed":bool,"why_not":{"code","args"}|null}],
 *             "restore":{"request":SEQ,"by","uplinks":[…],"permitted":bool}|null,
 *             "contacts":{"reached":N,"left":N},
 *             "readers":[{"id","name"}] who may know of a restricted one,
 *             "presses":[{"press":SEQ,"user":name|null}], "detected":T|null, "verdict":id|null}
 * checklist  {"about","rows":[{"id","phase","phase_label","text","role_label","origin","need":"must|when",
 *             "evidence":"yes|no","state":"open|done|na|deferred","state_label","by","at":T|null,"note"}],
 *             "states":[{"id","label","needs_text":bool}],"cursor":N|null}
 * facts      {"about","questions":[{"id","kind","text","state":"open|answered|unknown|inquiry|na","state_label",
 *             "answer","by","at"}],"states":[{"id","label","needs_text":bool}],"cursor":N|null}
 * timeline   {"about","lines":[{"seq":N,"at":T,"recorded":T,"who","act","label","text"}],"cursor":N|null}
 * evidence   {"about","evidence":[ROW…] as recorded,"kinds":[{"id","label"}],"seals":[{"id","label"}],
 *             "acts":[… as of incident],"cursor":N|null}
 *            ROW = {"row":"taken|handed","evidence":N,"seq","at":T|null,"recorded":T|null,"who",
 *                   "details":{…}|null when erased (acts.h)}, of taken also "kind","kind_label","copy_of":N,
 *                   "files":[{"name","type","size","sha256"}]|null when erased, absent when there never were any;
 *                   of handed "seal","seal_label"
 * registers  {"registers":[{"id","label","note"|null,"lines":N,"struck":N}],"acts":[… as of incident],"cursor":N|null}
 * register   `about` is its id: {"register","label","note"|null,"fields":[{"id","label","kind":"text|lines|date|time|
 *             number|choice|choices|person","need":"must|when","note"|null,"options":[{"id","label"}]}],
 *             "lines":[{"line":N,"seq","at":T|null,"by","changes":N,"values":{field: string},"person":{field:
 * string}|null when erased,"struck":{"by","at":T|null,"reason"}|null}],"acts":[…],"cursor":N|null}      newest first
 * report     {"about","report":N,"form","label","state","state_label","stage":id,"stages":[{"id","label"}],
 *             "cells":[{"id","label","section","kind":"text|lines|time|choice|choices|table|fixed","options":[{"id","label","group"}],
 *                       "value":string|id|[ids]|[[time,text]…]|null,"state":"known|unknown","from":"prefill|typed","changed":bool}],
 *             "chain":[{"step":N,"role","role_label","state":"waiting|due|sealed|returned","state_label","by","at",
 *                       "manner","manner_label","note","for":name of the holder whom a deputy sealed for (代決),
 *                       "viewed":T|null,"viewed_by"}],          step 0 is the applicant: sealed by submitting
 *             "returned_because":string|null, "recipients":[{"id","label"}], "ways":[{"id","label"}],
 *             "manners":[{"id","label"}], "sent":{"to":[id],"how","at","by","seq"}|null,
 *             "acts":[… as above], "frozen":bool, "digest":hex, "cursor":N|null}        cursor: of the cells
 * report_text {"about","report":N,"lines":["…80 columns…"],"cursor":N|null}
 * erasures   {"erasures":[{"request":SEQ,"by","by_name","at":T|"","state":"asked|approved|done|void","seq":N,"name" or
 * "case", "authority","reason","approved_by","approved_by_name"}],"cursor":N|null}     newest first
 * people     {"users":[{"id","name","roles":[{"id","label"}],"kind":"staff|auditor|external|envelope","kind_label",
 *             "state":"open|until|ended","until":day|"","first":has a first password,"away":{"until","deputy",
 *             "deputy_name"}|null,"scope":[case]|null,"entries":[SEQ…] that hold the person,"login","section","title",
 *             "phone","fax","mail" where known}],"cursor":N|null}                      an external account: only itself
 * people_choices  {"roles":[{"id","label","label_ja","kind"}],"kinds":[{"id","label","label_ja"}],
 *             "acts":[… as of incident]}
 * contacts
 * {"about","contacts":[{"seq":N,"at":T,"recorded":T,"act":"contact.made|received|arrived","label","contact":id|null,
 *             "whom","number","way","way_label","result","result_label","by","recorded_by","text"}] null where nothing
 * is said,"ways":[{"id","label"}],"results":[{"id","label"}],"cursor":N|null} call_sheet {"about":the case, or null
 * without one,"time":T|null,"hours":"office|after|unknown","hours_label", "holidays":false: the table of holidays ends
 * before this year,"faults":[what is wrong with the site's files],
 *             "drill":bool,"contacts":[{"id","label","kind":"inside|outside","need":"must|when","within","due":T|null,"say",
 *             "state":"open|tried|reached|held_back","state_label","at":T|null,"result_label","people":[{"name",
 *             "numbers":[{"hours":"office|after","label","number"}],"mail","note","is_away":bool,"away":deputy}]}],
 *             "cursor":N|null}                    `about` may be left out
 * people_requests {"requests":[REQUEST…],"cursor":N|null}                              newest first
 *            REQUEST = {"request":SEQ,"by","by_name","at":T|null,"state":"asked|done|replaced|void","state_label",
 *                       "reason","more":not complete,"count":N,"approved_by","approved_by_name" or null}
 * people_request  `about` is its number: REQUEST + {"changes":[{"n":N,"do":"add|change|end|reset","do_label","user",
 *             "name","kind_label","lines":[{"field","label","before","after"}]}],"cursor":N|null}
 *
 * A refusal's args always carry "why", a stable word, and "say", the whole sentence in the reader's language: what is
 * wrong, where, what to do.
 */
#ifndef KANNUKI_PROCEDURE_VIEW_H
#define KANNUKI_PROCEDURE_VIEW_H

#include "procedure/book.h"
#include "procedure/directory.h"

struct view_request {
	const char *what;
	const char *who; /* account id of the reader */
	const char *about;
	uint64_t report;
	uint64_t cursor;
	enum lang lang;
	struct moment now;
	const struct directory *directory; /* of the site; NULL: none */
	const char *directory_faults[2];   /* what is wrong with its files; NULL or "": nothing */
};

/* What there is to look at, one after the other from 0; NULL beyond the last. */
enum view_scope { VIEW_OF_ALL, VIEW_OF_CASE, VIEW_OF_REPORT };
const char *view_at(size_t index, enum view_scope *scope);

/* ERR_OK: *out is a new reference, smaller than MESSAGE_MAX when dumped (long lists go on at "cursor").
   ERR_DENIED: *refusal is filled (not_found, wrong_role, invalid). */
/* The call sheet of the newest open case that everybody may know of, for somebody who has not logged in; whether that
   is allowed, the site says. */
enum err view_open_call_sheet(const struct book *book, const struct view_request *request, json_t **out) MUST_USE;

enum err view(const struct book *book, const struct view_request *request, json_t **out,
	      struct refusal *refusal) MUST_USE;

/* The hash of a file of the evidence, for whoever may see the view that `request` is for ("evidence"); borrowed. */
enum err book_evidence_file(const struct book *book, const struct view_request *request, uint64_t number, uint64_t file,
			    const char **sha256, struct refusal *refusal) MUST_USE;

#endif
