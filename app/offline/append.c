/* kannuki-ledger append: JSON lines in, numbers and leaf hashes out, each only once it is durable and signed. */
#include "base/file.h"
#include "base/text.h"
#include "ledger/spell.h"
#include "offline/commands.h"
#include "offline/far.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 * 1024 };

/* An entry that waits for the commit of its group. */
struct waiting {
	uint64_t seq;
	uint8_t leaf[HASH_SIZE];
};

struct appending {
	struct ledger *ledger;
	uint64_t first;         /* the number of entry 0 */
	uint64_t group, number; /* lines a commit; the line at hand */
	struct waiting *waiting;
	uint64_t count;
};

/* ---- what a line may hold ---- */

/* What the program says of its own doing, each with checks of its own. A line that looked like one would make the log
   worthless, or say what did not happen. */
static const char *const own_acts[] = {"epoch.",     "incarnation.",     "medium.", "writer.",
				       "redaction",  "redaction.",       "policy.", "case.disposed",
				       "leftovers.", "witness.cosigned", "stamp."};

static bool is_own(const char *act)
{
	for (size_t i = 0; i < sizeof own_acts / sizeof *own_acts; i++) {
		size_t len = strlen(own_acts[i]);

		if (strncmp(act, own_acts[i], len) == 0 && (own_acts[i][len - 1] == '.' || act[len] == '\0'))
			return true;
	}
	return strcmp(act, "epoch") == 0;
}

static enum err check_member(const char *key, const json_t *value, struct fault *f)
{
	static const struct {
		const char *key;
		json_type type;
		const char *kind;
	} members[] = {
		{"type", JSON_STRING, N_("a word")},    {"class", JSON_STRING, N_("a word")},
		{"about", JSON_STRING, N_("a word")},   {"who", JSON_STRING, N_("a word")},
		{"via", JSON_STRING, N_("a word")},     {"idem", JSON_STRING, N_("a word")},
		{"body", JSON_OBJECT, N_("an object")}, {"person", JSON_OBJECT, N_("an object")},
		{"files", JSON_ARRAY, N_("an array")},  {"text", JSON_NULL, NULL},
	};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		if (strcmp(members[i].key, key) != 0)
			continue;
		if (members[i].kind == NULL || json_typeof(value) == members[i].type)
			return ERR_OK;
		return fault_set(f, ERR_FORMAT, _("\"%s\" must be %s"), key, _(members[i].kind));
	}
	return fault_set(
		f, ERR_FORMAT,
		_("\"%.40s\" is no member of a line; there are type, class, about, who, via, idem, body, text, "
		  "person and files"),
		key);
}

/* "type" names the act ("incident.noted"), or the class of entry with the act in the body. */
static const char *act_of(const json_t *line)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const char *act = json_string_value(json_object_get(json_object_get(line, "body"), "act"));

	return act != NULL ? act : type;
}

/* What "type" and "body" say of the act must not contradict. */
static enum err check_act(const json_t *line, struct fault *f)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	const char *act = act_of(line), *class_name = json_string_value(json_object_get(line, "class"));
	const char *const said[] = {act, type, class_name};

	if (type == NULL)
		return fault_set(f, ERR_FORMAT, _("a line needs a \"type\", such as \"incident.noted\""));
	if (strcmp(act, type) != 0 && strchr(type, '.') != NULL)
		return fault_set(f, ERR_FORMAT, _("\"type\" says '%.64s', \"act\" in \"body\" says '%.64s'"), type,
				 act);
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		if (said[i] != NULL && is_own(said[i]))
			return fault_set(f, ERR_DENIED,
					 _("'%.64s' is what the program records of its own doing; see the commands of "
					   "kannuki-ledger --help"),
					 said[i]);
	return ERR_OK;
}

/* What is not understood must not get lost without a word. */
static enum err check_line(json_t *line, struct fault *f)
{
	const char *key;
	enum err err = ERR_OK;
	json_t *value;

	if (!json_is_object(line))
		return fault_set(f, ERR_FORMAT, _("is not a JSON object"));
	json_object_foreach (line, key, value) {
		err = check_member(key, value, f);
		if (err != ERR_OK)
			return err;
	}
	return check_act(line, f);
}

/* ---- one line ---- */

/* What stands before the first dot of the type, unless the line names it. */
static const char *class_of(const json_t *line, char out[32])
{
	const char *named = json_string_value(json_object_get(line, "class"));
	const char *type = json_string_value(json_object_get(line, "type"));
	size_t len = strcspn(type, ".");

	if (named != NULL)
		return named;
	(void)snprintf(out, 32, "%.*s", (int)(len < 31 ? len : 31), type);
	return out;
}

static const char *word_of(const json_t *line, const char *key, const char *otherwise)
{
	const char *word = json_string_value(json_object_get(line, key));

	return word != NULL ? word : otherwise;
}

static char *dump(json_t *value)
{
	struct buf text = {.cap = BUF_CAP_DEFAULT};
	char *taken = value != NULL && json_spell(&text, value) == ERR_OK ? buf_take(&text) : NULL;

	buf_fini(&text);
	return taken;
}

/* A device or a pipe might never end. */
static enum err open_regular(const char *path, int *fd, struct fault *f)
{
	int opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat about;

	if (opened < 0 || fstat(opened, &about) != 0) {
		enum err err = fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));

		if (opened >= 0)
			(void)close(opened);
		return err;
	}
	if (!S_ISREG(about.st_mode)) {
		(void)close(opened);
		return fault_set(f, ERR_FORMAT, _("%s: is not a file that can be stored"), path);
	}
	*fd = opened;
	return ERR_OK;
}

/* A file to store: its path, or an object with "path" and, where they shall be others, "name" and "type". */
static enum err keep(const struct ledger *l, json_t *file, json_t **out, struct fault *f)
{
	const char *path = NULL, *name = NULL, *type = "application/octet-stream", *slash;
	json_error_t why;
	struct file_places places;
	struct kept_file kept;
	enum err err;
	int fd = -1;

	if (json_is_string(file))
		path = json_string_value(file);
	else if (json_unpack_ex(file, &why, JSON_STRICT, "{s:s, s?s, s?s}", "path", &path, "name", &name, "type",
				&type) != 0)
		return fault_set(f, ERR_FORMAT,
				 _("\"files\" must be paths, or objects of \"path\", \"name\" and \"type\""));
	err = open_regular(path, &fd, f);
	if (err != ERR_OK)
		return err;
	ledger_file_places(l, &places);
	err = file_keep(&places, fd, &kept, f);
	(void)close(fd);
	if (err != ERR_OK)
		return err;
	slash = strrchr(path, '/');
	if (name == NULL)
		name = slash != NULL ? slash + 1 : path;
	*out = json_pack("{s:s, s:I, s:s, s:s}", "name", name, "size", (json_int_t)kept.size, "type", type, "sha256",
			 kept.sha256);
	return *out != NULL ? ERR_OK : fault_set(f, ERR_FORMAT, _("%s: its name is not written in UTF-8"), path);
}

static enum err keep_files(const struct ledger *l, const json_t *files, json_t **out, struct fault *f)
{
	json_t *all = json_array(), *item, *file = NULL;
	enum err err = ERR_OK;
	size_t i;

	json_array_foreach (files, i, item) {
		err = keep(l, item, &file, f);
		if (err != ERR_OK)
			break;
		(void)json_array_append_new(all, file);
	}
	if (err == ERR_OK && files != NULL)
		*out = json_incref(all);
	json_decref(all);
	return err;
}

static enum err stage(struct appending *a, const json_t *line, const char *act, json_t *files, struct fault *f)
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
					 .type = class_of(line, class_name),
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

static enum err add_line(struct appending *a, json_t *line, struct fault *f)
{
	json_t *files = NULL;
	enum err err = check_line(line, f);

	if (err == ERR_OK)
		err = keep_files(a->ledger, json_object_get(line, "files"), &files, f);
	if (err == ERR_OK)
		err = stage(a, line, act_of(line), files, f);
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
		(void)printf("%" PRIu64 " %s\n", a->first + a->waiting[i].seq, leaf);
	}
	far_show_beside(N_("recorded"), a->number);
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
	err = number_of_first(a.ledger, &a.first, f);
	if (err == ERR_OK)
		err = a.waiting != NULL ? append_all(&a, f) : fault_set(f, ERR_NOMEM, _("no memory"));
	free(a.waiting);
	ledger_close(a.ledger);
	return err;
}
