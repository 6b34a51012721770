/* The inside of the terminal. Only for terminal.c, keys.c and output.c. */
#ifndef KANNUKI_CONSOLE_TERMINAL_DATA_H
#define KANNUKI_CONSOLE_TERMINAL_DATA_H

#include "console/terminal.h"

#include <histedit.h>
#include <termios.h>

enum { COLUMNS_MOST = 80, LINE_MOST = 4096, HISTORY_MOST = 100, CONTROL_C = 3, CONTROL_D = 4 };

struct terminal {
	bool is_tty, ascii;
	struct termios normal;
	struct watcher watcher;
	EditLine *el;
	History *commands, *nothing;
	struct buf prompt;
	bool asking;     /* a line is being typed */
	bool editing;    /* … with the line editor */
	bool disturbed;  /* something was put out above it */
	bool gone;       /* the line was hung up */
	bool completing; /* Tab means something */
	char completion[64];
	const char *completed; /* what of it is still to be given to the editor */
	size_t rows, columns;
	size_t shown;  /* lines since the last question */
	bool skip;     /* the reader has seen enough */
	char bytes[8]; /* of one sign, as they come in */
	size_t have;
};

/* keys.c: Ctrl-C interrupts; the end of the service is as if the line had been hung up. */
void keys_watch_signals(void);
void keys_forget_interrupt(void);
bool keys_has_ended(const struct terminal *t);
/* The next whole sign, while the watcher does its work; its bytes are in t->bytes. Invalid bytes are dropped.
   False: Ctrl-C, or the end. */
bool keys_next(struct terminal *t, uint32_t *c);
/* For the line editor: 1 and a sign, or −1 at the end. */
int keys_give(EditLine *el, wchar_t *out);
void keys_show_prompt(const struct terminal *t);

#endif
