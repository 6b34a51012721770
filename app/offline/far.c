#include "offline/far.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static const int64_t shown_every_ns = 100000000;

static bool is_shown;
static const char *shown;
static int64_t shown_ns;

void far_show(const char *what, uint64_t done, uint64_t total)
{
	int64_t now_ns = moment_now().boot_ns;

	if (isatty(STDERR_FILENO) == 0 || (what == shown && now_ns - shown_ns < shown_every_ns))
		return;
	shown = what;
	shown_ns = now_ns;
	is_shown = true;
	(void)fprintf(stderr, "\r%s %" PRIu64, _(what), done);
	if (total > 0)
		(void)fprintf(stderr, " / %" PRIu64, total);
}

void far_show_beside(const char *what, uint64_t done)
{
	if (isatty(STDOUT_FILENO) == 0)
		far_show(what, done, 0);
}

void far_end(void)
{
	if (is_shown)
		(void)fputc('\n', stderr);
	is_shown = false;
}
