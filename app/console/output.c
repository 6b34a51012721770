/* What is put out: wrapped, a screenful at a time. */
#include "console/terminal_data.h"

#include "console/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void blank_line(const struct terminal *t)
{
	(void)printf("\r%*s\r", (int)t->columns - 1, "");
	(void)fflush(stdout);
}

static bool is_any(uint32_t c, const uint32_t *keys)
{
	while (*keys != 0 && *keys != c)
		keys++;
	return *keys != 0;
}

/* At the end of a screenful: waits for a key. Any but these ends the output and is the first of the next question. */
static void pause_output(struct terminal *t)
{
	static const uint32_t page[] = {' ', 0x3000, 0}, line[] = {'\r', '\n', 0};
	static const uint32_t stop[] = {'q', 'Q', 0xff51, CONTROL_C, CONTROL_D, 0};
	uint32_t c = 0;

	buf_clear(&t->prompt);
	layout_pad(&t->prompt, _("-- more: space page, Enter line, q stop --"), t->columns - 1);
	t->asking = true;
	keys_show_prompt(t);
	if (!keys_next(t, &c))
		c = CONTROL_C;
	t->asking = false;
	blank_line(t);
	t->shown = is_any(c, line) ? t->rows - 2 : 0;
	t->skip = !is_any(c, line) && !is_any(c, page);
	if (t->skip && !is_any(c, stop))
		input_put_back(t, t->bytes, t->have);
}

void terminal_resume(struct terminal *t)
{
	if (t->cut)
		(void)putchar('\n');
	t->skip = t->cut = false;
	keys_forget_interrupt(t);
}

/* Ctrl-C: what is under way to the screen, at 9600 baud maybe for seconds, goes no further. */
static void cut_short(struct terminal *t)
{
	__fpurge(stdout);
	clearerr(stdout);
	if (t->is_tty)
		(void)tcflush(STDOUT_FILENO, TCOFLUSH);
	t->skip = t->cut = true;
}

void terminal_clear(struct terminal *t)
{
	if (!t->is_tty)
		return;
	if (!t->dumb)
		(void)fputs("\033[H\033[2J\033[3J", stdout);
	for (size_t i = 0; t->dumb && i < t->rows; i++)
		(void)putchar('\n');
	(void)fflush(stdout);
	t->shown = 0;
}

static bool is_skipped(struct terminal *t)
{
	if (!t->skip && !t->asking && keys_are_interrupted())
		cut_short(t);
	return t->skip;
}

static void put_plainly(struct terminal *t, const char *line)
{
	struct buf shown;

	if (t->asking) {
		if (!t->disturbed)
			(void)putchar('\n');
		t->disturbed = true;
	} else if (t->rows > 4 && t->shown + 1 >= t->rows) {
		pause_output(t);
		if (t->skip)
			return;
	}
	buf_init(&shown, LINE_MOST);
	if (t->ascii)
		layout_ascii(&shown, line);
	(void)fputs(t->ascii && shown.data != NULL ? shown.data : line, stdout);
	(void)putchar('\n');
	(void)fflush(stdout);
	t->shown++;
	buf_fini(&shown);
	(void)is_skipped(t);
}

/* What is too wide for this screen goes on below. */
void terminal_put_line(struct terminal *t, const char *line)
{
	if (is_skipped(t))
		return;
	if (layout_columns(line) > t->columns)
		terminal_put(t, 0, "%s", line);
	else
		put_plainly(t, line);
}

void terminal_put(struct terminal *t, size_t hang, const char *format, ...)
{
	struct buf wrapped;
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	buf_init(&wrapped, BUF_CAP_DEFAULT);
	layout_wrap(&wrapped, text != NULL ? text : "", t->columns, hang);
	for (char *line = wrapped.data; line != NULL && *line != '\0' && !is_skipped(t);) {
		size_t len = strcspn(line, "\n");
		bool last = line[len] == '\0';

		line[len] = '\0';
		put_plainly(t, line);
		line += last ? len : len + 1;
	}
	buf_fini(&wrapped);
	free(text);
}
