#include "console/drafts.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "console/ask.h"
#include "console/commands.h"
#include "console/when.h"

#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MOST = 256 * 1024 };

/* ---- the file ---- */

static bool file_of(const struct console *c, char path[PATH_MAX])
{
	unsigned char hash[16];
	char hex[HEX_SIZE(sizeof hash)], name[128];

	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)c->user, strlen(c->user), NULL, 0);
	hex_encode(hex, hash, sizeof hash);
	(void)snprintf(name, sizeof name, "/run/kannuki-console/draft-%s", hex);
	return place(path, PATH_MAX, name) == ERR_OK;
}

static void store(const struct console *c, json_t *draft)
{
	char path[PATH_MAX], folder[PATH_MAX], *text = json_dumps(draft, JSON_COMPACT);
	struct fault f;

	if (text != NULL && file_of(c, path)) {
		folder_above(folder, sizeof folder, path);
		if (folder_make(folder, 0700, &f) != ERR_OK ||
		    file_replace(path, text, strlen(text), 0600, &f) != ERR_OK)
			diag(DIAG_WARNING, "%s", f.text);
	}
	free(text);
}

static json_t *fetch(const struct console *c)
{
	char path[PATH_MAX];
	struct buf text;
	json_t *draft = NULL;

	buf_init(&text, FILE_MOST);
	if (file_of(c, path) && file_read(path, FILE_MOST, &text, NULL) == ERR_OK)
		draft = json_loadb(text.data, text.len, 0, NULL);
	buf_fini(&text);
	if (draft != NULL && strcmp(string_of(draft, "user"), c->user) == 0)
		return draft;
	json_decref(draft);
	return NULL;
}

static void remove_file(const struct console *c)
{
	char path[PATH_MAX];

	if (file_of(c, path))
		(void)unlink(path);
}

void drafts_forget(struct console *c)
{
	json_decref(c->draft);
	c->draft = NULL;
}

/* ---- leaving ---- */

void drafts_left(void *context, enum line_kind kind, const char *prompt, const char *text)
{
	struct console *c = context;
	struct buf whole;
	json_t *draft;
	char wall[WALL_TEXT_SIZE];

	buf_init(&whole, FILE_MOST / 2);
	if (kind == LINE_TEXT && c->written != NULL && c->written->len > 0)
		buf_addf(&whole, "%s\n", c->written->data);
	buf_adds(&whole, text);
	if (c->session[0] != '\0' && (c->written == NULL || buf_status(c->written) == ERR_OK) &&
	    buf_status(&whole) == ERR_OK && whole.data[strspn(whole.data, " \n")] != '\0') {
		wall_format(wall, wall_now());
		draft = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "user", c->user, "wall", wall, "about", c->about,
				  "field", c->field != NULL ? c->field : "", "prompt", prompt, "text", whole.data);
		if (kind != LINE_COMMAND && c->doing != NULL)
			(void)json_object_set_new(draft, "line", json_string(c->doing));
		if (kind == LINE_COMMAND || c->doing != NULL)
			store(c, draft);
		json_decref(draft);
	}
	buf_fini(&whole);
}

/* ---- coming back ---- */

static bool is_same(const struct console *c, enum line_kind kind, const char *prompt)
{
	const char *line = json_string_value(json_object_get(c->draft, "line"));

	if (c->draft == NULL || kind == LINE_COMMAND || line == NULL)
		return c->draft != NULL && kind == LINE_COMMAND && line == NULL;
	return c->doing != NULL && strcmp(line, c->doing) == 0 && strcmp(string_of(c->draft, "prompt"), prompt) == 0 &&
	       strcmp(string_of(c->draft, "field"), c->field != NULL ? c->field : "") == 0;
}

const char *drafts_given(void *context, enum line_kind kind, const char *prompt)
{
	struct console *c = context;
	const char *text = string_of(c->draft, "text"), *last = strrchr(text, '\n');

	if (!is_same(c, kind, prompt) || is_true(c->draft, "used"))
		return "";
	remove_file(c);
	(void)json_object_set_new(c->draft, "used", json_true());
	return last != NULL ? last + 1 : text;
}

bool drafts_has_lines(const struct console *c)
{
	return is_same(c, LINE_TEXT, "| ") && !is_true(c->draft, "used");
}

void drafts_lines(struct console *c, struct buf *out)
{
	const char *text = string_of(c->draft, "text"), *last = strrchr(text, '\n');

	if (last != NULL)
		buf_add(out, text, (size_t)(last - text));
}

const char *drafts_field(const struct console *c)
{
	return is_true(c->draft, "used") ? "" : string_of(c->draft, "field");
}

static void show(struct console *c, json_t *draft)
{
	char clock[WHEN_SIZE];

	when_format(clock, wall_of(draft, "wall"), wall_now(), c->lang);
	SAY(c, _("● A text was being typed when the line was cut, at %s: %s %s"), clock, string_of(draft, "about"),
	    string_of(draft, "line"));
	SAY(c, "  %s", string_of(draft, "text"));
}

void drafts_offer(struct console *c)
{
	json_t *draft = fetch(c), *ways;
	const char *line = json_string_value(json_object_get(draft, "line"));
	int way;

	if (draft == NULL)
		return;
	show(c, draft);
	ways = json_pack("[{s:s, s:s}, {s:s, s:s}]", "id", "on", "label", _("Go on with it"), "id", "drop", "label",
			 _("Throw it away"));
	way = ask_one(c, _("What about it? (0: at the next login)"), ways, "label");
	json_decref(ways);
	drafts_forget(c);
	if (way == 1)
		remove_file(c);
	if (way != 0) {
		json_decref(draft);
		return;
	}
	c->draft = draft;
	(void)snprintf(c->about, sizeof c->about, "%s", string_of(draft, "about"));
	if (line != NULL)
		commands_run(c, line);
}
