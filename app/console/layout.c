#include "console/layout.h"

#include <string.h>

/* Signs that must not begin a line. */
static bool is_closing(uint32_t c)
{
	static const uint32_t closing[] = {0x3001, 0x3002, 0x300d, 0x300f, 0x3011, 0xff09, 0xff0c,
					   0xff0e, 0xff1a, 0xff1f, 0xff01, 0x30fb, 0x30fc, 0x3015};

	for (size_t i = 0; i < sizeof closing / sizeof closing[0]; i++)
		if (closing[i] == c)
			return true;
	return false;
}

static bool is_opening(uint32_t c)
{
	return c == 0x300c || c == 0x300e || c == 0x3010 || c == 0xff08 || c == 0x3014 || c == '(';
}

/* The next sign of `text` as it may go to a screen: LF, other controls and invalid bytes are shown as '?'. */
static size_t next_sign(const char *text, size_t len, uint32_t *c)
{
	size_t size = utf8_next(text, len, c);

	if (size != 0 && *c == '\t')
		*c = ' ';
	if (size == 0 || *c < 0x20 || (*c >= 0x7f && *c < 0xa0))
		*c = '?';
	return size == 0 ? 1 : size;
}

/* Bytes of `text` that go on one line of `width` columns. */
static size_t line_length(const char *text, size_t len, size_t width)
{
	size_t used = 0, good = 0, at = 0;
	uint32_t before = 0, c;

	while (at < len) {
		size_t size = next_sign(text + at, len - at, &c);
		size_t columns = (size_t)codepoint_columns(c);
		bool may_break = before == ' ' || columns == 2 || (before != 0 && codepoint_columns(before) == 2);

		if (at > 0 && may_break && !is_closing(c) && !is_opening(before))
			good = at;
		if (used + columns > width && c != ' ' && at > 0)
			return good > 0 ? good : at;
		used += columns;
		at += size;
		before = c;
	}
	return len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void add_signs(struct buf *out, const char *text, size_t len)
{
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	for (size_t at = 0; at < len;) {
		uint32_t c;
		size_t size = next_sign(text + at, len - at, &c);

		if (c == '?' || c == ' ')
			buf_addc(out, (char)c);
		else
			buf_add(out, text + at, size);
		at += size;
	}
	buf_addc(out, '\n');
}

static void spaces(struct buf *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_addc(out, ' ');
}

/* The first line begins with `indent` spaces, the others with `hang`. */
static void wrap_line(struct buf *out, const char *text, size_t len, size_t width, size_t indent, size_t hang)
{
	size_t used = line_length(text, len, width - indent);

	spaces(out, len > 0 ? indent : 0);
	add_signs(out, text, used);
	while (used < len) {
		while (used < len && is_blank(text[used]))
			used++;
		text += used;
		len -= used;
		if (len == 0)
			return;
		used = line_length(text, len, width - hang);
		spaces(out, hang);
		add_signs(out, text, used);
	}
}

/* What somebody wrote in several lines stays indented, so that it never looks like the next row. */
void layout_wrap(struct buf *out, const char *text, size_t width, size_t hang)
{
	size_t indent = 0;

	hang = hang < width / 2 ? hang : 0;
	do {
		size_t len = strcspn(text, "\n");

		wrap_line(out, text, len, width, indent, hang);
		text += len + (text[len] == '\n');
		indent = hang;
	} while (*text != '\0');
}

void layout_pad(struct buf *out, const char *text, size_t columns)
{
	size_t fits = strlen(text);

	if (text_columns(text) > columns)
		fits = text_fit(text, columns - 1);
	for (size_t at = 0, used = 0; used < columns;) {
		uint32_t c = ' ';

		if (at < fits) {
			size_t size = next_sign(text + at, fits - at, &c);

			buf_add(out, c == '?' ? "?" : text + at, c == '?' ? 1 : size);
			at += size;
		} else {
			buf_addc(out, text[at] != '\0' ? '~' : ' ');
			fits = at = strlen(text);
		}
		used += (size_t)codepoint_columns(c);
	}
}

static const char *look_alike(uint32_t c)
{
	static const struct {
		uint32_t sign;
		const char *ascii;
	} signs[] = {
		{0x25b6, ">"},  {0x25cf, "*"},  {0x25a0, "#"},  {0x25a1, "_"},  {0x2500, "-"}, {0x2502, "|"},
		{0x251c, "+"},  {0x2524, "+"},  {0x250c, "+"},  {0x2510, "+"},  {0x2514, "+"}, {0x2518, "+"},
		{0x252c, "+"},  {0x2534, "+"},  {0x253c, "+"},  {0x3000, "  "}, {0xff5e, "~"}, {0x301c, "~"},
		{0x2192, ">"},  {0x2026, "."},  {0x30fb, "- "}, {0x00b7, "."},  {0x00d7, "x"}, {0x2013, "-"},
		{0x3001, ", "}, {0x3002, ". "},
	};

	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (signs[i].sign == c)
			return signs[i].ascii;
	return NULL;
}

/* The half-width twin of a full-width sign, or the sign itself. */
static uint32_t narrow(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return c - 0xff01 + '!';
	return c == 0x3000 ? ' ' : c;
}

void layout_ascii(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		uint32_t c = 0;
		size_t size = utf8_next(text + at, len - at, &c);
		const char *sign = look_alike(c);

		at += size == 0 ? 1 : size;
		if (size == 0)
			buf_addc(out, '?');
		else if (sign != NULL)
			buf_adds(out, sign);
		else if (narrow(c) != c)
			buf_addf(out, "%c ", (char)narrow(c));
		else if (c < 0x80)
			buf_addc(out, (char)c);
		else
			buf_add(out, "??", (size_t)codepoint_columns(c));
	}
}

bool layout_is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

void layout_narrow(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		uint32_t c = 0;
		size_t size = utf8_next(text + at, len - at, &c);

		if (size != 0 && narrow(c) != c)
			buf_addc(out, (char)narrow(c));
		else
			buf_add(out, text + at, size == 0 ? 1 : size);
		at += size == 0 ? 1 : size;
	}
}
