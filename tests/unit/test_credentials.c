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
		cmocka_unit_test_setup_teardown(older_file_opens_and_an_older_program_leaves_the_rest, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(kinds_of_secrets_do_not_touch_each_other, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(copy_learns_what_it_missed_and_forgets_what_is_gone, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(value_that_does_not_fit_is_refused, make_folder, remove_folder),
		cmocka_unit_test(entries_tell_whether_there_is_a_pin_and_what_was_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
