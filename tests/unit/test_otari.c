/* The pack otari holds what the village's procedure holds: so many rows, fields, options, seals, and these names. */
#include "procedure/pack_data.h"
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct pack *pack;

static int load(void **state)
{
	struct fault fault = {ERR_OK, ""};

	(void)state;
	if (pack_load(PACK_OTARI, &pack, &fault) != ERR_OK)
		fail_msg("%s", fault.text);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	pack_free(pack);
	return 0;
}

static unsigned rows(const char *type, const char *phase)
{
	unsigned count = 0;

	for (size_t i = 0; i < pack->checks_count; i++)
		count += strcmp(pack->checks[i].type != NULL ? pack->checks[i].type->id : "*", type) == 0 &&
			 strcmp(pack->checks[i].phase->id, phase) == 0;
	return count;
}

static void checklist_has_116_rows_and_6_basic_ones(void **state)
{
	static const char *const phases[] = {"report", "first", "study", "notify", "recover", "after"};
	static const struct {
		const char *type;
		unsigned rows[6];
	} expected[] = {
		{"*", {1, 1, 1, 1, 1, 1}},         {"loss", {3, 4, 3, 2, 2, 3}},        {"missent", {2, 4, 3, 2, 1, 3}},
		{"insider", {2, 3, 3, 3, 2, 3}},   {"filesharing", {2, 3, 2, 3, 4, 3}}, {"malware", {2, 4, 3, 2, 3, 3}},
		{"intrusion", {3, 4, 3, 2, 3, 3}}, {"posting", {2, 4, 3, 2, 2, 3}},
	};
	unsigned sum = 0;

	(void)state;
	for (size_t t = 0; t < sizeof expected / sizeof expected[0]; t++)
		for (size_t p = 0; p < 6; p++) {
			assert_int_equal(rows(expected[t].type, phases[p]), expected[t].rows[p]);
			sum += expected[t].rows[p];
		}
	assert_int_equal(sum, 116 + 6);
	assert_int_equal(pack->checks_count, 116 + 6);
}

static void every_row_cites_its_clause_in_both_languages(void **state)
{
	(void)state;
	for (size_t i = 0; i < pack->checks_count; i++) {
		const struct check *check = &pack->checks[i];

		assert_int_equal(strncmp(check->origin, "手順3 ", strlen("手順3 ")), 0);
		assert_string_not_equal(check->text.ja, "");
		for (const char *c = check->text.en; *c != '\0'; c++)
			assert_true((unsigned char)*c < 0x80);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(pack->checks[j].origin, check->origin);
	}
}

static void assert_items(const struct item *list, unsigned count, const char *const *labels)
{
	for (unsigned i = 0; i < count; i++) {
		assert_non_null(labels[i]);
		assert_string_equal(list[i].label.ja, labels[i]);
	}
	assert_null(labels[count]);
}

static void phases_types_and_stages_keep_their_names(void **state)
{
	static const char *const phases[] = {"発見・報告",     "初期対応", "調査", "通知・公表等",
					     "抑制措置と復旧", "事後対応", NULL};
	static const char *const types[] = {"紛失・盗難",
					    "誤送信・Webでの誤公開等",
					    "内部犯行（情報の持ち出し等）",
					    "ファイル交換ソフトの利用",
					    "不正プログラム（ウイルス、スパイウェア等）",
					    "不正アクセス",
					    "ブログ・掲示板等掲載",
					    NULL};
	static const char *const stages[] = {"第一報", "中間報告", "最終報告", NULL};
	static const char *const endings[] = {"誤報", "該当せず", NULL};
	const struct pack_file *p = pack->file;

	(void)state;
	assert_items(p->phases, p->phases_count, phases);
	assert_items(p->types, p->types_count, types);
	assert_items(p->stages, p->stages_count, stages);
	assert_items(p->endings, p->endings_count, endings);
}

static void roles_keep_their_names_and_have_holders(void **state)
{
	static const struct {
		const char *id, *label;
	} roles[] = {
		{"ciso", "最高情報セキュリティ責任者"},
		{"general", "統括情報セキュリティ責任者"},
		{"head", "情報セキュリティ責任者"},
		{"sysadmin", "情報システム管理者"},
		{"sysop", "情報システム担当者"},
		{"committee", "情報セキュリティ委員会"},
		{"csirt", "CSIRT"},
		{"staff", "職員等"},
		{"audit_chief", "情報セキュリティ監査統括責任者"},
		{"auditor", "監査人"},
		{"vendor_chief", "作業責任者"},
		{"vendor_worker", "作業従事者"},
	};

	(void)state;
	assert_int_equal(pack->file->roles_count, sizeof roles / sizeof roles[0]);
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		assert_string_equal(pack_role_label(pack, roles[i].id, LANG_JA), roles[i].label);
		assert_string_not_equal(pack_role_label(pack, roles[i].id, LANG_EN),
					roles[i].label[0] == 'C' ? "" : roles[i].label);
		assert_string_not_equal(role_find(pack->file, roles[i].id)->holder.ja, "");
	}
	assert_string_equal(role_find(pack->file, "ciso")->holder.ja, "副村長");
	assert_string_equal(role_find(pack->file, "general")->holder.ja, "総務課長");
}

static void assert_options(const char *field, const char *const *labels, size_t count)
{
	const struct field *found = form_field_find(pack->form, field);

	assert_non_null(found);
	assert_int_equal(found->options_count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(found->options[i].label.ja, labels[i]);
}

static void youshiki13_has_28_fields_and_5_seals(void **state)
{
	static const char *const seals[] = {"最高情報セキュリティ責任者", "統括情報セキュリティ責任者",
					    "情報セキュリティ責任者", "情報セキュリティ責任者（課室長名）", "報告者名"};

	(void)state;
	assert_string_equal(form_title(pack->form)->ja, "インシデント報告書（IT障害）");
	assert_int_equal(form_fields(pack->form), 28);
	assert_int_equal(form_seals(pack->form), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(form_seal(pack->form, i)->label.ja, seals[i]);
}

static void youshiki13_has_10_and_17_options(void **state)
{
	static const char *const events[] = {"予兆・ヒヤリハット",
					     "情報の漏えい",
					     "情報の破壊",
					     "システム等の利用困難",
					     "コンピュータウイルス等の感染",
					     "不正プログラム等の実行",
					     "システム、サーバ等への侵入",
					     "システムの動作不良",
					     "システム非稼働・非起動",
					     "その他"};
	static const char *const causes[] = {"不審メール等の受信",
					     "ユーザID等の誤り（なりすまし等）",
					     "DoS攻撃等の大量アクセス",
					     "情報の不正取得",
					     "内部不正",
					     "適切なシステム運用等の未実施",
					     "ユーザの操作ミス",
					     "ユーザの管理ミス",
					     "不審なファイルの実行",
					     "不審なサイトの閲覧",
					     "委託先の管理ミス",
					     "機器等の故障・電源供給なし",
					     "システムの脆弱性",
					     "他分野の障害からの波及",
					     "災害等",
					     "その他",
					     "不明"};

	(void)state;
	assert_options("event", events, 10);
	assert_options("causes", causes, 17);
}

static void youshiki13_keeps_its_small_choices(void **state)
{
	static const char *const running[] = {"影響なし", "停止中", "一部稼働中", "復旧済"};
	static const char *const yes_no[] = {"有", "無"};
	static const char *const press[] = {"済", "予定有", "予定無"};
	static const char *const outside[] = {"総務省", "{prefecture}", "{prefecture}警", "個人情報保護委員会",
					      "その他"};
	static const char *const plans[] = {"事象継続中（続報あり）", "事後調査実施中（続報あり）",
					    "今後の対応策を継続検討（続報なし）"};

	(void)state;
	assert_options("running", running, 4);
	assert_options("below_level", yes_no, 2);
	assert_options("spreading", yes_no, 2);
	assert_options("annex", yes_no, 2);
	assert_options("press", press, 3);
	assert_options("told_outside", outside, 5);
	assert_options("plans", plans, 3);
}

static void reports_go_up_the_chain_of_four(void **state)
{
	static const char *const roles[] = {"staff", "head", "general", "ciso"};

	(void)state;
	assert_int_equal(pack->chain->steps_count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(pack->chain->steps[i].role, roles[i]);
}

static void questions_are_5w1h_and_the_information(void **state)
{
	static const char *const ids[] = {"when", "where", "who", "what", "why", "how", "data", "amount", "protection"};
	const struct question *protection;

	(void)state;
	assert_int_equal(pack->questions_count, 9);
	for (size_t i = 0; i < 9; i++)
		assert_string_equal(pack->questions[i].id, ids[i]);
	/* File sharing and postings ask nothing about protection. */
	protection = question_find(pack, "protection");
	for (unsigned t = 0; t < pack->file->types_count; t++)
		assert_int_equal(protection->types[t], strcmp(pack->file->types[t].id, "filesharing") != 0 &&
							       strcmp(pack->file->types[t].id, "posting") != 0);
}

static void no_site_is_named(void **state)
{
	char *text;
	json_t *json = pack_json(pack);

	(void)state;
	text = json_dumps(json, JSON_COMPACT);
	assert_null(strstr(text, "小谷"));
	assert_null(strstr(text, "長野"));
	assert_null(strstr(text, "@"));
	free(text);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checklist_has_116_rows_and_6_basic_ones),
		cmocka_unit_test(every_row_cites_its_clause_in_both_languages),
		cmocka_unit_test(phases_types_and_stages_keep_their_names),
		cmocka_unit_test(roles_keep_their_names_and_have_holders),
		cmocka_unit_test(youshiki13_has_28_fields_and_5_seals),
		cmocka_unit_test(youshiki13_has_10_and_17_options),
		cmocka_unit_test(youshiki13_keeps_its_small_choices),
		cmocka_unit_test(reports_go_up_the_chain_of_four),
		cmocka_unit_test(questions_are_5w1h_and_the_information),
		cmocka_unit_test(no_site_is_named),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
