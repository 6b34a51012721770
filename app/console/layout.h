/* Layout: text for a screen of so many columns, and for terminals that know no Japanese. Pure, but for the one thing
 * that is remembered of the screen.
 */
#ifndef KANNUKI_CONSOLE_LAYOUT_H
#define KANNUKI_CONSOLE_LAYOUT_H

#include "base/text.h"

/* Signs that are of one column on most screens and of two on some Japanese ones (□ ■ ① …): 1, or 2 from now on. */
void layout_ambiguous(size_t columns);
/* Columns of `text` on this screen. */
size_t layout_columns(const char *text);

/* Appends `text` broken into lines of at most `width` columns, each ended with LF; lines after the first begin
   with `hang` spaces. Breaks at spaces and around wide signs, never before a closing sign. What was written in
   several lines keeps its LF and is indented likewise, so that it never looks like a row of its own. TAB becomes a
   space; other control characters and invalid bytes become '?'. */
void layout_wrap(struct buf *out, const char *text, size_t width, size_t hang);

/* Appends `text`, filled with spaces to `columns`; too long a text is cut and ends with '~'. */
void layout_pad(struct buf *out, const char *text, size_t columns);

/* Appends `text` in ASCII only: drawing signs get a look-alike, other signs '?' for each column. */
void layout_ascii(struct buf *out, const char *text);

bool layout_is_ascii(const char *text);

/* Appends `text` with full-width letters, digits, signs and spaces made half-width: what an input method left
   switched on types instead of commands and numbers. */
void layout_narrow(struct buf *out, const char *text);

#endif
