/* What is put out: wrapped, a screenful at a time. */
#include "console/terminal_data.h"

#include "console/layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* At the end of a screenful: waits for a key. */
static void pause_output(struct terminal *t)
{
	const char *prompt = _("-- more: space next page, q stop --");
	uint32_t c = 0;

	(void)fputs(prompt, stdout);
	(void)fflush(stdout);
	t->skip = !keys_next(t, &c) || c == 'q' || c == 'Q' || c == CONTROL_C || c == 0xff51;
	(void)fputs("\r", stdout);
	for (size_t i = 0; i < text_columns(prompt); i++)
		(void)putchar(' ');
	(void)putchar('\r');
	t->shown = c == '\r' || c == '\n' ? t->rows - 2 : 0;
}

void terminal_put_line(struct terminal *t, const char *line)
{
	struct buf shown;

	if (t->skip)
		return;
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
	for (char *line = wrapped.data; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");
		bool last = line[len] == '\0';

		line[len] = '\0';
		terminal_put_line(t, line);
		line += last ? len : len + 1;
	}
	buf_fini(&wrapped);
	free(text);
}
