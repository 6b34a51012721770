/* kannuki-stick: writes one file to the USB stick that is plugged in, for who is connected to its standard input.
 *
 *   kannuki-stick                 started by systemd for each connection, as the only program that may mount
 *   kannuki-stick --folder DIR    the folder stands for a stick (tests)
 *
 * It says a line about the stick:   none | several | unknown | protected | ready SIZE TYPE LABEL
 * It hears what is to be written:   NAME SIZE
 * mounts, and says:                 taking | failed REASON
 * It hears SIZE bytes, writes them, lets the stick go, reads it again, lets it go for good, and says:
 *                                   written SHA256 | failed REASON
 *
 * Nothing on a stick is read but its first sectors and what was just written. When the connection or this program
 * ends, nothing stays mounted: it has a mount name space of its own.
 */
#include "base/bytes.h"
#include "base/diag.h"
#include "stick/find.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

enum { LINE_SIZE = 128, NAME_MOST = 64, PEER_WAIT_MS = 120000, PIECE_SIZE = 65536 };

static const char mount_point[] = "/run/kannuki-stick";

/* Where files go: a stick, or a folder that stands for one. */
struct place_for_files {
	const struct stick *stick; /* NULL: the folder stands for one */
	const char *path;
};

struct order {
	char name[NAME_MOST + 1];
	uint64_t size;
};

/* ---- who is connected ------------------------------------------------------------------------------------- */

static void say(const char *line)
{
	char text[LINE_SIZE * 2];
	int len = snprintf(text, sizeof text, "%s\n", line);

	if (len > 0 && write(STDOUT_FILENO, text, (size_t)len) != len)
		diag(DIAG_NOTICE, "nobody listens any more");
}

static ssize_t hear(void *out, size_t size)
{
	struct pollfd peer = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&peer, 1, PEER_WAIT_MS) > 0 ? read(STDIN_FILENO, out, size) : -1;
}

static bool hear_line(char line[LINE_SIZE])
{
	for (size_t len = 0; len < LINE_SIZE; len++) {
		if (hear(&line[len], 1) != 1)
			return false;
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
	}
	return false;
}

/* A name that means the same to every file system, and a size. */
static bool read_order(const char *line, struct order *out)
{
	size_t len = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");
	char *end;

	if (len == 0 || len > NAME_MOST || line[0] == '.' || line[0] == '-' || line[len] != ' ' ||
	    line[len + 1] < '0' || line[len + 1] > '9')
		return false;
	memcpy(out->name, line, len);
	out->name[len] = '\0';
	errno = 0;
	out->size = strtoull(line + len + 1, &end, 10);
	return errno == 0 && *end == '\0';
}

/* ---- the stick -------------------------------------------------------------------------------------------- */

static bool take(const struct place_for_files *p, unsigned long how)
{
	char options[64];

	if (p->stick == NULL)
		return true;
	(void)snprintf(options, sizeof options, "umask=077,errors=remount-ro%s",
		       strcmp(p->stick->type, "vfat") == 0 ? ",utf8=1" : "");
	return mount(p->stick->device, p->path, p->stick->type,
		     MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME | MS_NOSYMFOLLOW | how, options) == 0;
}

static bool let_go(const struct place_for_files *p)
{
	return p->stick == NULL || umount2(p->path, 0) == 0;
}

static const char *reason(int error)
{
	return error == ENOSPC || error == EFBIG ? "full" : error == EROFS || error == EACCES ? "protected" : "io";
}

static bool write_whole(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		len -= (size_t)done;
	}
	return true;
}

/* NULL, or why not. */
static const char *receive(int fd, uint64_t size, unsigned char digest[crypto_hash_sha256_BYTES])
{
	static char piece[PIECE_SIZE];
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state);
	while (size > 0) {
		ssize_t got = hear(piece, size < sizeof piece ? (size_t)size : sizeof piece);

		if (got <= 0)
			return "left";
		(void)crypto_hash_sha256_update(&state, (const unsigned char *)piece, (size_t)got);
		if (!write_whole(fd, piece, (size_t)got))
			return reason(errno);
		size -= (uint64_t)got;
	}
	(void)crypto_hash_sha256_final(&state, digest);
	return fsync(fd) == 0 ? NULL : reason(errno);
}

/* Under another name until it is whole. */
static const char *write_file(int folder, const struct order *order, unsigned char digest[crypto_hash_sha256_BYTES])
{
	char part[NAME_MOST + 8];
	const char *why;
	int fd;

	(void)snprintf(part, sizeof part, "%s.part", order->name);
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return reason(errno);
	why = receive(fd, order->size, digest);
	if (close(fd) != 0 && why == NULL)
		why = reason(errno);
	if (why == NULL && (renameat(folder, part, folder, order->name) != 0 || syncfs(folder) != 0))
		why = reason(errno);
	if (why != NULL)
		(void)unlinkat(folder, part, 0);
	return why;
}

static const char *write_into(const struct place_for_files *p, const struct order *order,
			      unsigned char digest[crypto_hash_sha256_BYTES])
{
	int folder = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *why = NULL;
	struct statvfs space;

	if (folder < 0 || fstatvfs(folder, &space) != 0)
		why = "io";
	else if ((space.f_flag & ST_RDONLY) != 0)
		why = "protected";
	else if (faccessat(folder, order->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		why = "exists";
	else if (order->size > (uint64_t)space.f_bavail * space.f_frsize)
		why = "full";
	if (why == NULL) {
		say("taking");
		why = write_file(folder, order, digest);
	}
	if (folder >= 0)
		(void)close(folder);
	return why;
}

/* What is on it, not what the kernel still remembers: it was let go and is taken again. */
static bool reads_as(const struct place_for_files *p, const struct order *order,
		     const unsigned char digest[crypto_hash_sha256_BYTES])
{
	int folder = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = folder < 0 ? -1 : openat(folder, order->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	unsigned char again[crypto_hash_sha256_BYTES];
	static char piece[PIECE_SIZE];
	crypto_hash_sha256_state state;
	uint64_t size = 0;
	ssize_t got = -1;

	(void)crypto_hash_sha256_init(&state);
	while (fd >= 0 && size <= order->size && (got = read(fd, piece, sizeof piece)) > 0) {
		(void)crypto_hash_sha256_update(&state, (const unsigned char *)piece, (size_t)got);
		size += (uint64_t)got;
	}
	(void)crypto_hash_sha256_final(&state, again);
	if (fd >= 0)
		(void)close(fd);
	if (folder >= 0)
		(void)close(folder);
	return got == 0 && size == order->size && sodium_memcmp(again, digest, sizeof again) == 0;
}

static const char *carry(const struct place_for_files *p, const struct order *order,
			 unsigned char digest[crypto_hash_sha256_BYTES])
{
	const char *why;

	if (!take(p, 0))
		return errno == EROFS || errno == EACCES ? "protected" : "unknown";
	why = write_into(p, order, digest);
	if (!let_go(p) && why == NULL)
		why = "io";
	if (why != NULL)
		return why;
	if (!take(p, MS_RDONLY))
		return "io";
	if (!reads_as(p, order, digest))
		why = "differs";
	return let_go(p) ? why : "io";
}

/* ---- one connection --------------------------------------------------------------------------------------- */

static void tell(const struct stick *stick)
{
	static const char *const words[STICK_STATE_COUNT] = {[STICK_NONE] = "none",
							     [STICK_SEVERAL] = "several",
							     [STICK_UNKNOWN] = "unknown",
							     [STICK_PROTECTED] = "protected",
							     [STICK_READY] = "ready"};
	char line[LINE_SIZE];

	(void)snprintf(line, sizeof line, "%s", words[stick->state]);
	if (stick->state == STICK_READY)
		(void)snprintf(line, sizeof line, "ready %llu %s %s", (unsigned long long)stick->size, stick->type,
			       stick->label);
	say(line);
}

static int serve(const struct place_for_files *p)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char line[LINE_SIZE], hex[HEX_SIZE(crypto_hash_sha256_BYTES)];
	struct order order;
	const char *why;

	if (!hear_line(line))
		return 0;
	why = read_order(line, &order) ? carry(p, &order, digest) : "name";
	if (why != NULL) {
		(void)snprintf(line, sizeof line, "failed %s", why);
		say(line);
		return 1;
	}
	hex_encode(hex, digest, sizeof digest);
	(void)snprintf(line, sizeof line, "written %s", hex);
	say(line);
	return 0;
}

int main(int argc, char **argv)
{
	struct place_for_files p = {.path = mount_point};
	struct stick stick;

	diag_start("kannuki-stick");
	(void)signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	if (argc == 3 && strcmp(argv[1], "--folder") == 0) {
		p.path = argv[2];
		stick = (struct stick){.state = STICK_READY, .type = "vfat", .label = "FOLDER"};
	} else {
		stick_find(&stick);
		p.stick = &stick;
	}
	tell(&stick);
	return stick.state == STICK_READY ? serve(&p) : 0;
}
