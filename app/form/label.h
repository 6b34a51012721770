/* Labels: what a person reads, in both languages; {site variables} are filled in when it is shown. */
#ifndef KANNUKI_FORM_LABEL_H
#define KANNUKI_FORM_LABEL_H

#include "base/text.h"

#include <jansson.h>

struct label {
	char *ja, *en;
};

const char *label_pick(const struct label *label, enum lang lang);
/* `text` with each {variable} replaced by its value in the object `site`; an unknown one appears as 〔variable〕.
   A new reference to a string; NULL when out of memory. */
json_t *label_fill(const char *text, const json_t *site);
/* {"ja", "en"}; null for an empty one. */
json_t *label_json(const struct label *label);
/* Both at once. */
json_t *label_show(const struct label *label, enum lang lang, const json_t *site);

#endif
