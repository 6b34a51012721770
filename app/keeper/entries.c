/* The entries themselves, for those who look after the record. */
#include "keeper/chore.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MOST = 50, SHOWN_USUALLY = 20, EXCERPT = 240, WHOLE_MOST = 40 * 1024, CHUNK = 32 };

struct reader {
	const struct keeper *keeper;
	const char *user;
};

/* What is sealed is for those who may know of its case; and when that is restricted no more, for everybody. */
static bool may_see(const struct reader *reader, const struct record *record)
{
	return record->restricted == NULL ||
	       book_may_see(scribe_book(reader->keeper->scribe), reader->user, record->restricted);
}

/* ---- one entry ------------------------------------------------------------------------------------------- */

static void set(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		(void)json_object_set_new(object, key, json_string(text));
}

static json_t *line_of(const struct reader *reader, const struct record *record)
{
	json_t *body = record->body != NULL ? json_loads(record->body, 0, NULL) : NULL, *line;
	char wall[WALL_TEXT_SIZE];
	struct user_info user;
	struct record plain;

	if (!may_see(reader, record)) {
		json_decref(body);
		return json_pack("{s:I, s:b}", "seq", (json_int_t)record->seq, "sealed", 1);
	}
	plain = record_plain(record, body);
	wall_format(wall, record->at.wall_ms);
	line = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)record->seq, "at", wall, "who", plain.who,
			 "via", plain.via, "type", plain.type, "about", plain.about);
	set(line, "act", json_string_value(json_object_get(body, "act")));
	if (book_user(scribe_book(reader->keeper->scribe), plain.who, &user) == ERR_OK)
		set(line, "name", user.name);
	json_decref(body);
	return line;
}

static void add_excerpt(json_t *line, const struct record *record)
{
	const char *text = record->text != NULL ? record->text : record->person;
	char shown[EXCERPT];

	if (text == NULL)
		return;
	text_show(shown, sizeof shown, text, strlen(text));
	set(line, "words", shown);
}

/* In a bundle each log counts its own entries. */
static void add_place(const struct reader *reader, json_t *line, uint64_t number)
{
	uint64_t seq = 0;
	const char *origin = chain_locate(scribe_chain(reader->keeper->scribe), number, &seq);

	set(line, "log", origin);
	if (origin != NULL)
		(void)json_object_set_new(line, "place", json_integer((json_int_t)seq));
}

/* Values as JSON; one that makes the message too long is left out, and named. */
static void add_whole(const struct reader *reader, json_t *line, const struct record *record)
{
	const struct {
		const char *name, *value;
	} parts[] = {
		{"body", record->body}, {"text", record->text}, {"person", record->person}, {"files", record->files}};
	char leaf[HEX_SIZE(HASH_SIZE)];
	size_t left = WHOLE_MOST;

	hex_encode(leaf, record->leaf, HASH_SIZE);
	set(line, "leaf", leaf);
	add_place(reader, line, record->seq);
	set(line, "source", wall_source_name(record->at.source));
	(void)json_object_set_new(line, "boot", json_integer((json_int_t)record->boot));
	(void)json_object_set_new(line, "epoch", json_integer((json_int_t)record->epoch));
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		size_t len = parts[i].value != NULL ? strlen(parts[i].value) : 0;

		if (parts[i].value == NULL)
			continue;
		if (len > left) {
			set(line, "too_long", parts[i].name);
			continue;
		}
		left -= len;
		(void)json_object_set_new(line, parts[i].name, json_loads(parts[i].value, JSON_DECODE_ANY, NULL));
	}
}

/* ---- show ------------------------------------------------------------------------------------------------ */

struct showing {
	struct reader reader;
	json_t *list;
	bool whole;
};

static enum err show_next(void *context, const struct record *record)
{
	struct showing *s = context;
	json_t *line = line_of(&s->reader, record);

	if (may_see(&s->reader, record) && s->whole)
		add_whole(&s->reader, line, record);
	else if (may_see(&s->reader, record))
		add_excerpt(line, record);
	(void)json_array_append_new(s->list, line);
	return ERR_OK;
}

void entries_show(struct keeper *k, const struct request *r, const struct session *session)
{
	uint64_t size = chain_size(scribe_chain(k->scribe)), count = param_count(r, "count");
	bool has_from = json_object_get(r->params, "from") != NULL;
	struct showing s = {.reader = {.keeper = k, .user = session->user}, .list = json_array()};
	struct fault f = {.text = ""};
	uint64_t from, to;

	count = count == 0 ? SHOWN_USUALLY : count < SHOWN_MOST ? count : SHOWN_MOST;
	from = has_from ? param_count(r, "from") : size > count ? size - count : 0;
	to = from < size && count < size - from ? from + count : size;
	s.whole = has_from && count == 1;
	if (from >= size) {
		json_decref(s.list);
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s}", "field", "from"));
	} else if (chain_read(scribe_chain(k->scribe), from, to, show_next, &s, &f) != ERR_OK) {
		json_decref(s.list);
		server_refuse(k->server, r->ticket, "damaged", json_pack("{s:s}", "why", f.text));
	} else if (json_array_size(s.list) == 0) {
		json_decref(s.list);
		server_refuse(k->server, r->ticket, "damaged",
			      json_pack("{s:s}", "why",
					_("it is of an earlier incarnation, and no medium that is here holds it")));
	} else {
		server_answer(k->server, r->ticket,
			      json_pack("{s:o, s:I}", "entries", s.list, "size", (json_int_t)size));
	}
}

/* ---- find ------------------------------------------------------------------------------------------------ */

struct finding {
	struct chore chore;
	char word[65];
	uint64_t before, from; /* what is still to be looked through ends before `before`; `from`: where it began */
	json_t *hits;          /* newest first */
};

struct chunk {
	struct reader reader;
	const char *word;
	json_t *hits; /* oldest first */
};

static bool contains(const char *text, const char *word)
{
	return text != NULL && strcasestr(text, word) != NULL;
}

static enum err look(void *context, const struct record *record)
{
	struct chunk *c = context;
	struct user_info user = {.name = NULL};
	json_t *line, *body;
	struct record plain;

	if (!may_see(&c->reader, record))
		return ERR_OK;
	body = record->restricted != NULL && record->body != NULL ? json_loads(record->body, 0, NULL) : NULL;
	plain = record_plain(record, body);
	(void)!book_user(scribe_book(c->reader.keeper->scribe), plain.who, &user);
	json_decref(body);
	if (!contains(record->body, c->word) && !contains(record->text, c->word) &&
	    !contains(record->person, c->word) && !contains(record->files, c->word) &&
	    !contains(record->about, c->word) && !contains(record->who, c->word) &&
	    !contains(record->restricted, c->word) && !contains(user.name, c->word))
		return ERR_OK;
	line = line_of(&c->reader, record);
	add_excerpt(line, record);
	return json_array_append_new(c->hits, line) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err look_through(struct finding *x, struct fault *f)
{
	struct keeper *k = x->chore.keeper;
	struct chunk chunk = {.reader = {.keeper = k, .user = x->chore.who}, .word = x->word, .hits = json_array()};
	uint64_t from = x->before > CHUNK ? x->before - CHUNK : 0;
	enum err err = chain_read(scribe_chain(k->scribe), from, x->before, look, &chunk, f);

	for (size_t i = json_array_size(chunk.hits); i > 0 && err == ERR_OK; i--)
		(void)json_array_append(x->hits, json_array_get(chunk.hits, i - 1));
	x->before = from;
	json_decref(chunk.hits);
	return err;
}

static enum err find_slice(struct chore *c, bool *done, struct fault *f)
{
	struct finding *x = (struct finding *)c;
	int64_t end = moment_now().boot_ns + slice_ns;
	enum err err = ERR_OK;

	while (err == ERR_OK && x->before > 0 && json_array_size(x->hits) < SHOWN_USUALLY && moment_now().boot_ns < end)
		err = look_through(x, f);
	*done = x->before == 0 || json_array_size(x->hits) >= SHOWN_USUALLY;
	return err;
}

static void find_far(const struct chore *c, uint64_t *done, uint64_t *total)
{
	const struct finding *x = (const struct finding *)c;

	*done = x->from - x->before;
	*total = x->from;
}

static void tell_found(struct chore *c, enum err err, const struct fault *f)
{
	struct finding *x = (struct finding *)c;

	if (err == ERR_OK)
		chore_answer(c, json_pack("{s:O, s:I}", "entries", x->hits, "before", (json_int_t)x->before));
	else
		chore_refuse(c, "damaged", json_pack("{s:s}", "why", f->text));
}

static void find_drop(struct chore *c)
{
	json_decref(((struct finding *)c)->hits);
	free(c);
}

static const struct chore_kind find_kind = {
	.name = "find", .step = find_slice, .progress = find_far, .finish = tell_found, .drop = find_drop};

void entries_find(struct keeper *k, const struct request *r, const struct session *session)
{
	uint64_t size = chain_size(scribe_chain(k->scribe)), before = param_count(r, "before");
	char key[CHORE_KEY_SIZE];
	struct finding *x;
	struct fault f;

	(void)snprintf(key, sizeof key, "find %s %" PRIu64 " %s", session->user, before, param_text(r, "word"));
	if (param_text(r, "word")[0] == '\0') {
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s}", "field", "word"));
		return;
	}
	if (chore_joined(k, r, key))
		return;
	x = calloc(1, sizeof *x);
	if (x != NULL) {
		(void)snprintf(x->word, sizeof x->word, "%s", param_text(r, "word"));
		x->before = x->from = before > 0 && before < size ? before : size;
		x->hits = json_array();
	}
	if (x == NULL || chore_begin(k, &x->chore, &find_kind, r, session, key, &f) != ERR_OK)
		server_refuse(k->server, r->ticket, "busy", NULL);
}
