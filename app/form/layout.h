/* The inside of a form: its grid as rows of cells. Only for the files of this room. */
#ifndef KANNUKI_FORM_LAYOUT_H
#define KANNUKI_FORM_LAYOUT_H

#include "form/form.h"

enum { GRID_UNITS = 24, GRID_CELLS_MAX = 8 };

enum cell_kind {
	CELL_TITLE,
	CELL_WORD,
	CELL_LABEL,
	CELL_VALUE,
	CELL_TABLE,
	CELL_OPTION,
	CELL_BOX,
	CELL_SEAL,
	CELL_SAME,
	CELL_BLANK,
	CELL_KINDS
};

struct cell {
	enum cell_kind kind;
	unsigned from, to; /* in units; [from, to) */
	const struct label *word;
	const struct field *field;
	const struct option *option;
	const struct seal *seal;
};

struct row {
	bool bare;
	unsigned count;
	struct cell cells[GRID_CELLS_MAX];
};

struct word {
	char *id;
	struct label label;
};

/* As libcyaml fills it. */
struct form_file {
	char *id;
	struct label title;
	struct word *words;
	unsigned words_count;
	struct seal *seals;
	unsigned seals_count;
	struct field *fields;
	unsigned fields_count;
	char **grid;
	unsigned grid_count;
};

struct form {
	struct form_file *file;
	struct row *rows; /* file->grid_count of them */
};

/* Appends `text` to `lines`, broken so that no line is wider than `columns`. */
void form_wrap(json_t *lines, const char *text, size_t columns);
/* What a cell shows: a new reference to its lines. */
json_t *cell_lines(const struct cell *cell, const struct filling *fill, size_t columns);

#endif
