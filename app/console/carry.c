#include "console/carry.h"

#include "base/diag.h"
#include "base/file.h"
#include "console/ask.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/when.h"
#include "console/words.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is sent stays in memory meanwhile. */
enum { FILE_MOST = 64 * 1024 * 1024, PIECE_MOST = 48 * 1024 };

extern char **environ;

/* One piece of the file; *size: of the whole. A piece of no bytes, −1: why has been said. */
static ssize_t fetch_piece(struct console *c, const char *name, uint64_t at, char piece[PIECE_MOST], uint64_t *size)
{
	json_t *params = json_pack("{s:s, s:I}", "name", name, "at", (json_int_t)at), *result = NULL;
	enum err err = keeper_ask(c, "ledger.carry", params, &result);
	const char *data = string_of(result, "data");
	size_t len = PIECE_MOST;
	ssize_t got = -1;

	if (err == ERR_OK && base64_decode(piece, &len, data, strlen(data)) == ERR_OK)
		got = (ssize_t)len;
	if (err == ERR_OK)
		*size = number_of(result, "size");
	else if (err == ERR_DENIED && strcmp(string_of(result, "code"), "invalid") == 0)
		SAY(c,
		    _("! There is no file '%s' among the exports. A bundle is one file when it is exported with zip."),
		    name);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	json_decref(params);
	return got;
}

static bool fetch(struct console *c, const char *name, uint64_t size, FILE *out)
{
	char piece[PIECE_MOST];

	for (uint64_t at = 0; at < size;) {
		ssize_t got = fetch_piece(c, name, at, piece, &size);

		if (got <= 0 || fwrite(piece, 1, (size_t)got, out) != (size_t)got)
			return false;
		at += (uint64_t)got;
	}
	return true;
}

/* sz goes on where an earlier transfer of the same file ended. When it gives the line back, its last two signs may get
   lost; the other side would wait for them. */
static bool run_sz(struct console *c, const char *path)
{
	char program[] = "sz", quiet[] = "-q", binary[] = "-b", resume[] = "-r", *file = strdup(path);
	char *const arguments[] = {program, quiet, binary, resume, file, NULL};
	int status = -1;
	pid_t child;

	terminal_lend(c->terminal);
	if (file != NULL && posix_spawnp(&child, program, NULL, NULL, arguments, environ) == 0)
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			continue;
	terminal_take_back(c->terminal, status == 0 ? "OO\r  \r" : "");
	free(file);
	return status == 0;
}

/* A receiver that is not quite done would swallow the first words that are put out. */
static void wait_for_person(struct console *c)
{
	(void)terminal_key(c->terminal, _("Press Enter when your terminal program has finished. "), "\n");
}

static bool send_file(struct console *c, const char *name, uint64_t size)
{
	char folder[PATH_MAX], path[PATH_MAX + 80], place_name[64];
	bool good = false;
	struct fault f;
	FILE *out;

	(void)snprintf(place_name, sizeof place_name, "/run/kannuki-console/send-%d", (int)getpid());
	if (place(folder, sizeof folder, place_name) != ERR_OK || folder_make(folder, 0700, &f) != ERR_OK)
		return false;
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	out = fopen(path, "we");
	if (out != NULL) {
		good = fetch(c, name, size, out);
		good = fclose(out) == 0 && good && run_sz(c, path);
		wait_for_person(c);
	}
	if (folder_remove(folder, &f) != ERR_OK)
		diag(DIAG_WARNING, "%s", f.text);
	return good;
}

/* Ten bits for a byte, and a tenth for what ZMODEM adds. */
static void say_time(struct console *c, const char *name, uint64_t size)
{
	unsigned long speed = terminal_speed(c->terminal);
	uint64_t seconds = size * 11 / speed + 1;
	char length[WHEN_SIZE];

	when_length(length, (int64_t)(seconds + 59) * 1000, c->lang);
	SAY(c, _("%s: %llu bytes; at %lu baud it takes up to %s. Nothing else can be done here meanwhile."), name,
	    (unsigned long long)size, speed, length);
}

void carry_send(struct console *c, const struct call *call)
{
	const char *given = argument(call, "NAME");
	char *name = given != NULL ? strdup(given) : ask_text(c, _("Which of the exports? "), "", TEXT_NEEDED);
	char piece[PIECE_MOST];
	uint64_t size = 0;

	if (name == NULL || fetch_piece(c, name, 0, piece, &size) < 0)
		goto out;
	if (size > FILE_MOST) {
		SAY(c, _("! It is larger than %d MB; carry it out on a stick."), FILE_MOST / 1024 / 1024);
		goto out;
	}
	say_time(c, name, size);
	if (!ask_yes(c, _("Send it now? Receive it by ZMODEM in your terminal program.")))
		goto out;
	if (send_file(c, name, size))
		SAY(c, _("%s was sent whole."), name);
	else
		SAY(c, _("! %s was not sent whole. Do it again: the transfer goes on where it ended."), name);
out:
	free(name);
}
