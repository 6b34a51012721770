/* The engine's own words in both languages: states, acts and reasons for refusing.
 *
 * The keeper answers readers of both languages at once, so these cannot come from gettext, which knows one language
 * per process. Words of one organisation are in its pack instead.
 */
#ifndef KANNUKI_PROCEDURE_WORDS_H
#define KANNUKI_PROCEDURE_WORDS_H

#include "procedure/book.h"

/* id as it appears in views, Japanese, English */
#define CASE_STATES(X)                            \
	X(CASE_OPEN, "open", "対応中", "In hand") \
	X(CASE_ENDED, "ended", "終了", "Ended")   \
	X(CASE_CLOSED, "closed", "完了", "Closed")
#define CHECK_STATES(X)                                                  \
	X(CHECK_OPEN, "open", "残", "To do")                             \
	X(CHECK_DONE, "done", "済", "Done")                              \
	X(CHECK_NA, "na", "該当なし（理由）", "Not applicable (reason)") \
	X(CHECK_DEFERRED, "deferred", "見送り（判断した人）", "Put off (decided by)")
#define ANSWER_STATES(X)                                        \
	X(ANSWER_OPEN, "open", "未記入", "Blank")               \
	X(ANSWER_GIVEN, "answered", "回答", "Answered")         \
	X(ANSWER_UNKNOWN, "unknown", "不明", "Not known")       \
	X(ANSWER_INQUIRY, "inquiry", "確認中", "Being checked") \
	X(ANSWER_NA, "na", "該当なし", "Not applicable")
#define REPORT_STATES(X)                                                  \
	X(REPORT_DRAFT, "draft", "案", "Draft")                           \
	X(REPORT_SUBMITTED, "submitted", "承認待ち", "Awaiting approval") \
	X(REPORT_RETURNED, "returned", "差し戻し", "Sent back")           \
	X(REPORT_SEALED, "sealed", "承認済", "Approved")                  \
	X(REPORT_SENT, "sent", "送付済", "Sent")
#define STEP_STATES(X)                                    \
	X(STEP_WAITING, "waiting", "順番待ち", "Waiting") \
	X(STEP_DUE, "due", "承認待ち", "Due")             \
	X(STEP_SEALED, "sealed", "承認済", "Approved")    \
	X(STEP_RETURNED, "returned", "差し戻し", "Sent back")
#define UPLINK_STATES(X)                                                               \
	X(UPLINK_CONNECTED, "connected", "接続中", "Connected")                        \
	X(UPLINK_CUTTING, "cutting", "遮断操作中（未確認）", "Being cut (not proven)") \
	X(UPLINK_CUT, "cut", "遮断済（接点で確認）", "Cut (proven by contact)")        \
	X(UPLINK_UNKNOWN, "unknown", "確認できません（接点の異常）", "Cannot tell (contact fault)")

#define USER_KINDS(X)                                                          \
	X(USER_STAFF, "staff", "職員", "Staff")                                \
	X(USER_AUDITOR, "auditor", "監査（閲覧のみ）", "Auditor (reads only)") \
	X(USER_EXTERNAL, "external", "外部", "External")                       \
	X(USER_ENVELOPE, "envelope", "封筒", "Sealed envelope")

/* Of what two people agree on. */
#define AGREEMENT_STATES(X)                                                                      \
	X(AGREEMENT_ASKED, "asked", "承認待ち", "awaits approval")                               \
	X(AGREEMENT_DONE, "done", "実施済", "done")                                              \
	X(AGREEMENT_REPLACED, "replaced", "新しい申請に置き換え", "replaced by a newer request") \
	X(AGREEMENT_VOID, "void", "無効（状況が変わった）", "void (things have changed since)")

/* Of a proof test. */
#define TEST_STATES(X)                                                                   \
	X(TEST_NONE, "none", "", "")                                                     \
	X(TEST_ASKED, "asked", "試験中", "being tested")                                 \
	X(TEST_GOOD, "good", "良好", "good")                                             \
	X(TEST_BAD, "bad", "不良（接点が動かない）", "bad (the contact did not follow)") \
	X(TEST_INTERRUPTED, "interrupted", "遮断操作により中断", "interrupted by a cut") \
	X(TEST_REFUSED, "refused", "実施できなかった", "could not be done")

/* What is gone first when the power goes stands first. */
#define EVIDENCE_KINDS(X)                                                              \
	X(EVIDENCE_MEMORY, "memory", "メモリ・接続状況など（電源を切ると消えるもの）", \
	  "Memory, connections (gone when switched off)")                              \
	X(EVIDENCE_LOG, "log", "ログ", "Log")                                          \
	X(EVIDENCE_DISK, "disk", "ディスクの複製", "Disk image")                       \
	X(EVIDENCE_MAIL, "mail", "電子メール", "Mail")                                 \
	X(EVIDENCE_PHOTO, "photo", "写真・画面の記録", "Photo or screen shot")         \
	X(EVIDENCE_DEVICE, "device", "機器・媒体の現物", "Device or medium itself")    \
	X(EVIDENCE_PAPER, "paper", "紙の文書", "Paper")                                \
	X(EVIDENCE_OTHER, "other", "その他", "Other")
/* As whoever took it over found it. */
#define SEAL_STATES(X)                                         \
	X(SEAL_INTACT, "intact", "封印に異常なし", "Intact")   \
	X(SEAL_BROKEN, "broken", "封印が破れている", "Broken") \
	X(SEAL_NONE, "none", "封印なし", "Not sealed")
/* How somebody was reached, and what came of it. */
#define CONTACT_WAYS(X)                             \
	X(WAY_PHONE, "phone", "電話", "telephone")  \
	X(WAY_MAIL, "mail", "電子メール", "e-mail") \
	X(WAY_FAX, "fax", "FAX", "fax")             \
	X(WAY_VISIT, "visit", "対面", "in person")  \
	X(WAY_OTHER, "other", "その他", "another way")
#define CONTACT_RESULTS(X)                                         \
	X(RESULT_REACHED, "reached", "応答あり", "reached")        \
	X(RESULT_ABSENT, "absent", "不在", "no answer")            \
	X(RESULT_MESSAGE, "message", "伝言を依頼", "message left") \
	X(RESULT_CALLED_BACK, "called_back", "折返しあり", "called back")
/* Of a contact on the call sheet; held back: outside, in a drill. */
#define REACH_STATES(X)                                          \
	X(REACH_OPEN, "open", "未連絡", "not called")            \
	X(REACH_TRIED, "tried", "連絡がつかない", "not reached") \
	X(REACH_DONE, "reached", "連絡済", "reached")            \
	X(REACH_HELD_BACK, "held_back", "訓練では連絡しない", "not called in a drill")
#define HOURS_WORDS(X)                                                  \
	X(HOURS_WORD_UNKNOWN, "unknown", "時計未設定", "clock not set") \
	X(HOURS_WORD_OFFICE, "office", "勤務時間内", "office hours")    \
	X(HOURS_WORD_AFTER, "after", "勤務時間外", "after hours")

#define WORD_ENUM(name, id, ja, en) name,
enum case_state { CASE_STATES(WORD_ENUM) CASE_STATE_COUNT };
enum check_state { CHECK_STATES(WORD_ENUM) CHECK_STATE_COUNT };
enum answer_state { ANSWER_STATES(WORD_ENUM) ANSWER_STATE_COUNT };
enum report_state { REPORT_STATES(WORD_ENUM) REPORT_STATE_COUNT };
enum step_state { STEP_STATES(WORD_ENUM) STEP_STATE_COUNT };
enum uplink_state { UPLINK_STATES(WORD_ENUM) UPLINK_STATE_COUNT };
enum test_state { TEST_STATES(WORD_ENUM) TEST_STATE_COUNT };
enum user_kind { USER_KINDS(WORD_ENUM) USER_KIND_COUNT };
enum contact_way { CONTACT_WAYS(WORD_ENUM) CONTACT_WAY_COUNT };
enum contact_result { CONTACT_RESULTS(WORD_ENUM) CONTACT_RESULT_COUNT };
enum reach { REACH_STATES(WORD_ENUM) REACH_COUNT };
enum hours_word { HOURS_WORDS(WORD_ENUM) HOURS_WORD_COUNT };
enum agreement_state { AGREEMENT_STATES(WORD_ENUM) AGREEMENT_STATE_COUNT };
enum evidence_kind { EVIDENCE_KINDS(WORD_ENUM) EVIDENCE_KIND_COUNT };
enum seal_state { SEAL_STATES(WORD_ENUM) SEAL_STATE_COUNT };
#undef WORD_ENUM

struct word_pair {
	const char *id, *ja, *en;
};
extern const struct word_pair case_states[], check_states[], answer_states[], report_states[], step_states[],
	uplink_states[], test_states[], user_kinds[], agreement_states[], evidence_kinds[], seal_states[],
	contact_ways[], contact_results[], reach_states[], hours_words[]; /* by enum hours of directory.h */

const char *word_in(const struct word_pair *word, enum lang lang);
/* What stands between the members of a list. */
const char *comma(enum lang lang);
/* Before the title of a drill. */
const char *drill_mark(enum lang lang);
/* … of a case that only named people may know of. */
const char *restricted_mark(enum lang lang);
/* The index of the state `id`, or −1. */
int word_index(const struct word_pair *words, int count, const char *id);

/* What an act is called: on a menu ("回線を遮断する") and, once it is done, in a timeline ("回線の遮断を指示"). */
const char *act_to_do(const char *act, enum lang lang);
const char *act_done(const char *act, enum lang lang);

/* What is said of a person ("職名"), and what is done to an account ("新規"). */
const char *field_word(const char *field, enum lang lang);
const char *change_word(const char *change, enum lang lang);
/* What is said of evidence ("保管場所"). */
const char *detail_word(const char *detail, enum lang lang);

/* "system" and "panel" in words; any other id as it is. */
const char *actor_name(const char *id, enum lang lang);

/* Why a permit or request to connect again has ended, as in restore.expired; `why`, when the panel refused it, may be
   "". A word that is not known comes back as it is. */
const char *lapse_reason(const char *cause, const char *why, enum lang lang);
/* What a panel.noted of this kind tells; the kind itself when it is not known. */
const char *noted_kind(const char *kind, enum lang lang);

/* Steps that are no act of their own. */
enum hint {
	HINT_LOOK_AT_CONTACT,
	HINT_FIRST_REPORT,
	HINT_CORRECT_REPORT,
	HINT_FINAL_REPORT,
	HINT_VIEW_LATER,
	HINT_VIEW_DEPUTY,
	HINT_PROVE,
	HINT_PRESS,
	HINT_COUNT
};
const char *hint_text(enum hint hint, enum lang lang);

/* Reasons for refusing; the sentence may use members of the arguments as {name}. */
enum why {
	WHY_ROLE,
	WHY_NOT_YOUR_STEP,
	WHY_OBSERVER,
	WHY_NO_CASE,
	WHY_CASE_OVER,
	WHY_FIELD,
	WHY_VALUE,
	WHY_TIME,
	WHY_FUTURE,
	WHY_REASON,
	WHY_DECIDER,
	WHY_ANSWER,
	WHY_LINE,
	WHY_TOO_LONG,
	WHY_ROW_OF_OTHER_TYPE,
	WHY_NO_PRESS,
	WHY_REPORT_NUMBER,
	WHY_REPORT_FROZEN,
	WHY_REPORT_UNDER_APPROVAL,
	WHY_REPORT_NOT_SUBMITTED,
	WHY_REPORT_NOT_SEALED,
	WHY_NO_REPORT,
	WHY_FINAL_SENT,
	WHY_PREVIOUS_NOT_SENT,
	WHY_CELL_FIXED,
	WHY_CELL_TABLE,
	WHY_ONE_ONLY,
	WHY_SIDES,
	WHY_WITNESS,
	WHY_OTHER_VERSION,
	WHY_FINAL_REPORT_MISSING,
	WHY_NOT_CUT,
	WHY_UNPROVEN,
	WHY_NO_REQUEST,
	WHY_SAME_PERSON,
	WHY_CASE_OPEN,
	WHY_NO_ERASURE,
	WHY_NO_NEW_CODE,
	WHY_IN_MAINTENANCE,
	WHY_NO_MAINTENANCE,
	WHY_HOURS,
	WHY_SECONDS,
	WHY_CUT,
	WHY_DRILL_CUT,
	WHY_DRILL_OUTSIDE,
	WHY_DRILL_PRESS,
	WHY_READERS,
	WHY_KNOWN,
	WHY_NOT_RESTRICTED,
	WHY_RESTRICTED_CUT,
	WHY_RESTRICTED_ERASURE,
	WHY_NO_VIEW,
	WHY_NO_PEOPLE_REQUEST,
	WHY_OTHER_LIST,
	WHY_NO_CHANGES,
	WHY_CHANGE_FORM,
	WHY_CHANGE_USER,
	WHY_CHANGE_TWICE,
	WHY_CHANGE_NAME,
	WHY_CHANGE_ROLE,
	WHY_CHANGE_DAY,
	WHY_CHANGE_SCOPE,
	WHY_ADMINISTRATORS,
	WHY_NO_USER,
	WHY_DEPUTY,
	WHY_AWAY_DAY,
	WHY_NOT_AWAY,
	WHY_OTHERS_ABSENCE,
	WHY_ACCOUNT_OVER,
	WHY_DETAIL,
	WHY_DETAIL_LONG,
	WHY_NO_REGISTER,
	WHY_NO_LINE,
	WHY_LINE_STRUCK,
	WHY_NO_EVIDENCE,
	WHY_NO_FILE,
	WHY_FILE_GONE,
	WHY_FILE_KIND,
	WHY_FILE_SIZE,
	WHY_FILE_ROOM,
	WHY_FILE_READ,
	WHY_WHOM,
	WHY_WHAT_WAS_SAID,
	WHY_DRILL_CALL,
	WHY_COUNT
};

/* Fills *refusal: code, "why" (a stable word for machines), "say" (the sentence). Takes over `args`, which may be
   NULL. Returns ERR_DENIED, or ERR_NOMEM. */
enum err refuse(struct refusal *refusal, enum lang lang, enum why why, json_t *args) MUST_USE;

#endif
