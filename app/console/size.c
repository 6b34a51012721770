/* How large the terminal is. A serial line does not know: the terminal is asked to go as far as it can and to say where
   it is. Nobody waits for the answer, for many a terminal gives none; it is understood whenever it comes. */
#include "console/terminal_data.h"

#include "console/layout.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROWS_LEAST = 5, ROWS_LIMIT = 500, COLUMNS_LEAST = 20, COLUMNS_LIMIT = 500, ANSWER_MS = 2000 };

void size_measure(struct terminal *t)
{
	struct winsize size = {0};

	t->rows = t->is_tty ? ROWS_ASSUMED : 0;
	t->columns = COLUMNS_MOST;
	if (!t->is_tty || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return;
	t->rows = size.ws_row;
	if (size.ws_col >= COLUMNS_LEAST && size.ws_col < COLUMNS_MOST)
		t->columns = size.ws_col;
}

/* The line keeps it, for the line editor, too. */
void size_set(struct terminal *t, unsigned rows, unsigned columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	(void)ioctl(STDOUT_FILENO, TIOCSWINSZ, &size);
	size_measure(t);
}

static bool is_size(unsigned rows, unsigned columns)
{
	return rows >= ROWS_LEAST && rows <= ROWS_LIMIT && columns >= COLUMNS_LEAST && columns <= COLUMNS_LIMIT;
}

static const char *read_number(const char *text, unsigned *number)
{
	for (*number = 0; *text >= '0' && *text <= '9' && *number < 1000; text++)
		*number = *number * 10 + (unsigned)(*text - '0');
	return text;
}

bool size_read(const char *text, char divider, char end, unsigned *first, unsigned *second)
{
	const char *after = read_number(text, first);

	return after > text && *after == divider && *read_number(after + 1, second) == end;
}

/* Two answers are asked for: the far corner, and where the cursor stands behind one sign that is of one column on most
   screens, of two on some Japanese ones, and three signs where UTF-8 is not known. */
void size_told(struct terminal *t, unsigned row, unsigned column)
{
	t->answers++;
	if (is_size(row, column))
		size_set(t, row, column);
	else if (column >= 2 && column <= 4) {
		layout_ambiguous(column == 3 ? 2 : 1);
		t->other_code = column == 4;
	}
}

static void ask(struct terminal *t)
{
	(void)fputs("\0337\033[999;999H\033[6n\0338", stdout);
	if (!t->ascii)
		(void)fputs("\r\357\277\275\033[6n\r   \r", stdout);
	(void)fflush(stdout);
}

void terminal_greet(struct terminal *t)
{
	t->other_code = t->dismissed = false;
	t->greeting = true;
	layout_ambiguous(1);
	if (t->is_tty && !t->dumb)
		(void)fputs(PASTE_ON, stdout);
	if (!t->is_tty || t->dumb || !t->asks_size)
		return;
	size_set(t, 0, 0);
	ask(t);
}

bool terminal_knows_utf8(const struct terminal *t)
{
	return !t->other_code;
}

/* What is typed meanwhile waits for the next question. */
bool terminal_ask_size(struct terminal *t)
{
	size_t wanted = t->answers + (t->ascii ? 1 : 2);

	if (!t->is_tty || t->dumb)
		return false;
	ask(t);
	while (t->answers < wanted && !t->closed) {
		struct pollfd line = {.fd = STDIN_FILENO, .events = POLLIN};

		if (poll(&line, 1, ANSWER_MS) <= 0)
			break;
		input_read(t);
	}
	return t->answers == wanted;
}

bool terminal_set_size(struct terminal *t, const char *typed)
{
	unsigned rows, columns;

	if (!size_read(typed, 'x', '\0', &rows, &columns) || !is_size(rows, columns))
		return false;
	size_set(t, rows, columns);
	return true;
}

size_t terminal_width(const struct terminal *t)
{
	return t->columns;
}

size_t terminal_height(const struct terminal *t)
{
	return t->rows;
}
