/* The form as text: a grid of | - + in 80 columns, which every terminal and every line printer shows. */
#include "form/layout.h"

#include <string.h>

enum { PAGE_COLUMNS = 80 };

/* The column of the rule at the left edge of a unit; the last unit's right edge is the page's last column. */
static size_t edge(unsigned unit)
{
	return unit * (size_t)(PAGE_COLUMNS - 1) / GRID_UNITS;
}

static bool is_centred(enum cell_kind kind)
{
	return kind == CELL_TITLE || kind == CELL_BOX || kind == CELL_SEAL;
}

static void pad_to(struct buf *line, size_t *column, size_t wanted)
{
	for (; *column < wanted; (*column)++)
		buf_addc(line, ' ');
}

static void add_cell_line(struct buf *line, size_t *column, const struct cell *cell, json_t *lines, size_t index)
{
	const char *text = json_string_value(json_array_get(lines, index));
	size_t width = edge(cell->to) - edge(cell->from) - 2, used;

	if (text == NULL)
		return;
	used = text_columns(text);
	pad_to(line, column,
	       edge(cell->from) + 1 + (width > 0) + (is_centred(cell->kind) && used < width ? (width - used) / 2 : 0));
	buf_adds(line, text);
	*column += used;
}

static void add_row(json_t *out, const struct row *row, json_t **lines)
{
	size_t height = 1;

	for (unsigned i = 0; i < row->count; i++)
		if (json_array_size(lines[i]) > height)
			height = json_array_size(lines[i]);
	for (size_t at = 0; at < height; at++) {
		struct buf line = {0};
		size_t column = 0;

		for (unsigned i = 0; i < row->count; i++) {
			pad_to(&line, &column, edge(row->cells[i].from));
			if (!row->bare && column == edge(row->cells[i].from)) {
				buf_addc(&line, '|');
				column++;
			}
			add_cell_line(&line, &column, &row->cells[i], lines[i], at);
		}
		if (!row->bare) {
			pad_to(&line, &column, PAGE_COLUMNS - 1);
			buf_addc(&line, '|');
		}
		if (buf_status(&line) == ERR_OK)
			(void)json_array_append_new(out, json_stringn(line.data != NULL ? line.data : "", line.len));
		buf_fini(&line);
	}
}

static void mark_edges(char *rule, const struct row *row)
{
	if (row == NULL || row->bare)
		return;
	for (unsigned i = 0; i <= row->count; i++) {
		size_t at = edge(i < row->count ? row->cells[i].from : GRID_UNITS);
		bool left = at > 0 && rule[at - 1] != ' ', right = at < PAGE_COLUMNS - 1 && rule[at + 1] != ' ';

		rule[at] = left || right ? '+' : '|';
	}
}

/* The line between two rows; either may be absent or bare. A cell that goes on is not ruled. */
static void add_rule(json_t *out, const struct row *above, const struct row *below)
{
	char rule[PAGE_COLUMNS + 1];
	bool framed_above = above != NULL && !above->bare, framed_below = below != NULL && !below->bare;

	if (!framed_above && !framed_below)
		return;
	memset(rule, '-', PAGE_COLUMNS);
	rule[PAGE_COLUMNS] = '\0';
	for (unsigned i = 0; framed_below && i < below->count; i++)
		if (below->cells[i].kind == CELL_SAME)
			memset(rule + edge(below->cells[i].from) + 1, ' ',
			       edge(below->cells[i].to) - edge(below->cells[i].from) - 1);
	mark_edges(rule, above);
	mark_edges(rule, below);
	(void)json_array_append_new(out, json_stringn(rule, PAGE_COLUMNS));
}

static void add_lines(json_t *out, json_t *lines)
{
	json_t *line;
	size_t i;

	json_array_foreach (lines, i, line) {
		form_wrap(out, json_string_value(line), PAGE_COLUMNS);
	}
}

json_t *form_text(const struct form *form, const struct filling *filling)
{
	const struct row *above = NULL;
	json_t *out = json_array();

	add_lines(out, filling->head);
	for (unsigned r = 0; r < form->file->grid_count; r++) {
		const struct row *row = &form->rows[r];
		json_t *lines[GRID_CELLS_MAX];

		add_rule(out, above, row);
		for (unsigned i = 0; i < row->count; i++)
			lines[i] = cell_lines(&row->cells[i], filling,
					      edge(row->cells[i].to) - edge(row->cells[i].from) - 2);
		add_row(out, row, lines);
		for (unsigned i = 0; i < row->count; i++)
			json_decref(lines[i]);
		above = row;
	}
	add_rule(out, above, NULL);
	add_lines(out, filling->foot);
	return out;
}
