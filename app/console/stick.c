#include "console/stick.h"

#include "base/file.h"
#include "console/ask.h"
#include "console/carry.h"
#include "console/commands.h"
#include "console/when.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Slow sticks take a megabyte a second, twice: what was written is read again. */
enum { LINE_SIZE = 256, BYTES_A_SECOND = 500000, ANSWER_WAIT_MS = 600000, LOOK_WAIT_MS = 10000, TELL_EVERY = 10 };
enum { DIGEST_SIZE = crypto_hash_sha256_BYTES };

/* The one program that may mount (app/stick) has a socket of its own. -1: it is not there. */
static int connect_stick(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (place(address.sun_path, sizeof address.sun_path, "/run/kannuki-stick.sock") != ERR_OK)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static bool hear(int fd, char line[LINE_SIZE], int wait_ms)
{
	struct pollfd stick = {.fd = fd, .events = POLLIN};

	for (size_t len = 0; len < LINE_SIZE; len++) {
		if (poll(&stick, 1, wait_ms) <= 0 || read(fd, &line[len], 1) != 1)
			return false;
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
	}
	return false;
}

static bool tell(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t done = send(fd, data, len, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		len -= (size_t)done;
	}
	return true;
}

static const char *reason(const char *word)
{
	static const struct {
		const char *word, *text;
	} reasons[] = {
		{"none", N_("No stick is seen. Put it in anew, or take another socket of the box.")},
		{"several", N_("More than one stick is seen. Leave only the one to be written.")},
		{"unknown",
		 N_("The stick has no file system that the box knows. Format it elsewhere as FAT32 or exFAT.")},
		{"protected",
		 N_("The stick cannot be written: it is protected. Move its switch, or take another one.")},
		{"exists", N_("The stick already holds a file of this name. Take another stick, or another name.")},
		{"full", N_("The stick has no room for it.")},
		{"differs", N_("What was read again from the stick is not what was written. Do not use this stick.")},
		{"io", N_("The stick failed, or was pulled out too early.")},
		{"name", N_("A file of this name cannot be put on a stick: letters, digits, - and . only.")},
	};

	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strcmp(reasons[i].word, word) == 0)
			return _(reasons[i].text);
	return _("The part of the box that writes sticks does not answer.");
}

static const char *failure(const char *line)
{
	return strncmp(line, "failed ", 7) == 0 ? line + 7 : line;
}

/* "ready SIZE TYPE LABEL"; false: the line says something else. */
static bool say_stick(struct console *c, const char *line)
{
	char *type, *label;
	uint64_t size;

	if (strncmp(line, "ready ", 6) != 0)
		return false;
	size = strtoull(line + 6, &type, 10);
	label = *type == ' ' ? strchr(type + 1, ' ') : NULL;
	if (label == NULL)
		return false;
	SAY(c, _("Seen: a stick of %.1f GB, %s, label '%s'."), (double)size / 1e9,
	    strncmp(type + 1, "exfat ", 6) == 0 ? "exFAT" : "FAT", label + 1);
	return true;
}

/* Until a stick is there that can be written, or the person leaves. Returns the connection, or -1. */
static int wait_for_stick(struct console *c)
{
	while (terminal_key(c->terminal, _("Put the stick in, wait a few seconds and press Enter (Ctrl-C leaves). "),
			    "\n") != 0) {
		char line[LINE_SIZE];
		int fd = connect_stick();

		if (fd < 0 || !hear(fd, line, LOOK_WAIT_MS))
			(void)snprintf(line, sizeof line, "away");
		if (say_stick(c, line))
			return fd;
		SAY(c, "! %s", reason(line));
		if (fd >= 0)
			(void)close(fd);
	}
	return -1;
}

static void say_progress(struct console *c, uint64_t at, uint64_t size, unsigned *told)
{
	for (; *told + TELL_EVERY <= at * 100 / size && *told + TELL_EVERY < 100; *told += TELL_EVERY)
		SAY(c, "  %u %%", *told + TELL_EVERY);
}

/* NULL, or why not; "" when that has been said. */
static const char *feed(struct console *c, int fd, const char *name, uint64_t size, unsigned char digest[DIGEST_SIZE])
{
	crypto_hash_sha256_state state;
	unsigned told = 0;

	(void)crypto_hash_sha256_init(&state);
	for (uint64_t at = 0, whole = size; at < size;) {
		char piece[PIECE_MOST];
		ssize_t got = carry_piece(c, name, at, piece, &whole);

		if (got <= 0 || whole != size)
			return "";
		if (!tell(fd, piece, (size_t)got))
			return "io";
		(void)crypto_hash_sha256_update(&state, (const unsigned char *)piece, (unsigned long long)got);
		at += (uint64_t)got;
		say_progress(c, at, size, &told);
	}
	(void)crypto_hash_sha256_final(&state, digest);
	return NULL;
}

/* The same; then `hex` is what both sides have seen. `line` holds what it said last. */
static const char *write_to(struct console *c, int fd, const char *name, uint64_t size, char line[LINE_SIZE],
			    char hex[HEX_SIZE(DIGEST_SIZE)])
{
	unsigned char digest[DIGEST_SIZE];
	const char *why;

	(void)snprintf(line, LINE_SIZE, "%s %llu\n", name, (unsigned long long)size);
	if (!tell(fd, line, strlen(line)) || !hear(fd, line, ANSWER_WAIT_MS))
		return "io";
	if (strcmp(line, "taking") != 0)
		return failure(line);
	why = feed(c, fd, name, size, digest);
	/* It may have said why before it stopped listening. */
	if (why != NULL)
		return why[0] != '\0' && hear(fd, line, LOOK_WAIT_MS) ? failure(line) : why;
	SAY(c, "%s", _("Everything is written. It is being read again; leave the stick in."));
	if (!hear(fd, line, ANSWER_WAIT_MS))
		return "io";
	hex_encode(hex, digest, sizeof digest);
	if (strncmp(line, "written ", 8) != 0)
		return failure(line);
	return strcmp(line + 8, hex) == 0 ? NULL : "differs";
}

static void write_file(struct console *c, int fd, const char *name, uint64_t size)
{
	char line[LINE_SIZE], hex[HEX_SIZE(DIGEST_SIZE)];
	const char *why;

	if (!carry_note(c, name, "stick"))
		return;
	why = write_to(c, fd, name, size, line, hex);
	if (why == NULL) {
		SAY(c, _("%s is on the stick, and was read back whole. SHA-256: %s"), name, hex);
		SAY(c, "%s", _("The stick is released: pull it out now."));
	} else if (why[0] != '\0') {
		SAY(c, "! %s", reason(why));
	}
}

void stick_write(struct console *c, const struct call *call)
{
	const char *given = argument(call, "NAME");
	char *name = given != NULL ? strdup(given) : ask_text(c, _("Which of the exports? "), "", TEXT_NEEDED);
	char piece[PIECE_MOST], length[WHEN_SIZE];
	uint64_t size = 0;
	int fd = -1;

	if (name == NULL || carry_piece(c, name, 0, piece, &size) < 0)
		goto out;
	when_length(length, (int64_t)(size / BYTES_A_SECOND + 60) * 1000, c->lang);
	SAY(c, _("%s: %llu bytes; on a slow stick it takes up to %s."), name, (unsigned long long)size, length);
	fd = wait_for_stick(c);
	if (fd >= 0 && ask_yes(c, _("Write it now? Nothing else on the stick is read or changed.")))
		write_file(c, fd, name, size);
	if (fd >= 0)
		(void)close(fd);
out:
	free(name);
}
