/* Reports: from the first draft to the seal and the sending. */
#ifndef KANNUKI_CONSOLE_REPORT_H
#define KANNUKI_CONSOLE_REPORT_H

#include "console/console.h"

void report_new(struct console *c, const struct call *call);
void report_edit(struct console *c, const struct call *call);
void report_print(struct console *c, const struct call *call);
void report_submit(struct console *c, const struct call *call);
void report_return(struct console *c, const struct call *call);
void report_approve(struct console *c, const struct call *call);
void report_sent(struct console *c, const struct call *call);

/* Field by field through a draft (edit.c). */
void edit_report(struct console *c, const char *about, uint64_t report);

#endif
