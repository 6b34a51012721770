#include "console/layout.h"

#include <string.h>

/* East Asian width "ambiguous", as far as people here type and read it. */
static bool is_ambiguous(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0xa7, 0xa8},     {0xb0, 0xb1},     {0xb4, 0xb4},     {0xb6, 0xb6},     {0xd7, 0xd7},
		{0xf7, 0xf7},     {0x391, 0x3c9},   {0x401, 0x451},   {0x2010, 0x2010}, {0x2013, 0x2016},
		{0x2018, 0x201d}, {0x2020, 0x2022}, {0x2025, 0x2027}, {0x2030, 0x2033}, {0x203b, 0x203b},
		{0x2103, 0x2103}, {0x2116, 0x2116}, {0x2121, 0x2122}, {0x2153, 0x2154}, {0x2160, 0x2179},
		{0x2190, 0x2199}, {0x21d2, 0x21d4}, {0x2200, 0x22bf}, {0x2312, 0x2312}, {0x2460, 0x24ff},
		{0x2500, 0x2595}, {0x25a0, 0x25a9}, {0x25b2, 0x25b7}, {0x25bc, 0x25c1}, {0x25c6, 0x25cb},
		{0x25ce, 0x25d1}, {0x25ef, 0x25ef}, {0x2605, 0x2606}, {0x260e, 0x260f}, {0x2640, 0x2642},
		{0x266a, 0x266f}, {0x2776, 0x277f}, {0xfffd, 0xfffd},
	};

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static size_t ambiguous_columns = 1;

void layout_ambiguous(size_t columns)
{
	ambiguous_columns = columns;
}

static size_t columns_of(uint32_t c)
{
	return ambiguous_columns > 1 && is_ambiguous(c) ? ambiguous_columns : (size_t)codepoint_columns(c);
}

/* Bytes of the longest beginning of `text` that fits; *used: its columns. */
static size_t fits_in(const char *text, size_t columns, size_t *used)
{
	size_t len = strlen(text), at = 0;

	for (*used = 0; at < len;) {
		uint32_t c = 0;
		size_t size = utf8_next(text + at, len - at, &c);
		size_t more = size == 0 ? 1 : columns_of(c);

		if (*used + more > columns)
			break;
		*used += more;
		at += size == 0 ? 1 : size;
	}
	return at;
}

size_t layout_columns(const char *text)
{
	size_t used;

	(void)fits_in(text, SIZE_MAX / 2, &used);
	return used;
}

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
		size_t columns = columns_of(c);
		bool may_break =
			before == ' ' || codepoint_columns(c) == 2 || (before != 0 && codepoint_columns(before) == 2);

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
	size_t used, fits = fits_in(text, columns, &used);
	bool whole = text[fits] == '\0';

	if (!whole)
		fits = fits_in(text, columns - 1, &used);
	for (size_t at = 0; at < fits;) {
		uint32_t c;
		size_t size = next_sign(text + at, fits - at, &c);

		buf_add(out, c == '?' ? "?" : text + at, c == '?' ? 1 : size);
		at += size;
	}
	if (!whole)
		buf_addc(out, '~');
	for (used += whole ? 0 : 1; used < columns; used++)
		buf_addc(out, ' ');
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
