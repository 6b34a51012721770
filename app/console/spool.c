#include "console/spool.h"

#include "base/text.h"
#include "console/ask.h"
#include "console/when.h"
#include "console/words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, BUSY_WAIT_MS = 2000, NAME_SIZE = FILE_NAME_MAX + 1 };
static const uint64_t receive_most = UINT64_C(256) * 1024 * 1024, stays_free = UINT64_C(64) * 1024 * 1024;

/* ---- in ---- */

void spool_drop(struct spool *s)
{
	for (unsigned i = 0; i < s->files.count; i++)
		(void)close(s->files.given[i]);
	if (s->folder[0] != '\0')
		carry_close(s->folder);
	json_decref(s->names);
	*s = (struct spool){.folder = ""};
}

/* Takes over the open file. */
static void add(struct spool *s, int fd, const char *name)
{
	char shown[NAME_SIZE];

	text_show(shown, sizeof shown, name, strlen(name));
	s->files.given[s->files.count++] = fd;
	(void)json_array_append_new(s->names, json_pack("{s:s}", "name", shown[0] != '\0' ? shown : "?"));
}

static void take_handed(struct console *c, struct spool *s)
{
	for (unsigned i = 0; i < c->handed.count; i++) {
		int fd = fcntl(c->handed.given[i], F_DUPFD_CLOEXEC, 0);

		if (fd >= 0)
			add(s, fd, c->handed_names[i]);
	}
}

/* What has come, by whatever names. False: too many, which has been said. */
static bool take_received(struct console *c, struct spool *s)
{
	DIR *dir = opendir(s->folder);
	struct dirent *item;
	bool fits = true;

	while (dir != NULL && fits && (item = readdir(dir)) != NULL) {
		struct stat about;
		int fd;

		if (fstatat(dirfd(dir), item->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode) ||
		    fchmodat(dirfd(dir), item->d_name, 0600, 0) != 0)
			continue;
		fd = openat(dirfd(dir), item->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		fits = s->files.count < FILES_MAX;
		if (fd >= 0 && fits)
			add(s, fd, item->d_name);
		else if (fd >= 0)
			(void)close(fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (!fits)
		SAY(c, _("! More than %d files came. Send them in several goes, each as evidence of its own."),
		    FILES_MAX);
	return fits;
}

static void forget_received(struct spool *s)
{
	struct spool fresh = {.names = json_array()};

	memcpy(fresh.folder, s->folder, sizeof fresh.folder);
	s->folder[0] = '\0';
	spool_drop(s);
	*s = fresh;
	carry_close(s->folder);
}

static uint64_t room_for(const char *folder)
{
	struct statvfs about;
	uint64_t free_bytes = 0;

	if (statvfs(folder, &about) == 0)
		free_bytes = (uint64_t)about.f_bavail * about.f_frsize;
	free_bytes = free_bytes > stays_free ? free_bytes - stays_free : 0;
	return free_bytes < receive_most ? free_bytes : receive_most;
}

static void say_before(struct console *c, uint64_t most)
{
	unsigned long speed = terminal_speed(c->terminal);
	char length[WHEN_SIZE];

	when_length(length, (int64_t)(UINT64_C(1000000) * 11 / speed + 59) * 1000, c->lang);
	SAY(c,
	    _("Send the files now by ZMODEM from your terminal program: at most %d files, %llu MB altogether. At %lu baud "
	      "1 MB takes up to %s; nothing else can be done here meanwhile. To break it off, cancel it in your terminal "
	      "program."),
	    FILES_MAX, (unsigned long long)(most / 1000000), speed, length);
}

static void say_received(struct console *c, const struct spool *s)
{
	json_t *named;
	size_t i;

	json_array_foreach (s->names, i, named) {
		struct stat about;

		if (fstat(s->files.given[i], &about) == 0)
			SAY(c, _("  received: %s  %llu bytes"), string_of(named, "name"),
			    (unsigned long long)about.st_size);
	}
}

/* One go. False: nothing has come, which has been said. */
static bool receive(struct console *c, struct spool *s)
{
	uint64_t most;
	bool good;

	if (!carry_open(c, s->folder))
		return false;
	most = room_for(s->folder);
	if (most == 0) {
		SAY(c, "%s", _("! There is no room here for files. Tell your administrator."));
		return false;
	}
	say_before(c, most);
	good = carry_in(c, s->folder, most);
	carry_wait(c);
	if (!good)
		SAY(c,
		    _("! The files did not come whole, or were more than %llu MB. What came was thrown away; nothing was "
		      "recorded."),
		    (unsigned long long)(most / 1000000));
	good = good && take_received(c, s);
	if (good && s->files.count == 0)
		SAY(c, "%s", _("! No file came."));
	say_received(c, s);
	return good && s->files.count > 0;
}

bool spool_fill(struct console *c, struct spool *s)
{
	json_t *ways = json_pack("[{s:s, s:s}, {s:s, s:s}]", "id", "none", "label", _("No file: it is a thing"), "id",
				 "cable", "label", _("Receive files over this cable (ZMODEM)"));
	int way = 0;

	*s = (struct spool){.folder = "", .names = json_array()};
	take_handed(c, s);
	while (!c->at_once && (way = ask_one(c, _("Are there files?"), ways, "label")) == 1 && !receive(c, s))
		forget_received(s);
	json_decref(ways);
	if (way < 0)
		spool_drop(s);
	return way >= 0;
}

static bool is_busy(enum err err, json_t *answer)
{
	return err == ERR_DENIED && strcmp(string_of(answer, "code"), "busy") == 0;
}

/* After hours on the cable nobody is told to come again later. */
enum err spool_record(struct console *c, const struct spool *s, struct deed deed)
{
	struct client_files files = s->files;
	bool is_told = false;
	json_t *answer = NULL;
	enum err err;

	deed.files = &files;
	c->told_tenth = 0;
	for (;;) {
		struct deed again = deed;

		again.body = json_incref(deed.body);
		again.text = json_incref(deed.text);
		again.names = s->files.count > 0 ? json_incref(s->names) : NULL;
		err = keeper_do_quietly(c, again, &answer);
		if (!is_busy(err, answer) || s->files.count == 0 || terminal_interrupted(c->terminal))
			break;
		if (!is_told)
			SAY(c, "%s", _("Other files are being stored; these wait for their turn. Ctrl-C gives up."));
		is_told = true;
		json_decref(answer);
		answer = NULL;
		(void)poll(NULL, 0, BUSY_WAIT_MS);
	}
	if (err == ERR_OK)
		words_receipt(c, answer);
	else if (err == ERR_DENIED)
		words_refusal(c, answer);
	json_decref(answer);
	json_decref(deed.body);
	json_decref(deed.text);
	return err;
}

/* ---- out ---- */

/* "2026-001-e2-1-access.log": of what it was called only letters, digits and signs that mean nothing anywhere. */
static void name_for(char out[NAME_SIZE], const char *about, uint64_t evidence, size_t number, const char *called)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	int len = snprintf(out, NAME_SIZE, "%s-e%llu-%zu-", about, (unsigned long long)evidence, number);

	for (const char *s = called; *s != '\0' && len > 0 && len < 120; s++)
		if (strchr(plain, *s) != NULL)
			out[len++] = *s;
	out[len > 0 ? len : 0] = '\0';
}

/* Copies it, and hashes what is copied. */
static bool copy(int from, int to, char sha256[HEX_SIZE(crypto_hash_sha256_BYTES)])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	char chunk[CHUNK];
	ssize_t got;

	(void)crypto_hash_sha256_init(&state);
	while ((got = read(from, chunk, sizeof chunk)) > 0) {
		(void)crypto_hash_sha256_update(&state, (const unsigned char *)chunk, (size_t)got);
		if (write(to, chunk, (size_t)got) != got)
			return false;
	}
	(void)crypto_hash_sha256_final(&state, hash);
	hex_encode(sha256, hash, sizeof hash);
	return got == 0;
}

/* Into a new file. False: why has been said. */
static bool save(struct console *c, int from, const char *path, json_t *file)
{
	char sha256[HEX_SIZE(crypto_hash_sha256_BYTES)] = "";
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good;

	if (to < 0) {
		SAY(c, _("! %s cannot be written: %s."), path, strerror(errno));
		return false;
	}
	good = copy(from, to, sha256);
	good = close(to) == 0 && good;
	if (!good)
		SAY(c, _("! %s could not be written whole. Make room and do it again."), path);
	else if (strcmp(sha256, string_of(file, "sha256")) != 0)
		SAY(c, "%s",
		    _("! The stored file is not the one that was recorded: its SHA-256 differs. Check the record (ledger check) "
		      "and call your administrator."));
	else
		return true;
	(void)unlink(path);
	return false;
}

static void send_saved(struct console *c, int from, const char *name, json_t *file)
{
	char folder[CARRY_PATH_SIZE], path[CARRY_PATH_SIZE + NAME_SIZE];

	if (!carry_open(c, folder))
		return;
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	if (save(c, from, path, file)) {
		bool good = carry_out(c, path);

		carry_wait(c);
		if (good)
			SAY(c, _("%s was sent whole; it is what was recorded (SHA-256 %s)."), name,
			    string_of(file, "sha256"));
		else
			SAY(c, _("! %s was not sent whole. Do it again: the transfer goes on where it ended."), name);
	}
	carry_close(folder);
}

void spool_give(struct console *c, const char *about, uint64_t evidence, size_t number, json_t *file)
{
	json_t *params = json_pack("{s:s, s:I, s:I}", "about", about, "evidence", (json_int_t)evidence, "file",
				   (json_int_t)number);
	struct client_files files = {.got = -1};
	json_t *result = NULL;
	char name[NAME_SIZE];
	enum err err = ERR_IO;

	name_for(name, about, evidence, number, string_of(file, "name"));
	if (!c->at_once)
		carry_say_time(c, name, number_of(file, "size"));
	if (c->at_once || ask_yes(c, _("Send it now? Receive it by ZMODEM in your terminal program.")))
		err = keeper_ask_with(c, "evidence.get", params, &files, &result);
	if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_OK && files.got >= 0 && !c->at_once)
		send_saved(c, files.got, name, file);
	else if (err == ERR_OK && files.got >= 0 && save(c, files.got, name, file))
		SAY(c, _("Written: %s"), name);
	if (files.got >= 0)
		(void)close(files.got);
	json_decref(result);
	json_decref(params);
}
