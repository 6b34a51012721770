/* A form: fields, and one grid of rows that gives every printed shape of it.
 *
 * A row is "kind.width:content | kind.width:content …"; the widths of a row add up to 24 (24ths of the page). A row
 * that begins with "- " stands without a frame. Kinds:
 *
 *   title  word  static words (by id of `words`), centred or not      label  a field's label
 *   value  what was filled in; for a choice all options with □ ■     table  time and text, one under the other
 *   option FIELD.OPTION: the option's label (and example)             box    FIELD.OPTION: its □ or ■
 *   seal   a seal box: who, when, in what manner                      same   the cell above goes on
 *   blank  nothing
 */
#ifndef KANNUKI_FORM_FORM_H
#define KANNUKI_FORM_FORM_H

#include "base/err.h"
#include "form/label.h"

#include <stdint.h>

enum field_kind { FIELD_TEXT_LINE, FIELD_LINES, FIELD_TIME, FIELD_CHOICE, FIELD_CHOICES, FIELD_TABLE, FIELD_FIXED };

struct option {
	char *id;
	struct label label;
	struct label group;   /* heading it stands under; empty when none */
	struct label example; /* printed after the label; empty when none */
	char *side;           /* options of different sides exclude each other; NULL: goes with every one */
};

struct field {
	char *id;
	struct label label;
	struct label section;
	enum field_kind kind;
	char *from; /* where its first value comes from, a word of the procedure; NULL: from people only */
	struct label fixed;
	struct option *options;
	unsigned options_count;
};

struct seal {
	char *id;
	char *step; /* of the chain */
	struct label label;
};

struct form;

enum err form_load(const char *path, struct form **out, struct fault *f) MUST_USE;
void form_free(struct form *form);

const char *form_id(const struct form *form);
const struct label *form_title(const struct form *form);
size_t form_fields(const struct form *form);
const struct field *form_field(const struct form *form, size_t index); /* NULL beyond the last */
const struct field *form_field_find(const struct form *form, const char *id);
const struct option *field_option(const struct field *field, const char *id);
size_t form_seals(const struct form *form);
const struct seal *form_seal(const struct form *form, size_t index);
/* "text", "choice" … */
const char *field_kind_name(enum field_kind kind);
/* Everything of the form, for the pack's canonical JSON. */
json_t *form_json(const struct form *form);

/* What a form is filled in with; all borrowed. */
struct filling {
	json_t *values; /* {field: text | option | [options] | time | [[time, text] …]}; absent or null: blank */
	json_t *seals;  /* {step: {"name", "at": time|null, "manner"}} */
	json_t *site;
	json_t *head; /* lines above and below the form; may be NULL */
	json_t *foot;
	enum lang lang;
};

/* The form as lines of at most 80 columns: a new reference, NULL when out of memory. Nothing is cut off: a long
   text makes its row higher. */
json_t *form_text(const struct form *form, const struct filling *filling);

/* "2026年11月20日 9時12分"; blanks for null or a text that is not a time. */
void form_time(struct buf *out, const char *time, enum lang lang);

#endif
