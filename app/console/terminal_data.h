/* The inside of the terminal. Only for terminal.c, input.c, keys.c, line.c, size.c and output.c. */
#ifndef KANNUKI_CONSOLE_TERMINAL_DATA_H
#define KANNUKI_CONSOLE_TERMINAL_DATA_H

#include "console/terminal.h"

#include <histedit.h>
#include <termios.h>

enum {
	ROWS_ASSUMED = 24,
	COLUMNS_MOST = 80,
	LINE_MOST = 16 * 1024,
	PASTE_MOST = 16 * 1024,
	AHEAD_MOST = 128 * 1024,
	BYTES_AT_ONCE = 1024,
	SPEEDS_MOST = 5,
	HISTORY_MOST = 100,
	CONTROL_C = 3,
	CONTROL_D = 4,
	ESCAPE = 0x1b
};

/* The terminal is to say what is pasted and what is typed. */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"

struct terminal {
	struct watcher watcher;
	EditLine *el;
	History *commands, *nothing;
	struct termios normal;
	struct buf prompt, unfinished; /* unfinished: what stood on a line that ended */
	const char *completed;         /* what of `completion` is still to be given to the editor */
	size_t rows, columns;
	size_t shown;              /* lines since the last question */
	int64_t idle_ns, typed_ns; /* how long may nobody type; when somebody did */

	struct buf ahead; /* typed, not yet used; from `taken` on */
	size_t taken;
	struct buf paste; /* what the terminal says to be pasted, until it is whole */
	size_t paste_end; /* in `ahead` */
	size_t held_len;
	size_t answers; /* from the terminal, about its size */
	size_t have;    /* of `bytes` */
	size_t speed_count, speed;
	speed_t speeds[SPEEDS_MOST]; /* of the line; a BREAK takes the next */

	enum line_kind kind; /* of the present question */
	bool is_tty, ascii;
	bool dumb;           /* no escape sequence may be sent to it */
	bool asks_size;      /* the line does not know its terminal's size: the terminal is asked */
	bool other_code;     /* it does not know UTF-8 */
	bool greeting;       /* nobody is logged in */
	bool asking;         /* a line is being typed */
	bool editing;        /* … with the line editor */
	bool completing;     /* … where Tab means something */
	bool nested;         /* … within watcher.idle */
	bool disturbed;      /* something was put out above it */
	bool pasting;        /* something comes in that is pasted */
	bool ended_in_paste; /* so did the last line */
	bool closed;         /* nothing more comes in: hung up */
	bool gone;           /* … and all that had come in is used up */
	bool dismissed;      /* another person took the screen */
	bool skip;           /* the reader has seen enough */
	bool cut;            /* a line was cut short by Ctrl-C */
	char bytes[8];       /* of one sign, as they come in */
	char held[16];       /* the beginning of what may be an escape sequence of the terminal's own */
	char completion[64];
};

/* input.c: what comes in on the line, and what of it is not typed by a person. */
/* Reads what is there. Sets `closed` at the end. */
void input_read(struct terminal *t);
/* False: nothing has been typed. */
bool input_take(struct terminal *t, char *byte);
/* As if it had been typed before all else that waits. */
void input_put_back(struct terminal *t, const char *bytes, size_t len);
void input_forget(struct terminal *t);
void input_give_up_paste(struct terminal *t);
/* Takes in what has come without waiting for it. */
void input_keep_up(struct terminal *t);

/* size.c */
/* What the line knows of its terminal's size, or what is assumed. */
void size_measure(struct terminal *t);
/* The terminal has answered: its cursor stands there. */
void size_told(struct terminal *t, unsigned row, unsigned column);
void size_set(struct terminal *t, unsigned rows, unsigned columns);
/* "24;80R": two numbers, with these signs behind them. */
bool size_read(const char *text, char divider, char end, unsigned *first, unsigned *second) MUST_USE;

/* line.c */
void line_keep_speed(const struct terminal *t);
void line_broke(struct terminal *t);

/* keys.c: Ctrl-C interrupts; the end of the service is as if the line had been hung up. */
void keys_watch_signals(void);
bool keys_are_interrupted(void);
void keys_forget_interrupt(struct terminal *t);
bool keys_has_ended(const struct terminal *t);
/* The next whole sign, while the watcher does its work; its bytes are in t->bytes. Invalid bytes are dropped.
   False: Ctrl-C, or the end. */
bool keys_next(struct terminal *t, uint32_t *c);
/* For the line editor: 1 and a sign, or −1 at the end. */
int keys_give(EditLine *el, wchar_t *out);
void keys_show_prompt(const struct terminal *t);

#endif
