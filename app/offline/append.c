/* kannuki-ledger append: JSON lines in, numbers and leaf hashes out, each only once it is durable and signed. */
#include "base/file.h"
#include "base/text.h"
#include "offline/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 * 1024 };

/* An entry that waits for the commit of its group. */
struct waiting {
	uint64_t seq;
	uint8_t leaf[HASH_SIZE];
};

struct appending {
	struct ledger *ledger;
	uint64_t group, number; /* lines a commit; the line at hand */
	struct waiting *waiting;
	uint64_t count;
};

/* ---- one line ---- */

/* The class of an act is what stands before its first dot, unless the line names one. */
static const char *class_of(const json_t *line, const char *act, char out[32])
{
	const char *named = json_string_value(json_object_get(line, "class"));
	size_t len = strcspn(act, ".");

	if (named != NULL)
		return named;
	(void)snprintf(out, 32, "%.*s", (int)(len < 31 ? len : 31), act);
	return out;
}

static const char *word_of(const json_t *line, const char *key, const char *otherwise)
{
	const char *word = json_string_value(json_object_get(line, key));

	return word != NULL ? word : otherwise;
}

static char *dump(const json_t *value)
{
	return value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
}

static enum err keep(const struct ledger *l, const char *path, json_t **out, struct fault *f)
{
	const char *slash = strrchr(path, '/');
	struct file_places places;
	struct kept_file kept;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err err;

	if (fd < 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	ledger_file_places(l, &places);
	err = file_keep(&places, fd, &kept, f);
	(void)close(fd);
	if (err != ERR_OK)
		return err;
	*out = json_pack("{s:s, s:I, s:s, s:s}", "name", slash != NULL ? slash + 1 : path, "size",
			 (json_int_t)kept.size, "type", "application/octet-stream", "sha256", kept.sha256);
	return *out != NULL ? ERR_OK : fault_set(f, ERR_FORMAT, _("%s: its name is not written in UTF-8"), path);
}

/* Each path is a file to store; what is an object already stays as it is. */
static enum err keep_files(const struct ledger *l, const json_t *files, json_t **out, struct fault *f)
{
	json_t *all, *item, *file = NULL;
	size_t i;

	if (files == NULL)
		return ERR_OK;
	if (!json_is_array(files))
		return fault_set(f, ERR_FORMAT, _("\"files\" must be an array of paths"));
	all = json_array();
	json_array_foreach (files, i, item) {
		if (json_is_string(item)) {
			enum err err = keep(l, json_string_value(item), &file, f);

			if (err != ERR_OK) {
				json_decref(all);
				return err;
			}
		} else {
			file = json_incref(item);
		}
		(void)json_array_append_new(all, file);
	}
	*out = all;
	return ERR_OK;
}

static enum err stage(struct appending *a, const json_t *line, const char *act, const json_t *files, struct fault *f)
{
	struct waiting *w = &a->waiting[a->count];
	json_t *members = json_object();
	char class_name[32], *body, *text, *person, *names;
	enum err err;

	(void)json_object_set_new(members, "act", json_string(act));
	(void)json_object_update_missing(members, json_object_get(line, "body"));
	body = dump(members);
	text = dump(json_object_get(line, "text"));
	person = dump(json_object_get(line, "person"));
	names = dump(files);
	err = ledger_add(a->ledger,
			 &(struct draft){.who = word_of(line, "who", "system"),
					 .via = word_of(line, "via", "cli"),
					 .type = class_of(line, act, class_name),
					 .about = word_of(line, "about", "-"),
					 .idem = word_of(line, "idem", NULL),
					 .body = body,
					 .text = text,
					 .person = person,
					 .files = names},
			 moment_now(), &w->seq, w->leaf, f);
	free(names);
	free(person);
	free(text);
	free(body);
	json_decref(members);
	return err;
}

static enum err add_line(struct appending *a, const json_t *line, struct fault *f)
{
	const char *act = json_string_value(json_object_get(line, "type"));
	json_t *files = NULL;
	enum err err;

	if (!json_is_object(line))
		return fault_set(f, ERR_FORMAT, _("is not a JSON object"));
	if (act == NULL)
		return fault_set(f, ERR_FORMAT, _("a line needs a \"type\", such as \"incident.noted\""));
	err = keep_files(a->ledger, json_object_get(line, "files"), &files, f);
	if (err == ERR_OK)
		err = stage(a, line, act, files, f);
	json_decref(files);
	if (err == ERR_OK)
		a->count++;
	return err;
}

/* ---- groups ---- */

static enum err answer(struct appending *a, struct fault *f)
{
	char leaf[BASE64_SIZE(HASH_SIZE)];

	for (uint64_t i = 0; i < a->count; i++) {
		base64_encode(leaf, a->waiting[i].leaf, HASH_SIZE);
		(void)printf("%" PRIu64 " %s\n", a->waiting[i].seq, leaf);
	}
	a->count = 0;
	return fflush(stdout) == 0 ? ERR_OK : fault_set(f, ERR_IO, _("the answer cannot be written"));
}

static enum err commit(struct appending *a, struct fault *f)
{
	enum err err = ledger_commit(a->ledger, moment_now(), f);

	if (err == ERR_OK)
		err = answer(a, f);
	if (err == ERR_OK && ledger_media_changed(a->ledger)) {
		err = ledger_note_media(a->ledger, moment_now(), f);
		if (err == ERR_OK)
			err = ledger_commit(a->ledger, moment_now(), f);
	}
	return err;
}

static enum err append_line(struct appending *a, const char *text, size_t len, struct fault *f)
{
	json_t *line = len <= LINE_MAX_BYTES ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
	struct fault why = {.text = ""};
	enum err err = len > LINE_MAX_BYTES ? fault_set(&why, ERR_RANGE, _("is longer than %d bytes"), LINE_MAX_BYTES)
					    : add_line(a, line, &why);

	json_decref(line);
	if (err == ERR_OK && a->count == a->group)
		err = commit(a, &why);
	return err == ERR_OK ? ERR_OK : fault_set(f, err, _("line %llu: %s"), (unsigned long long)a->number, why.text);
}

/* A line that cannot be recorded ends it; the lines before it are recorded and answered. */
static enum err append_all(struct appending *a, struct fault *f)
{
	struct fault late = {.text = ""};
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	enum err err = ERR_OK, last;

	while (err == ERR_OK && (len = getline(&line, &size, stdin)) > 0) {
		a->number++;
		err = append_line(a, line, (size_t)len, f);
	}
	free(line);
	if (err == ERR_OK && ferror(stdin) != 0)
		err = fault_set(f, ERR_IO, _("the lines cannot be read"));
	last = commit(a, &late);
	if (err == ERR_OK && last != ERR_OK)
		*f = late;
	return err != ERR_OK ? err : last;
}

enum err command_append(const struct request *request, struct fault *f)
{
	struct appending a = {.group = request->group != 0 ? request->group : 1};
	enum err err = open_to_write(request, &a.ledger, f);

	if (err != ERR_OK)
		return err;
	a.waiting = calloc(a.group, sizeof *a.waiting);
	err = a.waiting != NULL ? append_all(&a, f) : fault_set(f, ERR_NOMEM, _("no memory"));
	free(a.waiting);
	ledger_close(a.ledger);
	return err;
}
