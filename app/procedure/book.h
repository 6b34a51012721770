/* The book of cases: the present state of everything people deal with, as a fold over ledger entries.
 *
 * Pure: no clock, no files, no network. Feed it every record in order (book_apply), ask whether an act is
 * allowed (book_permit), ask for pictures of the state (view.h). Replaying the same records always gives
 * the same book.
 */
#ifndef KANNUKI_PROCEDURE_BOOK_H
#define KANNUKI_PROCEDURE_BOOK_H

#include "ipc/acts.h"
#include "ledger/ledger.h"
#include "procedure/pack.h"

struct book;

enum err book_new(const struct pack *pack, struct book **out) MUST_USE;
void book_free(struct book *book);

/* Folds one record in. Unknown acts are ignored (an older program reads what a newer one wrote). */
enum err book_apply(struct book *book, const struct record *record, struct fault *f) MUST_USE;

/* An act that somebody asks for, not yet recorded. */
struct wish {
	const char *who; /* account id, as the keeper knows it */
	const struct act_kind *kind;
	const char *about; /* NULL or incident */
	json_t *body;      /* object without "act"; borrowed */
	json_t *text;      /* or NULL */
	json_t *person;    /* or NULL */
	json_t *files;     /* array or NULL */
	uint64_t latch;    /* of the newest trip, as the panel says now; 0: not known */
	unsigned unproven; /* mask of uplink indexes: no contact proves their cut, as the panel says now */
};

/* Why an act is refused: an IPC error code (IPC_ERRORS) and its arguments. */
struct refusal {
	const char *code; /* static */
	json_t *args;     /* new reference, never NULL when refused; labels in `lang` where a person reads them */
};

/* ERR_OK: allowed. ERR_DENIED: *refusal is filled. For ACT_OPENS_CASE `about` must be NULL. */
enum err book_permit(const struct book *book, const struct wish *wish, struct moment now, enum lang lang,
		     struct refusal *refusal) MUST_USE;

/* Has this person a right of methods.h? The same answers. */
enum err book_may(const struct book *book, const char *who, const char *right, enum lang lang,
		  struct refusal *refusal) MUST_USE;

/* What the keeper adds to a permitted act before it is recorded (e.g. the digest of the report version that a
   seal is put on, or for whom a deputy puts it). Returns a new reference: the complete body including "act". NULL: out
   of memory. */
json_t *book_complete(const struct book *book, const struct wish *wish, struct moment now);

/* The number the next case of this year gets, "2026-001"; years are Japanese fiscal-year free: calendar years
   of Japan time. With the wall clock unset: the year of the newest known wall time, else "0000". */
void book_next_case(const struct book *book, struct moment now, char out[16]);
/* The case an anonymous cut joins: the newest open one that is no drill; NULL when there is none. */
const char *book_newest_open_case(const struct book *book);
bool book_has_open_case(const struct book *book);
/* Restricted cases (取扱限定): only named people may know of them. */
bool book_is_restricted(const struct book *book, const char *about);
bool book_may_see(const struct book *book, const char *who, const char *about);
/* The case whose key seals an entry whole; NULL: everybody may read its body. */
const char *book_sealed_for(const struct book *book, const struct act_kind *kind, const char *about,
			    const json_t *body);
/* The record with the person, the way and the case that stand in its sealed body. */
struct record record_plain(const struct record *record, const json_t *body);
bool book_has_open_drill(const struct book *book);
bool book_in_maintenance(const struct book *book);

/* What somebody proves with beside the password: the generations in force, 0 for none. */
struct credentials {
	uint64_t pin, totp;
	uint64_t last_pin, last_totp; /* of the newest there ever were */
	unsigned wrong_pins;          /* given one after the other */
	uint64_t step;                /* of the last code that was taken */
	unsigned used;                /* recovery codes: bit mask */
};
enum { WRONG_PINS_MAX = 5, RECOVERY_CODES = 10 };

/* People, as the ledger knows them. */
struct user_info {
	const char *id;    /* "u3" */
	const char *name;  /* for people; "" when erased */
	const char *login; /* "" when there is none */
	uint64_t generation;
	json_t *roles; /* borrowed array of role ids */
	bool is_envelope;
	bool must_change; /* has a first password, which is good for nothing but choosing another */
	struct credentials credentials;
};
/* Somebody has logged in with the sealed envelope, and nobody has noted it. */
bool book_envelope_is_open(const struct book *book);
/* Has anybody a telephone that makes codes? */
bool book_has_totp(const struct book *book);
/* By the "login" or the "name" of a person whose account has not ended. ERR_MISSING when there is none. */
enum err book_user_by_name(const struct book *book, const char *name, struct user_info *out) MUST_USE;
enum err book_user(const struct book *book, const char *id, struct user_info *out) MUST_USE;
/* One after the other, from 0; ERR_MISSING beyond the last. */
enum err book_user_at(const struct book *book, size_t index, struct user_info *out) MUST_USE;
/* What is known of each person (acts.h, user.added), from 0; borrowed, NULL when it is erased. False beyond the last.
 */
bool book_person_at(const struct book *book, size_t index, json_t **out);
/* Why this account may no longer be used: "ended", or "until" when its last day has passed. NULL: it may. */
const char *book_user_gone(const struct book *book, const char *id, struct moment now);

/* What an approval of a list is to record, one entry for each change:
   [{"act","body","person" or null,"user","generation" where a first password is to be made}]. A new reference. */
enum err book_changes(const struct book *book, uint64_t request, const char *approved_by, json_t **out) MUST_USE;

/* An erasure that two people agreed to and that is still to be done. All strings are borrowed. */
struct erasure {
	uint64_t request;
	const char *about; /* a case, or NULL */
	uint64_t seq;      /* else an entry */
	const char *name;
	const char *authority, *reason, *by, *approved_by;
	bool is_begun; /* something was erased since it was approved */
};
/* ERR_MISSING: there is none. */
enum err book_next_erasure(const struct book *book, struct erasure *out) MUST_USE;

/* Uplinks, as set up (index = the controller's uplink number − 1). NULL beyond the last. */
/* Would this event of the panel take a permit, a proof or a connection away? Then it cannot do so again before it was
   given anew. `about`: its case, "-" for none. */
bool book_takes_back(const struct book *book, const struct act_kind *kind, const char *about, const json_t *body);
const char *book_uplink_id(const struct book *book, size_t index);
/* As the record says; true as long as it says nothing of a cut. */
bool book_uplink_is_connected(const struct book *book, size_t index);
/* −1 when there is no such uplink. */
int book_uplink_index(const struct book *book, const char *id);

/* A restore request that `wish` (restore.permitted) would permit: bit mask of uplink indexes. 0: none. `about` NULL:
   asked for in maintenance. */
unsigned book_restore_uplinks(const struct book *book, const char *about, uint64_t request);

/* A day that exists, "2027-03-31". */
bool day_is_valid(const char *text);

#endif
