/* The keeper's parts by themselves: sessions, lockout, secrets, the password worker, and the scribe with a ledger that
   cannot write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#include "board/map.h"
#include "keeper/keeper.h"
#include "keeper/lockout.h"
#include "keeper/recall.h"
#include "keeper/room.h"
#include "keeper/scribe.h"
#include "keeper/secrets.h"
#include "keeper/sessions.h"
#include "keeper/worker.h"

static const int64_t s_ns = 1000000000;

/* ---- sessions ------------------------------------------------------------------------------------------- */

static void session_is_found_only_by_its_own_peer(void **state)
{
	struct sessions s = {.idle_ns = 100};
	struct session *one = sessions_begin(&s, "u1", 1, PEER_CONSOLE, 7, 0);
	char token[TOKEN_SIZE];

	(void)state;
	assert_non_null(one);
	(void)snprintf(token, sizeof token, "%s", one->token);
	assert_ptr_equal(sessions_find(&s, token, PEER_CONSOLE, 7, 50), one);
	assert_null(sessions_find(&s, token, PEER_WEB, 7, 50));
	assert_null(sessions_find(&s, token, PEER_CONSOLE, 8, 50));
	token[31] = token[31] == '0' ? '1' : '0';
	assert_null(sessions_find(&s, token, PEER_CONSOLE, 7, 50));
	assert_null(sessions_find(&s, "", PEER_CONSOLE, 7, 50));
}

static void session_ends_when_it_is_not_used(void **state)
{
	struct sessions s = {.idle_ns = 100};
	struct session *one = sessions_begin(&s, "u1", 1, PEER_CONSOLE, 7, 0);

	(void)state;
	assert_non_null(sessions_find(&s, one->token, PEER_CONSOLE, 7, 99));
	assert_null(sessions_next_idle(&s, 99));
	assert_null(sessions_find(&s, one->token, PEER_CONSOLE, 7, 100));
	assert_ptr_equal(sessions_next_idle(&s, 100), one);
	one->used_ns = 100;
	assert_non_null(sessions_find(&s, one->token, PEER_CONSOLE, 7, 199));
	session_end(one);
	assert_null(sessions_next_idle(&s, 1000));
}

static void person_with_too_many_sessions_has_a_surplus_one(void **state)
{
	struct sessions s = {.idle_ns = 100};

	(void)state;
	for (int i = 0; i < SESSIONS_OF_USER_MAX; i++) {
		assert_null(sessions_surplus(&s, "u1"));
		assert_non_null(sessions_begin(&s, "u1", 1, PEER_WEB, 7, i));
	}
	assert_int_equal(sessions_surplus(&s, "u1")->used_ns, 0);
	assert_null(sessions_surplus(&s, "u2"));
}

static void places_for_sessions_are_limited(void **state)
{
	struct sessions s = {.idle_ns = 100};
	char user[16];

	(void)state;
	for (int i = 0; i < SESSIONS_MAX; i++) {
		(void)snprintf(user, sizeof user, "u%d", i);
		assert_non_null(sessions_begin(&s, user, 1, PEER_WEB, 7, 0));
	}
	assert_null(sessions_begin(&s, "u", 1, PEER_WEB, 7, 0));
}

/* ---- lockout ---------------------------------------------------------------------------------------------- */

static void waiting_grows_and_ends(void **state)
{
	static const int64_t waits_s[] = {0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900};
	struct lockout l = {.unknown = {.unreported = 0}};
	int64_t now = s_ns;

	(void)state;
	for (size_t i = 0; i < sizeof waits_s / sizeof waits_s[0]; i++) {
		lockout_failed(&l, "u1", "hanako", PEER_WEB, now);
		assert_int_equal(lockout_left_ns(&l, "hanako", PEER_WEB, now), waits_s[i] * s_ns);
		now += waits_s[i] * s_ns;
		assert_int_equal(lockout_left_ns(&l, "hanako", PEER_WEB, now), 0);
	}
	assert_int_equal(lockout_left_ns(&l, "hanako", PEER_CONSOLE, now - 1), 0);
	lockout_failed(&l, "u1", "hanako", PEER_WEB, now + 3601 * s_ns);
	assert_int_equal(lockout_left_ns(&l, "hanako", PEER_WEB, now + 3601 * s_ns), 0);
}

static void right_password_clears_the_count(void **state)
{
	struct lockout l = {.unknown = {.unreported = 0}};

	(void)state;
	for (int i = 0; i < 6; i++)
		lockout_failed(&l, "u1", "hanako", PEER_WEB, s_ns);
	assert_true(lockout_left_ns(&l, "hanako", PEER_WEB, s_ns) > 0);
	lockout_passed(&l, "hanako", PEER_WEB);
	assert_int_equal(lockout_left_ns(&l, "hanako", PEER_WEB, s_ns), 0);
	lockout_passed(&l, "never seen", PEER_WEB);
}

static void counts_are_taken_up_after_a_restart(void **state)
{
	struct lockout l = {.unknown = {.unreported = 0}};
	const char *account = NULL;
	enum peer peer = PEER_CLI;
	int64_t now = 5 * s_ns;

	(void)state;
	lockout_restore(&l, "u1", PEER_WEB, 8, 7 * s_ns, now);
	assert_int_equal(lockout_left_ns(&l, "u1", PEER_WEB, now), 13 * s_ns);
	assert_int_equal(lockout_left_ns(&l, "u1", PEER_CONSOLE, now), 0);
	assert_int_equal(lockout_report(&l, now, &account, &peer), 0);
	lockout_failed(&l, "u1", "u1", PEER_WEB, now + 14 * s_ns);
	assert_int_equal(lockout_left_ns(&l, "u1", PEER_WEB, now + 14 * s_ns), 40 * s_ns);
	/* Longer ago than an hour, or none. */
	lockout_restore(&l, "u2", PEER_WEB, 20, 3601 * s_ns, now);
	lockout_restore(&l, "u3", PEER_WEB, 0, 0, now);
	assert_int_equal(lockout_left_ns(&l, "u2", PEER_WEB, now), 0);
	assert_int_equal(lockout_left_ns(&l, "u3", PEER_WEB, now), 0);
}

static void flood_of_invented_names_keeps_the_real_counts(void **state)
{
	struct lockout l = {.unknown = {.unreported = 0}};
	char name[32];

	(void)state;
	for (int i = 0; i < 6; i++)
		lockout_failed(&l, "u1", "hanako", PEER_WEB, s_ns);
	for (int i = 0; i < 10 * LOCKS_MAX; i++) {
		(void)snprintf(name, sizeof name, "name%d", i);
		lockout_failed(&l, "", name, PEER_WEB, (2 + i) * s_ns / 1000 + s_ns);
	}
	assert_true(lockout_left_ns(&l, "hanako", PEER_WEB, 2 * s_ns) > 0);
}

static void reports_are_first_at_once_then_one_a_minute(void **state)
{
	struct lockout l = {.unknown = {.unreported = 0}};
	const char *account = NULL;
	enum peer peer = PEER_CLI;

	(void)state;
	assert_int_equal(lockout_report(&l, s_ns, &account, &peer), 0);
	lockout_failed(&l, "u1", "hanako", PEER_WEB, s_ns);
	assert_int_equal(lockout_report(&l, s_ns, &account, &peer), 1);
	assert_string_equal(account, "u1");
	assert_int_equal(peer, PEER_WEB);
	for (int i = 0; i < 50; i++) {
		lockout_failed(&l, "u1", "hanako", PEER_WEB, 2 * s_ns);
		lockout_failed(&l, "", "a", PEER_CONSOLE, 2 * s_ns);
	}
	assert_int_equal(lockout_report(&l, 2 * s_ns, &account, &peer), 50);
	assert_string_equal(account, "");
	assert_int_equal(lockout_report(&l, 2 * s_ns, &account, &peer), 0);
	assert_int_equal(lockout_report(&l, 61 * s_ns, &account, &peer), 50);
	assert_string_equal(account, "u1");
	assert_int_equal(lockout_report(&l, 200 * s_ns, &account, &peer), 0);
}

/* ---- flood ---------------------------------------------------------------------------------------------------- */

enum { A_DAY_OF_PERIODS = 24 * 60 / FLOOD_MINUTES };

/* Events all day long, as fast as they can be; what is counted becomes an entry each FLOOD_MINUTES. */
static void flood_of_one_kind_grows_the_log_by_its_bound(void **state)
{
	static struct flood f;
	unsigned class = flood_class("unproven", 3), entries = 0;
	bool is_counted = false;

	(void)state;
	for (int64_t now = s_ns; now <= 24 * 3600 * s_ns; now += s_ns) {
		if (is_counted && now % (FLOOD_MINUTES * 60 * s_ns) == 0) {
			is_counted = false;
			flood_charge(&f, class, now);
			entries++;
		}
		for (int i = 0; i < 3; i++) {
			is_counted = is_counted || !flood_admits(&f, class, now);
			if (is_counted)
				continue;
			flood_charge(&f, class, now);
			entries++;
		}
	}
	assert_in_range(entries, FLOOD_BURST + A_DAY_OF_PERIODS - 2, FLOOD_BURST + A_DAY_OF_PERIODS + 1);
}

static void flood_of_one_kind_leaves_the_others_alone(void **state)
{
	static struct flood f;
	unsigned noisy = flood_class("declare_pressed", 0);

	(void)state;
	while (flood_admits(&f, noisy, s_ns))
		flood_charge(&f, noisy, s_ns);
	assert_true(flood_admits(&f, flood_class("isolate_pressed", 0), s_ns));
	assert_false(flood_admits(&f, noisy, s_ns + (FLOOD_MINUTES * 60 - 1) * s_ns));
	assert_true(flood_admits(&f, noisy, s_ns + FLOOD_MINUTES * 60 * s_ns));
}

static void kinds_and_uplinks_that_no_board_has_are_one(void **state)
{
	unsigned char seen[FLOOD_CLASSES] = {0};
	unsigned classes = 0;

	(void)state;
	assert_int_equal(flood_class("invented", 1), flood_class("novel", 4));
	assert_int_equal(flood_class("unproven", 5), flood_class("unproven", UINT64_MAX));
	assert_int_equal(flood_class("isolate_pressed", 1), flood_class("isolate_pressed", 0));
	assert_int_not_equal(flood_class("unproven", 1), flood_class("unproven", 2));
#define SEE(number, name, word, has_uplink, arg)        \
	for (uint64_t uplink = 0; uplink < 9; uplink++) \
		seen[flood_class(word, uplink)] = 1;
	BOARD_EVENTS(SEE)
	seen[flood_class("invented", 0)] = 1;
	for (unsigned i = 0; i < FLOOD_CLASSES; i++)
		classes += seen[i];
	assert_int_equal(classes, 93);
}

static void tallies_are_told_in_the_order_of_their_last_events(void **state)
{
	static const struct {
		unsigned class;
		int order;
	} put[] = {{40, 3}, {2, 9}, {170, 1}};
	static struct flood f;
	unsigned classes[FLOOD_CLASSES];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		flood_set(&f, put[i].class, json_pack("{s:i}", "order", put[i].order));
	flood_set(&f, 40, json_pack("{s:i}", "order", 12));
	assert_int_equal(flood_sort(&f, classes), 3);
	assert_int_equal(classes[0], 170);
	assert_int_equal(classes[1], 2);
	assert_int_equal(classes[2], 40);
	assert_int_equal(f.order, 12);
	flood_clear(&f);
	assert_int_equal(f.waiting, 0);
}

/* ---- a folder for each test ----------------------------------------------------------------------------------- */

static int make_folder(void **state)
{
	char *folder = strdup("/tmp/kannuki-keeper-XXXXXX");

	assert_non_null(mkdtemp(folder));
	*state = folder;
	return 0;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *ftw)
{
	(void)s;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int remove_folder(void **state)
{
	(void)nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(*state);
	return 0;
}

/* ---- secrets ---------------------------------------------------------------------------------------------------- */

/* `second` may be NULL. */
static void open_secrets(struct secrets **out, const char *first, const char *second)
{
	struct fault f;

	if (secrets_new(out, &f) != ERR_OK || secrets_use(*out, 0, first, &f) != ERR_OK ||
	    (second != NULL && secrets_use(*out, 1, second, &f) != ERR_OK))
		fail_msg("%s", f.text);
}

static void secrets_are_kept_by_generation(void **state)
{
	char path[128], hash[SECRET_HASH_SIZE] = "untouched";
	struct secrets *s;
	struct fault f;
	struct stat file;

	(void)snprintf(path, sizeof path, "%s/secrets.db", (const char *)*state);
	open_secrets(&s, path, NULL);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 1, hash, sizeof hash), ERR_MISSING);
	assert_string_equal(hash, "untouched");
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 1, "one", &f), ERR_OK);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 2, "two", &f), ERR_OK);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 2, "two again", &f), ERR_OK);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u2", 1, "other", &f), ERR_OK);
	secrets_close(s);
	open_secrets(&s, path, NULL);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 1, hash, sizeof hash), ERR_OK);
	assert_string_equal(hash, "one");
	assert_int_equal(secrets_forget_before(s, SECRET_PASSWORD, "u1", 2, &f), ERR_OK);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 1, hash, sizeof hash), ERR_MISSING);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 2, hash, sizeof hash), ERR_OK);
	assert_string_equal(hash, "two again");
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u2", 1, hash, sizeof hash), ERR_OK);
	secrets_close(s);
	secrets_close(NULL);
}

static void secrets_file_that_is_none_is_named(void **state)
{
	char path[128];
	struct secrets *s = NULL;
	struct fault f;

	(void)snprintf(path, sizeof path, "%s/secrets.db", (const char *)*state);
	assert_int_equal(
		file_replace(path, "not a database at all, but long enough to look like one ......", 60, 0600, &f),
		ERR_OK);
	assert_int_equal(secrets_new(&s, &f), ERR_OK);
	assert_int_equal(secrets_use(s, 0, path, &f), ERR_IO);
	assert_non_null(strstr(f.text, path));
	assert_int_equal(secrets_use(s, 0, "/nowhere/secrets.db", &f), ERR_MISSING);
	assert_false(secrets_uses(s, 0));
	secrets_close(s);
}

static bool holds(const char *path, const char *account, uint64_t generation, const char *expected)
{
	char hash[SECRET_HASH_SIZE];
	struct secrets *s;
	bool found;

	open_secrets(&s, path, NULL);
	found = secrets_get(s, SECRET_PASSWORD, account, generation, hash, sizeof hash) == ERR_OK &&
		strcmp(hash, expected) == 0;
	secrets_close(s);
	return found;
}

static void secrets_are_on_both_copies(void **state)
{
	char first[128], second[128];
	struct secrets *s;
	struct fault f;

	(void)snprintf(first, sizeof first, "%s/first.db", (const char *)*state);
	(void)snprintf(second, sizeof second, "%s/second.db", (const char *)*state);
	open_secrets(&s, first, second);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 1, "one", &f), ERR_OK);
	assert_true(holds(first, "u1", 1, "one"));
	assert_true(holds(second, "u1", 1, "one"));
	secrets_leave(s, 1);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 2, "two", &f), ERR_OK);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u2", 1, "other", &f), ERR_OK);
	assert_false(holds(second, "u1", 2, "two"));

	/* It returns, and learns what it has missed. */
	assert_int_equal(secrets_use(s, 1, second, &f), ERR_OK);
	assert_int_equal(secrets_even(s, SECRET_PASSWORD, "u1", 2, &f), ERR_OK);
	assert_int_equal(secrets_even(s, SECRET_PASSWORD, "u2", 1, &f), ERR_OK);
	assert_int_equal(secrets_even(s, SECRET_PASSWORD, "u3", 1, &f), ERR_OK);
	secrets_close(s);
	assert_true(holds(second, "u1", 2, "two"));
	assert_true(holds(second, "u2", 1, "other"));
	assert_false(holds(second, "u1", 1, "one"));
	assert_false(holds(first, "u1", 1, "one"));
}

static void secret_that_no_entry_names_is_forgotten(void **state)
{
	char path[128], hash[SECRET_HASH_SIZE];
	struct secrets *s;
	struct fault f;

	(void)snprintf(path, sizeof path, "%s/secrets.db", (const char *)*state);
	open_secrets(&s, path, NULL);
	for (uint64_t generation = 1; generation <= 3; generation++)
		assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", generation, "x", &f), ERR_OK);
	assert_int_equal(secrets_even(s, SECRET_PASSWORD, "u1", 2, &f), ERR_OK);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 1, hash, sizeof hash), ERR_MISSING);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 2, hash, sizeof hash), ERR_OK);
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 3, hash, sizeof hash), ERR_MISSING);
	secrets_close(s);
}

static void copy_that_fails_is_left(void **state)
{
	char first[128], second[128], hash[SECRET_HASH_SIZE];
	struct secrets *s;
	struct fault f;
	FILE *file;

	(void)snprintf(first, sizeof first, "%s/first.db", (const char *)*state);
	(void)snprintf(second, sizeof second, "%s/second.db", (const char *)*state);
	open_secrets(&s, first, second);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 1, "one", &f), ERR_OK);
	file = fopen(second, "r+");
	assert_non_null(file);
	for (int i = 0; i < 12288; i++)
		(void)fputc('x', file);
	(void)fclose(file);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 2, "two", &f), ERR_OK);
	assert_true(secrets_uses(s, 0));
	assert_false(secrets_uses(s, 1));
	assert_int_equal(secrets_get(s, SECRET_PASSWORD, "u1", 2, hash, sizeof hash), ERR_OK);
	secrets_leave(s, 0);
	assert_int_equal(secrets_put(s, SECRET_PASSWORD, "u1", 3, "three", &f), ERR_IO);
	secrets_close(s);
}

/* ---- worker ------------------------------------------------------------------------------------------------------ */

static void count_done(void *context, struct password_job *job)
{
	unsigned *done = context;

	assert_string_equal(job->password, "");
	assert_int_equal(job->result, ERR_CRYPTO);
	(*done)++;
	free(job);
}

static struct password_job *new_job(unsigned *done)
{
	struct password_job *job = calloc(1, sizeof *job);

	job->work = PASSWORD_VERIFY;
	job->done = count_done;
	job->context = done;
	(void)snprintf(job->password, sizeof job->password, "secret");
	(void)snprintf(job->hash, sizeof job->hash, "not a hash");
	return job;
}

static void worker_has_a_bounded_queue_and_hands_everything_back(void **state)
{
	struct password_job *extra;
	unsigned done = 0;
	struct worker *w;
	sd_event *event;
	struct fault f;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(worker_new(event, &w, &f), ERR_OK);
	for (int i = 0; i < WORKER_LANE_MAX; i++)
		assert_int_equal(worker_take(w, new_job(&done)), ERR_OK);
	extra = new_job(&done);
	assert_int_equal(worker_take(w, extra), ERR_FULL);
	while (done < WORKER_LANE_MAX)
		assert_true(sd_event_run(event, 10 * (uint64_t)s_ns) > 0);
	assert_int_equal(worker_take(w, extra), ERR_OK);
	worker_free(w);
	(void)sd_event_unref(event);
}

struct order {
	enum password_lane lanes[LANES * WORKER_LANE_MAX];
	size_t count;
};

static void note_lane(void *context, struct password_job *job)
{
	struct order *order = context;

	order->lanes[order->count++] = job->lane;
	free(job);
}

static void lanes_are_served_in_turn(void **state)
{
	static const enum password_lane asked[] = {LANE_WEB, LANE_WEB, LANE_WEB, LANE_WEB,     LANE_WEB,
						   LANE_WEB, LANE_WEB, LANE_WEB, LANE_CONSOLE, LANE_OWN};
	struct order order = {.count = 0};
	size_t own = 0, console = 0;
	struct worker *w;
	sd_event *event;
	struct fault f;

	(void)state;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(worker_new(event, &w, &f), ERR_OK);
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		struct password_job *job = new_job(NULL);

		/* Each takes its time, so that all have come before the second is done. */
		job->work = PASSWORD_MAKE;
		job->lane = asked[i];
		job->done = note_lane;
		job->context = &order;
		assert_int_equal(worker_take(w, job), ERR_OK);
	}
	while (order.count < sizeof asked / sizeof asked[0])
		assert_true(sd_event_run(event, 10 * (uint64_t)s_ns) > 0);
	for (size_t i = 0; i < order.count; i++) {
		own = order.lanes[i] == LANE_OWN ? i : own;
		console = order.lanes[i] == LANE_CONSOLE ? i : console;
	}
	/* Last to come; what was in hand when they came is not interrupted. */
	assert_true(own < order.count - 2 && console < order.count - 2);
	worker_free(w);
	(void)sd_event_unref(event);
}

static void password_is_made_and_verified(void **state)
{
	struct password_job job = {.work = PASSWORD_MAKE, .password = "合言葉 1"};
	struct password_job right = {.work = PASSWORD_VERIFY, .password = "合言葉 1"};
	struct password_job wrong = {.work = PASSWORD_VERIFY, .password = "合言葉 2"};

	(void)state;
	password_work(&job);
	assert_int_equal(job.result, ERR_OK);
	assert_string_equal(job.password, "");
	memcpy(right.hash, job.hash, sizeof right.hash);
	memcpy(wrong.hash, job.hash, sizeof wrong.hash);
	password_work(&right);
	password_work(&wrong);
	assert_int_equal(right.result, ERR_OK);
	assert_int_equal(wrong.result, ERR_CRYPTO);
}

/* ---- recall ------------------------------------------------------------------------------------------------------ */

static void recall_with(struct recall *r, const char *body, const char *about)
{
	const struct record record = {.boot = 3, .about = about, .body = body, .at = {.boot_ns = 77}};

	recall_apply(r, &record);
}

static void recall_login(struct recall *r, const char *who, const char *via, const char *body)
{
	const struct record record = {
		.boot = 3, .who = who, .via = via, .about = "-", .body = body, .at = {.boot_ns = 9}};

	recall_apply(r, &record);
}

static uint64_t failed_of(const struct recall *r, const char *account, const char *via)
{
	for (size_t i = 0; i < RECALL_FAILED_MAX; i++)
		if (strcmp(r->failed[i].account, account) == 0 && strcmp(r->failed[i].via, via) == 0)
			return r->failed[i].times;
	return 0;
}

static void recall_counts_refused_logins_until_one_is_not(void **state)
{
	struct recall r = {.boot = 0};
	char body[96];

	(void)state;
	recall_login(&r, "system", "web", "{\"act\":\"login.failed\",\"times\":1,\"user\":\"u1\"}");
	recall_login(&r, "system", "web", "{\"act\":\"login.failed\",\"times\":6,\"user\":\"u1\"}");
	recall_login(&r, "system", "serial", "{\"act\":\"login.failed\",\"times\":2,\"user\":\"u1\"}");
	recall_login(&r, "system", "web", "{\"act\":\"login.failed\",\"times\":50}");
	assert_int_equal(failed_of(&r, "u1", "web"), 7);
	assert_int_equal(failed_of(&r, "u1", "serial"), 2);
	recall_login(&r, "u1", "web", "{\"act\":\"login.ok\"}");
	assert_int_equal(failed_of(&r, "u1", "web"), 0);
	assert_int_equal(failed_of(&r, "u1", "serial"), 2);
	/* The oldest makes room. */
	for (int i = 0; i < RECALL_FAILED_MAX; i++) {
		(void)snprintf(body, sizeof body, "{\"act\":\"login.failed\",\"times\":1,\"user\":\"v%d\"}", i);
		recall_login(&r, "system", "cli", body);
	}
	assert_int_equal(failed_of(&r, "v31", "cli"), 1);
}

static void recall_follows_set_up_and_permit(void **state)
{
	struct recall r = {.boot = 0};

	(void)state;
	recall_with(&r, NULL, "-");
	recall_with(&r, "{\"act\":\"unknown\"}", "-");
	assert_int_equal(r.boot, 3);
	assert_false(r.is_set_up);
	recall_with(&r, "{\"act\":\"setup.done\",\"organisation\":\"見本村\",\"pack\":\"otari\",\"pack_hash\":\"ab\"}",
		    "-");
	assert_true(r.is_set_up);
	assert_string_equal(r.organisation, "見本村");
	for (const char *const *end = (const char *const[]){"uplink.restored", "restore.expired", NULL}; *end != NULL;
	     end++) {
		char body[64];

		recall_with(&r, "{\"act\":\"restore.permitted\"}", "2026-001");
		assert_true(r.permit_is_open);
		assert_string_equal(r.permit_about, "2026-001");
		assert_int_equal(r.permit_ns, 77);
		(void)snprintf(body, sizeof body, "{\"act\":\"%s\"}", *end);
		recall_with(&r, body, "2026-001");
		assert_false(r.permit_is_open);
	}
}

static void recall_keeps_the_offset_of_the_clock(void **state)
{
	const char *here = "{\"act\":\"writer.start\",\"boot_id\":\"a\"}";
	struct recall r = {.boot = 0};
	struct record record = {.about = "-", .body = here, .at = {.boot_ns = 2000000000, .wall_ms = 5000}};

	(void)state;
	recall_apply(&r, &record);
	assert_true(r.has_offset);
	assert_int_equal(r.offset_ms, 3000);
	/* The keeper started again, and the clock was set meanwhile. */
	record.at.wall_ms = 999000;
	recall_apply(&r, &record);
	assert_int_equal(r.offset_ms, 3000);
	record.body = "{\"act\":\"clock.stepped\"}";
	recall_apply(&r, &record);
	assert_int_equal(r.offset_ms, 997000);
	/* Another kernel counts from 0. */
	record.body = "{\"act\":\"writer.start\",\"boot_id\":\"b\"}";
	record.at = (struct moment){.boot_ns = 1000000000, .wall_ms = 2000000};
	recall_apply(&r, &record);
	assert_int_equal(r.offset_ms, 1999000);
}

/* ---- scribe -------------------------------------------------------------------------------------------------------
 */

struct house {
	char *folder, media_folders[LEDGER_MEDIA][128];
	sd_event *event;
	struct scribe *scribe;
	unsigned changed, media, closed, lost;
};

static void on_change(void *context, enum change change)
{
	struct house *h = context;

	(void)change;
	h->changed++;
}

static void on_media(void *context)
{
	struct house *h = context;

	h->media++;
}

static void on_closing(void *context)
{
	struct house *h = context;

	h->closed++;
}

static void on_loss(void *context, const struct fault *fault)
{
	struct house *h = context;

	(void)fault;
	h->lost++;
}

/* A ledger that holds nothing but setup.done. */
static void set_up(const char *folder, const char *mirror)
{
	char code[GENESIS_CODE_CHARS + 1], body[512];
	struct draft draft = {.who = "system", .via = "keeper", .type = "system", .about = "-", .body = body};
	struct ledger *ledger;
	struct pack *pack;
	struct fault f;
	uint8_t leaf[HASH_SIZE];
	uint64_t seq;

	assert_int_equal(pack_load("app/procedure/packs/otari", &pack, &f), ERR_OK);
	(void)snprintf(body, sizeof body,
		       "{\"act\":\"setup.done\",\"organisation\":\"x\",\"pack\":\"otari\",\"pack_version\":\"%s\","
		       "\"pack_hash\":\"%s\",\"uplinks\":[],\"site\":{\"organisation\":\"x\",\"prefecture\":\"y\"}}",
		       pack_version(pack), pack_hash(pack));
	pack_free(pack);
	assert_int_equal(ledger_create(folder, mirror, "test.example/1/1", moment_now(), code, &f), ERR_OK);
	assert_int_equal(ledger_open(folder, moment_now(), &ledger, &f), ERR_OK);
	assert_int_equal(ledger_add(ledger, &draft, moment_now(), &seq, leaf, &f), ERR_OK);
	assert_int_equal(ledger_commit(ledger, moment_now(), &f), ERR_OK);
	ledger_close(ledger);
}

static void open_scribe(struct house *h)
{
	const struct scribe_hooks hooks = {on_change, on_media, on_closing, on_loss, h};
	const char *const folders[LEDGER_MEDIA] = {h->media_folders[0], h->media_folders[1]};
	struct fault f;

	if (scribe_open(h->event, folders, "app/procedure/packs", NULL, &hooks, &h->scribe, &f) != ERR_OK)
		fail_msg("%s", f.text);
}

static int open_house(void **state)
{
	struct house *h = calloc(1, sizeof *h);
	void *folder = NULL;

	assert_int_equal(make_folder(&folder), 0);
	h->folder = folder;
	assert_true(sd_event_new(&h->event) >= 0);
	(void)snprintf(h->media_folders[0], sizeof h->media_folders[0], "%s/ledger", h->folder);
	(void)snprintf(h->media_folders[1], sizeof h->media_folders[1], "%s/mirror", h->folder);
	set_up(h->media_folders[0], h->media_folders[1]);
	open_scribe(h);
	*state = h;
	return 0;
}

static int close_house(void **state)
{
	struct house *h = *state;
	void *folder = h->folder;

	scribe_close(h->scribe);
	(void)sd_event_unref(h->event);
	(void)remove_folder(&folder);
	free(h);
	return 0;
}

struct ear {
	unsigned heard, refused;
	struct receipt receipt;
};

static void hear(void *context, const struct receipt *receipt)
{
	struct ear *ear = context;

	ear->heard++;
	if (receipt != NULL)
		ear->receipt = *receipt;
	else
		ear->refused++;
}

static enum err declare(struct house *h, const char *idem, struct ear *ear, struct fault *f)
{
	struct entry entry = {.who = "u1", .via = "cli", .kind = act_find("incident.declared"), .idem = idem};
	char about[16];

	book_next_case(scribe_book(h->scribe), moment_now(), about);
	entry.about = about;
	return scribe_record(h->scribe, &entry, SOON, (struct waiter){hear, ear}, f);
}

static void group_is_told_only_after_its_commit(void **state)
{
	struct house *h = *state;
	struct ear ears[3] = {{.heard = 0}};
	struct fault f;

	for (int i = 0; i < 3; i++)
		assert_int_equal(declare(h, NULL, &ears[i], &f), ERR_OK);
	assert_int_equal(ears[0].heard + ears[1].heard + ears[2].heard, 0);
	assert_true(sd_event_run(h->event, 0) > 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ears[i].heard, 1);
		assert_int_equal(ears[i].refused, 0);
		assert_string_equal(ears[i].receipt.code, ears[0].receipt.code);
		assert_int_equal(ears[i].receipt.seq, ears[0].receipt.seq + (uint64_t)i);
	}
	assert_string_not_equal(ears[0].receipt.about, ears[1].receipt.about);
	assert_int_equal(h->changed, 1);
}

static void large_group_is_committed_before_the_loop_turns(void **state)
{
	struct house *h = *state;
	struct ear ear = {.heard = 0};
	struct fault f;

	for (int i = 0; i < SCRIBE_GROUP_MAX; i++)
		assert_int_equal(declare(h, NULL, &ear, &f), ERR_OK);
	assert_int_equal(ear.heard, SCRIBE_GROUP_MAX);
	assert_int_equal(ear.refused, 0);
}

static void draft_that_breaks_the_format_is_refused_alone(void **state)
{
	struct house *h = *state;
	struct entry bad = {
		.who = "not a word", .via = "cli", .kind = act_find("incident.declared"), .about = "2026-001"};
	struct ear good_ear = {.heard = 0}, bad_ear = {.heard = 0};
	struct fault f;

	assert_int_equal(declare(h, NULL, &good_ear, &f), ERR_OK);
	assert_int_not_equal(scribe_record(h->scribe, &bad, SOON, (struct waiter){hear, &bad_ear}, &f), ERR_OK);
	assert_int_equal(scribe_commit(h->scribe), ERR_OK);
	assert_int_equal(bad_ear.heard, 0);
	assert_int_equal(good_ear.heard, 1);
	assert_int_equal(good_ear.refused, 0);
}

static void retry_hears_the_first_receipt(void **state)
{
	static const char idem[] = "0123456789abcdef0123456789abcdef";
	struct house *h = *state;
	struct ear first = {.heard = 0}, again = {.heard = 0};
	struct waiter waiter = {hear, &again};
	struct fault f;

	assert_int_equal(scribe_repeat(h->scribe, idem, "u1", "incident.declared", waiter), ERR_MISSING);
	assert_int_equal(declare(h, idem, &first, &f), ERR_OK);
	assert_int_equal(scribe_repeat(h->scribe, idem, "u1", "incident.declared", waiter), ERR_OK);
	assert_int_equal(first.heard, 1);
	assert_int_equal(again.receipt.seq, first.receipt.seq);
	assert_string_equal(again.receipt.about, first.receipt.about);
	assert_int_equal(scribe_repeat(h->scribe, idem, "u2", "incident.declared", waiter), ERR_EXISTS);
	assert_int_equal(scribe_repeat(h->scribe, idem, "u1", "incident.noted", waiter), ERR_EXISTS);
	assert_int_equal(again.heard, 1);
	scribe_close(h->scribe);
	open_scribe(h);
	assert_int_equal(scribe_repeat(h->scribe, idem, "u1", "incident.declared", waiter), ERR_OK);
	assert_int_equal(again.receipt.seq, first.receipt.seq);
}

/* No file may grow: every write of the ledger fails, as on a full medium. */
static void allow_growth(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void hear_and_mend(void *context, const struct receipt *receipt)
{
	allow_growth(RLIM_INFINITY);
	hear(context, receipt);
}

static void failed_commit_tells_everybody_and_forgets_everything(void **state)
{
	struct house *h = *state;
	struct entry entry = {.who = "u1", .via = "cli", .kind = act_find("incident.declared"), .about = "2026-999"};
	struct ear before = {.heard = 0}, lost[2] = {{.heard = 0}}, after = {.heard = 0};
	struct fault f;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(declare(h, NULL, &before, &f), ERR_OK);
	assert_int_equal(scribe_commit(h->scribe), ERR_OK);
	allow_growth(0);
	assert_int_equal(declare(h, NULL, &lost[0], &f), ERR_OK);
	assert_int_equal(scribe_record(h->scribe, &entry, SOON, (struct waiter){hear_and_mend, &lost[1]}, &f), ERR_OK);
	assert_int_not_equal(scribe_commit(h->scribe), ERR_OK);
	assert_int_equal(lost[0].refused + lost[1].refused, 2);
	assert_false(scribe_is_well(h->scribe));
	assert_int_equal(h->closed, 1);
	assert_int_equal(h->lost, 0);
	assert_string_equal(book_newest_open_case(scribe_book(h->scribe)), before.receipt.about);

	assert_int_equal(declare(h, NULL, &after, &f), ERR_OK);
	assert_int_equal(scribe_commit(h->scribe), ERR_OK);
	assert_true(scribe_is_well(h->scribe));
	assert_int_equal(after.refused, 0);
	assert_int_equal(ledger_check(scribe_ledger(h->scribe), &f), ERR_OK);
}

static void ledger_that_cannot_be_opened_again_is_lost(void **state)
{
	struct house *h = *state;
	struct ear lost = {.heard = 0}, late = {.heard = 0};
	struct fault f;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(declare(h, NULL, &lost, &f), ERR_OK);
	allow_growth(0);
	assert_int_not_equal(scribe_commit(h->scribe), ERR_OK);
	allow_growth(RLIM_INFINITY);
	assert_int_equal(lost.refused, 1);
	assert_int_equal(h->lost, 1);
	assert_int_not_equal(declare(h, NULL, &late, &f), ERR_OK);
	assert_int_not_equal(scribe_commit(h->scribe), ERR_OK);
	assert_int_equal(late.heard, 0);
}

static void rotation_commits_first_and_goes_on(void **state)
{
	struct house *h = *state;
	struct ear before = {.heard = 0}, after = {.heard = 0};
	uint64_t epoch = ledger_head(scribe_ledger(h->scribe)).epoch;
	struct fault f;

	assert_int_equal(declare(h, NULL, &before, &f), ERR_OK);
	assert_int_equal(scribe_rotate(h->scribe, &f), ERR_OK);
	assert_int_equal(before.heard, 1);
	assert_int_equal(ledger_head(scribe_ledger(h->scribe)).epoch, epoch + 1);
	assert_int_equal(declare(h, NULL, &after, &f), ERR_OK);
	assert_int_equal(scribe_commit(h->scribe), ERR_OK);
	assert_int_equal(after.refused, 0);
}

/* ---- the wall clock --------------------------------------------------------------------------------------------- */

static int64_t wall_is_ahead_s;

/* Stands before the C library's: the wall clock goes where a test wants it. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += wall_is_ahead_s;
	return result;
}

struct found {
	unsigned steps;
	json_int_t by_ms;
	int64_t previous_ms;
	bool before_others; /* each step stands before the first entry with the new time */
};

static enum err find_step(void *context, const struct record *record)
{
	struct found *found = context;
	json_t *body = json_loads(record->body, 0, NULL);
	bool is_step = strcmp(json_string_value(json_object_get(body, "act")), "clock.stepped") == 0;
	int64_t moved = record->at.wall_ms - found->previous_ms;

	if (is_step) {
		found->steps++;
		found->by_ms = json_integer_value(json_object_get(body, "by_ms"));
	} else if (found->previous_ms != 0 && (moved < -1000 || moved > 60000)) {
		found->before_others = false;
	}
	found->previous_ms = record->at.wall_ms;
	json_decref(body);
	return ERR_OK;
}

static struct found steps_in(struct house *h)
{
	struct ledger *ledger = scribe_ledger(h->scribe);
	struct found found = {.before_others = true};
	struct fault f;

	assert_int_equal(ledger_read(ledger, 0, ledger_head(ledger).size, find_step, &found, &f), ERR_OK);
	return found;
}

static void clock_that_was_set_is_an_entry(void **state)
{
	static const int64_t wheres_s[] = {0, 3600, 3600, -86400 * 365, 3602, 3602};
	static const unsigned steps[] = {0, 1, 1, 2, 3, 3};
	struct house *h = *state;
	struct ear ear = {.heard = 0};
	struct found found;
	struct fault f;

	for (size_t i = 0; i < sizeof wheres_s / sizeof wheres_s[0]; i++) {
		int64_t by_s = wheres_s[i] - wall_is_ahead_s;

		wall_is_ahead_s = wheres_s[i];
		assert_int_equal(declare(h, NULL, &ear, &f), ERR_OK);
		assert_int_equal(scribe_commit(h->scribe), ERR_OK);
		found = steps_in(h);
		assert_int_equal(found.steps, steps[i]);
		assert_true(found.before_others);
		if (by_s > 1 || by_s < -1)
			assert_in_range(found.by_ms - by_s * 1000 + 100, 0, 200);
	}
	assert_int_equal(ear.refused, 0);
	wall_is_ahead_s = 0;
}

static void clock_that_was_set_between_two_starts_is_an_entry(void **state)
{
	struct house *h = *state;

	scribe_close(h->scribe);
	wall_is_ahead_s = -7200;
	open_scribe(h);
	scribe_mind_clock(h->scribe);
	assert_int_equal(scribe_commit(h->scribe), ERR_OK);
	assert_int_equal(steps_in(h).steps, 1);
	scribe_mind_clock(h->scribe);
	assert_false(ledger_has_staged(scribe_ledger(h->scribe)));
	wall_is_ahead_s = 0;
}

/* Numbers of cases, retries and epochs go on when the clock goes back ten years. */
static void nothing_waits_for_the_clock_to_catch_up(void **state)
{
	static const char idem[] = "0123456789abcdef0123456789abcdef";
	struct house *h = *state;
	struct ear before = {.heard = 0}, after = {.heard = 0}, again = {.heard = 0};
	struct fault f;

	assert_int_equal(declare(h, idem, &before, &f), ERR_OK);
	assert_int_equal(scribe_commit(h->scribe), ERR_OK);
	wall_is_ahead_s = -INT64_C(86400) * 3652;
	assert_int_equal(declare(h, NULL, &after, &f), ERR_OK);
	assert_int_equal(scribe_rotate(h->scribe, &f), ERR_OK);
	assert_int_equal(after.heard, 1);
	assert_int_equal(after.refused, 0);
	assert_string_not_equal(after.receipt.about, before.receipt.about);
	assert_string_equal(book_newest_open_case(scribe_book(h->scribe)), after.receipt.about);
	assert_int_equal(scribe_repeat(h->scribe, idem, "u1", "incident.declared", (struct waiter){hear, &again}),
			 ERR_OK);
	assert_int_equal(again.receipt.seq, before.receipt.seq);
	scribe_close(h->scribe);
	open_scribe(h);
	assert_int_equal(ledger_check(scribe_ledger(h->scribe), &f), ERR_OK);
	wall_is_ahead_s = 0;
}

/* ---- room ---------------------------------------------------------------------------------------------------- */

static void room_that_gets_scarcer_is_told_at_once(void **state)
{
	struct room r = {.told = SPACE_GOOD};

	(void)state;
	assert_false(room_look(&r, SPACE_GOOD, 0));
	assert_true(room_look(&r, SPACE_LOW, 1));
	assert_false(room_look(&r, SPACE_LOW, 2));
	assert_false(room_look(&r, SPACE_UNKNOWN, 3));
	assert_true(room_look(&r, SPACE_RESERVE_USED, 4));
	assert_int_equal(r.told, SPACE_RESERVE_USED);
}

static void room_that_comes_and_goes_is_not_told_each_time(void **state)
{
	struct room r = {.told = SPACE_LOW};

	(void)state;
	for (int64_t s = 0; s < 3600; s += 60)
		assert_false(room_look(&r, s / 60 % 2 == 0 ? SPACE_GOOD : SPACE_LOW, s * s_ns));
	assert_false(room_look(&r, SPACE_GOOD, 3600 * s_ns));
	assert_false(room_look(&r, SPACE_GOOD, 4199 * s_ns));
	assert_true(room_look(&r, SPACE_GOOD, 4200 * s_ns));
	assert_int_equal(r.told, SPACE_GOOD);
}

static void levels_of_room_have_words(void **state)
{
	(void)state;
	for (int level = SPACE_GOOD; level <= SPACE_RESERVE_USED; level++)
		assert_int_equal(room_level(room_word((enum space_level)level)), level);
	assert_int_equal(room_level(""), SPACE_GOOD);
}

/* ---- what the panel's controller sees ---------------------------------------------------------------------- */

static void the_controller_is_shown_no_larger_step_than_it_takes(void **state)
{
	const uint64_t rise = BOARD_WITNESS_RISE, large = UINT64_C(1) << 40;

	(void)state;
	assert_int_equal(seen_next_size(7, 9), 9);
	assert_int_equal(seen_next_size(7, 7 + rise), 7 + rise);
	assert_int_equal(seen_next_size(7, 8 + rise), 7 + rise);
	assert_true(seen_next_size(0, large) == rise);
	/* A shorter log is compared, not stepped to. */
	assert_int_equal(seen_next_size(9, 7), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(room_that_gets_scarcer_is_told_at_once),
		cmocka_unit_test(room_that_comes_and_goes_is_not_told_each_time),
		cmocka_unit_test(levels_of_room_have_words),
		cmocka_unit_test(session_is_found_only_by_its_own_peer),
		cmocka_unit_test(session_ends_when_it_is_not_used),
		cmocka_unit_test(person_with_too_many_sessions_has_a_surplus_one),
		cmocka_unit_test(places_for_sessions_are_limited),
		cmocka_unit_test(waiting_grows_and_ends),
		cmocka_unit_test(right_password_clears_the_count),
		cmocka_unit_test(counts_are_taken_up_after_a_restart),
		cmocka_unit_test(recall_counts_refused_logins_until_one_is_not),
		cmocka_unit_test(flood_of_invented_names_keeps_the_real_counts),
		cmocka_unit_test(reports_are_first_at_once_then_one_a_minute),
		cmocka_unit_test_setup_teardown(secrets_are_kept_by_generation, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(secrets_file_that_is_none_is_named, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(secrets_are_on_both_copies, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(secret_that_no_entry_names_is_forgotten, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(copy_that_fails_is_left, make_folder, remove_folder),
		cmocka_unit_test(worker_has_a_bounded_queue_and_hands_everything_back),
		cmocka_unit_test(lanes_are_served_in_turn),
		cmocka_unit_test(password_is_made_and_verified),
		cmocka_unit_test(recall_follows_set_up_and_permit),
		cmocka_unit_test_setup_teardown(group_is_told_only_after_its_commit, open_house, close_house),
		cmocka_unit_test_setup_teardown(large_group_is_committed_before_the_loop_turns, open_house,
						close_house),
		cmocka_unit_test_setup_teardown(draft_that_breaks_the_format_is_refused_alone, open_house, close_house),
		cmocka_unit_test_setup_teardown(retry_hears_the_first_receipt, open_house, close_house),
		cmocka_unit_test_setup_teardown(failed_commit_tells_everybody_and_forgets_everything, open_house,
						close_house),
		cmocka_unit_test_setup_teardown(ledger_that_cannot_be_opened_again_is_lost, open_house, close_house),
		cmocka_unit_test(recall_keeps_the_offset_of_the_clock),
		cmocka_unit_test_setup_teardown(clock_that_was_set_is_an_entry, open_house, close_house),
		cmocka_unit_test_setup_teardown(clock_that_was_set_between_two_starts_is_an_entry, open_house,
						close_house),
		cmocka_unit_test_setup_teardown(nothing_waits_for_the_clock_to_catch_up, open_house, close_house),
		cmocka_unit_test_setup_teardown(rotation_commits_first_and_goes_on, open_house, close_house),
		cmocka_unit_test(flood_of_one_kind_grows_the_log_by_its_bound),
		cmocka_unit_test(flood_of_one_kind_leaves_the_others_alone),
		cmocka_unit_test(kinds_and_uplinks_that_no_board_has_are_one),
		cmocka_unit_test(tallies_are_told_in_the_order_of_their_last_events),
		cmocka_unit_test(the_controller_is_shown_no_larger_step_than_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
