/* The inside of a pack. Only for the files of this room. */
#ifndef KANNUKI_PROCEDURE_PACK_DATA_H
#define KANNUKI_PROCEDURE_PACK_DATA_H

#include "form/form.h"
#include "procedure/pack.h"

#include <stdbool.h>
#include <stddef.h>

/* A thing with a name: phase, type, verdict, stage, recipient … */
struct item {
	char *id;
	struct label label;
	struct label note; /* when, default …; empty when absent */
	char *kind;        /* NULL when absent */
};

struct items {
	struct item *list;
	unsigned count;
};

struct role {
	char *id;
	struct label label;
	struct label holder;
	char *kind; /* acts observes outside */
};

struct step {
	char *id;
	char *role;
	struct label label;
};

/* Step 0 is the applicant, the rest approve in this order. */
struct chain {
	char *id;
	char *basis;
	struct step *steps;
	unsigned steps_count;
};

struct form_entry {
	char *id;
	char *chain;
	char *file;
};

struct rule {
	char *act;
	char *basis;
	char **roles;
	unsigned roles_count;
};

/* Whom to call, in the order of the list. */
struct contact {
	char *id;
	struct label label;
	struct label within; /* how soon, in the procedure's own words; empty when absent */
	struct label say;    /* what to say first; empty when absent */
	char *kind;          /* inside outside */
	char *need;          /* must when */
	char *role;          /* whose holders it is when the site names nobody; NULL when absent */
	char **types;        /* of the cases in which it is called; none: of all */
	unsigned types_count;
	unsigned minutes; /* from knowing of it; 0: no such limit */
};

/* What one column of a register holds. */
struct column {
	char *id;
	char *kind; /* text lines date time number choice choices person */
	char *need; /* must when */
	struct label label;
	struct label note;
	struct item *options;
	unsigned options_count;
};

/* A register that is kept in peacetime: registers/ID.yaml. */
struct register_kind {
	char *id;
	char *origin;
	struct label label;
	struct label note; /* what it is for */
	struct column *columns;
	unsigned columns_count;
};

/* As libcyaml fills it from pack.yaml. */
struct pack_file {
	char *id, *version, *regime, *language, *source;
	struct label name, word;
	struct item *site, *phases, *types, *verdicts, *priorities, *endings, *sources, *stages, *recipients, *ways,
		*manners;
	unsigned site_count, phases_count, types_count, verdicts_count, priorities_count, endings_count, sources_count,
		stages_count, recipients_count, ways_count, manners_count;
	struct role *roles;
	unsigned roles_count;
	struct chain *chains;
	unsigned chains_count;
	struct contact *contacts;
	unsigned contacts_count;
	struct form_entry *forms;
	unsigned forms_count;
	struct rule *rules;
	unsigned rules_count;
};

/* A line of checklist.csv. */
struct check {
	char *id;
	const struct item *type; /* NULL: for every type, also before one is known */
	const struct item *phase;
	const struct role *role;
	struct label text;
	char *need;     /* must when */
	char *evidence; /* yes no */
	char *origin;
};

/* A line of questions.csv. */
struct question {
	char *id;
	bool *types; /* by index of the pack's types; NULL: every type */
	char *kind;  /* fact sub severity */
	struct label text;
};

struct pack {
	struct pack_file *file;
	struct check *checks;
	size_t checks_count;
	struct question *questions;
	size_t questions_count;
	struct register_kind **registers; /* in the order of their files' names */
	size_t registers_count;
	struct form *form; /* of the reports */
	const struct chain *chain;
	char hash[65];
};

/* Words of a-z, 0-9, '.', '_', '-', at most 64 long. */
bool id_is_word(const char *text);
const struct item *item_find(const struct item *list, unsigned count, const char *id);
const struct role *role_find(const struct pack_file *file, const char *id);
/* `id` may be NULL. */
const struct contact *contact_find(const struct pack_file *file, const char *id);
const struct rule *rule_find(const struct pack_file *file, const char *act);
bool rule_allows(const struct rule *rule, const char *role);
const struct check *check_find(const struct pack *pack, const char *id);
const struct question *question_find(const struct pack *pack, const char *id);
const struct register_kind *register_find(const struct pack *pack, const char *id);
const struct column *column_find(const struct register_kind *kind, const char *id);

/* Can a form's field be filled from this? (report.c) */
bool prefill_is_known(const char *from);

/* The parts of pack_load. */
struct source;
enum err pack_read_file(const char *path, struct pack_file **out, struct source *kept, struct fault *f) MUST_USE;
void pack_free_file(struct pack_file *file);
enum err pack_check_file(const struct pack_file *file, const struct source *s, struct fault *f) MUST_USE;
enum err pack_read_checks(struct pack *pack, const char *path, struct fault *f) MUST_USE;
enum err pack_read_questions(struct pack *pack, const char *path, struct fault *f) MUST_USE;
/* A pack without the folder `registers` has none. */
enum err pack_read_registers(struct pack *pack, const char *folder, struct fault *f) MUST_USE;
void pack_free_registers(struct pack *pack);
json_t *pack_registers_json(const struct pack *pack);
/* The whole pack as JSON; canonical when dumped with JSON_COMPACT | JSON_SORT_KEYS. */
json_t *pack_json(const struct pack *pack);
json_t *items_json(const struct item *list, unsigned count);

#endif
