/* A ledger on two media in a temporary folder, one of which can be made to fail, to be slow or to be away. */
#ifndef KANNUKI_TESTS_PAIR_SUPPORT_H
#define KANNUKI_TESTS_PAIR_SUPPORT_H

#include "base/file.h"
#include "ledger/inside.h"

#include "ledger_support.h"

#include <errno.h>
#include <sys/syscall.h>

/* SQLite's sync of one medium goes through here. */
int fdatasync(int fd);
static char failing_folder[128], slow_folder[128];

static inline bool is_below(int fd, const char *folder)
{
	char link[32], path[256] = "";

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return *folder != '\0' && readlink(link, path, sizeof path - 1) > 0 &&
	       strncmp(path, folder, strlen(folder)) == 0;
}

static void (*on_fdatasync)(int fd);

int fdatasync(int fd)
{
	if (on_fdatasync != NULL)
		on_fdatasync(fd);
	if (is_below(fd, failing_folder)) {
		errno = EIO;
		return -1;
	}
	if (is_below(fd, slow_folder))
		(void)usleep(300000);
	return (int)syscall(SYS_fdatasync, fd);
}

struct pair {
	struct bench b;
	char mirror[96];
};

static inline int make_pair(void **state)
{
	struct pair *p = calloc(1, sizeof *p);
	struct bench *b = &p->b;

	assert_non_null(p);
	failing_folder[0] = slow_folder[0] = '\0';
	(void)snprintf(b->place, sizeof b->place, "/tmp/kannuki-test-XXXXXX");
	assert_non_null(mkdtemp(b->place));
	(void)snprintf(b->folder, sizeof b->folder, "%s/ledger", b->place);
	(void)snprintf(p->mirror, sizeof p->mirror, "%s/mirror", b->place);
	(void)snprintf(b->bundle, sizeof b->bundle, "%s/bundle", b->place);
	must(ledger_create(b->folder, p->mirror, TEST_ORIGIN, test_now(), b->code, &b->fault), &b->fault);
	*state = p;
	return 0;
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, make_pair, drop_ledger)

static inline void move(const char *from, const char *to)
{
	if (rename(from, to) != 0)
		fail_msg("%s: %s", from, strerror(errno));
}

/* A medium that is not there: its folder under another name. */
static inline void pull(struct pair *p, const char *folder)
{
	char away[128];

	(void)snprintf(away, sizeof away, "%s.away", folder);
	move(folder, away);
	(void)p;
}

static inline void put_back(const char *folder)
{
	char away[128];

	(void)snprintf(away, sizeof away, "%s.away", folder);
	move(away, folder);
}

static inline void expect_states(struct pair *p, enum medium_state first, enum medium_state second)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(p->b.ledger, media);
	assert_int_equal(media[0].state, first);
	assert_int_equal(media[1].state, second);
}

/* Rows of both media as one text: they must be equal to the last byte. */
static inline void dump(struct store *s, struct buf *out)
{
	static const char *const queries[] = {
		"SELECT seq, leaf, idem, body, files, person, text, sealed_with FROM entries ORDER BY seq",
		"SELECT size, note, peaks FROM head",
		"SELECT epoch, certificate, closing FROM epochs ORDER BY epoch",
		"SELECT epoch, sealed FROM secrets",
		"SELECT about, sealed FROM cases ORDER BY about",
		"SELECT level, place, hash FROM nodes ORDER BY level, place",
		"SELECT mark, seq FROM marks ORDER BY mark, seq",
		"SELECT seq, name FROM erased ORDER BY seq, name",
		"SELECT size, reply FROM stamps ORDER BY size",
		"SELECT size, line FROM cosignatures ORDER BY size, line",
		"SELECT epoch, nonce FROM asked ORDER BY epoch",
		"SELECT number, counted FROM tallies ORDER BY number",
		"SELECT generation, alone, filling, paired FROM medium",
	};

	out->cap = 256 * 1024 * 1024;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		sqlite3_stmt *rows = NULL;

		assert_int_equal(sqlite3_prepare_v2(s->db, queries[i], -1, &rows, NULL), SQLITE_OK);
		while (sqlite3_step(rows) == SQLITE_ROW)
			for (int column = 0; column < sqlite3_column_count(rows); column++) {
				struct blob value = row_blob(rows, column);

				buf_addf(out, "%d:", value.data != NULL ? (int)value.len : -1);
				if (value.len > 0)
					buf_add(out, value.data, value.len);
			}
		(void)sqlite3_finalize(rows);
	}
	assert_int_equal(buf_status(out), ERR_OK);
}

static inline void expect_equal(struct pair *p)
{
	struct buf dumps[2] = {{0}};
	const struct ledger *l = p->b.ledger;

	assert_non_null(l);
	expect_states(p, MEDIUM_GOOD, MEDIUM_GOOD);
	for (int i = 0; l != NULL && i < 2; i++)
		dump(l->media.m[i].store, &dumps[i]);
	assert_int_equal(dumps[0].len, dumps[1].len);
	assert_memory_equal(dumps[0].data, dumps[1].data, dumps[0].len);
	buf_fini(&dumps[0]);
	buf_fini(&dumps[1]);
	must(ledger_check(p->b.ledger, &p->b.fault), &p->b.fault);
}

static inline void add_text(struct bench *b, const char *about, const char *text)
{
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = about,
			      .body = "{\"act\":\"incident.noted\"}",
			      .text = text};

	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

static inline enum err take_last_body(void *context, const struct record *r)
{
	(void)snprintf(context, 512, "%s", r->body);
	return ERR_OK;
}

/* The body of entry size − back. */
static inline const char *body_before(struct bench *b, uint64_t back)
{
	static char body[512];
	uint64_t seq = ledger_head(b->ledger).size - back;

	must(ledger_read(b->ledger, seq, seq + 1, take_last_body, body, &b->fault), &b->fault);
	return body;
}

#endif
