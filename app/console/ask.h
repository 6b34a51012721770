/* Questions: numbered choices, texts and times. Ctrl-C or Ctrl-D at a question means: leave it. */
#ifndef KANNUKI_CONSOLE_ASK_H
#define KANNUKI_CONSOLE_ASK_H

#include "console/console.h"

/* One of `options`, [{"id", "label" …}], shown with numbers from 1; 0 goes back. Returns its index, or −1. */
int ask_one(struct console *c, const char *title, json_t *options, const char *key);
bool ask_yes(struct console *c, const char *title);
/* Several: numbers divided by spaces. A new array of ids, or NULL. */
json_t *ask_several(struct console *c, const char *title, json_t *options, const char *key);
/* The options alone, numbered; those with "group" under their group's name. */
void ask_show_options(struct console *c, json_t *options, const char *key);

/* Reads "2" or "１ 3,5": each number from 1 to `count`. Returns how many were read, −1 when something else stands
   there; 0 alone is given as no numbers with *back true. */
int ask_numbers(const char *typed, size_t count, size_t *out, size_t room, bool *back);

enum text_need { TEXT_MAY_BE_EMPTY, TEXT_NEEDED };
/* One line; heap string, or NULL when left. */
char *ask_text(struct console *c, const char *prompt, const char *given, enum text_need need);
/* The PIN, or the password of one who has none, as proof who is at the keyboard. False when left; the caller wipes
   `out`. */
bool ask_proof(struct console *c, char out[PASSWORD_SIZE]);
/* A PIN without echo; full-width digits count as half-width ones. False when left. */
bool ask_pin(struct console *c, const char *prompt, char out[PASSWORD_SIZE]);
/* Several lines up to a line with only "."; `first` is their beginning. Heap string, or NULL when left. */
char *ask_lines(struct console *c, const char *first);
/* A time; Enter alone means now. False when left. */
bool ask_time(struct console *c, const char *prompt, int64_t *wall_ms);
/* A day, "2027-03-31"; heap string, "" for none where that is possible; NULL when left. */
char *ask_day(struct console *c, const char *prompt, const char *given, enum text_need need);
/* What is wrong with a typed time, beside the field. */
void ask_explain_time(struct console *c, enum err err);

#endif
