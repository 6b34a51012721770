/* One cell of a report: its value as people read it, and what they type as its value.
 *
 *   kind     typed                                value
 *   text     a line                               string
 *   lines    lines up to one with only "."        string; a first "+" goes on from what is there
 *   time     see when.h                           "2026-11-20T00:12:00.000Z"
 *   choice   the number of an option              its id
 *   choices  numbers divided by spaces            [ids]
 *   table    not typed: it is the timeline        [[time, text] …]
 */
#ifndef KANNUKI_CONSOLE_CELL_H
#define KANNUKI_CONSOLE_CELL_H

#include "console/console.h"

/* The value as one paragraph; nothing when it is empty. */
void cell_text(const struct console *c, json_t *cell, struct buf *out);
/* ?, 不明 or 確認中. */
bool cell_is_unknown(const char *typed);
/* A new reference; NULL when it does not fit, and why has been said. */
json_t *cell_value(struct console *c, json_t *cell, const char *typed);
/* How to type a value of this kind; NULL when that needs no word. */
const char *cell_how_to(const char *kind);

#endif
