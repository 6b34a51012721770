#include "ledger/entry.h"

#include "base/text.h"
#include "ledger/number.h"

#include <string.h>

const char *const via_names[VIA_COUNT] = {"panel", "web", "serial", "cli", "keeper"};
const char *const entry_type_names[TYPE_COUNT] = {"incident", "panel", "register", "people", "system", "epoch"};
const char *const disclosure_names[DISCLOSURE_COUNT] = {"body", "files", "person", "text"};

int name_find(const char *const *names, int count, const char *text, size_t len)
{
	for (int i = 0; i < count; i++)
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return i;
	return -1;
}

bool word_is_valid(const char *text, size_t len)
{
	if (len == 0 || len > WORD_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool is_word = (c >= 'a' && c <= 'z') || (c >= '@' && c <= 'Z') || (c >= '-' && c <= ':') || c == '_';

		if (!is_word)
			return false;
	}
	return true;
}

static bool is_sayable(const struct entry *e)
{
	return e->seq <= INT64_MAX && e->boot <= INT64_MAX && e->epoch <= INT64_MAX && e->at.boot_ns >= 0 &&
	       e->at.wall_ms >= 0 && e->at.wall_ms <= INT64_C(253402300799999) && e->at.uncertain_ms >= 0 &&
	       (unsigned)e->at.source < WALL_SOURCE_COUNT && (unsigned)e->via < VIA_COUNT &&
	       (unsigned)e->type < TYPE_COUNT && word_is_valid(e->who, strnlen(e->who, sizeof e->who)) &&
	       word_is_valid(e->about, strnlen(e->about, sizeof e->about));
}

/* Written piece by piece into room that is large enough for all of them: printf, or a buffer that grows, would take
   longer than all the rest of an entry. */
enum { TEXT_MAX = 1024 };

static char *put_line(char *at, const char *key, const char *value)
{
	at = stpcpy(stpcpy(at, key), value);
	return stpcpy(at, "\n");
}

static char *put_number(char *at, const char *key, uint64_t value)
{
	char digits[DECIMAL_SIZE];

	decimal_encode(digits, value);
	return put_line(at, key, digits);
}

static char *put_wall(char *at, const struct moment *m)
{
	char wall[WALL_TEXT_SIZE], uncertain[DECIMAL_SIZE] = "-";

	wall_format(wall, m->wall_ms);
	if (m->source != WALL_UNSET)
		decimal_encode(uncertain, (uint64_t)m->uncertain_ms);
	at = stpcpy(stpcpy(stpcpy(stpcpy(at, "wall "), wall), " "), uncertain);
	return put_line(at, " ", wall_source_name(m->source));
}

static char *put_disclosures(char *at, const struct entry *e)
{
	static const char *const keys[DISCLOSURE_COUNT] = {"sd body ", "sd files ", "sd person ", "sd text "};
	char hash[BASE64_SIZE(HASH_SIZE)];

	for (int i = 0; i < DISCLOSURE_COUNT; i++) {
		if (!e->has[i])
			continue;
		base64url_encode(hash, e->sd[i], HASH_SIZE);
		at = put_line(at, keys[i], hash);
	}
	return at;
}

enum err entry_format(struct buf *out, const struct entry *e)
{
	char text[TEXT_MAX], prev[BASE64_SIZE(HASH_SIZE)], idem[HEX_SIZE(IDEM_BYTES)], *at;

	if (!is_sayable(e))
		return ERR_RANGE;
	base64_encode(prev, e->prev, HASH_SIZE);
	at = put_number(text, "kannuki-entry/v1\nseq ", e->seq);
	at = put_line(at, "prev ", prev);
	at = put_number(at, "boot ", e->boot);
	at = put_number(at, "mono ", (uint64_t)e->at.boot_ns);
	at = put_wall(at, &e->at);
	at = put_number(at, "epoch ", e->epoch);
	at = put_line(at, "who ", e->who);
	at = put_line(at, "via ", via_names[e->via]);
	at = put_line(at, "type ", entry_type_names[e->type]);
	at = put_line(at, "about ", e->about);
	if (e->has_idem) {
		hex_encode(idem, e->idem, IDEM_BYTES);
		at = put_line(at, "idem ", idem);
	}
	at = put_disclosures(at, e);
	buf_add(out, text, (size_t)(at - text));
	return buf_status(out);
}

/* What is left to read, and the value of the line at hand. */
struct cursor {
	const char *at, *end;
	const char *value;
	size_t len;
};

/* Takes the next line if it begins with `key`, a space and something more. */
static bool take(struct cursor *c, const char *key)
{
	size_t key_len = strlen(key);
	const char *lf;

	if ((size_t)(c->end - c->at) < key_len + 2 || memcmp(c->at, key, key_len) != 0 || c->at[key_len] != ' ')
		return false;
	lf = memchr(c->at, '\n', (size_t)(c->end - c->at));
	if (lf == NULL)
		return false;
	c->value = c->at + key_len + 1;
	c->len = (size_t)(lf - c->value);
	c->at = lf + 1;
	return true;
}

static bool take_number(struct cursor *c, const char *key, uint64_t *out)
{
	return take(c, key) && number_parse(c->value, c->len, out) == ERR_OK;
}

static bool take_word(struct cursor *c, const char *key, char out[WORD_MAX + 1])
{
	if (!take(c, key) || !word_is_valid(c->value, c->len))
		return false;
	memcpy(out, c->value, c->len);
	out[c->len] = '\0';
	return true;
}

static bool take_name(struct cursor *c, const char *key, const char *const *names, int count, int *out)
{
	if (!take(c, key))
		return false;
	*out = name_find(names, count, c->value, c->len);
	return *out >= 0;
}

static bool take_prev(struct cursor *c, uint8_t out[HASH_SIZE])
{
	size_t len = HASH_SIZE;

	return take(c, "prev") && base64_decode(out, &len, c->value, c->len) == ERR_OK && len == HASH_SIZE;
}

static bool take_mono(struct cursor *c, struct moment *at)
{
	uint64_t ns;

	if (!take_number(c, "mono", &ns))
		return false;
	at->boot_ns = (int64_t)ns;
	return true;
}

static bool take_wall(struct cursor *c, struct moment *at)
{
	enum { TIME = WALL_TEXT_SIZE - 1 };
	const char *between, *space;
	size_t len;
	uint64_t ms = 0;
	int source;

	if (!take(c, "wall") || c->len < TIME + 2 || c->value[TIME] != ' ' ||
	    wall_parse(c->value, TIME, &at->wall_ms) != ERR_OK)
		return false;
	between = c->value + TIME + 1;
	len = c->len - TIME - 1;
	space = memchr(between, ' ', len);
	if (space == NULL)
		return false;
	source = name_find((const char *const[]){"unset", "manual", "rtc", "ntp"}, WALL_SOURCE_COUNT, space + 1,
			   len - (size_t)(space + 1 - between));
	if (source < 0)
		return false;
	at->source = (enum wall_source)source;
	if (at->source == WALL_UNSET) {
		at->uncertain_ms = 0;
		return space == between + 1 && *between == '-';
	}
	if (number_parse(between, (size_t)(space - between), &ms) != ERR_OK)
		return false;
	at->uncertain_ms = (int64_t)ms;
	return true;
}

static bool take_idem(struct cursor *c, struct entry *e)
{
	size_t len = IDEM_BYTES;

	if (c->at == c->end || *c->at != 'i')
		return true;
	e->has_idem = true;
	return take(c, "idem") && hex_decode(e->idem, &len, c->value, c->len) == ERR_OK && len == IDEM_BYTES;
}

static bool take_disclosures(struct cursor *c, struct entry *e)
{
	int last = -1;

	while (c->at != c->end) {
		size_t len = HASH_SIZE;
		const char *space;
		int name;

		if (!take(c, "sd"))
			return false;
		space = memchr(c->value, ' ', c->len);
		if (space == NULL)
			return false;
		name = name_find(disclosure_names, DISCLOSURE_COUNT, c->value, (size_t)(space - c->value));
		if (name <= last)
			return false;
		if (base64url_decode(e->sd[name], &len, space + 1, c->len - (size_t)(space + 1 - c->value)) != ERR_OK ||
		    len != HASH_SIZE)
			return false;
		e->has[name] = true;
		last = name;
	}
	return true;
}

/* NULL when all lines are right, else the name of the line that is not. */
static const char *wrong_line(struct cursor *c, struct entry *e)
{
	static const char first[] = "kannuki-entry/v1\n";
	int via = 0, type = 0;

	if ((size_t)(c->end - c->at) < sizeof first - 1 || memcmp(c->at, first, sizeof first - 1) != 0)
		return "kannuki-entry/v1";
	c->at += sizeof first - 1;
	if (!take_number(c, "seq", &e->seq))
		return "seq";
	if (!take_prev(c, e->prev))
		return "prev";
	if (!take_number(c, "boot", &e->boot))
		return "boot";
	if (!take_mono(c, &e->at))
		return "mono";
	if (!take_wall(c, &e->at))
		return "wall";
	if (!take_number(c, "epoch", &e->epoch))
		return "epoch";
	if (!take_word(c, "who", e->who))
		return "who";
	if (!take_name(c, "via", via_names, VIA_COUNT, &via))
		return "via";
	if (!take_name(c, "type", entry_type_names, TYPE_COUNT, &type))
		return "type";
	if (!take_word(c, "about", e->about))
		return "about";
	e->via = (enum via)via;
	e->type = (enum entry_type)type;
	if (!take_idem(c, e))
		return "idem";
	return take_disclosures(c, e) && e->has[DISCLOSURE_BODY] ? NULL : "sd";
}

enum err entry_parse(struct entry *out, const char *text, size_t len, struct fault *f)
{
	struct cursor c = {.at = text, .end = text + len};
	struct entry e = {0};
	const char *wrong;

	if (len > ENTRY_MAX)
		return fault_set(f, ERR_FORMAT, _("an entry is longer than %d bytes"), ENTRY_MAX);
	wrong = wrong_line(&c, &e);
	if (wrong != NULL)
		return fault_set(f, ERR_FORMAT, _("the line '%s' is missing or not written as the format wants"),
				 wrong);
	*out = e;
	return ERR_OK;
}
