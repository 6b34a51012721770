/* What the keeper does by the clock, without waiting for it: a whole keeper whose rounds the test calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/client.h"
#include "keeper/commission.h"
#include "keeper/setup.h"

#include "keeper/rounds.c"

struct house {
	char root[64];
	struct keeper keeper;
	char packs[32], mirror[32];
	struct config config;
};

static int open_house(void **state)
{
	struct house *h = calloc(1, sizeof *h);
	FILE *nowhere = fopen("/dev/null", "w");
	char run[128];
	struct fault f;

	(void)snprintf(h->root, sizeof h->root, "/tmp/kannuki-rounds-XXXXXX");
	(void)snprintf(h->packs, sizeof h->packs, "app/procedure/packs");
	(void)snprintf(h->mirror, sizeof h->mirror, "/var/lib/kannuki-mirror");
	h->config = (struct config){.packs = h->packs, .session_minutes = 30, .mirror = h->mirror};
	assert_non_null(mkdtemp(h->root));
	assert_non_null(nowhere);
	assert_int_equal(setenv("KANNUKI_ROOT", h->root, 1), 0);
	(void)snprintf(run, sizeof run, "%s/run/kannuki", h->root);
	assert_int_equal(folder_make(run, 0755, &f), ERR_OK);
	if (setup_run(&h->config, "scripts/sample/site.yaml", NULL, nowhere, &f) != ERR_OK ||
	    keeper_open(&h->keeper, &h->config, &f) != ERR_OK ||
	    scribe_commit(h->keeper.scribe) != ERR_OK) /* what is said of the start */
		fail_msg("%s", f.text);
	(void)fclose(nowhere);
	/* What the start itself had to say. */
	assert_int_equal(scribe_commit(h->keeper.scribe), ERR_OK);
	*state = h;
	return 0;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *ftw)
{
	(void)s;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int close_house(void **state)
{
	struct house *h = *state;

	keeper_close(&h->keeper);
	(void)nftw(h->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(h);
	return 0;
}

struct last {
	char about[65], via[16];
	json_t *body;
};

static enum err take_last(void *context, const struct record *record)
{
	struct last *last = context;

	(void)snprintf(last->about, sizeof last->about, "%s", record->about);
	(void)snprintf(last->via, sizeof last->via, "%s", record->via);
	last->body = json_loads(record->body, 0, NULL);
	return ERR_OK;
}

/* The newest entry, which must be this act; json_decref its body. */
static struct last newest(struct keeper *k, const char *act)
{
	struct ledger *ledger = scribe_ledger(k->scribe);
	struct last last = {.body = NULL};
	uint64_t size;
	struct fault f;

	assert_int_equal(scribe_commit(k->scribe), ERR_OK);
	size = ledger_head(ledger).size;
	assert_int_equal(ledger_read(ledger, size - 1, size, take_last, &last, &f), ERR_OK);
	assert_string_equal(json_string_value(json_object_get(last.body, "act")), act);
	return last;
}

static const char *word_in(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void heartbeat_tells_of_panel_and_media(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	struct last last;

	beat(k);
	last = newest(k, "heartbeat");
	assert_true(json_is_false(json_object_get(json_object_get(last.body, "panel"), "daemon")));
	assert_string_equal(word_in(json_object_get(last.body, "media"), "first"), "well");
	assert_string_equal(word_in(json_object_get(last.body, "media"), "second"), "well");
	json_decref(last.body);

	k->panel.connection = 99;
	k->panel.state = json_pack("{s:b, s:[], s:[s], s:i}", "controller_present", 1, "uplinks", "faults", "mirror",
				   "latch", 4);
	beat(k);
	last = newest(k, "heartbeat");
	assert_true(json_is_true(json_object_get(json_object_get(last.body, "panel"), "controller")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(last.body, "panel"), "latch")), 4);
	json_decref(last.body);
	k->panel.connection = 0;
}

static uint64_t blocks_left = UINT64_MAX;

/* Stands before the C library's: a medium has as much room as a test wants. */
int statvfs(const char *restrict path, struct statvfs *restrict out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = fd >= 0 ? fstatvfs(fd, out) : -1;

	if (fd >= 0)
		(void)close(fd);
	if (blocks_left != UINT64_MAX)
		out->f_bfree = out->f_bavail = blocks_left;
	return result;
}

static void scarce_room_is_told(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	json_t *summary;
	struct last last;

	blocks_left = 10;
	summary = media_summary(k);
	assert_string_equal(word_in(summary, "first"), "well");
	assert_string_not_equal(word_in(summary, "room"), "good");
	json_decref(summary);
	assert_true(media_room(k) >= SPACE_LOW);
	beat(k);
	last = newest(k, "heartbeat");
	assert_non_null(json_object_get(json_object_get(last.body, "media"), "room"));
	json_decref(last.body);
	blocks_left = UINT64_MAX;
}

static void hour_begins_an_epoch(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	uint64_t epoch = ledger_head(scribe_ledger(k->scribe)).epoch;

	begin_epoch(k);
	assert_int_equal(ledger_head(scribe_ledger(k->scribe)).epoch, epoch + 1);
}

static void idle_session_ends_with_an_entry(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	struct last last;

	assert_non_null(
		sessions_begin(&k->sessions, "u1", 1, PEER_CONSOLE, 0, moment_now().boot_ns - k->sessions.idle_ns));
	look_after_house(k);
	last = newest(k, "logout");
	assert_string_equal(word_in(last.body, "why"), "idle");
	assert_string_equal(last.via, "serial");
	json_decref(last.body);
	assert_null(sessions_next_idle(&k->sessions, INT64_MAX));
}

static void held_back_failures_are_told_in_one_entry(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	int64_t now = moment_now().boot_ns;
	struct last last;

	for (int i = 0; i < 40; i++)
		lockout_failed(&k->lockout, "u1", "hanako", PEER_WEB, now);
	look_after_house(k);
	last = newest(k, "login.failed");
	assert_string_equal(word_in(last.body, "user"), "u1");
	assert_int_equal(json_integer_value(json_object_get(last.body, "times")), 40);
	assert_string_equal(last.via, "web");
	json_decref(last.body);
}

static void record_permit(struct keeper *k)
{
	struct entry entry = {.who = "u4", .via = "cli", .kind = act_find("restore.permitted"), .about = "2026-001"};

	scribe_note(k->scribe, &entry);
	assert_int_equal(scribe_commit(k->scribe), ERR_OK);
}

static void permit_without_an_outcome_ends(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	struct last last;
	int enabled = SD_EVENT_OFF;

	end_permit(k); /* there is none: nothing happens */
	assert_false(ledger_has_staged(scribe_ledger(k->scribe)));
	record_permit(k);
	assert_true(scribe_recall(k->scribe)->permit_is_open);
	assert_true(sd_event_source_get_enabled(k->rounds[PERMIT], &enabled) >= 0);
	assert_int_equal(enabled, SD_EVENT_ONESHOT);
	end_permit(k);
	last = newest(k, "restore.expired");
	assert_string_equal(word_in(last.body, "cause"), "no_answer");
	assert_string_equal(last.about, "2026-001");
	json_decref(last.body);
	assert_true(sd_event_source_get_enabled(k->rounds[PERMIT], &enabled) >= 0);
	assert_int_equal(enabled, SD_EVENT_OFF);
}

static void permit_runs_from_when_it_was_given(void **state)
{
	int64_t now = moment_now().boot_ns;
	const struct recall fresh = {.permit_ns = now, .permit_boot = 2};
	const struct recall old = {.permit_ns = now - INT64_C(1000) * 1000000000, .permit_boot = 2};
	const struct recall later = {.permit_ns = now + INT64_C(1000) * 1000000000, .permit_boot = 2};

	(void)state;
	assert_in_range(permit_left_s(&fresh, 2), PERMIT_PATIENCE_S - 60, PERMIT_PATIENCE_S);
	assert_int_equal(permit_left_s(&old, 2), 0);
	assert_int_equal(permit_left_s(&old, 3), PERMIT_PATIENCE_S);
	assert_int_equal(permit_left_s(&later, 2), PERMIT_PATIENCE_S);
}

static void maintenance_ends_by_itself(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	json_t *body = json_pack("{s:i}", "hours", 2);
	struct entry entry = {.who = "u3", .via = "serial", .kind = act_find("maintenance.begun"), .body = body};
	int enabled = SD_EVENT_OFF;
	struct last last;

	end_maintenance(k); /* there is none: nothing happens */
	assert_false(ledger_has_staged(scribe_ledger(k->scribe)));
	scribe_note(k->scribe, &entry);
	json_decref(body);
	assert_int_equal(scribe_commit(k->scribe), ERR_OK);
	assert_true(book_in_maintenance(scribe_book(k->scribe)));
	assert_true(sd_event_source_get_enabled(k->rounds[MAINTENANCE], &enabled) >= 0);
	assert_int_equal(enabled, SD_EVENT_ONESHOT);
	end_maintenance(k);
	last = newest(k, "maintenance.ended");
	assert_string_equal(word_in(last.body, "cause"), "time");
	json_decref(last.body);
	assert_false(book_in_maintenance(scribe_book(k->scribe)));
	assert_true(sd_event_source_get_enabled(k->rounds[MAINTENANCE], &enabled) >= 0);
	assert_int_equal(enabled, SD_EVENT_OFF);
}

static void maintenance_runs_from_when_it_began_through_restarts(void **state)
{
	const struct moment begun = {.boot_ns = 5000000000, .wall_ms = 1000000, .source = WALL_NTP};
	const struct moment later = {.boot_ns = 65000000000, .wall_ms = 1090000, .source = WALL_NTP};
	const struct moment unset = {.boot_ns = 65000000000, .source = WALL_UNSET};
	struct recall r = {.boot = 3, .maintenance_boot = 3, .maintenance_begun = begun, .maintenance_s = 100};

	(void)state;
	assert_int_equal(maintenance_left_s(&r, &later), 40);
	r.boot = 4; /* of the machine: only the wall clock goes on */
	assert_int_equal(maintenance_left_s(&r, &later), 10);
	assert_int_equal(maintenance_left_s(&r, &unset), 100);
	r.maintenance_s = 90;
	assert_int_equal(maintenance_left_s(&r, &later), 0);
}

static void rounds_with_a_period_come_again(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;

	for (enum round round = 0; round < ROUND_COUNT; round++) {
		int enabled = SD_EVENT_OFF;

		(void)sd_event_source_set_enabled(k->rounds[round], SD_EVENT_OFF);
		assert_int_equal(on_round(k->rounds[round], 0, k), 0);
		(void)scribe_commit(k->scribe);
		assert_true(sd_event_source_get_enabled(k->rounds[round], &enabled) >= 0);
		if (rounds[round].period_s > 0)
			assert_int_equal(enabled, SD_EVENT_ONESHOT);
	}
}

static int64_t wall_is_ahead_s;

/* Stands before the C library's: the wall clock goes where a test wants it. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += wall_is_ahead_s;
	return result;
}

static void clock_that_is_set_while_nobody_works_is_an_entry(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	struct last last;
	int enabled = SD_EVENT_OFF;

	wall_is_ahead_s = -600;
	assert_int_equal(on_clock(k->clock, sd_event_source_get_io_fd(k->clock), EPOLLIN, k), 0);
	wall_is_ahead_s = 0;
	last = newest(k, "clock.stepped");
	assert_in_range(json_integer_value(json_object_get(last.body, "by_ms")) + 600100, 0, 200);
	assert_non_null(word_in(last.body, "source"));
	json_decref(last.body);
	assert_true(sd_event_source_get_enabled(k->clock, &enabled) >= 0);
	assert_int_equal(enabled, SD_EVENT_ON);
}

static void hear_pushes(void *context, const char *push, json_t *params)
{
	(void)context;
	(void)push;
	(void)params;
}

/* Asks for a view and lets the keeper answer. */
static void look(struct keeper *k, struct client *c, const char *token, bool unattended)
{
	json_t *params = json_pack("{s:s, s:s, s:b}", "session", token, "what", "now", "unattended", (int)unattended);
	struct fault f;
	int id;

	assert_int_equal(client_send(c, "view", params, &id, &f), ERR_OK);
	while (sd_event_run(k->event, 0) > 0)
		;
	json_decref(params);
}

static void unattended_look_does_not_keep_a_session(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	int64_t long_ago = moment_now().boot_ns - 1000000000;
	struct session *session = sessions_begin(&k->sessions, "u1", 1, PEER_CLI, getuid(), long_ago);
	struct client *c;
	struct fault f;

	assert_int_equal(client_open(PEER_CLI, hear_pushes, NULL, &c, &f), ERR_OK);
	look(k, c, session->token, true);
	assert_int_equal(session->used_ns, long_ago);
	look(k, c, session->token, false);
	assert_true(session->used_ns > long_ago);
	client_close(c);
}

/* ---- restricted entries ---------------------------------------------------------------------------------------- */

static json_t *answer_of_keeper;

static void take_answer(void *context, const char *push, json_t *params)
{
	(void)context;
	if (strcmp(push, "answer") == 0) {
		json_decref(answer_of_keeper);
		answer_of_keeper = json_incref(json_object_get(params, "result"));
	}
}

/* Takes `params`; the result is borrowed until the next question. */
static json_t *ask(struct keeper *k, const char *user, const char *method, json_t *params)
{
	struct session *session = sessions_begin(&k->sessions, user, 1, PEER_CLI, getuid(), moment_now().boot_ns);
	struct client *c;
	struct fault f;
	int id;

	json_decref(answer_of_keeper);
	answer_of_keeper = NULL;
	(void)json_object_set_new(params, "session", json_string(session->token));
	assert_int_equal(client_open(PEER_CLI, take_answer, NULL, &c, &f), ERR_OK);
	assert_int_equal(client_send(c, method, params, &id, &f), ERR_OK);
	for (int i = 0; i < 1000 && answer_of_keeper == NULL; i++) {
		assert_true(sd_event_run(k->event, 0) >= 0);
		assert_int_equal(client_read(c, &f), ERR_OK);
	}
	client_close(c);
	json_decref(params);
	session_end(session);
	return answer_of_keeper;
}

static json_t *entry_shown(struct keeper *k, const char *user, uint64_t seq)
{
	json_t *result = ask(k, user, "ledger.show", json_pack("{s:I, s:i}", "from", (json_int_t)seq, "count", 1));

	return json_array_get(json_object_get(result, "entries"), 0);
}

static void value_too_long_for_a_message_is_named(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	static char text[45000];
	struct draft draft = {.who = "u1",
			      .via = "cli",
			      .type = "incident",
			      .about = "-",
			      .body = "{\"act\":\"incident.noted\"}",
			      .text = text};
	json_t *entry;
	uint64_t seq;
	struct fault f;

	memset(text, 'x', sizeof text - 1);
	text[0] = text[sizeof text - 2] = '"';
	assert_int_equal(ledger_add(scribe_ledger(k->scribe), &draft, moment_now(), &seq, NULL, &f), ERR_OK);
	assert_int_equal(ledger_commit(scribe_ledger(k->scribe), moment_now(), &f), ERR_OK);
	assert_int_equal(scribe_catch_up(k->scribe, &f), ERR_OK);
	entry = entry_shown(k, "u6", seq);
	assert_string_equal(word_in(entry, "too_long"), "text");
	assert_null(json_object_get(entry, "text"));
	assert_non_null(json_object_get(entry, "body"));
	json_decref(answer_of_keeper);
	answer_of_keeper = NULL;
}

static size_t count_found(struct keeper *k, const char *user, const char *word)
{
	json_t *result = ask(k, user, "ledger.find", json_pack("{s:s}", "word", word));

	return json_array_size(json_object_get(result, "entries"));
}

/* u5 is the CISO, u6 the auditor. A cover looks like an entry of a restricted case, to everybody, and comes again. */
static void cover_says_nothing_to_anybody(void **state)
{
	struct keeper *k = &((struct house *)*state)->keeper;
	static const char *const people[] = {"u5", "u6"};
	int enabled = SD_EVENT_OFF;
	uint64_t seq;

	(void)scribe_commit(k->scribe);
	seq = chain_size(scribe_chain(k->scribe));
	(void)sd_event_source_set_enabled(k->rounds[COVER], SD_EVENT_OFF);
	assert_int_equal(on_round(k->rounds[COVER], 0, k), 0);
	assert_int_equal(scribe_commit(k->scribe), ERR_OK);
	assert_int_equal(chain_size(scribe_chain(k->scribe)), seq + 1);
	for (size_t i = 0; i < sizeof people / sizeof people[0]; i++) {
		json_t *entry = entry_shown(k, people[i], seq);

		assert_true(json_is_true(json_object_get(entry, "sealed")));
		assert_int_equal(json_object_size(entry), 2); /* its number, and that it is sealed */
		assert_int_equal(count_found(k, people[i], "cover"), 0);
	}
	assert_true(sd_event_source_get_enabled(k->rounds[COVER], &enabled) >= 0);
	assert_int_equal(enabled, SD_EVENT_ONESHOT);
	json_decref(answer_of_keeper);
	answer_of_keeper = NULL;
}

static void every_method_has_a_handler(void **state)
{
	(void)state;
	for (const struct method *m = methods; m->name != NULL; m++)
		assert_true(handler_find(m->name) != NULL || commission_takes(m->name));
	assert_null(handler_find("no.such"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(heartbeat_tells_of_panel_and_media, open_house, close_house),
		cmocka_unit_test_setup_teardown(scarce_room_is_told, open_house, close_house),
		cmocka_unit_test_setup_teardown(hour_begins_an_epoch, open_house, close_house),
		cmocka_unit_test_setup_teardown(idle_session_ends_with_an_entry, open_house, close_house),
		cmocka_unit_test_setup_teardown(held_back_failures_are_told_in_one_entry, open_house, close_house),
		cmocka_unit_test_setup_teardown(permit_without_an_outcome_ends, open_house, close_house),
		cmocka_unit_test(permit_runs_from_when_it_was_given),
		cmocka_unit_test_setup_teardown(maintenance_ends_by_itself, open_house, close_house),
		cmocka_unit_test(maintenance_runs_from_when_it_began_through_restarts),
		cmocka_unit_test_setup_teardown(rounds_with_a_period_come_again, open_house, close_house),
		cmocka_unit_test_setup_teardown(clock_that_is_set_while_nobody_works_is_an_entry, open_house,
						close_house),
		cmocka_unit_test_setup_teardown(unattended_look_does_not_keep_a_session, open_house, close_house),
		cmocka_unit_test_setup_teardown(value_too_long_for_a_message_is_named, open_house, close_house),
		cmocka_unit_test_setup_teardown(cover_says_nothing_to_anybody, open_house, close_house),
		cmocka_unit_test(every_method_has_a_handler),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
