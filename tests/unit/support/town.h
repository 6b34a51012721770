/* A small town hall for tests: the pack otari, five people, three uplinks, and a clock that moves when told to. */
#ifndef KANNUKI_TESTS_TOWN_H
#define KANNUKI_TESTS_TOWN_H

#include "procedure/book.h"
#include "procedure/view.h"

#define PACK_OTARI "app/procedure/packs/otari"

#define CLERK "u1"   /* role staff */
#define HEAD "u2"    /* role head */
#define GENERAL "u3" /* role general */
#define CISO "u4"    /* role ciso */
#define AUDITOR "u5" /* role auditor: looks only */

struct town {
	struct pack *pack;
	struct book *book;
	json_t *records; /* everything recorded so far: the ledger of the test */
	struct moment now;
	struct refusal refusal; /* of the last refused act */
	uint64_t seq;           /* of the last record */
	json_t *files;          /* that come along with the next act, and are recorded with it; taken over */
	unsigned unproven;      /* uplinks whose contact proves nothing, as the panel says */
};

/* For cmocka: a town of its own for each test. */
int town_setup(void **state);
int town_teardown(void **state);

void town_open(struct town *town);
void town_close(struct town *town);
void town_wait(struct town *town, int minutes);

/* Records without asking, as the keeper and the panel do. `body` without "act" is taken over. */
void town_record(struct town *town, const char *who, const char *act, const char *about, json_t *body, json_t *person);
/* As a person does it: asked, completed, recorded. `body` and `text` are taken over. */
enum err town_try(struct town *town, const char *who, const char *act, const char *about, json_t *body, json_t *text);
/* … with what is said of a person, taken over, too. */
enum err town_try_person(struct town *town, const char *who, const char *act, const char *about, json_t *body,
			 json_t *text, json_t *person);
/* The same when it must succeed, or fail with the reason `why`. */
void town_do(struct town *town, const char *who, const char *act, const char *about, json_t *body, json_t *text);
void town_refused(struct town *town, const char *why, const char *who, const char *act, const char *about, json_t *body,
		  json_t *text);
/* Declares a case as the clerk; its name is "2026-001" for the first. */
void town_declare(struct town *town, const char *title);

/* A new reference; fails the test when refused. */
json_t *town_view(const struct town *town, const char *who, const char *what, const char *about, uint64_t report,
		  enum lang lang);
/* A second book made from the records alone. The caller frees it. */
struct book *town_replay(const struct town *town);
/* Everything any view shows of `book`, as one text the caller frees: two equal books give equal texts. */
char *town_picture(const struct town *town, const struct book *book);
/* … as somebody else than the general manager sees it. */
char *town_picture_for(const struct town *town, const struct book *book, const char *who);

#endif
