/* The controller's attention line (PB7): high while an event waits, so that it is fetched at once and not with the next
 * poll. Only a rise says something; what it stays at, nothing: an unplugged panel may leave it either way. Without the
 * line, or when it cannot be had, polling alone does.
 */
#ifndef KANNUKI_PANEL_ATTENTION_H
#define KANNUKI_PANEL_ATTENTION_H

#include "uplink/lines.h"

struct attention {
	struct lines_plan plan;
	struct lines lines;
	bool is_open;
};

/* Both names are borrowed. */
void attention_init(struct attention *a, const char *chip, const char *line);
enum err attention_open(struct attention *a, struct fault *f) MUST_USE;
/* To poll for POLLIN; -1 when it is not open. */
int attention_fd(const struct attention *a);
/* Whether it has risen since it was last asked. One that cannot be read any more is closed. */
bool attention_rose(struct attention *a);
void attention_close(struct attention *a);

#endif
