#include "offline/commands.h"

#include "base/text.h"
#include "ledger/past.h"
#include "ledger/spell.h"
#include "offline/far.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool tell_missing_media(const struct ledger *l)
{
	struct medium_info media[LEDGER_MEDIA];
	bool some = false;

	ledger_media(l, media);
	for (int i = 0; i < LEDGER_MEDIA; i++) {
		if (media[i].state != MEDIUM_FAILED)
			continue;
		(void)fprintf(stderr, "kannuki-ledger: %s\n", media[i].why);
		some = true;
	}
	return some;
}

enum err open_to_write(const struct request *request, struct ledger **out, struct fault *f)
{
	enum err err = ledger_open(request->folder, moment_now(), out, f);

	if (err == ERR_OK && tell_missing_media(*out))
		(void)fputs(_("kannuki-ledger: recording goes on with the other medium alone\n"), stderr);
	return err;
}

enum err number_of_first(struct ledger *l, uint64_t *out, struct fault *f)
{
	struct past *past = NULL;
	enum err err = past_open(l, &past, f);

	if (err == ERR_OK)
		*out = past_size(past);
	past_close(past);
	return err;
}

enum err command_init(const struct request *request, struct fault *f)
{
	char code[GENESIS_CODE_CHARS + 1];
	enum err err;

	if (request->origin == NULL)
		return fault_set(f, ERR_MISSING, _("give the origin: --origin OPERATOR/SERIAL/1"));
	err = ledger_create(request->folder, request->mirror, request->origin, moment_now(), code, f);
	if (err == ERR_OK)
		(void)printf("genesis: %s\n", code);
	return err;
}

enum err command_genesis(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);

	if (err == ERR_OK)
		(void)printf("%s\n", ledger_genesis_code(l));
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
	struct buf text = {.cap = BUF_CAP_DEFAULT};
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
	if (json_spell(&text, line) == ERR_OK)
		(void)puts(text.data);
	buf_fini(&text);
	json_decref(line);
	far_show_beside(N_("reading"), r->seq);
	return ferror(stdout) == 0 ? ERR_OK : ERR_IO;
}

/* In this log and those before it, as far as they are here. */
static enum err read_all(const struct request *request, record_taker *take, void *context, struct fault *f)
{
	struct ledger *l = NULL;
	struct past *past = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);

	if (err == ERR_OK)
		err = past_open(l, &past, f);
	if (err == ERR_OK)
		err = past_read_on(past, l, request->from, request->to, take, context, f);
	past_close(past);
	ledger_close(l);
	return err;
}

enum err command_show(const struct request *request, struct fault *f)
{
	return read_all(request, print_record, NULL, f);
}

static enum err print_leftover(void *context, const char *path, struct fault *f)
{
	(void)context;
	(void)f;
	(void)printf(_("Beside the log, and nothing is ever erased in it: %s\n"), path);
	return ERR_OK;
}

/* What the panel's controller had seen, as the newest entry that tells it says; the controller itself is not asked. */
struct last_seen {
	uint64_t seq;
	char verdict[16];
};

static enum err take_seen(void *context, const struct record *r)
{
	struct last_seen *last = context;
	json_t *body = r->body != NULL && strstr(r->body, "\"verdict\"") != NULL ? json_loads(r->body, 0, NULL) : NULL;
	json_t *seen = json_object_get(json_object_get(body, "panel"), "seen");
	const char *act = json_string_value(json_object_get(body, "act")), *verdict;

	if (act != NULL && strcmp(act, "log.witnessed") == 0)
		seen = body;
	verdict = json_string_value(json_object_get(seen, "verdict"));
	if (verdict != NULL) {
		last->seq = r->seq;
		(void)snprintf(last->verdict, sizeof last->verdict, "%s", verdict);
	}
	json_decref(body);
	return ERR_OK;
}

static bool contradicts(const char *verdict)
{
	static const char *const bad[] = {"shorter", "other_root", "other_log", "missing_log"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (strcmp(verdict, bad[i]) == 0)
			return true;
	return false;
}

/* Backwards: heartbeats tell it every ten minutes. */
static enum err check_seen(struct ledger *l, struct fault *f)
{
	enum { AT_ONCE = 2000 };
	struct last_seen last = {.seq = 0};
	uint64_t number = 0, to = ledger_head(l).size;
	enum err err = ERR_OK;

	while (err == ERR_OK && to > 0 && last.verdict[0] == '\0') {
		uint64_t from = to > AT_ONCE ? to - AT_ONCE : 0;

		err = ledger_read(l, from, to, take_seen, &last, f);
		to = from;
	}
	if (err != ERR_OK || !contradicts(last.verdict))
		return err;
	err = number_of_first(l, &number, f);
	if (err != ERR_OK)
		return err;
	number += last.seq;
	return fault_set(
		f, ERR_STATE,
		_("entry %llu says that the panel's controller has seen another log than this one (%s); compare with "
		  "exports and prints, and see 'ledger media' on the box"),
		(unsigned long long)number, last.verdict);
}

static enum err check(struct ledger *l, struct fault *f)
{
	struct check *c = NULL;
	bool done = false;
	enum err err = check_begin(l, &c, f);

	while (err == ERR_OK && !done) {
		err = check_step(c, INT64_C(200000000), &done, f);
		far_show(N_("checking"), check_progress(c), ledger_head(l).size);
	}
	far_end();
	check_end(c);
	return err;
}

enum err command_check(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);
	bool lacks_one = false;

	if (err == ERR_OK) {
		lacks_one = tell_missing_media(l);
		err = check(l, f);
	}
	if (err == ERR_OK)
		(void)printf(
			_("Good: %llu entries, %llu epochs; chain, tree, texts, signatures and stored files fit.\n"),
			(unsigned long long)ledger_head(l).size, (unsigned long long)ledger_head(l).epoch);
	if (err == ERR_OK)
		err = ledger_leftovers(l, print_leftover, NULL, f);
	if (err == ERR_OK)
		err = check_seen(l, f);
	if (err == ERR_OK && lacks_one)
		err = fault_set(
			f, ERR_STATE,
			_("only what is on this medium is good: the other one could not be read. Put it back, or "
			  "write it anew with repair"));
	ledger_close(l);
	return err;
}

enum err command_rotate(const struct request *request, struct fault *f)
{
	struct ledger *l = NULL;
	/* Opening for writing begins an epoch; that is all there is to do. */
	enum err err = open_to_write(request, &l, f);
	uint64_t first = 0;

	if (err == ERR_OK)
		err = number_of_first(l, &first, f);
	if (err == ERR_OK)
		(void)printf(_("Epoch %llu has begun at entry %llu.\n"), (unsigned long long)ledger_head(l).epoch,
			     (unsigned long long)(first + ledger_head(l).size - 2));
	ledger_close(l);
	return err;
}

/* ---- find ---- */

struct search {
	const char *word;
	uint64_t found;
};

static bool holds(const char *text, const char *word)
{
	return text != NULL && strcasestr(text, word) != NULL;
}

static enum err print_if_found(void *context, const struct record *r)
{
	struct search *search = context;
	const char *word = search->word;

	far_show_beside(N_("reading"), r->seq);
	if (!holds(r->about, word) && !holds(r->who, word) && !holds(r->body, word) && !holds(r->text, word) &&
	    !holds(r->person, word) && !holds(r->files, word))
		return ERR_OK;
	search->found++;
	return print_record(NULL, r);
}

enum err command_find(const struct request *request, struct fault *f)
{
	struct search search = {.word = request->out};
	enum err err = read_all(request, print_if_found, &search, f);

	if (err == ERR_OK && search.found == 0)
		err = fault_set(f, ERR_MISSING, _("no entry holds '%s'"), search.word);
	return err;
}
