/* The terminal: one line typed at a time (libedit), passwords unseen, output that fits the screen.
 *
 * While somebody types, a watcher may be called (the keeper's socket, once a second); what it puts out appears
 * above the line, and the line is drawn again below it.
 */
#ifndef KANNUKI_CONSOLE_TERMINAL_H
#define KANNUKI_CONSOLE_TERMINAL_H

#include "base/text.h"

struct terminal;

enum typed {
	TYPED_LINE,
	TYPED_CANCEL, /* Ctrl-C */
	TYPED_END     /* Ctrl-D on an empty line, or the line was hung up */
};

enum line_kind {
	LINE_COMMAND, /* remembered */
	LINE_ANSWER,
	LINE_TEXT /* one of several */
};

struct watcher {
	int (*fd)(void *context);    /* to wait for besides the keys, or -1 */
	void (*woke)(void *context); /* it is readable, or a second has passed */
	/* Tab on a command line: what to append, or "" after having put out the choices. */
	void (*complete)(void *context, const char *line, char *out, size_t size);
	/* The question ended, not by the person's will, while `text` stood there; and what to begin with when it is
	   asked again. */
	void (*left)(void *context, enum line_kind kind, const char *prompt, const char *text);
	const char *(*given)(void *context, enum line_kind kind, const char *prompt);
	/* Nobody has typed for a while. False: another person is there, and all questions end. */
	bool (*idle)(void *context);
	void *context;
};

/* Takes standard input and output. Ends with terminal_close, which gives the tty back as it was. */
enum err terminal_open(bool ascii, const struct watcher *watcher, struct terminal **out, struct fault *f) MUST_USE;
void terminal_close(struct terminal *t);

/* Asks for a line, of LINE_TEXT as long as it is, else of at most 16 KiB; what is pasted is taken whole or not at all.
   `given` stands there already, to be changed. TYPED_LINE: *line is the caller's to free; valid
   UTF-8 without control characters. */
enum typed terminal_ask(struct terminal *t, enum line_kind kind, const char *prompt, const char *given, char **line);

enum { PASSWORD_SIZE = 257 };
/* Asks without echo. The caller wipes `out`. */
enum typed terminal_password(struct terminal *t, const char *prompt, char out[PASSWORD_SIZE]);

/* One key of `keys`, unseen; Enter is the first. 0: cancelled, or the end. */
char terminal_key(struct terminal *t, const char *prompt, const char *keys);

/* After how many seconds without a key the watcher is told so; 0: never. SIGUSR1 does the same at once. */
void terminal_set_idle(struct terminal *t, unsigned seconds);
void terminal_clear(struct terminal *t);

/* Has more been typed, or does it come within that time? Never from a pipe. */
bool terminal_more(const struct terminal *t, int wait_ms);
/* Throws away what was typed ahead, until the line is quiet. */
void terminal_drop(struct terminal *t);
/* Was the line that was asked for last ended by a paste, not by a key? */
bool terminal_was_pasted(const struct terminal *t);

/* Forgets the typed commands: the next person must not see them. */
void terminal_forget(struct terminal *t);

/* Prints a paragraph, wrapped; lines after the first are indented by `hang`. Long output stops at each screenful
   of a terminal. */
void terminal_put(struct terminal *t, size_t hang, const char *format, ...) PRINTF_LIKE(3, 4);
/* Prints one line exactly as it is (it is known to fit). */
void terminal_put_line(struct terminal *t, const char *line);
/* Columns of a line; lines of the screen, 0 where there is none. */
size_t terminal_width(const struct terminal *t);
size_t terminal_height(const struct terminal *t);
/* After Ctrl-C or q the rest of the output is left out, but for what follows this: it must be read. */
void terminal_resume(struct terminal *t);

/* Another person is there, maybe with another terminal: questions are asked again. Asks it how large it is, where the
 * line does not know. Does not wait.
 */
void terminal_greet(struct terminal *t);
/* Asks, and waits a moment. False: it does not say. */
bool terminal_ask_size(struct terminal *t) MUST_USE;
/* "24x80". False: no screen is of that size. */
bool terminal_set_size(struct terminal *t, const char *typed) MUST_USE;
/* Somebody is logged in. */
void terminal_settle(struct terminal *t);

/* "115200,9600": the first is used; until somebody is logged in a BREAK takes the next. False: no such list. */
bool terminal_set_speeds(struct terminal *t, const char *list) MUST_USE;
/* Bits in a second. */
unsigned long terminal_speed(const struct terminal *t);
/* The line hangs up when the modem's carrier is lost. */
void terminal_heed_modem(struct terminal *t);

/* Another program has the line for a while. */
void terminal_lend(struct terminal *t);
/* Afterwards; `farewell` is what the other side still waits for. */
void terminal_take_back(struct terminal *t, const char *farewell);

bool terminal_knows_utf8(const struct terminal *t);
void terminal_set_ascii(struct terminal *t, bool ascii);

/* Did somebody press Ctrl-C since the last question? */
bool terminal_interrupted(const struct terminal *t);

#endif
