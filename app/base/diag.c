#include "base/diag.h"

#include "base/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT_MAX = 32 * 1024 };

static const char *program_name = "kannuki";
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[KEPT_MAX];
static size_t kept_len;

void diag_start(const char *program)
{
	program_name = program;
}

/* journald reads <n> as the level; nobody else wants to see it. */
static bool goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat about;

	if (stream == NULL || fstat(STDERR_FILENO, &about) != 0)
		return false;
	(void)snprintf(here, sizeof here, "%ju:%ju", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino);
	return strcmp(here, stream) == 0;
}

/* The oldest lines make room. */
static void keep(const char *line, size_t len)
{
	(void)pthread_mutex_lock(&kept_lock);
	while (kept_len > 0 && kept_len + len > KEPT_MAX) {
		const char *end = memchr(kept, '\n', kept_len);
		size_t gone = end != NULL ? (size_t)(end - kept) + 1 : kept_len;

		kept_len -= gone;
		memmove(kept, kept + gone, kept_len);
	}
	if (len <= KEPT_MAX) {
		memcpy(kept + kept_len, line, len);
		kept_len += len;
	}
	(void)pthread_mutex_unlock(&kept_lock);
}

void diag_recall(struct buf *out)
{
	(void)pthread_mutex_lock(&kept_lock);
	buf_add(out, kept, kept_len);
	(void)pthread_mutex_unlock(&kept_lock);
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
	if (goes_to_journal())
		buf_addf(&line, "<%d>", (int)level);
	buf_addf(&line, "%s: ", program_name);
	text_escape(&line, text, strlen(text));
	buf_addc(&line, '\n');
	if (buf_status(&line) == ERR_OK) {
		(void)!write(STDERR_FILENO, line.data, line.len);
		keep(line.data, line.len);
	}
	buf_fini(&line);
}
