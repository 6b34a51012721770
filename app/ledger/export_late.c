/* Erased too late: what a redaction took away that is recorded only after the pinned end, or in a later log. The
 * bundle's log does not have that redaction, so in it such a disclosure can only be withheld.
 */
#include "ledger/export_inside.h"

#include "base/text.h"

#include <jansson.h>
#include <string.h>

static enum err note_redaction(struct export *x, const struct buf *body)
{
	struct late late = {0};
	enum err err = disclosure_parse(&x->value, DISCLOSURE_BODY, body->data, body->len);
	json_t *json = err == ERR_OK ? json_loadb(x->value.data, x->value.len, 0, NULL) : NULL;
	const char *act = json_string_value(json_object_get(json, "act"));
	const char *name = json_string_value(json_object_get(json, "name"));

	if (act != NULL && strcmp(act, "redaction") == 0 && name != NULL) {
		late.seq = (uint64_t)json_integer_value(json_object_get(json, "seq"));
		late.name = name_find(disclosure_names, DISCLOSURE_COUNT, name, strlen(name));
		buf_add(&x->late, &late, sizeof late);
		err = buf_status(&x->late);
	}
	json_decref(json);
	return err;
}

/* Reads on from where the last call ended: usually there is little or nothing. */
static enum err read_on(struct export *x)
{
	struct store *store = media_store(&x->ledger->media);
	uint64_t end = x->ledger->durable.tree.size;
	struct opened opened = {0};
	sqlite3_stmt *rows = NULL;
	enum err err = ERR_OK;

	if (x->late_seen == end)
		return ERR_OK;
	err = store_entries(store, x->late_seen, end, &rows);
	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		err = opened_fill(x->ledger, &opened, rows, x->f);
		if (err == ERR_OK && opened.entry.type == TYPE_SYSTEM)
			err = note_redaction(x, &opened.strings[DISCLOSURE_BODY]);
	}
	(void)sqlite3_finalize(rows);
	opened_fini(&opened);
	if (err != ERR_MISSING)
		return err;
	x->late_seen = end;
	return ERR_OK;
}

enum err export_is_late(struct export *x, int name, bool *is_late)
{
	enum err err = read_on(x);
	const struct late *all = (const struct late *)(const void *)x->late.data;

	*is_late = entry_is_erased_later(x->ledger, x->opened.entry.seq, (enum disclosure_name)name);
	for (size_t i = 0; i < x->late.len / sizeof *all; i++)
		*is_late |= all[i].seq == x->opened.entry.seq && all[i].name == name;
	return err;
}
