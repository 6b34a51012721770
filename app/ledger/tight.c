#include "ledger/tight.h"

#include "base/text.h"

#include <string.h>

enum { DEPTH_MAX = 8, MEMBERS_MAX = 32, DIGITS_MAX = 18 };

struct span {
	const char *at;
	size_t len;
};

struct reader {
	const char *at, *end;
	int depth;
	bool has_act;
};

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, const char *word, size_t len)
{
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

/* That the bytes are UTF-8 is known. */
static bool take_string(struct reader *r, struct span *out)
{
	if (!take(r, '"'))
		return false;
	out->at = r->at;
	while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= ' ')
		r->at++;
	out->len = (size_t)(r->at - out->at);
	return take(r, '"');
}

static bool take_number(struct reader *r)
{
	bool is_negative = take(r, '-');
	const char *from = r->at;

	if (take(r, '0'))
		return !is_negative;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from && r->at - from <= DIGITS_MAX;
}

static bool take_value(struct reader *r);

static bool take_array(struct reader *r)
{
	if (take(r, ']'))
		return true;
	do {
		if (!take_value(r))
			return false;
	} while (take(r, ','));
	return take(r, ']');
}

static bool is_among(struct span name, const struct span *names, int count)
{
	for (int i = 0; i < count; i++)
		if (names[i].len == name.len && memcmp(names[i].at, name.at, name.len) == 0)
			return true;
	return false;
}

static bool take_object(struct reader *r)
{
	struct span names[MEMBERS_MAX];
	int count = 0;

	if (take(r, '}'))
		return true;
	do {
		struct span *name = &names[count];

		if (count == MEMBERS_MAX || !take_string(r, name) || is_among(*name, names, count) || !take(r, ':'))
			return false;
		if (r->depth == 1 && name->len == 3 && memcmp(name->at, "act", 3) == 0)
			r->has_act = r->at < r->end && *r->at == '"';
		count++;
		if (!take_value(r))
			return false;
	} while (take(r, ','));
	return take(r, '}');
}

static bool take_nested(struct reader *r)
{
	bool is_good;

	if (r->depth == DEPTH_MAX)
		return false;
	r->depth++;
	is_good = *r->at++ == '{' ? take_object(r) : take_array(r);
	r->depth--;
	return is_good;
}

static bool take_value(struct reader *r)
{
	struct span ignored;

	if (r->at == r->end)
		return false;
	switch (*r->at) {
	case '{':
	case '[':
		return take_nested(r);
	case '"':
		return take_string(r, &ignored);
	case 't':
		return take_word(r, "true", 4);
	case 'f':
		return take_word(r, "false", 5);
	case 'n':
		return take_word(r, "null", 4);
	default:
		return take_number(r);
	}
}

bool json_is_tight(const char *text, size_t len, bool *has_act)
{
	struct reader r = {.at = text, .end = text + len};

	if (!utf8_is_valid(text, len) || !take_value(&r) || r.at != r.end)
		return false;
	*has_act = r.has_act;
	return true;
}
