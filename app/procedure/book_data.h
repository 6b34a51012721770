/* The inside of the book. Only for the files of this room.
 *
 * Small records that views show as they are (check rows, answers, lines, seals) are kept as JSON objects; what the
 * rules look at is kept in members.
 */
#ifndef KANNUKI_PROCEDURE_BOOK_DATA_H
#define KANNUKI_PROCEDURE_BOOK_DATA_H

#include "procedure/book.h"
#include "procedure/pack_data.h"
#include "procedure/words.h"

enum { ID_SIZE = 65, UPLINKS_MAX = 32 };

/* Days are those of Japan, "2027-03-31"; so they compare as text. */
enum { DAY_SIZE = sizeof "2027-03-31" };

struct user {
	char id[ID_SIZE];
	enum user_kind kind;
	uint64_t generation;
	json_t *roles;        /* array */
	json_t *person;       /* object or NULL */
	json_t *scope;        /* array of the cases that an external account may see, or NULL */
	json_t *entries;      /* array of the numbers of the entries that hold `person` */
	char until[DAY_SIZE]; /* last day; "" none */
	bool is_ended;
	bool must_change; /* has a first password */
	bool is_absent;   /* … up to and including the day away_until */
	char away_until[DAY_SIZE];
	char deputy[ID_SIZE]; /* "" none */
	struct credentials credentials;
};

struct uplink {
	char id[ID_SIZE];
	json_t *setup; /* as in setup.done */
	enum uplink_state state;
	bool was_connected; /* before its contact contradicted it */
	uint64_t seq;       /* of the entry that says so */
	bool is_tried;      /* was once cut and connected again with the key, since the box was set up */
	int64_t contact_us; /* edge to contact; −1 when unknown */
	char since[WALL_TEXT_SIZE];
	char set_up[WALL_TEXT_SIZE];
	/* The last proof test, and the last one that was good. */
	enum test_state test;
	int64_t test_us;
	char test_why[ID_SIZE];
	char tested[WALL_TEXT_SIZE], proven[WALL_TEXT_SIZE];
};

/* One number of a series.
 *
 *   draft --submit--> submitted --approve, last step--> sealed --send--> sent (frozen for good)
 *     ^                   |
 *     +--draft-- returned <--return
 */
struct report {
	enum report_state state;
	char stage[ID_SIZE];
	char drafter[ID_SIZE];
	char begun[WALL_TEXT_SIZE];
	json_t *typed;  /* {field: value} from people, carried over from the number before */
	json_t *frozen; /* {field: value} as submitted; NULL while it may change */
	char digest[65];
	json_t *seals;    /* {step: {"by", "at", "manner", "note", "seq"}} */
	unsigned due;     /* step of the chain whose turn it is */
	json_t *returned; /* the reason, or NULL */
	char returned_by[ID_SIZE];
	json_t *sent; /* {"to", "how", "at", "by", "seq"} or NULL */
};

enum restore_state { RESTORE_NONE, RESTORE_ASKED, RESTORE_PERMITTED };

struct restore {
	enum restore_state state;
	uint64_t request;
	unsigned uplinks;
	uint64_t latch; /* of the trip that the request is about; 0: not known */
	char by[ID_SIZE];
	char cause[ID_SIZE], why[ID_SIZE]; /* of its end, as in restore.expired; "" */
};

/* The panel is being looked after: presses open no case. */
struct maintenance {
	bool is_on;
	char by[ID_SIZE];
	char since[WALL_TEXT_SIZE];
	uint64_t hours;
	json_t *reason; /* string or NULL */
	json_t *press;  /* the newest in it that no case was made of: {"press", "at", "button", "uplink"}, or NULL */
	struct restore restore;
};

struct incident {
	char about[ID_SIZE];
	enum case_state state;
	bool is_drill;
	char ending[ID_SIZE];
	char verdict[ID_SIZE];
	char priority[ID_SIZE];
	char source[ID_SIZE];
	char declared[WALL_TEXT_SIZE]; /* "" when the clock was unset */
	char declared_by[ID_SIZE];
	char detected[WALL_TEXT_SIZE];
	json_t *title;    /* string or NULL */
	json_t *types;    /* array of ids */
	json_t *rows;     /* {row: {"state", "by", "at", "note"}} */
	json_t *answers;  /* {question: {"state", "answer", "by", "at"}} */
	json_t *lines;    /* [{"seq", "at", "recorded", "who", "act", "body", "text", "person"}] */
	json_t *presses;  /* {seq: who or null} */
	json_t *readers;  /* [id]: nobody else may know of it; NULL: everybody may */
	json_t *evidence; /* [{"row": "taken" | "handed", …}] (evidence.c) */
	uint64_t evidence_count;
	struct report *reports; /* number 1 first */
	size_t reports_count;
	struct restore restore;
};

struct book {
	const struct pack *pack;
	json_t *setup; /* body of the last setup.done, or NULL */
	json_t *site;  /* its site variables over the pack's defaults */
	struct user *users;
	size_t users_count;
	struct uplink uplinks[UPLINKS_MAX];
	size_t uplinks_count;
	struct incident **cases; /* in the order of their opening */
	size_t cases_count;
	struct maintenance maintenance;
	json_t *registers; /* {register: [{"line","seq","at","by","changes","values","person"|null,"struck"|null}]} */
	json_t *erasures;  /* [{"request","by","at","state","seq","name"|"case","authority","reason","approved_by"}] */
	json_t *requests;  /* [{"request","by","at","state","reason","more","count","approved_by","changes":[…]}] */
	size_t changes_left; /* of an approved list, whose entries follow */
	struct {
		char user[ID_SIZE]; /* "": it is closed */
		char at[WALL_TEXT_SIZE];
	} envelope;        /* with which somebody has logged in */
	bool has_new_code; /* of the newest log, not on paper yet */
	int64_t wall_ms;   /* newest known wall time; 0 before there was one */
};

/* A record with its JSON read; values borrowed. */
struct event {
	const struct record *record;
	const char *act;
	json_t *body, *text, *person, *files;
	struct incident *incident; /* NULL when it concerns none */
	char at[WALL_TEXT_SIZE];   /* when it happened: recorded less its age; "" unknown */
	char recorded[WALL_TEXT_SIZE];
};

/* book.c */
json_t *book_site(const struct book *book);
struct user *user_find(const struct book *book, const char *id);
/* The id itself when nameless; the box and an unattributed press have words of their own. */
const char *user_name(const struct book *book, const char *id, enum lang lang);
bool user_has_role(const struct user *user, const char *role);
struct incident *case_find(const struct book *book, const char *about);
/* restricted.c: the same on behalf of a person; NULL also when he may not know of it. */
struct incident *case_for(const struct book *book, const char *about, const char *who);
bool case_is_seen_by(const struct incident *incident, const char *who);
/* Takes the readers that the body names, if any. */
enum err case_restrict(struct incident *incident, const json_t *body) MUST_USE;
struct report *report_find(const struct incident *incident, uint64_t number);
void id_copy(char out[ID_SIZE], const char *id);
const char *text_in(const json_t *object, const char *key); /* NULL when it is no string */
bool case_has_type(const struct incident *incident, const char *type);
bool check_applies(const struct incident *incident, const struct check *check);
bool question_applies(const struct pack *pack, const struct incident *incident, const struct question *question);
enum check_state check_state(const struct incident *incident, const struct check *check);
enum answer_state answer_state(const struct incident *incident, const struct question *question);
bool is_final_sent(const struct incident *incident);

/* fold_case.c, fold_report.c: each handles one act; ERR_OK also for what it cannot use. */
typedef enum err fold(struct book *book, const struct event *event);
struct folder {
	const char *act;
	fold *handle;
};
/* Each ends with NULL. */
extern const struct folder case_folders[], report_folders[], panel_folders[], erasure_folders[], maintenance_folders[],
	credential_folders[], restricted_folders[], people_folders[], evidence_folders[], contact_folders[],
	register_folders[];
enum err case_open(struct book *book, const struct event *event, struct incident **out) MUST_USE;

/* The first step that was agreed to by telephone and not looked at since (後閲); 0 when there is none. */
unsigned step_to_view(const struct pack *pack, const struct report *report);

/* credentials.c: PIN and codes are gone with a lost password. */
void credentials_forget(struct user *user);
unsigned recovery_left(const struct user *user);
/* {"user","name","at"}, or NULL while it is closed. A new reference. */
json_t *envelope_json(const struct book *book, enum lang lang);

/* contacts.c: whom it is about in words; NULL when nobody is named (or was erased). A new reference. */
json_t *contact_whom(const struct book *book, const json_t *line, enum lang lang);
bool contact_applies(const struct incident *incident, const struct contact *contact);
/* How far it came; *last: the line of the timeline that says so, borrowed, NULL for none. `incident` NULL: none. */
enum reach contact_reach(const struct incident *incident, const struct contact *contact, const json_t **last);
/* Of those who must be called: the first who is not reached; NULL when there is none. */
const struct contact *contact_due(const struct book *book, const struct incident *incident);

/* agreement.c: what one person asks for and another approves, in a list of objects with "request", "by", "state":
   asked, approved … NULL: no such request. */
json_t *agreement_find(const json_t *list, uint64_t request);
json_t *agreement_of(const json_t *list, const struct event *event);
bool agreement_is(const json_t *agreement, const char *state);
enum err agreement_set(json_t *agreement, const char *state) MUST_USE;
enum err agreement_approve(json_t *agreement, const struct event *event) MUST_USE;

/* people.c */
void user_fini(struct user *user);
/* The day it is in Japan; "" when no clock was ever set. */
void day_now(const struct book *book, struct moment now, char out[DAY_SIZE]);
/* Has not ended, and its last day has not passed. */
bool user_is_open(const struct book *book, const struct user *user, struct moment now);
bool user_is_away(const struct book *book, const struct user *user, struct moment now);
bool user_may_see(const struct user *user, const struct incident *incident);
/* The holder of the role who is away and whose deputy this is; NULL when there is none. */
const struct user *holder_away(const struct book *book, const struct user *deputy, const char *role, struct moment now);
/* Appends the changes of one entry, each with what it says of the person. */
enum err add_changes(json_t *list, const struct event *event) MUST_USE;
/* The request of this person that another part may be added to; NULL for none. */
json_t *request_to_go_on(const struct book *book, const char *who, uint64_t after);

/* permit_people.c: what is wrong with a list of changes, seen from now? Of a part, not what only the whole can say. */
enum extent { PART_OF_LIST, WHOLE_LIST };
enum extent extent_of(const json_t *request);
enum err check_changes(const struct book *book, const json_t *changes, enum extent extent, struct moment now,
		       enum lang lang, struct refusal *refusal) MUST_USE;

/* report.c */
/* What the report says now: a new reference to {field: value}; frozen ones as frozen. */
json_t *report_values(const struct book *book, const struct incident *incident, const struct report *report);
/* SHA-256 of the canonical cells. */
enum err report_digest(const struct book *book, const struct incident *incident, const struct report *report,
		       char out[65]) MUST_USE;
const char *uplink_label(const struct book *book, const char *id, enum lang lang);
void add_button(struct buf *out, const char *button, enum lang lang);
/* One line of the timeline in words, with what it was about. */
json_t *line_words(const struct book *book, const json_t *line, enum lang lang);

/* maintenance.c */
enum err fold_maintenance_press(struct book *book, const struct event *event) MUST_USE;
/* True for the number of a press in maintenance that no case was made of. */
bool is_maintenance_press(const struct book *book, const json_t *press);
/* When the next proof test is due; −1 when no clock was ever set. */
int64_t prove_due_ms(const struct book *book, const struct uplink *uplink);

/* evidence.c: what the keeper adds to the body; 0, or -1 out of memory. */
int add_evidence(const struct book *book, const struct wish *wish, json_t *body);
/* register.c: of a new line. */
int add_line_number(const struct book *book, json_t *body);

/* What is asked of a case, or without one of the maintenance. */
struct restore *restore_of(struct book *book, struct incident *incident);

/* permit.c */
bool has_one_role_of(const struct user *user, const struct rule *rule);
/* May this person do this act at all, by role? */
enum err may_do(const struct book *book, const struct user *user, const char *act, enum lang lang,
		struct refusal *refusal) MUST_USE;

#endif
