#include "base/diag.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *program_name = "kannuki";

void diag_start(const char *program)
{
	program_name = program;
}

void diag(enum diag_level level, const char *format, ...)
{
	char text[1024];
	struct buf line;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_init(&line, 8192);
	/* journald reads <n> as the level; a person at a terminal does not want to see it. */
	if (!isatty(STDERR_FILENO))
		buf_addf(&line, "<%d>", (int)level);
	buf_addf(&line, "%s: ", program_name);
	text_escape(&line, text, strlen(text));
	buf_addc(&line, '\n');
	if (buf_status(&line) == ERR_OK)
		(void)!write(STDERR_FILENO, line.data, line.len);
	buf_fini(&line);
}
