#include "ipc/methods.h"

#include "base/text.h"

#include <string.h>

/* Two versions of clang-format lay these out in two ways. */
/* clang-format off */
#define SESSION {"session", PARAM_HEX, REQUIRED, 32}
#define LANGUAGE {"lang", PARAM_WORD, OPTIONAL, 0}
/* clang-format on */

enum { ANSWER_MAX = 48 * 1024 };

const struct method methods[] = {
	/* Everyone who shows something to people. */
	{"hello",
	 PEER_PEOPLE,
	 WITHOUT_SESSION,
	 NULL,
	 "Who answers: organisation, version, origin, state of the record.",
	 {LANGUAGE, {"protocol", PARAM_COUNT, OPTIONAL, 0}}},
	{"login",
	 PEER_PEOPLE,
	 WITHOUT_SESSION,
	 NULL,
	 "Opens a session for a named person; `code` is from a telephone or a recovery code, for those who have them.",
	 {{"name", PARAM_TEXT, REQUIRED, 64},
	  {"password", PARAM_TEXT, REQUIRED, 256},
	  {"code", PARAM_TEXT, OPTIONAL, 64}}},
	{"logout", PEER_PEOPLE, WITH_ANY_SESSION, NULL, "Ends the session.", {SESSION}},
	{"view",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "One picture of the present state; app/procedure/view.h lists them. An unattended one does not keep a session alive.",
	 {SESSION,
	  LANGUAGE,
	  {"what", PARAM_WORD, REQUIRED, 0},
	  {"about", PARAM_TEXT, OPTIONAL, 64},
	  {"report", PARAM_COUNT, OPTIONAL, 0},
	  {"cursor", PARAM_COUNT, OPTIONAL, 0},
	  {"unattended", PARAM_FLAG, OPTIONAL, 0}}},
	{"call_sheet",
	 PEER_CONSOLE | PEER_WEB,
	 WITHOUT_SESSION,
	 NULL,
	 "The view call_sheet of the newest open case for whoever stands there, without a login, where the site allows it (`open_call_sheet`).",
	 {LANGUAGE, {"cursor", PARAM_COUNT, OPTIONAL, 0}}},
	{"act",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Does one act of the registry (acts.c) and answers once it is recorded.",
	 {SESSION,
	  {"idem", PARAM_HEX, REQUIRED, 32},
	  {"act", PARAM_WORD, REQUIRED, 0},
	  {"about", PARAM_TEXT, OPTIONAL, 64},
	  {"body", PARAM_OBJECT, OPTIONAL, 0},
	  {"text", PARAM_ANY, OPTIONAL, 0},
	  {"person", PARAM_OBJECT, OPTIONAL, 0},
	  {"proof", PARAM_TEXT, OPTIONAL, 256},
	  {"files", PARAM_FILES, OPTIONAL, 0},
	  LANGUAGE}},
	{"evidence.get",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "One file of a piece of evidence: an open file, for reading only, goes along with the answer, once that is recorded.",
	 {SESSION,
	  LANGUAGE,
	  {"about", PARAM_TEXT, REQUIRED, 64},
	  {"evidence", PARAM_COUNT, REQUIRED, 0},
	  {"file", PARAM_COUNT, REQUIRED, 0}}},
	{"password",
	 PEER_PEOPLE,
	 WITH_ANY_SESSION,
	 NULL,
	 "Changes one's own password. After a login with a first password nothing else is possible before.",
	 {SESSION, {"old", PARAM_TEXT, REQUIRED, 256}, {"new", PARAM_TEXT, REQUIRED, 256}}},
	{"pin",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Sets one's own PIN, 6 to 12 digits; from then on it is the `proof` of acts.",
	 {SESSION, {"password", PARAM_TEXT, REQUIRED, 256}, {"pin", PARAM_TEXT, REQUIRED, 64}}},
	{"pin.end",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "From now on the password is the `proof` of acts again.",
	 {SESSION, {"password", PARAM_TEXT, REQUIRED, 256}}},
	{"totp.begin",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Makes a secret for codes from a telephone: `secret` in base32 and as `uri`. It counts only after totp.confirm.",
	 {SESSION, {"password", PARAM_TEXT, REQUIRED, 256}}},
	{"totp.confirm",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Puts the secret in force with its first code; the answer has ten recovery `codes`, which nobody is shown again.",
	 {SESSION, {"code", PARAM_TEXT, REQUIRED, 64}}},
	{"totp.codes",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Ten new recovery `codes`, which nobody is shown again; the telephone stays as it is, the old codes are void.",
	 {SESSION, {"password", PARAM_TEXT, REQUIRED, 256}}},
	{"totp.end",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "From now on the password alone will do.",
	 {SESSION, {"password", PARAM_TEXT, REQUIRED, 256}}},
	{"envelope.seal",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_ENVELOPE,
	 "Notes that the sealed envelope was opened and answers with its new `password`, which nobody is shown again.",
	 {SESSION, LANGUAGE, {"user", PARAM_WORD, REQUIRED, 0}, {"proof", PARAM_TEXT, REQUIRED, 256}}},
	{"subscribe",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Asks for the push `changed` after every commit that the reader may see.",
	 {SESSION}},
	{"system.health",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "How the box does: record, media, clock, panel, sessions, peers that were cut off, versions, memory.",
	 {SESSION, LANGUAGE, {"unattended", PARAM_FLAG, OPTIONAL, 0}}},
	{"system.support",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_TEND,
	 "Writes a file for those who help, without anything personal, and answers with its place.",
	 {SESSION, LANGUAGE}},
	{"ledger.show",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_SHOW,
	 "Entries as recorded: from `from` on, or the newest.",
	 {SESSION, LANGUAGE, {"from", PARAM_COUNT, OPTIONAL, 0}, {"count", PARAM_COUNT, OPTIONAL, 0}}},
	{"ledger.find",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_SHOW,
	 "The newest entries before `before` that contain a word.",
	 {SESSION, LANGUAGE, {"word", PARAM_TEXT, REQUIRED, 64}, {"before", PARAM_COUNT, OPTIONAL, 0}}},
	{"ledger.media",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "The media that the ledger is kept on, and what is wrong with them.",
	 {SESSION}},
	{"ledger.check",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 NULL,
	 "Re-checks the whole ledger and answers with the verdict.",
	 {SESSION}},
	{"ledger.export",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_EXPORT,
	 "Writes a bundle for auditors and answers with its place; `to` is the first entry that stays out, `incarnation` an earlier log of this box.",
	 {SESSION,
	  LANGUAGE,
	  {"name", PARAM_WORD, REQUIRED, 0},
	  {"from", PARAM_COUNT, OPTIONAL, 0},
	  {"to", PARAM_COUNT, OPTIONAL, 0},
	  {"without", PARAM_LIST, OPTIONAL, 0},
	  {"encrypt_to", PARAM_LIST, OPTIONAL, 0},
	  {"prove", PARAM_LIST, OPTIONAL, 0},
	  {"zip", PARAM_FLAG, OPTIONAL, 0},
	  {"incarnation", PARAM_COUNT, OPTIONAL, 0}}},
	{"ledger.carry",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_EXPORT,
	 "A piece of an exported file from byte `at` on, as base64, and the size of the whole; nothing at its end.",
	 {SESSION, LANGUAGE, {"name", PARAM_WORD, REQUIRED, 0}, {"at", PARAM_COUNT, OPTIONAL, 0}}},
	{"ledger.carried",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_EXPORT,
	 "Records that an exported file leaves the box now, and which way: cable or stick.",
	 {SESSION, {"name", PARAM_WORD, REQUIRED, 0}, {"way", PARAM_WORD, REQUIRED, 0}}},
	{"ledger.rotate",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_TEND,
	 "Ends the running epoch and begins the next.",
	 {SESSION, LANGUAGE}},
	{"ledger.repair",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_TEND,
	 "Takes a failed medium in again (with `anew` it is written from nothing), then mends every damaged row.",
	 {SESSION, LANGUAGE, {"anew", PARAM_FLAG, OPTIONAL, 0}}},
	{"ledger.incarnation",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_TEND,
	 "Ends the log and begins a new incarnation; the reason is recorded.",
	 {SESSION, LANGUAGE, {"reason", PARAM_TEXT, REQUIRED, 2000}, {"proof", PARAM_TEXT, REQUIRED, 256}}},
	{"ledger.policy",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_SHOW,
	 "The policy of witnesses in force.",
	 {SESSION, LANGUAGE}},
	{"ledger.policy.set",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_PIN,
	 "Puts another policy in force.",
	 {SESSION, LANGUAGE, {"answer", PARAM_TEXT, OPTIONAL, ANSWER_MAX}, {"file", PARAM_WORD, OPTIONAL, 0}}},
	{"ledger.witness.request",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_PIN,
	 "Ends the epoch and writes what to ask a witness; `old` is how many entries it has seen.",
	 {SESSION, LANGUAGE, {"old", PARAM_COUNT, OPTIONAL, 0}}},
	{"ledger.witness.accept",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_PIN,
	 "Takes a witness's answer: as text, or from a file among the exports.",
	 {SESSION, LANGUAGE, {"answer", PARAM_TEXT, OPTIONAL, ANSWER_MAX}, {"file", PARAM_WORD, OPTIONAL, 0}}},
	{"ledger.stamp.request",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_PIN,
	 "Ends the epoch and writes what to ask a time stamp authority (RFC 3161, in base64).",
	 {SESSION, LANGUAGE}},
	{"ledger.stamp.accept",
	 PEER_PEOPLE,
	 WITH_SESSION,
	 RIGHT_PIN,
	 "Takes the authority's reply: in base64, or from a file among the exports.",
	 {SESSION, LANGUAGE, {"answer", PARAM_TEXT, OPTIONAL, ANSWER_MAX}, {"file", PARAM_WORD, OPTIONAL, 0}}},

	/* A box without a ledger; once it has one, no program answers these any more. */
	{"commission.show",
	 PEER_CONSOLE,
	 WITHOUT_SESSION,
	 NULL,
	 "Before there is a ledger: what was answered so far, and the packs, media, clock and panel that there are.",
	 {LANGUAGE}},
	{"commission.put",
	 PEER_CONSOLE,
	 WITHOUT_SESSION,
	 NULL,
	 "Checks and keeps answers: members of a set-up file. `revision` is that of what was shown.",
	 {LANGUAGE, {"revision", PARAM_COUNT, REQUIRED, 0}, {"values", PARAM_OBJECT, REQUIRED, 0}}},
	{"commission.make",
	 PEER_CONSOLE,
	 WITHOUT_SESSION,
	 NULL,
	 "Makes the ledger, not yet in force, and answers with genesis code and first passwords; `name` is the origin.",
	 {LANGUAGE, {"revision", PARAM_COUNT, REQUIRED, 0}, {"name", PARAM_TEXT, REQUIRED, 256}}},
	{"commission.confirm",
	 PEER_CONSOLE,
	 WITHOUT_SESSION,
	 NULL,
	 "Puts it into force, with a word and a group of the genesis code read off the paper. There is no way back.",
	 {LANGUAGE, {"word", PARAM_TEXT, REQUIRED, 64}, {"group", PARAM_TEXT, REQUIRED, 64}}},

	/* The panel daemon. */
	{"panel.hello",
	 PEER_PANEL,
	 WITHOUT_SESSION,
	 NULL,
	 "The daemon names its controller; from now on it gets pushes.",
	 {{"controller", PARAM_HEX, REQUIRED, 16},
	  {"journal", PARAM_HEX, REQUIRED, 8},
	  {"firmware", PARAM_TEXT, REQUIRED, 32},
	  {"map", PARAM_COUNT, REQUIRED, 0},
	  {"protocol", PARAM_COUNT, OPTIONAL, 0}}},
	{"panel.event",
	 PEER_PANEL,
	 WITHOUT_SESSION,
	 NULL,
	 "One numbered event of the controller; answered once it is recorded.",
	 {{"controller", PARAM_HEX, REQUIRED, 16},
	  {"journal", PARAM_HEX, REQUIRED, 8},
	  {"number", PARAM_COUNT, REQUIRED, 0},
	  {"kind", PARAM_WORD, REQUIRED, 0},
	  {"uplink", PARAM_COUNT, OPTIONAL, 0},
	  {"unproven", PARAM_FLAG, OPTIONAL, 0},
	  {"arg", PARAM_COUNT, OPTIONAL, 0},
	  {"age_ms", PARAM_COUNT, OPTIONAL, 0},
	  {"times", PARAM_COUNT, OPTIONAL, 0},
	  {"last_age_ms", PARAM_COUNT, OPTIONAL, 0}}},
	{"panel.state",
	 PEER_PANEL,
	 WITHOUT_SESSION,
	 NULL,
	 "The live state of uplinks and faults; not recorded.",
	 {{"uplinks", PARAM_LIST, REQUIRED, 0},
	  {"key", PARAM_FLAG, REQUIRED, 0},
	  {"latch", PARAM_COUNT, REQUIRED, 0},
	  {"controller_present", PARAM_FLAG, REQUIRED, 0},
	  {"faults", PARAM_LIST, REQUIRED, 0}}},
	{"panel.witness",
	 PEER_PANEL,
	 WITHOUT_SESSION,
	 NULL,
	 "What the controller keeps of the log: the newest checkpoint it was given, and whether that is durable.",
	 {{"controller", PARAM_HEX, REQUIRED, 16},
	  {"state", PARAM_WORD, REQUIRED, 0},
	  {"origin", PARAM_HEX, REQUIRED, 16},
	  {"size", PARAM_COUNT, REQUIRED, 0},
	  {"root", PARAM_HEX, REQUIRED, 64}}},
	{"panel.keys",
	 PEER_PANEL,
	 WITHOUT_SESSION,
	 NULL,
	 "The keys that the controller keeps have been read; they lie in a file for the keeper alone.",
	 {{"controller", PARAM_HEX, REQUIRED, 16}}},
	{"panel.done",
	 PEER_PANEL,
	 WITHOUT_SESSION,
	 NULL,
	 "The outcome of a pushed command.",
	 {{"command", PARAM_COUNT, REQUIRED, 0},
	  {"ok", PARAM_FLAG, REQUIRED, 0},
	  {"detail", PARAM_TEXT, OPTIONAL, 256}}},
	{NULL, 0, WITHOUT_SESSION, NULL, NULL, {{NULL, PARAM_END, OPTIONAL, 0}}},
};

const char *const rights[] = {RIGHT_SHOW,     RIGHT_EXPORT,  RIGHT_TEND, RIGHT_PIN,
			      RIGHT_ENVELOPE, RIGHT_ABSENCE, RIGHT_CALL, NULL};

bool is_right(const char *name)
{
	for (const char *const *right = rights; *right != NULL; right++)
		if (strcmp(*right, name) == 0)
			return true;
	return false;
}

const char *peer_socket(enum peer peer)
{
	switch (peer) {
	case PEER_PANEL:
		return "/run/kannuki/panel.sock";
	case PEER_WEB:
		return "/run/kannuki/web.sock";
	case PEER_CONSOLE:
		return "/run/kannuki/console.sock";
	case PEER_CLI:
	case PEER_PEOPLE:
	default:
		return "/run/kannuki/cli.sock";
	}
}

const char *peer_name(enum peer peer)
{
	switch (peer) {
	case PEER_PANEL:
		return "panel";
	case PEER_WEB:
		return "web";
	case PEER_CONSOLE:
		return "console";
	case PEER_CLI:
	case PEER_PEOPLE:
	default:
		return "cli";
	}
}

const char *peer_via(enum peer peer)
{
	switch (peer) {
	case PEER_PANEL:
		return "panel";
	case PEER_WEB:
		return "web";
	case PEER_CONSOLE:
		return "serial";
	case PEER_CLI:
	case PEER_PEOPLE:
	default:
		return "cli";
	}
}

const struct method *method_find(const char *name)
{
	for (const struct method *m = methods; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

static bool is_word(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return len >= 1 && len <= 64 && text[len] == '\0';
}

static bool is_label(json_t *value, size_t most)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	return text != NULL && strlen(text) == len && len > 0 && len <= most && !text_has_control(text, len, "");
}

/* Names are words for people, never paths. */
static bool is_files(json_t *list)
{
	json_t *file;
	size_t i;

	json_array_foreach (list, i, file) {
		json_t *type = json_object_get(file, "type");

		if (!is_label(json_object_get(file, "name"), FILE_NAME_MAX) ||
		    (type != NULL && !is_label(type, FILE_TYPE_MAX)) ||
		    json_object_size(file) != (type != NULL ? 2 : 1))
			return false;
	}
	return json_is_array(list) && json_array_size(list) <= FILES_MAX;
}

static bool is_flat(json_t *value, int depth)
{
	const char *key;
	json_t *member;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return true;
	if (depth == 0)
		return false;
	if (json_is_array(value)) {
		json_array_foreach (value, i, member)
			if (!is_flat(member, depth - 1))
				return false;
		return true;
	}
	json_object_foreach (value, key, member)
		if (!utf8_is_valid(key, strlen(key)) || !is_flat(member, depth - 1))
			return false;
	return true;
}

/* NULL when the value fits, else what it should be. */
static const char *mismatch(const struct param *p, json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	switch (p->kind) {
	case PARAM_TEXT:
		if (text == NULL || strlen(text) != len || len > (p->limit != 0 ? p->limit : 256) ||
		    text_has_control(text, len, "\n\t"))
			return "a short text without control characters";
		return NULL;
	case PARAM_WORD:
		return text != NULL && strlen(text) == len && is_word(text) ? NULL
									    : "a word of a-z, 0-9, '.', '_', '-'";
	case PARAM_HEX:
		if (text == NULL || len != p->limit || strspn(text, "0123456789abcdef") != len)
			return "lower-case hex digits of the right number";
		return NULL;
	case PARAM_COUNT:
		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    json_integer_value(value) > (INT64_C(1) << 53))
			return "a whole number";
		return NULL;
	case PARAM_FLAG:
		return json_is_boolean(value) ? NULL : "true or false";
	case PARAM_OBJECT:
		return json_is_object(value) && is_flat(value, 4) ? NULL : "an object, nested at most 4 deep";
	case PARAM_LIST:
		return json_is_array(value) && is_flat(value, 4) ? NULL : "a list, nested at most 4 deep";
	case PARAM_ANY:
		return is_flat(value, 4) ? NULL : "nested at most 4 deep";
	case PARAM_FILES:
		return is_files(value) ? NULL : "a list of at most 8 files, each with its name";
	case PARAM_END:
	default:
		return "absent";
	}
}

static const struct param *param_find(const struct param *table, const char *name)
{
	for (; table->kind != PARAM_END; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

enum err params_check(const struct param *table, json_t *params, const char **field, struct fault *f)
{
	if (params != NULL && !json_is_object(params)) {
		*field = "params";
		return fault_set(f, ERR_FORMAT, "'params' must be an object");
	}
	for (void *at = json_object_iter(params); at != NULL; at = json_object_iter_next(params, at)) {
		const struct param *p = param_find(table, json_object_iter_key(at));
		const char *wanted;

		*field = json_object_iter_key(at);
		if (p == NULL)
			return fault_set(f, ERR_FORMAT, "'%.64s' is not expected here", *field);
		wanted = mismatch(p, json_object_iter_value(at));
		if (wanted != NULL)
			return fault_set(f, ERR_FORMAT, "'%s' must be %s", p->name, wanted);
	}
	for (const struct param *p = table; p->kind != PARAM_END; p++) {
		*field = p->name;
		if (p->need == REQUIRED && json_object_get(params, p->name) == NULL)
			return fault_set(f, ERR_FORMAT, "'%s' is missing", p->name);
	}
	*field = NULL;
	return ERR_OK;
}
