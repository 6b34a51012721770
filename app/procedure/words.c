#include "procedure/words.h"

#include "form/label.h"

#include <string.h>

#define PAIR(name, id, ja, en) {id, ja, en},
const struct word_pair case_states[] = {CASE_STATES(PAIR)};
const struct word_pair check_states[] = {CHECK_STATES(PAIR)};
const struct word_pair answer_states[] = {ANSWER_STATES(PAIR)};
const struct word_pair report_states[] = {REPORT_STATES(PAIR)};
const struct word_pair step_states[] = {STEP_STATES(PAIR)};
const struct word_pair uplink_states[] = {UPLINK_STATES(PAIR)};
const struct word_pair test_states[] = {TEST_STATES(PAIR)};
const struct word_pair user_kinds[] = {USER_KINDS(PAIR)};
const struct word_pair contact_ways[] = {CONTACT_WAYS(PAIR)};
const struct word_pair contact_results[] = {CONTACT_RESULTS(PAIR)};
const struct word_pair reach_states[] = {REACH_STATES(PAIR)};
const struct word_pair hours_words[] = {HOURS_WORDS(PAIR)};
const struct word_pair agreement_states[] = {AGREEMENT_STATES(PAIR)};
const struct word_pair evidence_kinds[] = {EVIDENCE_KINDS(PAIR)};
const struct word_pair seal_states[] = {SEAL_STATES(PAIR)};
#undef PAIR

const char *word_in(const struct word_pair *word, enum lang lang)
{
	return lang == LANG_EN ? word->en : word->ja;
}

const char *drill_mark(enum lang lang)
{
	return lang == LANG_EN ? "[DRILL] " : "【訓練】";
}

const char *restricted_mark(enum lang lang)
{
	return lang == LANG_EN ? "[RESTRICTED] " : "【取扱限定】";
}

const char *comma(enum lang lang)
{
	return lang == LANG_EN ? ", " : "、";
}

int word_index(const struct word_pair *words, int count, const char *id)
{
	for (int i = 0; i < count; i++)
		if (id != NULL && strcmp(words[i].id, id) == 0)
			return i;
	return -1;
}

static const struct {
	const char *act;
	struct word_pair to_do, done;
} acts[] = {
	{"panel.pressed", {NULL, "", ""}, {NULL, "パネルのボタンが押された", "Panel button pressed"}},
	{"uplink.cut", {NULL, "", ""}, {NULL, "回線を遮断", "Uplink cut"}},
	{"uplink.proven", {NULL, "", ""}, {NULL, "遮断を接点で確認", "Cut proven by contact"}},
	{"uplink.unproven", {NULL, "", ""}, {NULL, "遮断を確認できない", "Cut could not be proven"}},
	{"uplink.restored", {NULL, "", ""}, {NULL, "回線を再接続", "Uplink connected again"}},
	{"restore.expired", {NULL, "", ""}, {NULL, "再接続の許可が失効", "Permit to connect has lapsed"}},
	{"incident.declared",
	 {NULL, "事案の発生を登録する", "Declare a case"},
	 {NULL, "事案の発生を登録", "Case declared"}},
	{"incident.attributed",
	 {NULL, "ボタンを押した人を登録する", "Say who pressed the button"},
	 {NULL, "ボタンを押した人を登録", "Press attributed"}},
	{"incident.triaged",
	 {NULL, "インシデントかどうかと優先度を決める", "Decide whether it is an incident, and its priority"},
	 {NULL, "インシデントかどうかを判断", "Triaged"}},
	{"incident.classified",
	 {NULL, "事案の種類を決める", "Choose the type"},
	 {NULL, "事案の種類を決定", "Classified"}},
	{"incident.checked",
	 {NULL, "確認項目を進める", "Work through the checklist"},
	 {NULL, "確認項目を記録", "Check row settled"}},
	{"incident.answered",
	 {NULL, "分かったことを記入する", "Write down what is known"},
	 {NULL, "事実を記入", "Fact recorded"}},
	{"incident.noted", {NULL, "時系列に書き加える", "Add a line to the timeline"}, {NULL, "記録", "Noted"}},
	{"contact.made", {NULL, "関係者へ連絡する", "Call those who must know"}, {NULL, "連絡", "Called"}},
	{"contact.received",
	 {NULL, "受けた連絡を記録する", "Note a call that came in"},
	 {NULL, "連絡を受けた", "Call received"}},
	{"contact.arrived", {NULL, "参集した人を記録する", "Note who has come in"}, {NULL, "参集", "Arrived"}},
	{"incident.ended",
	 {NULL, "誤報・該当せずとして終了する", "End it as a false alarm or not an incident"},
	 {NULL, "事案を終了", "Case ended"}},
	{"incident.closed",
	 {NULL, "事案を完了する（収束宣言）", "Close the case"},
	 {NULL, "事案を完了（収束宣言）", "Case closed"}},
	{"incident.restricted",
	 {NULL, "取扱限定にする・閲覧者を改める", "Restrict it to named people, or change who they are"},
	 {NULL, "取扱限定の閲覧者を指定", "Restricted to named people"}},
	{"incident.unrestricted",
	 {NULL, "取扱限定を解除する", "Lift the restriction"},
	 {NULL, "取扱限定を解除", "Restriction lifted"}},
	{"incident.looked", {NULL, "", ""}, {NULL, "取扱限定の事案を閲覧", "Looked at the restricted case"}},
	{"report.drafted", {NULL, "報告書を書く", "Write the report"}, {NULL, "報告書に記入", "Report edited"}},
	{"report.submitted",
	 {NULL, "報告書を承認へ回す", "Submit the report for approval"},
	 {NULL, "報告書を承認へ回付", "Report submitted"}},
	{"report.returned",
	 {NULL, "報告書を差し戻す（理由）", "Send the report back (reason)"},
	 {NULL, "報告書を差し戻し", "Report sent back"}},
	{"report.approved",
	 {NULL, "報告書を承認する", "Approve the report"},
	 {NULL, "報告書を承認", "Report approved"}},
	{"report.sent",
	 {NULL, "報告書を送付済みにする", "Record that the report was sent"},
	 {NULL, "報告書を送付", "Report sent"}},
	{"uplink.isolate", {NULL, "回線を遮断する", "Cut an uplink"}, {NULL, "回線の遮断を指示", "Cut ordered"}},
	{"restore.requested",
	 {NULL, "回線の再接続を申請する", "Ask to connect again"},
	 {NULL, "回線の再接続を申請", "Connecting again requested"}},
	{"restore.permitted",
	 {NULL, "回線の再接続を承認する（別の人）", "Permit connecting again (another person)"},
	 {NULL, "回線の再接続を承認", "Connecting again permitted"}},
	{"evidence.taken", {NULL, "証拠品を登録する", "Put evidence into the record"}, {NULL, "証拠品", "Evidence"}},
	{"evidence.handed",
	 {NULL, "証拠品の受渡しを記録する", "Record that evidence was handed over"},
	 {NULL, "証拠品の受渡し", "Evidence handed over"}},
	{"evidence.copied", {NULL, "", ""}, {NULL, "証拠品のファイルを取り出し", "File of evidence given out"}},
	{"register.written",
	 {NULL, "台帳に記入する", "Write into a register"},
	 {NULL, "台帳に記入", "Register written"}},
	{"register.struck",
	 {NULL, "台帳の行を取り消す（理由）", "Strike out a line of a register (reason)"},
	 {NULL, "台帳の行を取消", "Line of a register struck out"}},
	{"maintenance.begun",
	 {NULL, "パネルの点検を始める", "Begin maintenance of the panel"},
	 {NULL, "パネルの点検を開始", "Maintenance begun"}},
	{"maintenance.ended",
	 {NULL, "パネルの点検を終える", "End maintenance of the panel"},
	 {NULL, "パネルの点検を終了", "Maintenance ended"}},
	{"uplink.prove",
	 {NULL, "遮断の実証試験をする", "Test that uplinks can be cut"},
	 {NULL, "遮断の実証試験を指示", "Proof test ordered"}},
	{"uplink.tested", {NULL, "", ""}, {NULL, "遮断の実証試験の結果", "Proof test"}},
	{"absence.announced",
	 {NULL, "装置の停止を予告する", "Announce that the box will be away"},
	 {NULL, "装置の停止を予告", "Absence announced"}},
	{"incarnation.noted",
	 {NULL, "新しい起点の符号を紙に控えたことを記録する", "Note that the new genesis code is on paper"},
	 {NULL, "新しい起点の符号を紙に控えた", "New genesis code put on paper"}},
	{"erasure.requested",
	 {NULL, "記載の消去を申請する", "Ask to erase what was written"},
	 {NULL, "記載の消去を申請", "Erasure requested"}},
	{"erasure.approved",
	 {NULL, "記載の消去を承認する（別の人）", "Approve an erasure (another person)"},
	 {NULL, "記載の消去を承認", "Erasure approved"}},
	{"people.requested",
	 {NULL, "利用者の登録・変更を申請する", "Ask to change who may log in"},
	 {NULL, "利用者の登録・変更を申請", "Change of people requested"}},
	{"people.approved",
	 {NULL, "利用者の登録・変更を承認する（別の人）", "Approve a change of people (another person)"},
	 {NULL, "利用者の登録・変更を承認", "Change of people approved"}},
	{"user.absent",
	 {NULL, "不在と代理者を登録する", "Say who is away, and the deputy"},
	 {NULL, "不在を登録", "Absence declared"}},
	{"user.back",
	 {NULL, "不在を取り消す（戻った）", "Say that somebody is back"},
	 {NULL, "不在を取消", "Absence ended"}},
};

const char *lapse_reason(const char *cause, const char *why, enum lang lang)
{
	static const struct word_pair reasons[] = {
		{"expired", "300秒が過ぎた", "300 seconds are over"},
		{"newer_trip", "新たに遮断された", "there was a newer cut"},
		{"withdrawn", "取り消された", "it was withdrawn"},
		{"restarted", "制御器が再起動した", "the controller has started anew"},
		{"contact_closed", "接点が開かず、再び遮断した", "the contact did not open, and it was cut again"},
		{"no_answer", "制御器から結果が届かない", "the controller has not said what became of it"},
		{"refused", "制御器が受け付けない", "the controller refuses it"},
		{"mirror_fault", "接点で遮断を確認できない回線がある。先に直す",
		 "the contact of an uplink does not prove its cut; mend that first"},
		{"wrong_latch", "新たに遮断された", "there was a newer cut"},
		{"not_latched", "遮断されていない回線がある", "an uplink is not cut"},
		{"bad_uplinks", "パネルにない回線がある", "an uplink is not on the panel"},
		{"too_soon", "制御器への指示が多すぎる。数分待ってやり直す",
		 "the controller has had too many orders; try again in some minutes"},
		{"busy", "制御器が別の操作の途中", "the controller is at something else"},
		{"controller_absent", "制御器が応答しない", "the controller does not answer"},
		{"map_version", "制御器の版が合わない", "the controller is of another version"},
	};
	const char *id = why[0] != '\0' ? why : cause;
	int index = word_index(reasons, (int)(sizeof reasons / sizeof reasons[0]), id);

	return index >= 0 ? word_in(&reasons[index], lang) : id;
}

const char *noted_kind(const char *kind, enum lang lang)
{
	static const struct word_pair kinds[] = {
		{"test_pressed", "ランプ試験のボタンを押した", "TEST pressed"},
		{"key_on", "復旧鍵を「入」にした", "key turned on"},
		{"key_off", "復旧鍵を「切」にした", "key turned off"},
		{"mirror_well", "接点が正常に戻った", "mirror contact well again"},
		{"permit_given", "再接続の許可が届いた", "permit given"},
		{"host_lost", "装置の応答がない", "the box is lost"},
		{"host_back", "装置の応答が戻った", "the box is back"},
		{"stuck_input", "ボタンか鍵が入ったまま", "button or key stuck"},
		{"released_input", "入ったままのボタンか鍵が戻った", "stuck button or key released"},
		{"supply_lost", "コイル電源がなくなった", "coil supply lost"},
		{"supply_back", "コイル電源が戻った", "coil supply back"},
		{"flood_begun", "同じ出来事が多すぎるため、件数で記録する",
		 "too many like events: they are counted now"},
		{"flood_over", "同じ出来事の多発が収まった", "the many like events are over"},
		{"queue_overflow", "未記録の出来事があふれ、件数だけ残った", "too many events waited; only counted"},
		{"eeprom_bad", "制御器の記憶に読めない箇所がある", "unreadable records in EEPROM"},
		{"reconnected_at_start", "起動後に接続した", "connected at start"},
		{"absence_announced", "装置の停止の予告が届いた", "absence announced"},
		{"self_test", "自己点検を終えた", "self-test over"},
		{"new_origin", "新しい記録簿を確認対象とした", "another log is witnessed from now on"},
		{"keys_erased", "鍵を消去した", "keys erased"},
	};
	int index = word_index(kinds, (int)(sizeof kinds / sizeof kinds[0]), kind);

	return index >= 0 ? word_in(&kinds[index], lang) : kind;
}

static const char *act_word(const char *act, bool done, enum lang lang)
{
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		if (strcmp(acts[i].act, act) == 0)
			return word_in(done ? &acts[i].done : &acts[i].to_do, lang);
	return act;
}

const char *act_to_do(const char *act, enum lang lang)
{
	return act_word(act, false, lang);
}

const char *act_done(const char *act, enum lang lang)
{
	return act_word(act, true, lang);
}

const char *field_word(const char *field, enum lang lang)
{
	static const struct word_pair fields[] = {
		{"login", "ログイン名", "Login"}, {"name", "氏名", "Name"},   {"section", "所属", "Section"},
		{"title", "職名", "Post"},        {"phone", "電話", "Phone"}, {"fax", "ファクス", "Fax"},
		{"mail", "メール", "Mail"},       {"roles", "役割", "Roles"}, {"until", "最終日", "Last day"},
		{"scope", "担当事案", "Cases"},
	};
	int index = word_index(fields, (int)(sizeof fields / sizeof fields[0]), field);

	return index >= 0 ? word_in(&fields[index], lang) : field;
}

const char *detail_word(const char *detail, enum lang lang)
{
	static const struct word_pair details[] = {
		{"what", "何を", "What it is"},      {"where", "採取した場所・機器", "Where it was taken"},
		{"taker", "採取した人", "Taken by"}, {"witness", "立会人", "Witness"},
		{"method", "採取の方法", "How"},     {"place", "保管場所", "Kept at"},
		{"seal", "封印番号", "Seal number"}, {"from", "渡した人", "From"},
		{"to", "受け取った人", "To"},        {"why", "目的", "Why"},
	};
	int index = word_index(details, (int)(sizeof details / sizeof details[0]), detail);

	return index >= 0 ? word_in(&details[index], lang) : detail;
}

const char *change_word(const char *change, enum lang lang)
{
	static const struct word_pair changes[] = {{"add", "新規", "New"},
						   {"change", "変更", "Changed"},
						   {"end", "終了", "Ended"},
						   {"reset", "パスワードの再発行", "New first password"}};
	int index = word_index(changes, 4, change);

	return index >= 0 ? word_in(&changes[index], lang) : change;
}

const char *actor_name(const char *id, enum lang lang)
{
	static const struct word_pair actors[] = {{"panel", "パネル（押した人は未登録）", "Panel (presser not named)"},
						  {"system", "装置", "The box"}};
	int index = word_index(actors, 2, id);

	return index >= 0 ? word_in(&actors[index], lang) : id;
}

const char *hint_text(enum hint hint, enum lang lang)
{
	static const struct word_pair hints[HINT_COUNT] = {
		[HINT_LOOK_AT_CONTACT] =
			{NULL, "遮断を確認できない回線がある。配線を目で確かめ、保守業者へ連絡して、時系列に書く",
			 "An uplink's cut is not proven: look at the wiring, call maintenance, note it"},
		[HINT_FIRST_REPORT] = {NULL, "第一報を書く", "Write the first report"},
		[HINT_CORRECT_REPORT] = {NULL, "差し戻された報告書を直す", "Mend the report that was sent back"},
		[HINT_FINAL_REPORT] = {NULL, "最終報告を書く", "Write the final report"},
		[HINT_VIEW_LATER] = {NULL, "電話で了承した報告書を後閲する",
				     "Look at the report you agreed to by telephone"},
		[HINT_VIEW_DEPUTY] = {NULL, "代決された報告書を後閲する",
				      "Look at the report that a deputy sealed for you"},
		[HINT_PROVE] = {NULL, "遮断の実証試験の時期（点検を開始して実施）",
				"A proof test is due (begin maintenance, then test)"},
		[HINT_PRESS] =
			{NULL,
			 "点検中に押されたボタンが、点検だったか事案だったかを決める（事案なら maintenance incident）",
			 "Decide whether the press in maintenance was a test or an incident (then: maintenance incident)"},
	};

	return word_in(&hints[hint], lang);
}

static const struct {
	const char *code;
	struct word_pair words; /* id: the stable word */
} whys[WHY_COUNT] = {
	[WHY_ROLE] = {"wrong_role", {"role", "この操作は{role}が行います。", "This act belongs to: {role}."}},
	[WHY_NOT_YOUR_STEP] = {"wrong_role",
			       {"step", "いまは{role}の承認の番です。", "It is now the turn of: {role}."}},
	[WHY_OBSERVER] = {"wrong_role",
			  {"observer", "この利用者には操作の権限がありません。閲覧だけできます。",
			   "This account may look, and do nothing."}},
	[WHY_NO_CASE] = {"not_found", {"case", "該当する案件はありません。", "There is no such case."}},
	[WHY_CASE_OVER] = {"wrong_state",
			   {"case_over",
			    "この案件は{state_label}のため、操作できません。新しい事案として登録してください。",
			    "This case is over ({state_label}). Declare a new one."}},
	[WHY_FIELD] = {"invalid",
		       {"field", "「{field}」の値がないか、形が違います。{what}",
			"'{field}' is missing or ill-formed. {what}"}},
	[WHY_VALUE] = {"invalid",
		       {"value", "「{field}」に「{given}」は使えません。使えるもの：{allowed}",
			"'{field}' cannot be '{given}'. Use one of: {allowed}"}},
	[WHY_TIME] = {"invalid",
		      {"time", "「{field}」は日時として読めません。年月日と時刻で入力してください。",
		       "'{field}' is not a time. Give date and time."}},
	[WHY_FUTURE] = {"invalid",
			{"future", "「{field}」が未来の日時です。時計と入力を確かめてください。",
			 "'{field}' lies in the future. Check the clock and the input."}},
	[WHY_REASON] = {"invalid", {"reason", "理由を入力してください。", "Give the reason."}},
	[WHY_DECIDER] = {"invalid",
			 {"decider", "見送りを判断した人と理由を入力してください。",
			  "Say who decided to put it off, and why."}},
	[WHY_ANSWER] = {"invalid",
			{"answer", "回答を入力するか、不明・確認中・該当なしを選んでください。",
			 "Write the answer, or choose not known, being checked or not applicable."}},
	[WHY_LINE] = {"invalid", {"line", "書き加える内容を入力してください。", "Write the line to add."}},
	[WHY_TOO_LONG] = {"invalid",
			  {"too_long", "「{field}」が長すぎます。1300字ほどに縮めてください。",
			   "'{field}' is too long. Shorten it to about 4000 letters."}},
	[WHY_ROW_OF_OTHER_TYPE] = {"invalid",
				   {"other_type",
				    "「{given}」はこの事案の種類の項目ではありません。先に種類を決めてください。",
				    "'{given}' does not belong to the types of this case. Choose the type first."}},
	[WHY_NO_PRESS] = {"invalid",
			  {"press", "記録番号{press}は、この事案のボタン操作ではありません。",
			   "Entry {press} is no press of this case."}},
	[WHY_REPORT_NUMBER] = {"invalid",
			       {"report_number", "次の報告は第{next}報です。", "The next report is no. {next}."}},
	[WHY_REPORT_FROZEN] =
		{"wrong_state",
		 {"frozen", "第{report}報は送付済みのため変更できません。変更は第{next}報に書いてください。",
		  "Report {report} has been sent and cannot be changed. Write the change in report {next}."}},
	[WHY_REPORT_UNDER_APPROVAL] =
		{"wrong_state",
		 {"under_approval",
		  "第{report}報は承認に回っています。直すときは、承認者に差し戻してもらってください。",
		  "Report {report} is under approval. To change it, have the approver send it back."}},
	[WHY_REPORT_NOT_SUBMITTED] = {"wrong_state",
				      {"not_submitted", "第{report}報は承認に回っていません。",
				       "Report {report} has not been submitted."}},
	[WHY_REPORT_NOT_SEALED] = {"wrong_state",
				   {"not_sealed", "第{report}報は承認が終わっていません。先に承認を受けてください。",
				    "Report {report} is not approved yet. Have it approved first."}},
	[WHY_NO_REPORT] = {"not_found", {"report", "第{report}報はありません。", "There is no report {report}."}},
	[WHY_FINAL_SENT] = {"wrong_state",
			    {"final_sent", "最終報告を送付済みです。事案を完了してください。",
			     "The final report has been sent. Close the case."}},
	[WHY_PREVIOUS_NOT_SENT] = {"wrong_state",
				   {"previous",
				    "第{report}報の送付が終わっていません。終わってから次の報告を書いてください。",
				    "Report {report} has not been sent yet. Finish it before the next."}},
	[WHY_CELL_FIXED] = {"invalid",
			    {"cell_fixed", "欄「{field}」は自動で入ります。", "The cell '{field}' fills itself."}},
	[WHY_CELL_TABLE] = {"invalid",
			    {"cell_table", "欄「{field}」は時系列から入ります。時系列に書き加えてください。",
			     "The cell '{field}' comes from the timeline. Add a line there."}},
	[WHY_ONE_ONLY] = {"invalid",
			  {"one_only", "欄「{field}」は1つだけ選んでください。", "Choose one only in '{field}'."}},
	[WHY_SIDES] = {"invalid",
		       {"sides", "欄「{field}」で「続報あり」と「続報なし」は同時に選べません。",
			"In '{field}', options that exclude each other were chosen."}},
	[WHY_WITNESS] = {"invalid",
			 {"witness", "だれが、いつ了承（押印）したかを入力してください。",
			  "Say who agreed (or sealed), and when."}},
	[WHY_OTHER_VERSION] = {"conflict",
			       {"other_version", "報告書の内容が変わっています。開き直して確かめてください。",
				"The report has changed. Open it again and read it."}},
	[WHY_FINAL_REPORT_MISSING] =
		{"wrong_state",
		 {"final_report",
		  "最終報告が送付されていません。送付してから完了するか、送付せずに完了する理由を入力してください。",
		  "The final report has not been sent. Send it, or give the reason for closing without it."}},
	[WHY_NOT_CUT] = {"wrong_state", {"not_cut", "{uplink}は遮断されていません。", "{uplink} is not cut."}},
	[WHY_UNPROVEN] =
		{"wrong_state",
		 {"unproven",
		  "{uplink}は、遮断を接点で確認できないため再接続を申請できません。先にリレーと接点の配線を直してください"
		  "（接点のない回線については、panel.yamlのrestore_unprovenの説明を読んでください）。",
		  "The contact of {uplink} does not prove its cut. Mend relay or wiring first; where there is no "
		  "contact, read about 'restore_unproven' in panel.yaml."}},
	[WHY_NO_REQUEST] = {"wrong_state",
			    {"no_request",
			     "承認を待っている再接続の申請がないか、記録番号が違います。申請からやり直してください。",
			     "No request with this number awaits a permit. Ask again."}},
	[WHY_SAME_PERSON] = {"wrong_role",
			     {"same_person", "申請した人は承認できません。別の人が承認してください。",
			      "Whoever asked cannot permit. Another person must."}},
	[WHY_CASE_OPEN] = {"wrong_state",
			   {"case_open", "対応中の事案の記載は消去できません。完了または終了してからにしてください。",
			    "This case is still open. Close it first."}},
	[WHY_NO_ERASURE] = {"wrong_state",
			    {"no_erasure", "承認を待っている消去の申請がないか、記録番号が違います。",
			     "No erasure with this number awaits approval."}},
	[WHY_NO_NEW_CODE] = {"wrong_state",
			     {"no_new_code", "控えるべき新しい起点の符号はありません。",
			      "There is no new genesis code to put on paper."}},
	[WHY_IN_MAINTENANCE] = {"wrong_state",
				{"in_maintenance", "パネルはすでに点検中です。",
				 "The panel is in maintenance already."}},
	[WHY_NO_MAINTENANCE] = {"wrong_state",
				{"no_maintenance", "パネルは点検中ではありません。先に点検を開始してください。",
				 "The panel is not in maintenance. Begin maintenance first."}},
	[WHY_HOURS] = {"invalid",
		       {"hours", "点検の時間は1～{most}時間で入力してください。", "Give 1 to {most} hours."}},
	[WHY_SECONDS] = {"invalid",
			 {"seconds", "停止の時間は1～{most}秒で入力してください。", "Give 1 to {most} seconds."}},
	[WHY_CUT] = {"wrong_state",
		     {"cut", "{uplink}は接続中ではないため、試験できません。",
		      "{uplink} is not connected; it cannot be tested."}},
	[WHY_DRILL_CUT] = {"wrong_state",
			   {"drill", "訓練中のため、画面からは遮断しません。パネルの赤ボタンは実際に遮断します。",
			    "This is a drill: nothing is cut from here. The red button on the panel cuts in earnest."}},
	[WHY_WHOM] = {"invalid",
		      {"whom", "相手を連絡先から選ぶか、名前を書いてください。",
		       "Choose whom from the contacts, or write a name."}},
	[WHY_WHAT_WAS_SAID] = {"invalid", {"said", "聞いた内容を書いてください。", "Write what was said."}},
	[WHY_DRILL_CALL] = {"wrong_state",
			    {"drill_call", "訓練では庁外へ連絡しません。連絡したものとして時系列に書いてください。",
			     "In a drill nobody outside is called. Note in the timeline that you would have."}},
	[WHY_DRILL_OUTSIDE] = {"wrong_state",
			       {"drill", "訓練の報告書は、組織の外には送りません。",
				"This is a drill: its reports do not leave the organisation."}},
	[WHY_DRILL_PRESS] = {"wrong_state",
			     {"drill", "実際のボタン操作を訓練にすることはできません。",
			      "A real press cannot be made a drill."}},
	[WHY_READERS] = {"invalid",
			 {"readers", "閲覧者は、自分を含めて2人以上を指定してください。",
			  "Name at least two people, yourself among them."}},
	[WHY_KNOWN] =
		{"wrong_state",
		 {"known",
		  "ボタン操作や回線の遮断のあった事案、訓練は、取扱限定にできません。別の事案として登録してください。",
		  "A case with a press or a cut, or a drill, is known to everybody. Declare another case."}},
	[WHY_NOT_RESTRICTED] = {"wrong_state",
				{"not_restricted", "この事案は取扱限定ではありません。",
				 "This case is not restricted."}},
	[WHY_RESTRICTED_CUT] =
		{"wrong_state",
		 {"restricted",
		  "取扱限定の事案からは回線を操作しません。事案の存在が知られるためです。パネルのボタンで遮断するか、別の事案を登録して遮断してください。",
		  "No uplink is cut or connected from a restricted case: it would tell that there is one. Use the panel, or "
		  "declare another case."}},
	[WHY_RESTRICTED_ERASURE] = {"wrong_state",
				    {"restricted",
				     "取扱限定の事案の記載は消去できません。先に取扱限定を解除してください。",
				     "Lift the restriction before anything of this case is erased."}},
	[WHY_NO_PEOPLE_REQUEST] = {"wrong_state",
				   {"no_people_request", "承認を待っている利用者の申請がないか、記録番号が違います。",
				    "No change of people with this number awaits approval."}},
	[WHY_OTHER_LIST] = {"conflict",
			    {"other_list", "申請の内容が、表示したときと変わっています。もう一度確かめてください。",
			     "The list is not the one that was shown. Look at it again."}},
	[WHY_NO_CHANGES] = {"invalid", {"no_changes", "変更が1件もありません。", "There is nothing to change."}},
	[WHY_CHANGE_FORM] = {"invalid",
			     {"change_form", "{n}件目：「{field}」がないか、形が違います。",
			      "Change {n}: '{field}' is missing or ill-formed."}},
	[WHY_CHANGE_USER] = {"invalid",
			     {"change_user", "{n}件目：「{given}」という利用者はいないか、すでに終了しています。",
			      "Change {n}: there is no account '{given}', or it has ended."}},
	[WHY_CHANGE_TWICE] = {"invalid",
			      {"change_twice", "{n}件目：「{given}」の変更が2件以上あります。1件にまとめてください。",
			       "Change {n}: '{given}' is changed twice. Make one change of both."}},
	[WHY_CHANGE_NAME] =
		{"invalid",
		 {"change_name",
		  "{n}件目：「{given}」は、ほかの人のログイン名または氏名と同じです。区別できる名にしてください。",
		  "Change {n}: '{given}' is somebody else's login or name. Make them differ."}},
	[WHY_CHANGE_ROLE] = {"invalid",
			     {"change_role", "{n}件目：役割「{given}」は、この区分の利用者には使えません。",
			      "Change {n}: the role '{given}' cannot be given to this kind of account."}},
	[WHY_CHANGE_DAY] =
		{"invalid",
		 {"change_day",
		  "{n}件目：最終日「{given}」は使えません。今日以後の日を、2027-03-31のように入力してください（監査と外部は必須）。",
		  "Change {n}: the last day '{given}' will not do. Give a day from today on, such as 2027-03-31; "
		  "auditors and external accounts need one."}},
	[WHY_CHANGE_SCOPE] =
		{"invalid",
		 {"change_scope",
		  "{n}件目：担当事案「{given}」は使えません。外部の利用者には、登録済みの事案番号が1件以上必要です。",
		  "Change {n}: '{given}' will not do as scope. An external account needs the numbers of cases "
		  "that exist; others have none."}},
	[WHY_ADMINISTRATORS] =
		{"wrong_state",
		 {"administrators",
		  "利用者の変更を申請も承認もできる人（最終日のない人）が2人未満になるため、実施できません。先に、ほかの人に{role}の役割を付けてください。",
		  "Fewer than two people would remain who can ask for changes of people and approve them, without a last day. "
		  "First give the role to somebody else: {role}."}},
	[WHY_NO_USER] = {"invalid",
			 {"no_user", "「{given}」という利用者はいないか、すでに終了しています。",
			  "There is no account '{given}', or it has ended."}},
	[WHY_DEPUTY] =
		{"invalid",
		 {"deputy",
		  "「{given}」は代理者にできません。職員で、操作の権限があり、不在でない別の人を選んでください。",
		  "'{given}' cannot be the deputy. Choose another member of staff who may act and is not away."}},
	[WHY_AWAY_DAY] = {"invalid",
			  {"away_day", "不在の最終日は、今日から1年以内の日を2027-03-31のように入力してください。",
			   "Give the last day of the absence, such as 2027-03-31, from today and within a year."}},
	[WHY_NOT_AWAY] = {"wrong_state", {"not_away", "不在として登録されていません。", "Not marked as away."}},
	[WHY_OTHERS_ABSENCE] =
		{"wrong_role",
		 {"others_absence", "ほかの人の不在は{role}が登録します。自分の不在は自分で登録できます。",
		  "Only {role} can say that somebody else is away or back. One's own absence anybody can."}},
	[WHY_ACCOUNT_OVER] = {"wrong_role",
			      {"account_over", "この利用者は終了しているか、最終日を過ぎています。",
			       "This account has ended, or its last day has passed."}},
	[WHY_DETAIL] = {"invalid", {"detail", "「{field}」を入力してください。", "'{field}' is missing. Fill it in."}},
	[WHY_DETAIL_LONG] = {"invalid",
			     {"too_long", "「{field}」が長すぎます。300字ほどに縮めてください。",
			      "'{field}' is too long. Shorten it to about 1000 letters."}},
	[WHY_NO_REGISTER] = {"not_found",
			     {"no_register", "「{given}」という台帳はありません。台帳の一覧から選んでください。",
			      "There is no register '{given}'. Choose one of the list."}},
	[WHY_NO_LINE] = {"invalid",
			 {"no_line", "この台帳に{given}行目はありません。", "This register has no line {given}."}},
	[WHY_LINE_STRUCK] = {"wrong_state",
			     {"line_struck", "{given}行目は取り消し済みです。新しい行に書いてください。",
			      "Line {given} has been struck out. Write a new one."}},
	[WHY_NO_EVIDENCE] = {"invalid",
			     {"no_evidence", "この事案に証拠品{given}はありません。",
			      "This case has no evidence {given}."}},
	[WHY_NO_FILE] = {"not_found",
			 {"no_file", "その証拠品に、その番号のファイルはないか、消去されています。",
			  "That evidence has no file of this number, or it was erased."}},
	[WHY_FILE_GONE] =
		{"medium_failed",
		 {"file_gone",
		  "ファイルがどの記録媒体からも読めません。記録の点検（ledger check）をして、管理者に連絡してください。",
		  "No medium gives the file. Check the record (ledger check) and call your administrator."}},
	[WHY_FILE_KIND] = {"invalid",
			   {"file_kind",
			    "登録できるのは、読み取れる通常のファイルだけです（フォルダーや機器は登録できません）。",
			    "Only ordinary files that can be read are taken: no folders, pipes or devices."}},
	[WHY_FILE_SIZE] =
		{"invalid",
		 {"file_size",
		  "ファイルが大きすぎます（上限{most}）。媒体のまま保管し、媒体を証拠品として登録してください。",
		  "The file is too large (at most {most}). Keep it on its medium, and record that as evidence."}},
	[WHY_FILE_ROOM] =
		{"wrong_state",
		 {"file_room",
		  "記録媒体の空きが足りないため、ファイルを受け取れません。古い記録を書き出して消去するか、大きい媒体に替えてください。"
		  "現物の証拠品（ファイルなし）は登録できます。",
		  "There is no room on the media for this file. Export and erase old ones, or put in larger media. Evidence without "
		  "a file can still be recorded."}},
	[WHY_FILE_READ] = {"invalid",
			   {"file_read", "ファイルを最後まで読めませんでした。もう一度やり直してください。",
			    "The file could not be read to its end. Do it again."}},
	[WHY_NO_VIEW] = {"invalid", {"view", "「{given}」という画面はありません。", "There is no view '{given}'."}},
};

enum err refuse(struct refusal *refusal, enum lang lang, enum why why, json_t *args)
{
	const char *sentence = word_in(&whys[why].words, lang);
	json_t *say;

	if (args == NULL)
		args = json_object();
	say = label_fill(sentence, args);
	if (json_object_set_new(args, "why", json_string(whys[why].words.id)) != 0 ||
	    json_object_set_new(args, "say", say) != 0) {
		json_decref(args);
		return ERR_NOMEM;
	}
	refusal->code = whys[why].code;
	refusal->args = args;
	return ERR_DENIED;
}
