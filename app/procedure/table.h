/* One table that people edit in a spreadsheet, while it is read: a header, then a row at a time. A mistake is told as
 * "file:line: what; how to mend it". Rows whose cells are all empty mean nothing.
 */
#ifndef KANNUKI_PROCEDURE_TABLE_H
#define KANNUKI_PROCEDURE_TABLE_H

#include "form/source.h"

enum { COLUMNS_MAX = 12 };

struct table {
	const char *const *columns;                         /* the header it must have; ends with NULL */
	const char *const *or_columns;                      /* … or this one; may be NULL */
	enum err (*take)(struct table *t, struct fault *f); /* hears each row */
	void *context;

	struct source source;
	unsigned width;
	char *field[COLUMNS_MAX];
	unsigned fields;
	unsigned rows; /* taken, with the header */
	unsigned line;
	enum err err;
	struct fault *f;
};

/* UTF-8 only. ERR_FORMAT also for a table without a row. */
enum err table_read(struct table *t, const char *path, struct fault *f) MUST_USE;
/* The same from memory, also CP932; without a row it is an empty table. */
enum err table_take(struct table *t, const char *name, const char *data, size_t len, struct fault *f) MUST_USE;

/* For `take`: the cell, given away; a mistake in a cell. */
char *table_field(struct table *t, unsigned column);
enum err table_bad_value(struct table *t, unsigned column, struct fault *f) MUST_USE;

#endif
