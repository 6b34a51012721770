/* The parts of book_permit. Only for the files of this room. */
#ifndef KANNUKI_PROCEDURE_PERMIT_H
#define KANNUKI_PROCEDURE_PERMIT_H

#include "procedure/book_data.h"

enum { TEXT_MAX = 4000 }; /* bytes of one text, so that every view of it fits into a message */

/* One question to the book while it is being answered. */
struct ask {
	const struct book *book;
	const struct pack_file *pack;
	const struct wish *wish;
	const struct user *user;
	const struct incident *incident; /* NULL for an act that opens one */
	struct moment now;
	enum lang lang;
	struct refusal *refusal;
};

enum err deny(const struct ask *ask, enum why why, json_t *args) MUST_USE;
enum err deny_field(const struct ask *ask, const char *field, const char *what) MUST_USE;
/* An absent value passes. */
enum err check_item(const struct ask *ask, const char *field, const struct item *list, unsigned count) MUST_USE;
enum err check_ids(const struct ask *ask, const char *field, const struct item *list, unsigned count) MUST_USE;
enum err check_time(const struct ask *ask, const char *field, const json_t *value) MUST_USE;
enum err check_word(const struct ask *ask, const char *field, const struct word_pair *words, int count) MUST_USE;
bool has_words(const json_t *text);
bool is_distinct_list(const json_t *list);

/* permit_report.c */
enum err permit_drafted(const struct ask *ask) MUST_USE;
enum err permit_submitted(const struct ask *ask) MUST_USE;
enum err permit_returned(const struct ask *ask) MUST_USE;
enum err permit_approved(const struct ask *ask) MUST_USE;
enum err permit_sent(const struct ask *ask) MUST_USE;

/* permit.c: of the body's `uplinks`. */
enum err check_uplinks(const struct ask *ask) MUST_USE;

/* maintenance.c */
enum err permit_maintenance(const struct ask *ask) MUST_USE;
enum err permit_maintenance_end(const struct ask *ask) MUST_USE;
enum err permit_test(const struct ask *ask) MUST_USE;
enum err permit_absence(const struct ask *ask) MUST_USE;

/* restricted.c */
enum err permit_restricted(const struct ask *ask) MUST_USE;
enum err permit_unrestricted(const struct ask *ask) MUST_USE;
/* Of the body's `readers`, if there are any. */
enum err check_readers(const struct ask *ask) MUST_USE;
/* evidence.c */
enum err permit_evidence_taken(const struct ask *ask) MUST_USE;
enum err permit_evidence_handed(const struct ask *ask) MUST_USE;
/* register.c */
enum err permit_written(const struct ask *ask) MUST_USE;
enum err permit_struck(const struct ask *ask) MUST_USE;
/* permit.c: the labels of a rule's roles as one string. */
json_t *role_labels(const struct pack_file *p, const struct rule *rule, enum lang lang);
bool is_observer(const struct pack_file *p, const struct user *user);

/* agreement.c: may this person approve what another asked for? Else `none`, unless it is the same person. */
enum err permit_second(const struct ask *ask, const json_t *agreement, const char *first_act, enum why none) MUST_USE;

/* permit_people.c */
enum err permit_people_requested(const struct ask *ask) MUST_USE;
enum err permit_people_approved(const struct ask *ask) MUST_USE;
enum err permit_absent(const struct ask *ask) MUST_USE;
enum err permit_back(const struct ask *ask) MUST_USE;

/* contacts.c */
enum err permit_made(const struct ask *ask) MUST_USE;
enum err permit_received(const struct ask *ask) MUST_USE;
enum err permit_arrived(const struct ask *ask) MUST_USE;

/* erasure.c */
enum err permit_erasure(const struct ask *ask) MUST_USE;
enum err permit_erasing(const struct ask *ask) MUST_USE;

/* Who and where only, without values: may this person begin this act on this case? */
enum err may_begin(const struct book *book, const char *who, const char *act, const char *about, struct moment now,
		   enum lang lang, struct refusal *refusal) MUST_USE;
/* The same for an act on one report, including its state. */
enum err may_begin_report(const struct book *book, const char *who, const char *act, const char *about, uint64_t report,
			  struct moment now, enum lang lang, struct refusal *refusal) MUST_USE;

#endif
