/* Policies of witnesses: what is one, what is not, and when its quorum holds. */
#include "ledger/epoch.h"
#include "ledger/policy.h"

#include "check.h"

#include <sodium.h>

enum { WITNESSES = 6 };
static char log_vkey[VKEY_SIZE], vkeys[WITNESSES][VKEY_SIZE];
static struct note_key log_key;

static int make_keys(void **state)
{
	uint8_t key[KEY_SIZE] = {7};
	char name[32];

	(void)state;
	if (sodium_init() < 0 || note_key_make(&log_key, "city.example/k1/1", key) != ERR_OK)
		return -1;
	vkey_format(log_vkey, &log_key);
	for (int i = 0; i < WITNESSES; i++) {
		struct note_key witness;

		key[0] = (uint8_t)(i + 20);
		(void)snprintf(name, sizeof name, "w%d.example", i);
		if (witness_key_make(&witness, name, key) != ERR_OK)
			return -1;
		vkey_format(vkeys[i], &witness);
	}
	return 0;
}

/* $L is the log's key, $0 … $5 those of witnesses. */
static void write_policy(struct buf *out, const char *pattern)
{
	for (const char *at = pattern; *at != '\0'; at++) {
		if (*at != '$')
			buf_addc(out, *at);
		else
			buf_adds(out, *++at == 'L' ? log_vkey : vkeys[*at - '0']);
	}
	assert_int_equal(buf_status(out), ERR_OK);
}

static enum err read_policy(struct policy *p, const char *pattern, struct fault *f)
{
	struct buf text = {0};
	enum err err;

	write_policy(&text, pattern);
	err = policy_parse(p, text.data, text.len, f);
	buf_fini(&text);
	return err;
}

static struct policy p;

static void two_levels_of_groups(void **state)
{
	static const char text[] = "# the auditors' association\n"
				   "log $L https://log.example/\n\n"
				   "witness X1 $0\n\twitness  X2\t$1 https://w1.example/ \nwitness X3 $2\n"
				   "group X-witnesses 2 X1 X2 X3\n"
				   "witness Y1 $3\nwitness Y2 $4\ngroup Y-witnesses any Y1 Y2\n"
				   "group X-and-Y all X-witnesses Y-witnesses\n"
				   "  # every one of them\nquorum X-and-Y\n";
	/* Who has signed, as digits of the witnesses, and whether that is enough. */
	static const struct {
		const char *who;
		bool holds;
	} cases[] = {{"", false},   {"01", false},  {"013", true},   {"024", true},
		     {"34", false}, {"034", false}, {"01234", true}, {"3", false}};
	/* The places of the witnesses among the members. */
	static const int places[] = {0, 1, 2, 4, 5};
	struct fault f;

	(void)state;
	if (read_policy(&p, text, &f) != ERR_OK)
		fail_msg("%s", f.text);
	assert_int_equal(p.member_count, 8);
	assert_true(policy_has_log(&p, &log_key));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool signed_by[POLICY_MEMBERS_MAX] = {0};

		for (const char *who = cases[i].who; *who != '\0'; who++)
			signed_by[places[*who - '0']] = true;
		if (policy_holds(&p, signed_by) != cases[i].holds)
			fail_msg("signed by %s: the wrong answer", cases[i].who);
	}
}

static void a_quorum_of_one_or_none(void **state)
{
	bool signed_by[POLICY_MEMBERS_MAX] = {0};
	struct fault f;

	(void)state;
	assert_int_equal(read_policy(&p, "log $L\nquorum none\n", &f), ERR_OK);
	assert_true(policy_holds(&p, signed_by));
	assert_int_equal(read_policy(&p, "witness a $0\nwitness b $1\nquorum b\n", &f), ERR_OK);
	assert_false(policy_has_log(&p, &log_key));
	signed_by[0] = true;
	assert_false(policy_holds(&p, signed_by));
	signed_by[1] = true;
	assert_true(policy_holds(&p, signed_by));
}

/* A key of the log's name is not the log's, nor is its key under another name. */
static void a_log_is_its_name_and_key(void **state)
{
	struct note_key other = log_key;
	struct fault f;

	(void)state;
	assert_int_equal(read_policy(&p, "log $L\nquorum none\n", &f), ERR_OK);
	other.key[5] ^= 1;
	assert_false(policy_has_log(&p, &other));
	assert_int_equal(note_key_make(&other, "city.example/k2/1", log_key.key), ERR_OK);
	assert_false(policy_has_log(&p, &other));
}

static void what_is_not_a_policy(void **state)
{
	static const struct {
		const char *text, *line;
	} bad[] = {
		{"", NULL},
		{"log $L\n", "quorum"},
		{"log $L\nquorum none", NULL},
		{"log $L\nquorum none\r\n", NULL},
		{"log $L\nlog $L\nquorum none\n", "line 2"},
		{"log $0\nquorum none\n", "line 1"},
		{"log\nquorum none\n", "line 1"},
		{"log $L a b\nquorum none\n", "line 1"},
		{"witness a $L\nquorum none\n", "line 1"},
		{"witness a\nquorum none\n", "line 1"},
		{"witness\nquorum none\n", "line 1"},
		{"witness none $0\nquorum none\n", "line 1"},
		{"witness a $0 u v\nquorum none\n", "line 1"},
		{"witness a $0\nwitness a $1\nquorum a\n", "line 2"},
		{"witness a $0\nwitness b $0\nquorum a\n", "line 2"},
		{"quorum a\nwitness a $0\n", "line 1"},
		{"quorum none\nquorum none\n", "line 2"},
		{"quorum\n", "line 1"},
		{"quorum none none\n", "line 1"},
		{"witness a $0\ngroup g 1 a a\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g 2 a\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g 0 a\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g 01 a\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g -1 a\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g some a\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g all\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g any b\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g any g\nquorum g\n", "line 2"},
		{"witness a $0\ngroup g any none\nquorum g\n", "line 2"},
		{"witness a $0\ngroup a any a\nquorum a\n", "line 2"},
		{"witness a $0\ngroup g any a\ngroup h any a\nquorum h\n", "line 3"},
		{"logs $L\nquorum none\n", "line 1"},
		{"log $L\n\vquorum none\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fault f = {0};

		if (read_policy(&p, bad[i].text, &f) != ERR_FORMAT)
			fail_msg("accepted: %s", bad[i].text);
		if (bad[i].line != NULL && strstr(f.text, bad[i].line) == NULL)
			fail_msg("%s: said instead of %s: %s", bad[i].text, bad[i].line, f.text);
	}
}

static void limits_are_said(void **state)
{
	struct buf text = {0};
	struct fault f;

	(void)state;
	for (int i = 0; i <= POLICY_MEMBERS_MAX; i++) {
		struct note_key witness;
		uint8_t key[KEY_SIZE] = {(uint8_t)i, (uint8_t)(i >> 8), 9};
		char vkey[VKEY_SIZE];

		assert_int_equal(witness_key_make(&witness, "w", key), ERR_OK);
		vkey_format(vkey, &witness);
		buf_addf(&text, "witness w%d %s\n", i, vkey);
	}
	buf_adds(&text, "quorum w0\n");
	assert_int_equal(policy_parse(&p, text.data, text.len, &f), ERR_FORMAT);
	assert_non_null(strstr(f.text, "line 257"));
	while (text.len <= POLICY_MAX)
		buf_adds(&text, "# more\n");
	assert_int_equal(policy_parse(&p, text.data, text.len, &f), ERR_RANGE);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_levels_of_groups),      cmocka_unit_test(a_quorum_of_one_or_none),
		cmocka_unit_test(a_log_is_its_name_and_key), cmocka_unit_test(what_is_not_a_policy),
		cmocka_unit_test(limits_are_said),
	};

	return cmocka_run_group_tests_name("policy", tests, make_keys, NULL);
}
