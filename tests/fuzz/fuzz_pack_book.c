/* Any records: the fold takes them or refuses them, and every view of what came out can still be drawn. Input: lines of
   "about TAB body TAB text". */
#include "procedure/view.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pack *pack;

static void load(void)
{
	struct fault fault;

	if (pack == NULL && pack_load("app/procedure/packs/otari", &pack, &fault) != ERR_OK)
		abort();
}

static void record(struct book *book, const char *about, const char *body, const char *text)
{
	static uint64_t seq;
	struct record record = {.seq = ++seq,
				.at = {.wall_ms = INT64_C(1795133400000), .source = WALL_NTP},
				.who = "u1",
				.via = "cli",
				.type = "incident",
				.about = about,
				.body = body,
				.text = text,
				.person = text};
	struct fault fault;

	(void)!book_apply(book, &record, &fault);
}

static void draw(const struct book *book, const char *what, const char *about)
{
	struct view_request request = {.what = what, .who = "u1", .about = about, .report = 1};
	struct refusal refusal = {NULL, NULL};
	json_t *out = NULL;

	if (view(book, &request, &out, &refusal) == ERR_OK && out == NULL)
		abort();
	json_decref(out);
	json_decref(refusal.args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const views[] = {"now",      "incident", "checklist",  "facts",
					    "timeline", "report",   "report_text"};
	char *input = strndup((const char *)data, size), *rest = NULL;
	struct book *book;

	load();
	if (input == NULL || book_new(pack, &book) != ERR_OK)
		abort();
	record(book, "-", "{\"act\":\"user.added\",\"user\":\"u1\",\"roles\":[\"head\"],\"generation\":1}", NULL);
	record(book, "2026-001", "{\"act\":\"incident.declared\"}", NULL);
	record(book, "2026-001", "{\"act\":\"report.drafted\",\"report\":1}", NULL);
	for (char *line = strtok_r(input, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char *parts = NULL, *about = strtok_r(line, "\t", &parts), *body = strtok_r(NULL, "\t", &parts);

		record(book, about != NULL ? about : "-", body, strtok_r(NULL, "\t", &parts));
	}
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
		draw(book, views[i], "2026-001");
	book_free(book);
	free(input);
	return 0;
}
