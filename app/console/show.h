/* Showing: the views of the keeper as screens of text. */
#ifndef KANNUKI_CONSOLE_SHOW_H
#define KANNUKI_CONSOLE_SHOW_H

#include "console/console.h"

void show_now(struct console *c, const struct call *call);
void show_incidents(struct console *c, const struct call *call);
void show_uplinks(struct console *c, const struct call *call);
void show_people(struct console *c, const struct call *call);

/* show_case.c */
void show_incident(struct console *c, const struct call *call);
void show_checklist(struct console *c, const struct call *call);
void show_facts(struct console *c, const struct call *call);
void show_timeline(struct console *c, const struct call *call);
void show_report(struct console *c, const struct call *call);
/* One line for a row of a checklist or a question. */
void show_row(struct console *c, json_t *row);

void show_heading(struct console *c, const char *text);
/* Prints the line and empties the buffer. */
void show_line(struct console *c, size_t hang, struct buf *line);
/* An incident in a few lines. */
void show_head(struct console *c, json_t *head, int64_t now_ms);

/* One line for an uplink of view `now`. */
void show_uplink_text(const struct console *c, json_t *uplink, struct buf *out);
/* What is wrong with the media of the record; nothing when they are well. */
void show_media(struct console *c, json_t *media);
/* The command that does a step of `now`.next, "" when there is none on the console. */
void show_step_command(json_t *step, char *out, size_t size);

#endif
