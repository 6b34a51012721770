#include "console/carry.h"

#include "base/diag.h"
#include "base/file.h"
#include "console/ask.h"
#include "console/commands.h"
#include "console/confine.h"
#include "console/keeper.h"
#include "console/when.h"
#include "console/words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MOST = 64 * 1024 * 1024 };

extern char **environ;

ssize_t carry_piece(struct console *c, const char *name, uint64_t at, char piece[PIECE_MOST], uint64_t *size)
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

bool carry_note(struct console *c, const char *name, const char *way)
{
	json_t *params = json_pack("{s:s, s:s}", "name", name, "way", way), *result = NULL;
	enum err err = keeper_ask(c, "ledger.carried", params, &result);

	if (err == ERR_OK)
		words_receipt(c, result);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	json_decref(result);
	json_decref(params);
	return err == ERR_OK;
}

static bool fetch(struct console *c, const char *name, uint64_t size, FILE *out)
{
	char piece[PIECE_MOST];

	for (uint64_t at = 0; at < size;) {
		ssize_t got = carry_piece(c, name, at, piece, &size);

		if (got <= 0 || fwrite(piece, 1, (size_t)got, out) != (size_t)got)
			return false;
		at += (uint64_t)got;
	}
	return true;
}

/* ---- the other program on the line ---- */

/* Only in that folder, and no file that it writes is larger than `most`. In the child; does not return. */
static void become_receiver(const char *folder, uint64_t most, char *const arguments[])
{
	const struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

	if (chdir(folder) == 0 && confine_to(folder) && setrlimit(RLIMIT_FSIZE, &limit) == 0)
		(void)execvp(arguments[0], arguments);
	_exit(127);
}

/* sz goes on where an earlier transfer of the same file ended. When it gives the line back, its last two signs may get
   lost; the other side would wait for them. */
bool carry_out(struct console *c, const char *path)
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

static uint64_t size_within(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *item;
	struct stat about;
	uint64_t size = 0;

	while (dir != NULL && (item = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), item->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode))
			size += (uint64_t)about.st_size;
	if (dir != NULL)
		(void)closedir(dir);
	return size;
}

/* Waits for rz, looking five times a second how much has come: the limit of a process is for one file only. */
static bool watch(pid_t child, const char *folder, uint64_t most)
{
	const struct timespec fifth = {.tv_nsec = 200000000};
	bool is_ended = false;
	int status = -1;
	pid_t got;

	while ((got = waitpid(child, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		if (!is_ended && size_within(folder) > most) {
			(void)kill(child, SIGTERM);
			is_ended = true;
		}
		(void)nanosleep(&fifth, NULL);
	}
	return status == 0 && !is_ended && size_within(folder) <= most;
}

/* Its own restricted mode lets names through that begin with '/'. Whatever ends it, the sender must stop too: five CAN
   are its sign. */
bool carry_in(struct console *c, const char *folder, uint64_t most)
{
	char program[] = "rz", quiet[] = "--quiet", binary[] = "--binary", restricted[] = "--restricted",
	     rename[] = "--rename";
	char *const arguments[] = {program, quiet, binary, restricted, rename, NULL};
	bool good;
	pid_t child;

	if (!confine_is_possible()) {
		SAY(c, "%s",
		    _("! This machine cannot keep a transfer to its folder (its kernel has no Landlock). Tell your administrator."));
		return false;
	}
	terminal_lend(c->terminal);
	child = fork();
	if (child == 0)
		become_receiver(folder, most, arguments);
	good = child > 0 && watch(child, folder, most);
	terminal_take_back(c->terminal, good ? "" : "\030\030\030\030\030\030\030\030\b\b\b\b\b\b\b\b\r");
	return good;
}

/* ---- its folder ---- */

static const char transfers[] = "/var/lib/kannuki-console/transfers";

/* What one that was killed has left. */
static void sweep(const char *above)
{
	DIR *dir = opendir(above);
	struct dirent *item;
	char path[CARRY_PATH_SIZE + 256];
	struct fault f;

	while (dir != NULL && (item = readdir(dir)) != NULL) {
		long number = strtol(item->d_name, NULL, 10);

		if (number <= 0 || (kill((pid_t)number, 0) != 0 && errno != ESRCH) || kill((pid_t)number, 0) == 0)
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", above, item->d_name);
		if (folder_remove(path, &f) != ERR_OK)
			diag(DIAG_WARNING, "%s", f.text);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

bool carry_open(struct console *c, char folder[CARRY_PATH_SIZE])
{
	char above[CARRY_PATH_SIZE - 32];
	struct fault f = {.text = ""};
	enum err err = place(above, sizeof above, transfers);

	if (err == ERR_OK)
		err = folder_make(above, 0700, &f);
	if (err == ERR_OK) {
		sweep(above);
		(void)snprintf(folder, CARRY_PATH_SIZE, "%s/%d", above, (int)getpid());
		err = folder_remove(folder, &f);
	}
	if (err == ERR_OK)
		err = folder_make(folder, 0700, &f);
	if (err != ERR_OK)
		SAY(c, _("! There is no place here for files: %s. Tell your administrator."), f.text);
	return err == ERR_OK;
}

void carry_close(const char *folder)
{
	struct fault f;

	if (folder_remove(folder, &f) != ERR_OK)
		diag(DIAG_WARNING, "%s", f.text);
}

/* ---- bundles ---- */

/* A receiver that is not quite done would swallow the first words that are put out. */
void carry_wait(struct console *c)
{
	(void)terminal_key(c->terminal, _("Press Enter when your terminal program has finished. "), "\n");
}

static bool send_file(struct console *c, const char *name, uint64_t size)
{
	char folder[CARRY_PATH_SIZE], path[CARRY_PATH_SIZE + 80];
	bool good = false;
	FILE *out;

	if (!carry_open(c, folder))
		return false;
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	out = fopen(path, "we");
	if (out != NULL) {
		good = fetch(c, name, size, out);
		good = fclose(out) == 0 && good && carry_out(c, path);
		carry_wait(c);
	}
	carry_close(folder);
	return good;
}

/* Ten bits for a byte, and a tenth for what ZMODEM adds. */
void carry_say_time(struct console *c, const char *name, uint64_t size)
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

	if (name == NULL || carry_piece(c, name, 0, piece, &size) < 0)
		goto out;
	if (size > FILE_MOST) {
		SAY(c, _("! It is larger than %d MB; carry it out on a stick."), FILE_MOST / 1024 / 1024);
		goto out;
	}
	carry_say_time(c, name, size);
	if (!ask_yes(c, _("Send it now? Receive it by ZMODEM in your terminal program.")))
		goto out;
	if (!carry_note(c, name, "cable"))
		goto out;
	if (send_file(c, name, size))
		SAY(c, _("%s was sent whole."), name);
	else
		SAY(c, _("! %s was not sent whole. Do it again: the transfer goes on where it ended."), name);
out:
	free(name);
}
