/* Text: UTF-8 as people read it on a terminal, and the two languages. */
#ifndef KANNUKI_BASE_TEXT_H
#define KANNUKI_BASE_TEXT_H

#include "base/bytes.h"

#include <libintl.h>
#include <stdbool.h>

/* Marks a sentence a person will read. The argument is plain English; po/ja.po holds the Japanese. */
#define _(sentence) gettext(sentence)
#define N_(sentence) sentence

enum lang { LANG_JA, LANG_EN };

/* Sets the language of this process for _(). The catalogue lies in ../share/locale beside the program,
   or in $KANNUKI_LOCALE_DIR. Without a catalogue the English sentences appear. */
void lang_use(enum lang lang);
/* $KANNUKI_LANG ("ja" or "en"), else Japanese. */
enum lang lang_from_environment(void);
const char *lang_name(enum lang lang);

/* Strict UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool utf8_is_valid(const char *text, size_t len);
/* The next character; returns its length in bytes, 0 at the end or when it is not valid. */
size_t utf8_next(const char *text, size_t len, uint32_t *codepoint);
/* Columns on a terminal: 2 for East Asian wide and full-width signs, 0 for combining ones, else 1.
   Ambiguous signs (□ ■ ①) count 1, as UTF-8 terminals show them. */
int codepoint_columns(uint32_t codepoint);
size_t text_columns(const char *text);
/* Bytes of the longest beginning of `text` that fits into `columns`. */
size_t text_fit(const char *text, size_t columns);
/* True when there is a control character other than those in `allowed`. */
bool text_has_control(const char *text, size_t len, const char *allowed);
/* Appends `text`, as \xNN what could move a cursor or turn the direction of writing, and invalid bytes: for what
   people are shown that comes from elsewhere. */
void text_escape(struct buf *out, const char *text, size_t len);
/* The same into an array, as many whole characters of it as fit. */
void text_show(char *out, size_t size, const char *text, size_t len);

#endif
