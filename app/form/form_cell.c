/* What stands in one cell, as lines of so many columns. */
#include "form/layout.h"

#include "base/clock.h"

#include <string.h>

/* The longest time is 2026年12月31日 23時59分. */
enum { TIME_COLUMNS = 24 };

static void add_text(json_t *lines, const char *text, size_t len)
{
	(void)json_array_append_new(lines, json_stringn(text, len));
}

/* Signs that Japanese typesetting does not leave at the beginning of a line. */
static bool may_begin_line(const char *text)
{
	static const char *const never[] = {"、", "。", "）", "」", "』", "・", "ー", "，", "．", ")", ",", "."};

	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
		if (strncmp(text, never[i], strlen(never[i])) == 0)
			return false;
	return true;
}

static bool is_latin(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f;
}

static size_t character_before(const char *text, size_t at)
{
	do
		at--;
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
	return at;
}

/* Where to end a line of at most `columns`: before the last word that does not fit, not before a comma. */
static size_t break_at(const char *text, size_t columns)
{
	size_t most = text_fit(text, columns), at = most;
	uint32_t c;

	if (text[most] == '\0')
		return most;
	while (at > 0 && (!may_begin_line(text + at) || (is_latin(text[at]) && is_latin(text[at - 1]))))
		at = character_before(text, at);
	if (at > 0)
		return at;
	/* One word or a row of commas fills the line: cut where it is full, and never stand still. */
	return most > 0 ? most : utf8_next(text, strlen(text), &c);
}

static void wrap_paragraph(json_t *lines, const char *text, size_t columns)
{
	do {
		size_t len = break_at(text, columns);

		add_text(lines, text, len);
		text += len;
		while (*text == ' ')
			text++;
	} while (*text != '\0');
}

void form_wrap(json_t *lines, const char *text, size_t columns)
{
	for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
		json_t *paragraph = json_stringn(text, (size_t)(end - text));

		if (paragraph != NULL)
			wrap_paragraph(lines, json_string_value(paragraph), columns);
		json_decref(paragraph);
	}
	wrap_paragraph(lines, text, columns);
}

static void wrap_json(json_t *lines, json_t *text, size_t columns)
{
	if (text != NULL)
		form_wrap(lines, json_string_value(text), columns);
	json_decref(text);
}

void form_time(struct buf *out, const char *time, enum lang lang)
{
	int64_t wall;
	struct japan_time t;

	if (time == NULL || wall_parse(time, strlen(time), &wall) != ERR_OK) {
		buf_adds(out, lang == LANG_EN ? "____-__-__ __:__" : "    年  月  日  時  分");
		return;
	}
	t = japan_time(wall);
	if (lang == LANG_EN)
		buf_addf(out, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour, t.minute);
	else
		buf_addf(out, "%d年%d月%d日 %d時%02d分", t.year, t.month, t.day, t.hour, t.minute);
}

static bool is_chosen(const struct filling *fill, const struct field *field, const struct option *option)
{
	json_t *value = json_object_get(fill->values, field->id), *member;
	size_t i;

	if (json_is_string(value))
		return strcmp(json_string_value(value), option->id) == 0;
	json_array_foreach (value, i, member)
		if (json_is_string(member) && strcmp(json_string_value(member), option->id) == 0)
			return true;
	return false;
}

static const char *box(const struct filling *fill, const struct field *field, const struct option *option)
{
	return is_chosen(fill, field, option) ? "■" : "□";
}

static void add_options(json_t *lines, const struct filling *fill, const struct field *field, size_t columns)
{
	struct buf line = {0};

	for (unsigned i = 0; i < field->options_count; i++) {
		json_t *label = label_show(&field->options[i].label, fill->lang, fill->site);
		const char *text = label != NULL ? json_string_value(label) : "";

		if (line.len > 0 && text_columns(line.data) + 4 + text_columns(text) > columns) {
			form_wrap(lines, line.data, columns);
			buf_clear(&line);
		}
		buf_addf(&line, "%s%s %s", line.len > 0 ? "  " : "", box(fill, field, &field->options[i]), text);
		json_decref(label);
	}
	if (line.len > 0)
		form_wrap(lines, line.data, columns);
	buf_fini(&line);
}

static void add_time(json_t *lines, const struct filling *fill, const struct field *field, size_t columns)
{
	struct buf text = {0};

	form_time(&text, json_string_value(json_object_get(fill->values, field->id)), fill->lang);
	if (buf_status(&text) == ERR_OK)
		form_wrap(lines, text.data, columns);
	buf_fini(&text);
}

static void add_value(json_t *lines, const struct filling *fill, const struct field *field, size_t columns)
{
	const char *text = json_string_value(json_object_get(fill->values, field->id));

	if (field->kind == FIELD_CHOICE || field->kind == FIELD_CHOICES)
		add_options(lines, fill, field, columns);
	else if (field->kind == FIELD_TIME)
		add_time(lines, fill, field, columns);
	else if (field->kind == FIELD_FIXED && text == NULL)
		wrap_json(lines, label_show(&field->fixed, fill->lang, fill->site), columns);
	else
		form_wrap(lines, text != NULL ? text : "", columns);
}

/* One row of a table: the time once, the text beside it. */
static void add_table_row(json_t *lines, const char *time, const char *text, enum lang lang, size_t columns)
{
	json_t *wrapped = json_array(), *part;
	struct buf line = {0};
	size_t i;

	form_wrap(wrapped, text, columns - TIME_COLUMNS);
	json_array_foreach (wrapped, i, part) {
		buf_clear(&line);
		if (i == 0)
			form_time(&line, time, lang);
		while (buf_status(&line) == ERR_OK && (line.len == 0 || text_columns(line.data) < TIME_COLUMNS))
			buf_addc(&line, ' ');
		buf_adds(&line, json_string_value(part));
		if (buf_status(&line) == ERR_OK)
			form_wrap(lines, line.data, columns);
	}
	buf_fini(&line);
	json_decref(wrapped);
}

static void add_table(json_t *lines, const struct filling *fill, const struct field *field, size_t columns)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(fill->values, field->id), i, row) {
		const char *time = json_string_value(json_array_get(row, 0));
		const char *text = json_string_value(json_array_get(row, 1));

		add_table_row(lines, time, text != NULL ? text : "", fill->lang, columns);
	}
	if (json_array_size(lines) == 0)
		add_text(lines, "", 0);
}

/* A seal carries its day. */
static void add_date(struct buf *out, const char *time, enum lang lang)
{
	int64_t wall;
	struct japan_time t;

	if (time == NULL || wall_parse(time, strlen(time), &wall) != ERR_OK)
		return;
	t = japan_time(wall);
	buf_addf(out, lang == LANG_EN ? "%04d-%02d-%02d" : "%d年%d月%d日", t.year, t.month, t.day);
}

static void add_seal(json_t *lines, const struct filling *fill, const struct seal *seal, size_t columns)
{
	json_t *stamp = json_object_get(fill->seals, seal->step);
	const char *name = json_string_value(json_object_get(stamp, "name"));
	const char *manner = json_string_value(json_object_get(stamp, "manner"));
	struct buf date = {0};

	form_wrap(lines, name != NULL ? name : "", columns);
	add_date(&date, json_string_value(json_object_get(stamp, "at")), fill->lang);
	form_wrap(lines, date.len > 0 ? date.data : "", columns);
	form_wrap(lines, manner != NULL ? manner : fill->lang == LANG_EN ? "(seal)" : "（印）", columns);
	buf_fini(&date);
}

static void add_option(json_t *lines, const struct filling *fill, const struct cell *cell, size_t columns)
{
	struct buf text = {0};

	buf_adds(&text, label_pick(&cell->option->label, fill->lang));
	buf_adds(&text, label_pick(&cell->option->example, fill->lang));
	if (buf_status(&text) == ERR_OK)
		wrap_json(lines, label_fill(text.data, fill->site), columns);
	buf_fini(&text);
}

json_t *cell_lines(const struct cell *cell, const struct filling *fill, size_t columns)
{
	json_t *lines = json_array();

	switch (cell->kind) {
	case CELL_TITLE:
	case CELL_WORD:
		wrap_json(lines, label_show(cell->word, fill->lang, fill->site), columns);
		break;
	case CELL_LABEL:
		wrap_json(lines, label_show(&cell->field->label, fill->lang, fill->site), columns);
		break;
	case CELL_VALUE:
		add_value(lines, fill, cell->field, columns);
		break;
	case CELL_TABLE:
		add_table(lines, fill, cell->field, columns);
		break;
	case CELL_OPTION:
		add_option(lines, fill, cell, columns);
		break;
	case CELL_BOX:
		add_text(lines, box(fill, cell->field, cell->option), strlen("□"));
		break;
	case CELL_SEAL:
		add_seal(lines, fill, cell->seal, columns);
		break;
	case CELL_SAME:
	case CELL_BLANK:
	case CELL_KINDS:
	default:
		break;
	}
	return lines;
}
