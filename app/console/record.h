/* The record itself: its entries, checking, exporting and looking after it. */
#ifndef KANNUKI_CONSOLE_RECORD_H
#define KANNUKI_CONSOLE_RECORD_H

#include "console/console.h"

void record_show(struct console *c, const struct call *call);
void record_find(struct console *c, const struct call *call);
void record_check(struct console *c, const struct call *call);
void record_export(struct console *c, const struct call *call);
void record_rotate(struct console *c, const struct call *call);
void record_repair(struct console *c, const struct call *call);
void record_media(struct console *c, const struct call *call);
/* The list `media` of `result`. */
void record_media_list(struct console *c, json_t *result);

/* A number of an entry as it was typed, full-width digits too. */
bool record_number(const char *text, uint64_t *out);

/* Push `progress`: how far the keeper is with what this person waits for. */
void record_progress(struct console *c, json_t *progress);

#endif
