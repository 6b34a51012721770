#include "keeper/draft.h"

#include "base/crc32.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With what there is to choose from it has to fit into one message. */
enum { DRAFT_MAX = 24 * 1024 };

static const char *const members[] = {"organisation", "origin", "pack", "site", "uplinks", "users"};
enum { MEMBERS = sizeof members / sizeof members[0] };

enum err draft_open(struct draft_file *d, const struct config *config, struct fault *f)
{
	struct places places[KEEPER_MEDIA];
	struct buf text;
	enum err err = places_find(config, places, f);

	if (err != ERR_OK)
		return err;
	(void)snprintf(d->path, sizeof d->path, "%s/commissioning.json", places[FIRST_MEDIUM].home);
	(void)snprintf(d->trial, sizeof d->trial, "%s.trial", d->path);
	buf_init(&text, DRAFT_MAX + 1);
	if (file_read(d->path, DRAFT_MAX, &text, f) == ERR_OK)
		d->answers = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	buf_fini(&text);
	if (!json_is_object(d->answers)) {
		json_decref(d->answers);
		d->answers = json_object();
	}
	return d->answers != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, _("no memory"));
}

void draft_close(struct draft_file *d)
{
	json_decref(d->answers);
	d->answers = NULL;
}

void draft_remove(struct draft_file *d)
{
	if (unlink(d->path) != 0 && errno != ENOENT)
		diag(DIAG_WARNING, "%s: cannot be removed: %s", d->path, strerror(errno));
	(void)unlink(d->trial);
}

uint64_t draft_revision(const struct draft_file *d)
{
	char *text = json_dumps(d->answers, JSON_COMPACT | JSON_SORT_KEYS);
	uint64_t revision = text != NULL ? crc32_add(0, text, strlen(text)) : 0;

	free(text);
	return revision;
}

static bool is_member(const char *key)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i], key) == 0)
			return true;
	return false;
}

/* Texts that no terminal and no paper could show are not taken. */
static bool is_clean(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		const char *text = json_string_value(value);
		size_t len = json_string_length(value);

		return strlen(text) == len && len > 0 && text[strspn(text, " ")] != '\0' &&
		       !text_has_control(text, len, "");
	}
	json_array_foreach (value, i, member)
		if (!is_clean(member))
			return false;
	json_object_foreach (value, key, member)
		if (!is_clean(member))
			return false;
	return json_is_array(value) || json_is_object(value) || json_is_null(value);
}

static enum err merge(json_t *into, json_t *values, struct fault *f)
{
	const char *key;
	json_t *value;

	json_object_foreach (values, key, value) {
		if (!is_member(key) || !is_clean(value))
			return fault_set(f, ERR_FORMAT,
					 _("%s: an empty text, or one with control characters, is not taken"), key);
		if (json_is_null(value))
			(void)json_object_del(into, key);
		else if (json_object_set(into, key, value) != 0)
			return fault_set(f, ERR_NOMEM, _("no memory"));
	}
	return ERR_OK;
}

static enum err write_to(const char *path, const json_t *answers, struct fault *f)
{
	char *text = json_dumps(answers, JSON_COMPACT);
	enum err err = text != NULL ? ERR_OK : fault_set(f, ERR_NOMEM, _("no memory"));

	if (text != NULL && strlen(text) > DRAFT_MAX)
		err = fault_set(f, ERR_RANGE, _("these answers are too long; shorten them"));
	if (err == ERR_OK && text != NULL)
		err = file_replace(path, text, strlen(text), 0600, f);
	free(text);
	return err;
}

/* As the set-up file that it is. libcyaml's own words name a file that nobody has written. */
static enum err check(const char *path, const struct config *config, struct fault *f)
{
	struct site *site = NULL;
	struct pack *pack = NULL;
	enum err err = site_load_part(path, &site, f);

	if (err != ERR_OK)
		return err == ERR_FORMAT ? fault_set(f, err, _("a value is missing or too long; shorten it")) : err;
	if (site->pack != NULL)
		err = site_pack(site, config, &pack, f);
	if (err == ERR_OK)
		err = site_check_part(site, pack, f);
	pack_free(pack);
	site_free(site);
	return err;
}

enum err draft_put(struct draft_file *d, const struct config *config, json_t *values, struct fault *f)
{
	json_t *answers = json_copy(d->answers);
	enum err err = answers != NULL ? merge(answers, values, f) : fault_set(f, ERR_NOMEM, _("no memory"));

	if (err == ERR_OK && json_object_size(answers) > 0) {
		err = write_to(d->trial, answers, f);
		if (err == ERR_OK)
			err = check(d->trial, config, f);
	}
	if (err == ERR_OK)
		err = write_to(d->path, answers, f);
	(void)unlink(d->trial);
	if (err == ERR_OK) {
		json_decref(d->answers);
		d->answers = json_incref(answers);
	}
	json_decref(answers);
	return err;
}

enum err draft_site(struct draft_file *d, const struct config *config, struct site **out, struct fault *f)
{
	struct site *site = NULL;
	struct pack *pack = NULL;
	enum err err;

	for (size_t i = 0; i < MEMBERS; i++)
		if (json_object_get(d->answers, members[i]) == NULL && strcmp(members[i], "site") != 0)
			return fault_set(f, ERR_MISSING, _("this was not answered yet: %s"), members[i]);
	err = site_load(d->path, &site, f);
	if (err == ERR_OK)
		err = site_pack(site, config, &pack, f);
	if (err == ERR_OK)
		err = site_check(site, d->path, pack, f);
	if (err == ERR_OK && !site_has_two(site, pack))
		err = fault_set(f, ERR_MISSING,
				_("two people are needed who may both ask for changes of accounts and approve them"));
	pack_free(pack);
	if (err == ERR_OK)
		*out = site;
	else if (site != NULL)
		site_free(site);
	return err;
}
