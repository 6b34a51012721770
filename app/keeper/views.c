#include "keeper/views.h"

#include "base/text.h"
#include "procedure/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct drawing {
	const struct book *book;
	struct view_request request;
	FILE *out;
};

static json_t *draw(const struct drawing *d, size_t cursor)
{
	struct refusal refusal = {NULL, NULL};
	struct view_request request = d->request;
	json_t *picture = NULL;

	request.cursor = cursor;
	if (view(d->book, &request, &picture, &refusal) == ERR_OK)
		return picture;
	return json_pack("{s:s?, s:o?}", "code", refusal.code, "args", refusal.args);
}

static void write_line(const struct drawing *d, size_t cursor, const json_t *picture)
{
	const struct view_request *r = &d->request;

	(void)fprintf(
		d->out,
		"{\"who\":\"%s\",\"lang\":\"%s\",\"what\":\"%s\",\"about\":\"%s\",\"report\":%llu,\"cursor\":%zu}\t",
		r->who, r->lang == LANG_JA ? "ja" : "en", r->what, r->about != NULL ? r->about : "",
		(unsigned long long)r->report, cursor);
	(void)json_dumpf(picture, d->out, JSON_COMPACT | JSON_ENCODE_ANY);
	(void)fputc('\n', d->out);
}

/* All pages; what stands in them under `key` is handed on, too. */
static void write_pages(const struct drawing *d, const char *key, void (*each)(const struct drawing *d, json_t *item))
{
	size_t cursor = 0, i;

	for (;;) {
		json_t *picture = draw(d, cursor), *next = json_object_get(picture, "cursor"), *item;

		write_line(d, cursor, picture);
		json_array_foreach (json_object_get(picture, key), i, item)
			each(d, item);
		cursor = json_is_integer(next) ? (size_t)json_integer_value(next) : 0;
		json_decref(picture);
		if (cursor == 0)
			return;
	}
}

static void write_scope(const struct drawing *d, enum view_scope wanted)
{
	struct drawing one = *d;
	enum view_scope scope;

	for (size_t i = 0; (one.request.what = view_at(i, &scope)) != NULL; i++)
		if (scope == wanted)
			write_pages(&one, NULL, NULL);
}

static void write_report(const struct drawing *d, json_t *report)
{
	struct drawing one = *d;

	one.request.report = (uint64_t)json_integer_value(json_object_get(report, "report"));
	write_scope(&one, VIEW_OF_REPORT);
}

static void write_case(const struct drawing *d, json_t *head)
{
	struct drawing one = *d;
	json_t *report;
	size_t i;

	one.request.about = json_string_value(json_object_get(head, "about"));
	write_scope(&one, VIEW_OF_CASE);
	json_array_foreach (json_object_get(head, "reports"), i, report)
		write_report(&one, report);
}

static void write_all(const struct book *book, uint64_t entries, const struct moment *now, FILE *out)
{
	struct drawing d = {.book = book, .request = {.now = *now}, .out = out};
	struct user_info user;

	(void)fprintf(out,
		      "{\"entries\":%llu,\"boot_ns\":%lld,\"wall_ms\":%lld,\"uncertain_ms\":%lld,\"source\":\"%s\"}\n",
		      (unsigned long long)entries, (long long)now->boot_ns, (long long)now->wall_ms,
		      (long long)now->uncertain_ms, wall_source_name(now->source));
	for (size_t i = 0; book_user_at(book, i, &user) == ERR_OK; i++) {
		d.request.who = user.id;
		for (d.request.lang = LANG_JA; d.request.lang <= LANG_EN; d.request.lang++) {
			write_scope(&d, VIEW_OF_ALL);
			d.request.what = "incidents";
			write_pages(&d, "incidents", write_case);
		}
	}
}

enum err views_write(struct scribe *s, const char *path, struct moment now, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool is_whole;

	if (out == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	}
	write_all(scribe_book(s), chain_size(scribe_chain(s)), &now, out);
	is_whole = ferror(out) == 0;
	if (fclose(out) != 0 || !is_whole)
		return fault_set(f, ERR_IO, _("%s: cannot be written"), path);
	return ERR_OK;
}

/* ---- comparing -------------------------------------------------------------------------------------------- */

static enum err read_head(const char *line, uint64_t *entries, struct moment *now, const char *path, struct fault *f)
{
	json_t *head = json_loads(line, 0, NULL);
	json_int_t count = 0, boot = 0, wall = 0, uncertain = 0;
	const char *source = "";
	enum err err = ERR_FORMAT;

	if (json_unpack(head, "{s:I, s:I, s:I, s:I, s:s}", "entries", &count, "boot_ns", &boot, "wall_ms", &wall,
			"uncertain_ms", &uncertain, "source", &source) == 0)
		err = wall_source_parse(source, &now->source);
	json_decref(head);
	if (err != ERR_OK)
		return fault_set(f, ERR_FORMAT, _("%s: is not a file of pictures"), path);
	*entries = (uint64_t)count;
	now->boot_ns = boot;
	now->wall_ms = wall;
	now->uncertain_ms = uncertain;
	return ERR_OK;
}

static enum err differ(const char *path, unsigned long number, const char *was, const char *is, struct fault *f)
{
	size_t at = 0;

	while (was[at] != '\0' && was[at] == is[at])
		at++;
	return fault_set(f, ERR_CORRUPT, _("%s:%lu: %.*s differs at byte %zu: shown %.60s, folded %.60s"), path, number,
			 (int)strcspn(was, "\t"), was, at, was + at, is + at);
}

/* `fresh` has the same pictures once more, from the ledger. */
static enum err compare(const char *path, FILE *shown, FILE *fresh, struct fault *f)
{
	char *was = NULL, *is = NULL;
	size_t was_size = 0, is_size = 0;
	enum err err = ERR_OK;

	for (unsigned long number = 1; err == ERR_OK; number++) {
		bool has_was = getline(&was, &was_size, shown) > 0, has_is = getline(&is, &is_size, fresh) > 0;

		if (!has_was && !has_is)
			break;
		if (!has_was || !has_is || strcmp(was, is) != 0)
			err = differ(path, number, has_was ? was : "", has_is ? is : "", f);
	}
	free(was);
	free(is);
	return err;
}

static enum err fold_and_compare(struct scribe *s, const char *path, FILE *shown, FILE *fresh, struct fault *f)
{
	uint64_t entries = 0, size = chain_size(scribe_chain(s));
	struct moment now;
	char *line = NULL;
	size_t room = 0;
	enum err err = read_head(getline(&line, &room, shown) > 0 ? line : "", &entries, &now, path, f);

	free(line);
	if (err != ERR_OK)
		return err;
	if (entries != size)
		return fault_set(f, ERR_STATE, _("%s: drawn after %llu entries; there are %llu now"), path,
				 (unsigned long long)entries, (unsigned long long)size);
	write_all(scribe_book(s), size, &now, fresh);
	rewind(fresh);
	rewind(shown);
	return compare(path, shown, fresh, f);
}

static enum err look_and_compare(const struct config *config, const char *path, FILE *shown, FILE *fresh,
				 struct fault *f)
{
	struct places places[KEEPER_MEDIA] = {{.home = ""}, {.home = ""}};
	const char *const folders[LEDGER_MEDIA] = {places[FIRST_MEDIUM].ledger, places[SECOND_MEDIUM].ledger};
	struct scribe *s = NULL;
	enum err err = places_find(config, places, f);

	if (err == ERR_OK)
		err = scribe_look(folders, config->packs, &s, f);
	if (err == ERR_OK)
		err = fold_and_compare(s, path, shown, fresh, f);
	scribe_close(s);
	return err;
}

enum err views_check(const struct config *config, const char *path, struct fault *f)
{
	FILE *shown = fopen(path, "re"), *fresh;
	enum err err;

	if (shown == NULL)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	fresh = tmpfile();
	if (fresh == NULL) {
		err = fault_set(f, err_from_errno(errno), "%s", strerror(errno));
	} else {
		err = look_and_compare(config, path, shown, fresh, f);
		(void)fclose(fresh);
	}
	(void)fclose(shown);
	return err;
}
