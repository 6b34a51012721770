/* The table of people, as a spreadsheet saves it: CSV in UTF-8 (with or without a byte order mark) or CP932. Pure.
 *
 * The header names the columns, in Japanese or by the words in brackets, in any order; a column that is absent leaves
 * what it would say as it is:
 *   番号 (id)  ログイン名 (login)  氏名 (name)  所属 (section)  職名 (title)  電話 (phone)  ファクス (fax)
 *   メール (mail)  区分 (kind)  役割 (roles)  最終日 (until)  担当事案 (scope)
 * Several roles or cases in a cell are divided by 、 or , or /. A row without a number is whoever has the login, else
 * somebody new. Who is in no row ends.
 */
#ifndef KANNUKI_CONSOLE_PEOPLE_TABLE_H
#define KANNUKI_CONSOLE_PEOPLE_TABLE_H

#include "base/text.h"

#include <jansson.h>

enum { TABLE_BYTES_MAX = 1024 * 1024, TABLE_ROWS_MAX = 2000 };

/* What a table asks for, seen from the accounts there are (view people) and what may be given (view people_choices).
   `changes`: as of people.requested, in the order add, change, end; `errors`: sentences with line and column; `same`:
   how many rows change nothing. ERR_FORMAT: it is no such table at all, f says why. */
struct people_table {
	json_t *changes, *errors;
	size_t same;
};
enum err people_table_read(const char *data, size_t len, json_t *people, json_t *choices, struct people_table *out,
			   struct fault *f) MUST_USE;
void people_table_fini(struct people_table *table);
/* Everybody whose account has not ended, as such a table with the Japanese header and a byte order mark. */
void people_table_write(struct buf *out, json_t *people, json_t *choices);

#endif
