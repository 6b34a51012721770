/* Mistakes in a pack are found and told with file, line and remedy. */
#include "procedure/pack.h"
#include "support/town.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const files[] = {"pack.yaml", "checklist.csv", "questions.csv", "forms/youshiki13.yaml"};
static char folder[64];

static int make_folder(void **state)
{
	char forms[80];
	struct fault fault;

	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/kannuki-pack-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(forms, sizeof forms, "%s/forms", folder);
	return folder_make(forms, 0700, &fault) == ERR_OK ? 0 : -1;
}

static int drop_folder(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof path, "%s/forms", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

static void read_original(const char *file, struct buf *out)
{
	char path[128];
	struct fault fault = {ERR_OK, ""};

	(void)snprintf(path, sizeof path, PACK_OTARI "/%s", file);
	if (file_read(path, SIZE_MAX / 2, out, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
}

static void write_copy(const char *file, const void *data, size_t len)
{
	char path[128];
	struct fault fault = {ERR_OK, ""};

	(void)snprintf(path, sizeof path, "%s/%s", folder, file);
	if (file_replace(path, data, len, 0600, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
}

static void copy_pack(void)
{
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct buf text = {0};

		read_original(files[i], &text);
		write_copy(files[i], text.data, text.len);
		buf_fini(&text);
	}
}

/* Replaces the first `from` in one file of the copy. */
static void edit(const char *file, const char *from, const char *to)
{
	struct buf text = {0}, out = {0};
	const char *at;

	copy_pack();
	read_original(file, &text);
	at = strstr(text.data, from);
	assert_non_null(at);
	buf_add(&out, text.data, (size_t)(at - text.data));
	buf_adds(&out, to);
	buf_adds(&out, at + strlen(from));
	write_copy(file, out.data, out.len);
	buf_fini(&text);
	buf_fini(&out);
}

static void expect_fault(const char *place, const char *what)
{
	struct fault fault = {ERR_OK, ""};
	struct pack *pack = NULL;

	assert_int_not_equal(pack_load(folder, &pack, &fault), ERR_OK);
	assert_null(pack);
	if (strstr(fault.text, place) == NULL || strstr(fault.text, what) == NULL)
		fail_msg("expected '%s' and '%s' in: %s", place, what, fault.text);
}

static void mistakes_are_told_with_place_and_remedy(void **state)
{
	static const struct {
		const char *file, *from, *to, *place, *what;
	} cases[] = {
		{"pack.yaml", "regime: public", "regimen: public", "pack.yaml:5:", "mend its spelling"},
		{"pack.yaml", "version: ", "versions: ", "pack.yaml:4:", "not known"},
		{"pack.yaml", "language: ja\n", "", "pack.yaml:", "key is missing"},
		{"pack.yaml", "language: ja\n", "language: [ja]\n", "pack.yaml:6:", "wrong kind"},
		{"pack.yaml", "  - {id: low,", "  - {id: high,", "pack.yaml:", "'high' stands twice"},
		{"pack.yaml", "{id: first, label: {ja: 初期", "{id: \"First!\", label: {ja: 初期",
		 "pack.yaml:", "must be a word"},
		{"pack.yaml", "    kind: observes", "    kind: sleeps", "pack.yaml:", "role 'committee'"},
		{"pack.yaml", "    holder: {ja: 副村長, en: Deputy mayor}\n", "", "pack.yaml:", "key is missing"},
		{"pack.yaml", "chain: youshiki13,", "chain: none,", "pack.yaml:", "has no chain 'none'"},
		{"pack.yaml", "role: general,", "role: auditor,", "pack.yaml:", "'auditor'"},
		{"pack.yaml", "{act: incident.noted, basis: 手順3 1(2) 情報の一元管理, ", "{act: incident.noted, ",
		 "pack.yaml:", "key is missing"},
		{"pack.yaml", "act: incident.noted", "act: incident.notted", "pack.yaml:", "no act of a person"},
		{"pack.yaml", "act: incident.noted", "act: heartbeat", "pack.yaml:", "no act of a person"},
		{"pack.yaml", "act: incident.noted", "act: incident.closed", "pack.yaml:", "stands twice"},
		{"pack.yaml", "kind: witnessed", "kind: guessed", "pack.yaml:", "'paper' needs a kind"},
		{"pack.yaml", "{id: final, label", "{id: last, label", "pack.yaml:", "end with 'final'"},
		{"pack.yaml", "need: must\n    role: csirt", "need: maybe\n    role: csirt",
		 "pack.yaml:", "contact 'csirt': the id must be a word"},
		{"pack.yaml", "need: must\n    role: csirt", "need: must\n    role: mayor",
		 "pack.yaml:", "contact 'csirt' names the role 'mayor'"},
		{"pack.yaml", "types: [loss, insider,", "types: [lost, insider,",
		 "pack.yaml:", "contact 'police' names the type 'lost'"},
		{"pack.yaml", "  - id: vendor\n", "  - id: ciso\n", "pack.yaml:", "'ciso' stands twice"},
		{"pack.yaml", "file: youshiki13.yaml", "file: ../checklist.csv", "pack.yaml:", "folder forms"},
		{"pack.yaml", "file: youshiki13.yaml", "file: absent.yaml", "absent.yaml", "cannot open"},
		{"checklist.csv", "id,types", "no,types", "checklist.csv:1:", "must be 'id'"},
		{"checklist.csv", "loss-1-2,loss", "loss-1-1,loss", "checklist.csv:9:", "stands twice"},
		{"checklist.csv", "loss-1-2,loss", "loss-1-2,lost",
		 "checklist.csv:9:", "'lost' is not known in column 'types'"},
		{"checklist.csv", "loss-1-2,loss,report", "loss-1-2,loss,reports",
		 "checklist.csv:9:", "column 'phase'"},
		{"checklist.csv", ",staff,when,", ",stuff,when,", "checklist.csv:9:", "column 'role'"},
		{"checklist.csv", ",staff,when,", ",staff,maybe,", "checklist.csv:9:", "column 'need'"},
		{"checklist.csv", ",staff,when,no,", ",staff,when,some,", "checklist.csv:9:", "column 'evidence'"},
		{"checklist.csv", ",手順3 4(1)①ロ", "", "checklist.csv:9:", "8 columns instead of 9"},
		{"checklist.csv", ",手順3 4(1)①ロ", ",手順3 4(1)①ロ,x", "checklist.csv:9:", "more columns"},
		{"checklist.csv", "loss-1-2,", "Loss 1,", "checklist.csv:9:", "must be a word"},
		{"checklist.csv", "\nloss-1-2,", "\nlo\"ss-1-2,", "checklist.csv:", "quotation mark"},
		{"checklist.csv", "Tell the section's", "\x01Tell the section's",
		 "checklist.csv:2:", "control character"},
		{"questions.csv", "when,*,fact", "when,*,gossip", "questions.csv:2:", "column 'kind'"},
		{"questions.csv", "loss missent", "loss missed", "questions.csv:10:", "'missed'"},
		{"questions.csv", "What happened (visible facts)", "", "questions.csv:5:", "write the sentence"},
		{"forms/youshiki13.yaml", "step: ciso", "step: mayor", "youshiki13.yaml:", "'mayor'"},
		{"forms/youshiki13.yaml", "from: answer.where", "from: answer.whence",
		 "youshiki13.yaml:", "'answer.whence'"},
		{"forms/youshiki13.yaml", "from: case.summary", "from: case.gossip",
		 "youshiki13.yaml:", "'case.gossip'"},
		{"forms/youshiki13.yaml", "value.19:informed", "value.18:informed", "youshiki13.yaml:", "add up to 24"},
		{"forms/youshiki13.yaml", "value.19:informed", "value.19:uninformed", "youshiki13.yaml:", "mend it"},
		{"forms/youshiki13.yaml", "value.19:informed", "valve.19:informed", "youshiki13.yaml:", "mend it"},
		{"forms/youshiki13.yaml", "kind: choices", "kind: multiple", "youshiki13.yaml:", "wrong kind"},
		{"forms/youshiki13.yaml", "{id: fax, kind", "{id: phone, kind",
		 "youshiki13.yaml:", "'phone' stands twice"},
		{"forms/youshiki13.yaml", "{id: fax, kind: text", "{id: fax, kind: choice",
		 "youshiki13.yaml:", "options belong"},
		{"forms/youshiki13.yaml", "{id: destruction,", "{id: leak,", "youshiki13.yaml:", "'leak' stands twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		edit(cases[i].file, cases[i].from, cases[i].to);
		expect_fault(cases[i].place, cases[i].what);
	}
}

static void every_act_of_a_person_needs_a_rule(void **state)
{
	(void)state;
	edit("pack.yaml",
	     "  - {act: incident.attributed, basis: 当庁の運用, roles: [staff, sysop, sysadmin, head, csirt, general, ciso]}\n",
	     "");
	expect_fault("pack.yaml:", "nobody may do 'incident.attributed'");
}

static void shift_jis_is_refused_with_the_way_to_save(void **state)
{
	(void)state;
	/* 初動 in Shift_JIS */
	edit("questions.csv", "What happened (visible facts)", "\x8f\x89\x93\xae");
	expect_fault("questions.csv:5:", "UTF-8");
}

static void a_file_beyond_256_kib_is_refused(void **state)
{
	struct buf text = {0};

	(void)state;
	copy_pack();
	read_original("questions.csv", &text);
	while (text.len <= 256 * 1024)
		buf_adds(&text, "\n,,,,");
	write_copy("questions.csv", text.data, text.len);
	buf_fini(&text);
	expect_fault("questions.csv", "larger than 262144 bytes");
}

static void more_than_2000_rows_are_refused(void **state)
{
	struct buf text = {0};

	(void)state;
	copy_pack();
	read_original("questions.csv", &text);
	for (int i = 0; i < 2000; i++)
		buf_addf(&text, "q%d,*,fact,問,question\n", i);
	write_copy("questions.csv", text.data, text.len);
	buf_fini(&text);
	expect_fault("questions.csv:2002:", "more than 2000 rows");
}

static void load_hash(char out[65])
{
	struct fault fault = {ERR_OK, ""};
	struct pack *pack = NULL;

	if (pack_load(folder, &pack, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(strlen(pack_hash(pack)), 64);
	memcpy(out, pack_hash(pack), 65);
	pack_free(pack);
}

/* Spreadsheets and Windows editors change these; they mean nothing. */
static void byte_order_mark_crlf_and_blank_lines_change_nothing(void **state)
{
	struct buf text = {0}, out = {0};
	char before[65], after[65];

	(void)state;
	copy_pack();
	load_hash(before);
	read_original("questions.csv", &text);
	buf_adds(&out, "\xef\xbb\xbf");
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\n')
			buf_addc(&out, '\r');
		buf_addc(&out, text.data[i]);
	}
	buf_adds(&out, ",,,,\r\n");
	write_copy("questions.csv", out.data, out.len);
	load_hash(after);
	assert_string_equal(before, after);
	buf_fini(&text);
	buf_fini(&out);
}

static void any_changed_word_changes_the_hash(void **state)
{
	static const struct {
		const char *file, *from, *to;
	} cases[] = {
		{"pack.yaml", "ja: 高,", "ja: 最高,"},
		{"pack.yaml", "basis: 当庁の運用,", "basis: 運用,"},
		{"pack.yaml", "holder: {ja: 総務課長", "holder: {ja: 総務部長"},
		{"checklist.csv", ",staff,when,", ",head,when,"},
		{"questions.csv", "loss missent", "missent"},
		{"forms/youshiki13.yaml", "ja: 復旧済", "ja: 復旧済み"},
		{"forms/youshiki13.yaml", "label.6:lessons | value.18", "label.7:lessons | value.17"},
	};
	char original[65], changed[65];

	(void)state;
	copy_pack();
	load_hash(original);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		edit(cases[i].file, cases[i].from, cases[i].to);
		load_hash(changed);
		assert_string_not_equal(original, changed);
	}
}

static void site_variables_without_a_default_are_asked_for(void **state)
{
	struct fault fault = {ERR_OK, ""};
	struct pack *pack = NULL;
	json_t *site = json_pack("{s:s}", "ciso_post", "副市長");

	(void)state;
	copy_pack();
	assert_int_equal(pack_load(folder, &pack, &fault), ERR_OK);
	assert_int_equal(pack_check_site(pack, site, &fault), ERR_MISSING);
	assert_non_null(strstr(fault.text, "'prefecture'"));
	assert_int_equal(json_object_set_new(site, "prefecture", json_string("見本県")), 0);
	assert_int_equal(pack_check_site(pack, site, &fault), ERR_OK);
	json_decref(site);
	pack_free(pack);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told_with_place_and_remedy),
		cmocka_unit_test(every_act_of_a_person_needs_a_rule),
		cmocka_unit_test(shift_jis_is_refused_with_the_way_to_save),
		cmocka_unit_test(a_file_beyond_256_kib_is_refused),
		cmocka_unit_test(more_than_2000_rows_are_refused),
		cmocka_unit_test(byte_order_mark_crlf_and_blank_lines_change_nothing),
		cmocka_unit_test(any_changed_word_changes_the_hash),
		cmocka_unit_test(site_variables_without_a_default_are_asked_for),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
