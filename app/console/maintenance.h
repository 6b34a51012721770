/* Looking after the panel: maintenance, proof tests, announced absence. */
#ifndef KANNUKI_CONSOLE_MAINTENANCE_H
#define KANNUKI_CONSOLE_MAINTENANCE_H

#include "console/console.h"

void maintenance_begin(struct console *c, const struct call *call);
void maintenance_end(struct console *c, const struct call *call);
/* Makes an incident of the newest press in maintenance. */
void maintenance_incident(struct console *c, const struct call *call);
void maintenance_prove(struct console *c, const struct call *call);
void maintenance_absent(struct console *c, const struct call *call);

/* What `show now` says of it; nothing when there is nothing. */
void maintenance_tell(struct console *c);
/* An uplink's last proof test and the next one, as a line. */
void maintenance_add_test(const struct console *c, json_t *uplink, struct buf *line);

#endif
