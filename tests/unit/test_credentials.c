/* What people prove with: which PINs will do, where secrets are kept, and what the entries tell about them. */
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "keeper/codes.h"
#include "keeper/secrets.h"

/* ---- PINs ------------------------------------------------------------------------------------------------- */

static void pins_that_are_guessed_at_once_are_refused(void **state)
{
	static const struct {
		const char *pin, *fault;
	} pins[] = {
		{"", "length"},           {"12345", "length"},      {"1357924680135", "length"},
		{"12a456", "digits"},     {" 28406", "digits"},     {"000000", "same"},
		{"777777777777", "same"}, {"123456", "run"},        {"890123", "run"},
		{"987654", "run"},        {"3210987654", "run"},    {"121212", "pattern"},
		{"121212121", "pattern"}, {"123123123", "pattern"}, {"284061", NULL},
		{"123457", NULL},         {"135792468013", NULL},   {"112233", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
		const char *fault = pin_fault(pins[i].pin);

		if ((fault == NULL) != (pins[i].fault == NULL) || (fault != NULL && strcmp(fault, pins[i].fault) != 0))
			fail_msg("%s: %s", pins[i].pin, fault != NULL ? fault : "will do");
	}
}

/* ---- codes ------------------------------------------------------------------------------------------------- */

static const uint8_t rfc_secret[] = "12345678901234567890";

/* RFC 6238, appendix B, SHA-1, the last six of its eight digits. */
static void codes_are_those_of_the_rfc(void **state)
{
	static const struct {
		int64_t seconds;
		unsigned code;
	} codes[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
		     {1234567890, 5924}, {2000000000, 279037}, {INT64_C(20000000000), 353130}};

	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		assert_int_equal(totp_code(rfc_secret, (uint64_t)codes[i].seconds / 30), codes[i].code);
}

static void code_is_good_one_step_either_way_and_once(void **state)
{
	const int64_t now_ms = INT64_C(1234567890123);
	const uint64_t now = (uint64_t)(now_ms / TOTP_STEP_MS);
	uint64_t step = 7;
	char code[8];

	(void)state;
	for (uint64_t at = now - 3; at <= now + 3; at++) {
		bool is_near = at + 1 >= now && at <= now + 1;

		(void)snprintf(code, sizeof code, "%06u", totp_code(rfc_secret, at));
		step = 7;
		assert_int_equal(totp_fits(rfc_secret, code, now_ms, 0, &step), is_near);
		assert_true(step == (is_near ? at : 7));
		assert_false(totp_fits(rfc_secret, code, now_ms, at, &step));
		assert_int_equal(totp_fits(rfc_secret, code, now_ms, at - 1, &step), is_near);
	}
	(void)snprintf(code, sizeof code, "%06u", totp_code(rfc_secret, now));
	code[5] = code[5] == '0' ? '1' : '0';
	assert_false(totp_fits(rfc_secret, code, now_ms, 0, &step));
	assert_false(totp_fits(rfc_secret, "", now_ms, 0, &step));
	assert_false(totp_fits(rfc_secret, "0059240", now_ms, 0, &step));
}

static void recovery_code_may_be_typed_in_any_way(void **state)
{
	char made[RANDOM_PASSWORD_SIZE], again[RANDOM_PASSWORD_SIZE];
	char hash[HEX_SIZE(RECOVERY_HASH_BYTES)], other[HEX_SIZE(RECOVERY_HASH_BYTES)];

	(void)state;
	recovery_hash(hash, "abcd-efgh-jkmn-pqrs");
	recovery_hash(other, " ABCD efgh JKMNpqrs");
	assert_string_equal(hash, other);
	recovery_hash(other, "abcd-efgh-jkmn-pqrt");
	assert_string_not_equal(hash, other);
	recovery_hash(other, "abcdefghjkmnpqrsabcdefghjkmnpqrsabcdefghjkmnpqrs");
	assert_string_not_equal(hash, other);
	password_random(made);
	password_random(again);
	assert_int_equal(strlen(made), 19);
	assert_string_not_equal(made, again);
}

/* ---- secrets ---------------------------------------------------------------------------------------------- */

static int make_folder(void **state)
{
	char *folder = strdup("/tmp/kannuki-credentials-XXXXXX");

	*state = folder;
	return folder != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct fault f;
	enum err err = folder_remove(*state, &f);

	free(*state);
	return err == ERR_OK ? 0 : -1;
}

static void path_in(void **state, const char *name, char out[128])
{
	(void)snprintf(out, 128, "%s/%s", (const char *)*state, name);
}

static struct secrets *open_copies(const char *first, const char *second)
{
	struct secrets *s = NULL;
	struct fault f;

	if (secrets_new(&s, &f) != ERR_OK || (first != NULL && secrets_use(s, 0, first, &f) != ERR_OK) ||
	    (second != NULL && secrets_use(s, 1, second, &f) != ERR_OK))
		fail_msg("%s", f.text);
	return s;
}

static bool has(struct secrets *s, enum secret_kind kind, uint64_t generation, const char *expected)
{
	char value[SECRET_SIZE] = "";

	return secrets_get(s, kind, "u1", generation, value, sizeof value) == ERR_OK && strcmp(value, expected) == 0;
}

/* As a program before this one made it. */
static void make_older_file(const char *path)
{
	static const char older[] =
		"CREATE TABLE secret (account TEXT NOT NULL, generation INTEGER NOT NULL, hash TEXT NOT NULL,"
		" PRIMARY KEY (account, generation)) WITHOUT ROWID, STRICT;"
		"INSERT INTO secret VALUES ('u1', 3, 'the password')";
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, older, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What a program before this one does at a change of the password. */
static void change_as_an_older_program(const char *path)
{
	static const char change[] = "INSERT OR REPLACE INTO secret VALUES ('u1', 4, 'another');"
				     "DELETE FROM secret WHERE account = 'u1' AND generation < 4";
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, change, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void older_file_opens_and_an_older_program_leaves_the_rest(void **state)
{
	struct secrets *s;
	struct fault f;
	char path[128];

	path_in(state, "secrets.db", path);
	make_older_file(path);
	s = open_copies(path, NULL);
	assert_true(has(s, SECRET_PASSWORD, 3, "the password"));
	assert_int_equal(secrets_put(s, SECRET_PIN, "u1", 1, "the pin", &f), ERR_OK);
	assert_int_equal(secrets_put(s, SECRET_TOTP, "u1", 1, "the seed", &f), ERR_OK);
	secrets_close(s);
	change_as_an_older_program(path);
	s = open_copies(path, NULL);
	assert_true(has(s, SECRET_PASSWORD, 4, "another"));
	assert_true(has(s, SECRET_PIN, 1, "the pin"));
	assert_true(has(s, SECRET_TOTP, 1, "the seed"));
	secrets_close(s);
}

static void kinds_of_secrets_do_not_touch_each_other(void **state)
{
	struct secrets *s;
	struct fault f;
	char path[128];

	path_in(state, "secrets.db", path);
	s = open_copies(path, NULL);
	for (int kind = 0; kind < SECRET_KINDS; kind++)
		for (uint64_t generation = 1; generation <= 2; generation++)
			assert_int_equal(secrets_put(s, (enum secret_kind)kind, "u1", generation, "x", &f), ERR_OK);
	assert_int_equal(secrets_forget_before(s, SECRET_PIN, "u1", 2, &f), ERR_OK);
	assert_false(has(s, SECRET_PIN, 1, "x"));
	for (int kind = 0; kind < SECRET_KINDS; kind++) {
		assert_true(has(s, (enum secret_kind)kind, 2, "x"));
		assert_int_equal(has(s, (enum secret_kind)kind, 1, "x"), kind != SECRET_PIN);
	}
	secrets_close(s);
}

static void copy_learns_what_it_missed_and_forgets_what_is_gone(void **state)
{
	struct secrets *s;
	struct fault f;
	char first[128], second[128];

	path_in(state, "first.db", first);
	path_in(state, "second.db", second);
	s = open_copies(first, second);
	assert_int_equal(secrets_put(s, SECRET_PIN, "u1", 1, "old", &f), ERR_OK);
	assert_int_equal(secrets_put(s, SECRET_TOTP, "u1", 1, "seed", &f), ERR_OK);
	secrets_leave(s, 1);
	assert_int_equal(secrets_put(s, SECRET_PIN, "u1", 2, "new", &f), ERR_OK);
	assert_int_equal(secrets_use(s, 1, second, &f), ERR_OK);
	assert_int_equal(secrets_even(s, SECRET_PIN, "u1", 2, &f), ERR_OK);
	assert_int_equal(secrets_even(s, SECRET_TOTP, "u1", 0, &f), ERR_OK);
	secrets_close(s);
	for (int i = 0; i < 2; i++) {
		s = open_copies(i == 0 ? first : second, NULL);
		assert_true(has(s, SECRET_PIN, 2, "new"));
		assert_false(has(s, SECRET_PIN, 1, "old"));
		assert_false(has(s, SECRET_TOTP, 1, "seed"));
		secrets_close(s);
	}
}

static void value_that_does_not_fit_is_refused(void **state)
{
	char path[128], value[4] = "abc";
	struct secrets *s;
	struct fault f;

	path_in(state, "secrets.db", path);
	s = open_copies(path, NULL);
	assert_int_equal(secrets_put(s, SECRET_PIN, "u1", 1, "long", &f), ERR_OK);
	assert_int_equal(secrets_get(s, SECRET_PIN, "u1", 1, value, sizeof value), ERR_RANGE);
	assert_string_equal(value, "abc");
	secrets_close(s);
}

/* ---- entries ---------------------------------------------------------------------------------------------- */

static struct credentials of_clerk(const struct town *town)
{
	struct user_info user;

	assert_int_equal(book_user(town->book, CLERK, &user), ERR_OK);
	return user.credentials;
}

static json_t *of(int generation)
{
	return json_pack("{s:s, s:i}", "user", CLERK, "generation", generation);
}

static void entries_tell_which_codes_were_used(void **state)
{
	struct town town;
	json_t *now, *body = of(1);

	(void)state;
	town_open(&town);
	assert_false(book_has_totp(town.book));
	(void)json_object_set_new(body, "step", json_integer(100));
	town_record(&town, CLERK, "user.totp", "-", body, NULL);
	assert_true(book_has_totp(town.book));
	assert_true(of_clerk(&town).totp == 1 && of_clerk(&town).step == 100);
	town_record(&town, CLERK, "login.ok", "-", json_pack("{s:i}", "step", 105), NULL);
	assert_true(of_clerk(&town).step == 105);
	town_record(&town, CLERK, "login.ok", "-", json_pack("{s:i}", "recovery", 9), NULL);
	town_record(&town, CLERK, "login.ok", "-", json_pack("{s:i}", "recovery", 0), NULL);
	town_record(&town, CLERK, "login.ok", "-", json_pack("{s:i}", "recovery", 64), NULL);
	town_record(&town, CLERK, "login.ok", "-", json_object(), NULL);
	assert_int_equal(of_clerk(&town).used, 0x201);
	assert_true(of_clerk(&town).step == 105);
	now = town_view(&town, CLERK, "now", NULL, 0, LANG_JA);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(now, "user"), "recovery_left")), 8);
	json_decref(now);
	town_record(&town, CLERK, "user.totp.ended", "-", json_pack("{s:s}", "user", CLERK), NULL);
	assert_false(book_has_totp(town.book));
	assert_true(of_clerk(&town).last_totp == 1);
	town_close(&town);
}

static void opened_envelope_is_shown_until_it_is_noted(void **state)
{
	json_t *now, *kind = json_pack("{s:s, s:s, s:[s], s:i}", "user", "u9", "kind", "envelope", "roles", "staff",
				       "generation", 1);
	struct user_info user;
	struct town town;

	(void)state;
	town_open(&town);
	town_record(&town, "system", "user.added", "-", kind, json_pack("{s:s}", "name", "封筒"));
	assert_int_equal(book_user(town.book, "u9", &user), ERR_OK);
	assert_true(user.is_envelope);
	assert_int_equal(book_user(town.book, CLERK, &user), ERR_OK);
	assert_false(user.is_envelope);
	town_record(&town, "u9", "envelope.opened", "-", json_pack("{s:s}", "user", "u9"), NULL);
	assert_true(book_envelope_is_open(town.book));
	now = town_view(&town, CLERK, "now", NULL, 0, LANG_JA);
	assert_string_equal(json_string_value(json_object_get(json_object_get(now, "envelope"), "name")), "封筒");
	json_decref(now);
	/* A new password for another envelope leaves this one open. */
	town_record(&town, GENERAL, "envelope.noted", "-", json_pack("{s:s, s:i}", "user", CLERK, "generation", 2),
		    NULL);
	assert_true(book_envelope_is_open(town.book));
	town_record(&town, GENERAL, "envelope.noted", "-", json_pack("{s:s, s:i}", "user", "u9", "generation", 2),
		    NULL);
	assert_false(book_envelope_is_open(town.book));
	assert_int_equal(book_user(town.book, "u9", &user), ERR_OK);
	assert_int_equal(user.generation, 2);
	now = town_view(&town, CLERK, "now", NULL, 0, LANG_JA);
	assert_null(json_object_get(now, "envelope"));
	json_decref(now);
	town_close(&town);
}

static void entries_tell_whether_there_is_a_pin_and_what_was_tried(void **state)
{
	struct town town;
	json_t *now;

	(void)state;
	town_open(&town);
	assert_true(of_clerk(&town).pin == 0);
	town_record(&town, CLERK, "user.pin", "-", json_pack("{s:s, s:i}", "user", CLERK, "generation", 1), NULL);
	assert_true(of_clerk(&town).pin == 1);
	now = town_view(&town, CLERK, "now", NULL, 0, LANG_JA);
	assert_string_equal(json_string_value(json_object_get(json_object_get(now, "user"), "proof")), "pin");
	json_decref(now);
	for (int wrong = 1; wrong <= 4; wrong++)
		town_record(&town, CLERK, "user.pin.tried", "-",
			    json_pack("{s:s, s:i, s:i}", "user", CLERK, "generation", 1, "wrong", wrong), NULL);
	assert_int_equal(of_clerk(&town).wrong_pins, 4);
	town_record(&town, CLERK, "user.pin", "-", json_pack("{s:s, s:i}", "user", CLERK, "generation", 2), NULL);
	assert_int_equal(of_clerk(&town).wrong_pins, 0);
	/* About a PIN that is no longer in force. */
	town_record(&town, CLERK, "user.pin.tried", "-",
		    json_pack("{s:s, s:i, s:i}", "user", CLERK, "generation", 1, "wrong", 5), NULL);
	assert_int_equal(of_clerk(&town).wrong_pins, 0);
	town_record(&town, CLERK, "user.pin", "-", json_pack("{s:s, s:i}", "user", "u99", "generation", 7), NULL);
	assert_true(of_clerk(&town).pin == 2);
	town_close(&town);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pins_that_are_guessed_at_once_are_refused),
		cmocka_unit_test(codes_are_those_of_the_rfc),
		cmocka_unit_test(code_is_good_one_step_either_way_and_once),
		cmocka_unit_test(recovery_code_may_be_typed_in_any_way),
		cmocka_unit_test(entries_tell_which_codes_were_used),
		cmocka_unit_test_setup_teardown(older_file_opens_and_an_older_program_leaves_the_rest, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(kinds_of_secrets_do_not_touch_each_other, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(copy_learns_what_it_missed_and_forgets_what_is_gone, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(value_that_does_not_fit_is_refused, make_folder, remove_folder),
		cmocka_unit_test(opened_envelope_is_shown_until_it_is_noted),
		cmocka_unit_test(entries_tell_whether_there_is_a_pin_and_what_was_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
