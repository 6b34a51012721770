/* The parts of view. Only for the files of this room. Each builder returns a new reference, NULL out of memory. */
#ifndef KANNUKI_PROCEDURE_VIEW_PARTS_H
#define KANNUKI_PROCEDURE_VIEW_PARTS_H

#include "procedure/book_data.h"
#include "procedure/view.h"

/* One picture while it is drawn. */
struct look {
	const struct book *book;
	const struct pack_file *pack;
	const struct view_request *request;
	const struct user *user;
	const struct incident *incident; /* when the view is about one */
	enum lang lang;
};

/* view.c */
json_t *time_or_null(const char *time);
json_t *show_items(const struct look *look, const struct item *list, unsigned count);
json_t *show_words(const struct look *look, const struct word_pair *words, int count, const char *const *with_text);
/* {"about", KEY: the part of `list` from the cursor on that fits into a message, "cursor": next or null}.
   Takes over `list`. */
json_t *paged(const struct look *look, const char *key, json_t *list);
const char *show_item(const struct look *look, const struct item *list, unsigned count, const char *id);
/* {"act", "label", "allowed", "why_not"}; report 0: not about one. */
json_t *show_act(const struct look *look, const char *act, uint64_t report);

/* view_case.c */
json_t *view_head(const struct look *look, const struct incident *incident);
json_t *view_incident(const struct look *look);
json_t *view_checklist(const struct look *look);
json_t *view_facts(const struct look *look);
json_t *view_timeline(const struct look *look);

/* maintenance.c; each null when there is nothing to show */
json_t *show_test(const struct look *look, const struct uplink *uplink);
/* none, asked, permitted; lapsed: what was asked for and is neither permitted nor connected. */
const char *permit_of(const struct restore *restore);
/* Why it has lapsed; "" when it has not. */
const char *permit_why(const struct look *look, const struct restore *restore);
json_t *show_restore(const struct look *look, const struct restore *restore);
json_t *show_maintenance(const struct look *look);
json_t *show_press(const struct look *look);

/* restricted.c: who may know of it; empty: everybody. */
json_t *show_readers(const struct look *look, const struct incident *incident);

/* evidence.c */
json_t *view_evidence(const struct look *look);

/* contacts.c: how many contacts are reached, and how many must still be. */
json_t *show_reached(const struct look *look, const struct incident *incident);
json_t *view_contacts(const struct look *look);

/* call_sheet.c */
json_t *view_call_sheet(const struct look *look);

/* register.c */
json_t *view_registers(const struct look *look);
json_t *view_register(const struct look *look);

/* erasure.c */
json_t *view_erasures(const struct look *look);

/* view_people.c */
json_t *show_user(const struct look *look, const struct user *user);
json_t *view_people(const struct look *look);
json_t *view_people_choices(const struct look *look);
json_t *view_requests(const struct look *look);
json_t *view_request(const struct look *look);

/* view_report.c */
json_t *report_label(const struct look *look, uint64_t number);
json_t *view_report(const struct look *look, const struct report *report);
json_t *view_report_text(const struct look *look, const struct report *report);

/* next.c: what to do next, for this reader, most urgent first. */
json_t *view_next(const struct look *look);

#endif
