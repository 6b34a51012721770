/* A file of the exports folder, piece by piece, for a front end at the end of a cable. */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_SIZE = 30 * 1024 };

static int open_file(const struct keeper *k, const char *name, struct stat *about)
{
	char path[PLACE_SIZE + 96];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", exports_folder(k), name);
	fd = name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, about) == 0 && S_ISREG(about->st_mode))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

void carry_ask(struct keeper *k, const struct request *r, const struct session *session)
{
	char piece[PIECE_SIZE], text[BASE64_SIZE(PIECE_SIZE)];
	struct stat about;
	int fd = open_file(k, param_text(r, "name"), &about);
	ssize_t got;

	(void)session;
	if (fd < 0) {
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s}", "field", "name"));
		return;
	}
	got = pread(fd, piece, sizeof piece, (off_t)param_count(r, "at"));
	(void)close(fd);
	if (got < 0) {
		server_refuse(k->server, r->ticket, "medium_failed", json_pack("{s:s}", "why", strerror(errno)));
		return;
	}
	base64_encode(text, piece, (size_t)got);
	server_answer(k->server, r->ticket, json_pack("{s:I, s:s}", "size", (json_int_t)about.st_size, "data", text));
}

/* Before the first byte leaves: what was taken away is on record, whatever comes of it. */
void carry_note(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *name = param_text(r, "name"), *way = param_text(r, "way");
	bool is_way = strcmp(way, "cable") == 0 || strcmp(way, "stick") == 0;
	struct entry entry = {.who = session->user, .via = peer_via(r->peer), .kind = act_find("ledger.carried")};
	struct stat about;
	int fd = open_file(k, name, &about);

	if (fd >= 0)
		(void)close(fd);
	if (fd < 0 || !is_way) {
		server_refuse(k->server, r->ticket, "invalid", json_pack("{s:s}", "field", is_way ? "name" : "way"));
		return;
	}
	entry.body = json_pack("{s:s, s:I, s:s}", "name", name, "size", (json_int_t)about.st_size, "way", way);
	record_and_answer(k, &entry, SOON, r->ticket);
	json_decref(entry.body);
}
