/* What lies beside the log on its media, and what no erasure reaches: databases that were set aside as damaged, and
 * orphans; in earlier incarnations, too.
 */
#include "ledger/inside.h"

#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	leftover_taker *take;
	void *context;
	uint64_t count;
};

/* Every item of the folder whose name holds `part`. No folder is no error. */
static enum err look_in(const char *folder, const char *part, struct search *s, struct fault *f)
{
	DIR *dir = opendir(folder);
	struct dirent *item;
	enum err err = ERR_OK;

	if (dir == NULL)
		return errno == ENOENT ? ERR_OK
				       : fault_set(f, err_from_errno(errno), "%s: %s", folder, strerror(errno));
	while (err == ERR_OK && (item = readdir(dir)) != NULL) {
		char path[PATH_MAX];

		if (item->d_name[0] == '.' || strstr(item->d_name, part) == NULL)
			continue;
		if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, item->d_name) >= sizeof path) {
			err = fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
		} else {
			s->count++;
			err = s->take != NULL ? s->take(s->context, path, f) : ERR_OK;
		}
	}
	(void)closedir(dir);
	return err;
}

static enum err look_at(const char *folder, struct search *s, struct fault *f)
{
	char orphans[PATH_MAX];
	enum err err = look_in(folder, ".damaged", s, f);

	if ((size_t)snprintf(orphans, sizeof orphans, "%s/orphans", folder) >= sizeof orphans)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), folder);
	return err == ERR_OK ? look_in(orphans, ".jsonl", s, f) : err;
}

static enum err look_everywhere(const struct ledger *l, struct search *s, struct fault *f)
{
	enum err err = ERR_OK;

	for (int i = 0; i < MEDIA_MAX && err == ERR_OK; i++) {
		const char *folder = l->media.m[i].folder;
		char earlier[PATH_MAX];

		if (folder == NULL)
			continue;
		err = look_at(folder, s, f);
		for (unsigned n = 1; err == ERR_OK && ledger_earlier_path(folder, n, earlier, sizeof earlier) == ERR_OK;
		     n++)
			err = look_at(earlier, s, f);
	}
	return err;
}

enum err ledger_leftovers(const struct ledger *l, leftover_taker *take, void *context, struct fault *f)
{
	struct search s = {take, context, 0};

	return look_everywhere(l, &s, f);
}

/* ---- removing ---- */

static enum err record(struct ledger *l, uint64_t count, const struct redaction *why, struct moment now,
		       struct fault *f)
{
	struct draft draft = {.who = why->who, .via = why->via, .type = "system", .about = "-"};
	json_t *members = json_pack("{s:s, s:I, s:[s, s]}", "act", "leftovers.removed", "files", (json_int_t)count,
				    "approved_by", why->approved_by[0], why->approved_by[1]);
	char *body = members != NULL ? json_dumps(members, JSON_COMPACT) : NULL, *text = NULL;
	enum err err = redaction_words(why, &text, f);

	draft.body = body;
	draft.text = text;
	if (err == ERR_OK && body == NULL)
		err = fault_set(f, ERR_NOMEM, _("no memory"));
	if (err == ERR_OK)
		err = ledger_add(l, &draft, now, NULL, NULL, f);
	if (err == ERR_OK)
		err = commit_erasure(l, now, f);
	free(text);
	free(body);
	json_decref(members);
	return err;
}

static enum err remove_one(void *context, const char *path, struct fault *f)
{
	char folder[PATH_MAX];

	(void)context;
	if (unlink(path) != 0 && errno != ENOENT)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	folder_above(folder, sizeof folder, path);
	return folder_sync(folder, f);
}

enum err ledger_remove_leftovers(struct ledger *l, const struct redaction *why, struct moment now, uint64_t *removed,
				 struct fault *f)
{
	struct search count = {NULL, NULL, 0}, removing = {remove_one, NULL, 0};
	enum err err = redaction_judge(why, f);

	if (err == ERR_OK && ledger_has_staged(l))
		err = fault_set(f, ERR_STATE, _("nothing can be erased while entries wait for their commit"));
	if (err == ERR_OK)
		err = look_everywhere(l, &count, f);
	if (err == ERR_OK && count.count == 0)
		err = fault_set(f, ERR_MISSING, _("nothing lies beside the log"));
	if (err == ERR_OK)
		err = record(l, count.count, why, now, f);
	if (err == ERR_OK)
		err = look_everywhere(l, &removing, f);
	if (err == ERR_OK)
		*removed = removing.count;
	return err;
}
