#include "earlier.h"
#include "need.h"

#include "base/file.h"
#include "ledger/inside.h"
#include "ledger/past.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PLACE "incarnations/1"

enum { ENTRIES = 40, FILE_MAX = 64 * 1024 * 1024, PATH_ROOM = 256 };

static void insist(enum err err, const struct fault *f)
{
	if (err == ERR_OK)
		return;
	(void)printf("Bail out! %s: %s\n", err_name(err), f->text);
	exit(1);
}

static void path_in(char path[PATH_ROOM], const struct home *home, unsigned medium, const char *name)
{
	(void)snprintf(path, PATH_ROOM, "%s/%s", home->folders[medium], name);
}

/* ---- making it ---- */

/* What a real file holds is the disk's from now on; the file stays, empty. */
static void load(struct life *l, unsigned medium, const char *name)
{
	char path[PATH_ROOM];
	struct buf data = {.cap = FILE_MAX + 1};

	path_in(path, &l->home, medium, name);
	insist(file_read(path, FILE_MAX, &data, &l->fault), &l->fault);
	disk_load(l->disk, medium, name, data.data, data.len);
	buf_fini(&data);
	if (truncate(path, 0) != 0)
		insist(ERR_IO, &(struct fault){.text = "a file cannot be emptied"});
}

static const char *earlier_name(unsigned medium)
{
	return medium == 0 ? PLACE "/ledger.db" : PLACE "/mirror.db";
}

static enum err fill(struct life *l, const char *folder)
{
	enum err err = ledger_open(folder, life_now(l), &l->ledger, &l->fault);

	for (int i = 0; i < ENTRIES && err == ERR_OK; i++)
		err = life_stage(l);
	if (err == ERR_OK)
		err = ledger_commit(l->ledger, life_now(l), &l->fault);
	ledger_close(l->ledger);
	l->ledger = NULL;
	return err;
}

static enum err make_both(struct life *l)
{
	static const struct reincarnation a_theft = {.reason = "stolen"};
	const char *first = l->home.folders[0], *second = l->home.media == MEDIA ? l->home.folders[1] : NULL;
	enum err err = ledger_create(first, second, LIFE_ORIGIN, life_now(l), l->home.code, &l->fault);

	if (err == ERR_OK)
		err = fill(l, first);
	return err == ERR_OK ? ledger_reincarnate(first, &a_theft, life_now(l), l->home.code, &l->fault) : err;
}

/* By what is stored of it; what cannot be found again is left alone. */
static bool learn(struct life *l, struct erased one, struct blob sealed)
{
	struct truth *t = &l->truth;

	if (sealed.len < ERASED_BYTES || t->earlier_count == EARLIER_MAX)
		return false;
	memcpy(one.sealed, sealed.data, ERASED_BYTES);
	if (life_lies_on(l, &one) != (1U << l->home.media) - 1)
		return false;
	t->earlier[t->earlier_count++] = one;
	return true;
}

static void learn_key(struct life *l, struct store *store, const char *about)
{
	struct erased key = {.is_key = true};

	for (size_t i = 0; i < l->truth.earlier_count; i++)
		if (l->truth.earlier[i].is_key && strcmp(l->truth.earlier[i].about, about) == 0)
			return;
	(void)snprintf(key.about, sizeof key.about, "%s", about);
	if (store_row(store, STORE_GET_CASE, 0, &(struct blob){about, strlen(about)}) == ERR_OK)
		(void)learn(l, key, store_blob(store, STORE_GET_CASE, 0));
	store_done(store, STORE_GET_CASE);
}

static enum err learn_all(struct life *l)
{
	struct store *store = media_store(&past_log(l->past, 0)->media);
	sqlite3_stmt *rows = NULL;
	enum err err = store_entries(store, 0, INT64_MAX, &rows);

	while (err == ERR_OK && (err = store_next(rows)) == ERR_OK) {
		struct blob leaf = row_blob(rows, ROW_LEAF);
		struct erased text = {0};
		struct entry e;

		if (entry_parse(&e, leaf.data, leaf.len, &l->fault) != ERR_OK)
			continue;
		text.seq = e.seq;
		(void)snprintf(text.about, sizeof text.about, "%s", e.about);
		if (learn(l, text, row_blob(rows, ROW_DISCLOSURES + DISCLOSURE_TEXT)))
			learn_key(l, store, text.about);
	}
	(void)sqlite3_finalize(rows);
	return err == ERR_MISSING ? ERR_OK : err;
}

enum err earlier_create(struct life *l)
{
	enum err err;

	l->home.has_earlier = true;
	(void)sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
	err = make_both(l);
	disk_mount(l->disk);
	for (unsigned m = 0; m < l->home.media && err == ERR_OK; m++) {
		load(l, m, database_names[m]);
		load(l, m, earlier_name(m));
	}
	if (err == ERR_OK)
		err = life_open(l);
	if (err == ERR_OK)
		err = learn_all(l);
	life_close(l);
	return err;
}

void earlier_copy_home(const struct home *to, const struct home *from)
{
	struct fault f;

	for (unsigned m = 0; from->has_earlier && m < from->media; m++) {
		char target[PATH_ROOM];

		path_in(target, to, m, PLACE "/keys");
		insist(folder_make(target, 0700, &f), &f);
		for (size_t i = 0; i < HOME_KEYS; i++) {
			char name[64];

			(void)snprintf(name, sizeof name, PLACE "/%s", home_keys[i]);
			home_copy_file(to, from, m, name);
		}
		home_copy_file(to, from, m, earlier_name(m));
	}
}

/* ---- finding it ---- */

void earlier_show(const struct life *l, unsigned medium)
{
	char here[PATH_ROOM], away[PATH_ROOM];

	path_in(here, &l->home, medium, "incarnations");
	path_in(away, &l->home, medium, "taken-out");
	(void)!rename(l->disk->is_lost[medium] ? here : away, l->disk->is_lost[medium] ? away : here);
}

enum err earlier_find(struct life *l)
{
	earlier_close(l);
	if (!l->home.has_earlier)
		return ERR_OK;
	for (unsigned m = 0; m < l->home.media; m++)
		earlier_show(l, m);
	return past_open(l->ledger, &l->past, &l->fault);
}

void earlier_close(struct life *l)
{
	past_close(l->past);
	l->past = NULL;
}

/* ---- erasing ---- */

static bool is_erased(const struct truth *t, const struct erased *text)
{
	for (size_t i = 0; i < t->erased_count; i++)
		if (memcmp(t->erased[i].sealed, text->sealed, ERASED_BYTES) == 0)
			return true;
	return false;
}

static const struct erased *choose(struct life *l)
{
	const struct truth *t = &l->truth;
	size_t first = t->earlier_count > 0 ? dice_below(&l->dice, t->earlier_count) : 0;

	for (size_t i = 0; i < t->earlier_count; i++) {
		const struct erased *text = &t->earlier[(first + i) % t->earlier_count];

		if (!text->is_key && !is_erased(t, text))
			return text;
	}
	return NULL;
}

static enum err add_erased(struct life *l, const struct erased *one)
{
	struct truth *t = &l->truth;

	if (t->erased_count == ERASED_MAX)
		return fault_set(&l->fault, ERR_RANGE, "more is erased than can be remembered");
	t->erased[t->erased_count] = *one;
	t->erased[t->erased_count++].size = t->count;
	return ERR_OK;
}

enum err earlier_redact(struct life *l)
{
	const struct erased *text = choose(l);
	enum err err;

	if (text == NULL)
		return ERR_OK;
	err = past_redact(l->past, l->ledger, text->seq, "text", &life_why, life_now(l), &l->fault);
	if (err == ERR_OK)
		err = life_promise(l);
	if (err == ERR_OK)
		err = add_erased(l, text);
	return err == ERR_OK ? life_expect_erased(l) : err;
}

static enum err dispose(struct life *l, const char *about)
{
	struct disposal *disposal = NULL;
	bool done = false;
	enum err err = disposal_begin(l->ledger, l->past, about, &life_why, &disposal, &l->fault);

	while (err == ERR_OK && !done)
		err = disposal_step(disposal, 0, life_now(l), &done, &l->fault);
	disposal_end(disposal);
	return err;
}

enum err earlier_dispose(struct life *l)
{
	const struct truth *t = &l->truth;
	const struct erased *text = choose(l);
	enum err err;

	if (text == NULL)
		return ERR_OK;
	err = dispose(l, text->about);
	if (err == ERR_OK)
		err = life_promise(l);
	for (size_t i = 0; i < t->earlier_count && err == ERR_OK; i++)
		if (strcmp(t->earlier[i].about, text->about) == 0 && !is_erased(t, &t->earlier[i]))
			err = add_erased(l, &t->earlier[i]);
	return err == ERR_OK ? life_expect_erased(l) : err;
}

/* ---- what entries say ---- */

struct said {
	struct truth *truth;
	bool is_named[EARLIER_MAX];
};

static bool names(const json_t *body, const struct erased *one)
{
	const char *about = json_string_value(json_object_get(body, "case"));

	if (one->is_key)
		return about != NULL && strcmp(about, one->about) == 0;
	return about == NULL && json_integer_value(json_object_get(body, "seq")) == (json_int_t)one->seq;
}

static enum err take_said(void *context, const struct record *r)
{
	struct said *said = context;
	json_t *body = r->body != NULL ? json_loads(r->body, 0, NULL) : NULL;
	const char *act = json_string_value(json_object_get(body, "act"));

	if (act != NULL && strcmp(act, "redaction.earlier") == 0)
		for (size_t i = 0; i < said->truth->earlier_count; i++)
			said->is_named[i] |= names(body, &said->truth->earlier[i]);
	json_decref(body);
	return ERR_OK;
}

static bool complain(struct finding *out, const char *word, const char *what, const struct erased *one)
{
	(void)snprintf(out->word, sizeof out->word, "%s", word);
	(void)snprintf(out->text, sizeof out->text, "the %s of entry %llu (case %s) of the log before %.400s",
		       one->is_key ? "key" : "text", (unsigned long long)one->seq, one->about, what);
	return false;
}

bool earlier_is_as_recorded(struct life *l, unsigned media, struct finding *out)
{
	const struct truth *t = &l->truth;
	struct said said = {.truth = &l->truth};

	if (l->home.has_earlier && ledger_read(l->ledger, 0, UINT64_MAX, take_said, &said, &l->fault) != ERR_OK)
		return complain(out, "unreadable", l->fault.text, &t->earlier[0]);
	for (size_t i = 0; i < t->earlier_count; i++) {
		unsigned lies = life_lies_on(l, &t->earlier[i]) & media;

		if (said.is_named[i] && lies != 0)
			return complain(out, "erased", "is still there, and an entry says that it was erased",
					&t->earlier[i]);
		if (!said.is_named[i] && lies != media)
			return complain(out, "unrecorded", "is gone, and no entry says that it was erased",
					&t->earlier[i]);
	}
	return true;
}
