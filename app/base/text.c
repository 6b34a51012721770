#include "base/text.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void find_catalogue(char *out, size_t size)
{
	const char *configured = getenv("KANNUKI_LOCALE_DIR");
	char program[PATH_MAX];
	ssize_t len;
	char *slash;

	if (configured != NULL) {
		(void)snprintf(out, size, "%s", configured);
		return;
	}
	len = readlink("/proc/self/exe", program, sizeof program - 1);
	program[len > 0 ? len : 0] = '\0';
	slash = strrchr(program, '/');
	if (slash != NULL)
		*slash = '\0';
	(void)snprintf(out, size, "%.*s/../share/locale", (int)size - 20, program);
}

void lang_use(enum lang lang)
{
	char catalogue[PATH_MAX];

	/* C.UTF-8 is on every Debian machine, but since glibc 2.39 (Debian 13) gettext translates nothing in it. So
	   messages take ja_JP; a machine that has none finds one beside the catalogue, put there by the Makefile.
	   LANGUAGE, below, says which language they really are in. */
	find_catalogue(catalogue, sizeof catalogue);
	(void)setlocale(LC_ALL, "C.UTF-8");
	if (setlocale(LC_MESSAGES, "ja_JP.UTF-8") == NULL) {
		(void)setenv("LOCPATH", catalogue, 1);
		(void)setlocale(LC_MESSAGES, "ja_JP.UTF-8");
		(void)unsetenv("LOCPATH");
	}
	(void)setenv("LANGUAGE", lang_name(lang), 1);
	(void)bindtextdomain("kannuki", catalogue);
	(void)bind_textdomain_codeset("kannuki", "UTF-8");
	(void)textdomain("kannuki");
}

enum lang lang_from_environment(void)
{
	const char *name = getenv("KANNUKI_LANG");

	return name != NULL && strcmp(name, "en") == 0 ? LANG_EN : LANG_JA;
}

const char *lang_name(enum lang lang)
{
	return lang == LANG_EN ? "en" : "ja";
}

size_t utf8_next(const char *text, size_t len, uint32_t *codepoint)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	uint32_t c;
	size_t size;

	if (len == 0)
		return 0;
	if (s[0] < 0x80) {
		*codepoint = s[0];
		return 1;
	}
	size = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || size > len)
		return 0;
	c = s[0] & (0xffU >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*codepoint = c;
	return size;
}

bool utf8_is_valid(const char *text, size_t len)
{
	uint32_t c;

	while (len > 0) {
		/* Most of what is judged is ASCII, and every entry is. */
		size_t size = (unsigned char)*text < 0x80 ? 1 : utf8_next(text, len, &c);

		if (size == 0)
			return false;
		text += size;
		len -= size;
	}
	return true;
}

struct range {
	uint32_t first, last;
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

int codepoint_columns(uint32_t c)
{
	static const struct range combining[] = {
		{0x300, 0x36f},   {0x200b, 0x200f}, {0x20d0, 0x20ff},
		{0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xe0100, 0xe01ef},
	};
	static const struct range wide[] = {
		{0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
		{0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
		{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
	};

	if (is_in(c, combining, sizeof combining / sizeof combining[0]))
		return 0;
	return is_in(c, wide, sizeof wide / sizeof wide[0]) ? 2 : 1;
}

/* Steps over one character; an invalid byte counts as one column. */
static size_t step(const char *text, size_t len, size_t *columns)
{
	uint32_t c;
	size_t size = utf8_next(text, len, &c);

	*columns += size == 0 ? 1 : (size_t)codepoint_columns(c);
	return size == 0 ? 1 : size;
}

size_t text_columns(const char *text)
{
	size_t columns = 0, len = strlen(text);

	for (size_t at = 0; at < len;)
		at += step(text + at, len - at, &columns);
	return columns;
}

size_t text_fit(const char *text, size_t columns)
{
	size_t used = 0, len = strlen(text), at = 0;

	while (at < len) {
		size_t size = step(text + at, len - at, &used);

		if (used > columns)
			break;
		at += size;
	}
	return at;
}

bool text_has_control(const char *text, size_t len, const char *allowed)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 || c == 0x7f) && (c == '\0' || strchr(allowed, c) == NULL))
			return true;
		/* C1 controls, U+0080 to U+009F, are C2 80 to C2 9F. */
		if (c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0)
			return true;
	}
	return false;
}

/* Controls, and what makes text go on in another direction or line. */
static bool moves_text(uint32_t c)
{
	static const struct range moving[] = {
		{0, 0x1f}, {0x7f, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
	};

	return is_in(c, moving, sizeof moving / sizeof moving[0]);
}

void text_escape(struct buf *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t c = 0;
		size_t size = utf8_next(text + at, len - at, &c);

		if (size > 0 && !moves_text(c)) {
			buf_add(out, text + at, size);
			at += size;
			continue;
		}
		for (size_t end = at + (size == 0 ? 1 : size); at < end; at++)
			buf_addf(out, "\\x%02x", (unsigned)(unsigned char)text[at]);
	}
}

void text_show(char *out, size_t size, const char *text, size_t len)
{
	struct buf shown = {0};
	size_t fit = 0, step;
	uint32_t c;

	buf_adds(&shown, "");
	text_escape(&shown, text, len);
	while ((step = utf8_next(shown.data + fit, shown.len - fit, &c)) > 0 && fit + step < size)
		fit += step;
	if (fit > 0)
		memcpy(out, shown.data, fit);
	out[fit] = '\0';
	buf_fini(&shown);
}
