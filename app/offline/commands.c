#include "offline/commands.h"

#include "base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err command_init(const struct request *request, struct fault *f)
{
	char code[GENESIS_CODE_CHARS + 1];
	enum err err;

	if (request->origin == NULL)
		return fault_set(f, ERR_MISSING, _("give the origin: --origin OPERATOR/SERIAL/1"));
	err = ledger_create(request->folder, NULL, request->origin, moment_now(), code, f);
	if (err == ERR_OK)
		(void)printf("genesis: %s\n", code);
	return err;
}

enum err command_genesis(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);

	if (err == ERR_OK)
		(void)printf("genesis: %s\n", ledger_genesis_code(l));
	ledger_close(l);
	return err;
}

/* ---- show ---- */

static void set_text(json_t *line, const char *key, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(line, key, json_string(text));
}

static void set_number(json_t *line, const char *key, uint64_t number)
{
	(void)json_object_set_new(line, key, json_integer((json_int_t)number));
}

static void set_json(json_t *line, const char *key, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(line, key, json_loads(text, JSON_DECODE_ANY, NULL));
}

static enum err print_record(void *context, const struct record *r)
{
	char leaf[BASE64_SIZE(HASH_SIZE)], wall[WALL_TEXT_SIZE];
	json_t *line = json_object();

	(void)context;
	base64_encode(leaf, r->leaf, HASH_SIZE);
	wall_format(wall, r->at.wall_ms);
	set_number(line, "seq", r->seq);
	set_text(line, "leaf", leaf);
	set_number(line, "boot", r->boot);
	set_number(line, "epoch", r->epoch);
	set_text(line, "wall", wall);
	set_text(line, "source", wall_source_name(r->at.source));
	set_text(line, "who", r->who);
	set_text(line, "via", r->via);
	set_text(line, "type", r->type);
	set_text(line, "about", r->about);
	set_text(line, "idem", r->idem);
	set_json(line, "body", r->body);
	set_json(line, "text", r->text);
	set_json(line, "person", r->person);
	set_json(line, "files", r->files);
	(void)json_dumpf(line, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(line);
	return ferror(stdout) == 0 ? ERR_OK : ERR_IO;
}

enum err command_show(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);

	if (err == ERR_OK)
		err = ledger_read(l, request->from, request->to, print_record, NULL, f);
	ledger_close(l);
	return err;
}

enum err command_check(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);

	if (err == ERR_OK)
		err = ledger_check(l, f);
	if (err == ERR_OK)
		(void)printf(_("Good: %llu entries, %llu epochs; chain, tree, texts and signatures fit.\n"),
			     (unsigned long long)ledger_head(l).size, (unsigned long long)ledger_head(l).epoch);
	ledger_close(l);
	return err;
}

/* ---- append ---- */

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

static char *dump(const json_t *line, const char *key)
{
	const json_t *value = json_object_get(line, key);

	return value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
}

static enum err add_line(struct ledger *l, json_t *line, uint8_t leaf[HASH_SIZE], struct fault *f)
{
	const char *act = json_string_value(json_object_get(line, "type"));
	char class_name[32], *body, *text, *person, *files;
	json_t *members = json_object();
	enum err err;

	if (act == NULL) {
		json_decref(members);
		return fault_set(f, ERR_FORMAT, _("a line needs a \"type\", such as \"incident.noted\""));
	}
	(void)json_object_set_new(members, "act", json_string(act));
	(void)json_object_update_missing(members, json_object_get(line, "body"));
	body = json_dumps(members, JSON_COMPACT);
	text = dump(line, "text");
	person = dump(line, "person");
	files = dump(line, "files");
	err = ledger_add(l,
			 &(struct draft){.who = word_of(line, "who", "system"),
					 .via = word_of(line, "via", "cli"),
					 .type = class_of(line, act, class_name),
					 .about = word_of(line, "about", "-"),
					 .idem = word_of(line, "idem", NULL),
					 .body = body,
					 .text = text,
					 .person = person,
					 .files = files},
			 moment_now(), NULL, leaf, f);
	free(files);
	free(person);
	free(text);
	free(body);
	json_decref(members);
	return err;
}

static enum err append_line(struct ledger *l, const char *text, size_t len, uint64_t number, struct fault *f)
{
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	char answer[BASE64_SIZE(HASH_SIZE)];
	uint8_t leaf[HASH_SIZE];
	struct fault why = {.text = ""};
	enum err err = json_is_object(line) ? add_line(l, line, leaf, &why)
					    : fault_set(&why, ERR_FORMAT, _("is not a JSON object"));

	json_decref(line);
	if (err == ERR_OK)
		err = ledger_commit(l, moment_now(), &why);
	if (err != ERR_OK)
		return fault_set(f, err, _("line %llu: %s"), (unsigned long long)number, why.text);
	base64_encode(answer, leaf, HASH_SIZE);
	(void)printf("%s\n", answer);
	return fflush(stdout) == 0 ? ERR_OK : fault_set(f, ERR_IO, _("the answer cannot be written"));
}

enum err command_append(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	enum err err = ledger_open(request->folder, moment_now(), &l, f);

	for (uint64_t number = 1; err == ERR_OK && (len = getline(&line, &size, stdin)) > 0; number++)
		err = append_line(l, line, (size_t)len, number, f);
	free(line);
	ledger_close(l);
	return err;
}
