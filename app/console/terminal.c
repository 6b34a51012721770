#include "console/terminal.h"

#include "console/layout.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { COLUMNS_MOST = 80, LINE_MOST = 4096, HISTORY_MOST = 100, CONTROL_D = 4 };

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

/* The only thing a signal handler may touch. */
static volatile sig_atomic_t interrupts, endings;

static void on_interrupt(int number)
{
	(void)number;
	interrupts = 1;
}

/* The service is being stopped: as if the line had been hung up. */
static void on_end(int number)
{
	(void)number;
	interrupts = endings = 1;
}

bool terminal_interrupted(const struct terminal *t)
{
	return interrupts != 0 || endings != 0 || t->gone;
}

size_t terminal_width(const struct terminal *t)
{
	return t->columns;
}

static void measure(struct terminal *t)
{
	struct winsize size = {0};

	t->rows = 0;
	t->columns = COLUMNS_MOST;
	if (!t->is_tty || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return;
	t->rows = size.ws_row;
	if (size.ws_col >= 20 && size.ws_col < COLUMNS_MOST)
		t->columns = size.ws_col;
}

static void show_prompt(const struct terminal *t)
{
	(void)fputs(t->prompt.data != NULL ? t->prompt.data : "", stdout);
	(void)fflush(stdout);
}

/* ---- keys ---- */

/* After the watcher has put something out: the line that is being typed, below it. */
static void draw_again(struct terminal *t)
{
	t->disturbed = false;
	if (t->editing)
		(void)el_set(t->el, EL_REFRESH);
	else
		show_prompt(t);
}

/* Waits for a byte while the watcher does its work. False: Ctrl-C, or hung up. */
static bool wait_for_byte(struct terminal *t, char *byte)
{
	while (interrupts == 0 && endings == 0 && !t->gone) {
		int other = t->watcher.fd(t->watcher.context);
		struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = other, .events = POLLIN}};
		int count = poll(ready, 2, 1000);

		if (count < 0)
			continue;
		if (ready[0].revents != 0) {
			ssize_t got = read(STDIN_FILENO, byte, 1);

			if (got == 1)
				return true;
			t->gone = got == 0 || (errno != EINTR && errno != EAGAIN);
		} else {
			t->watcher.woke(t->watcher.context);
			if (t->disturbed)
				draw_again(t);
		}
	}
	return false;
}

/* The next whole sign; invalid bytes are dropped. */
static bool next_sign(struct terminal *t, uint32_t *c)
{
	t->have = 0;
	while (wait_for_byte(t, &t->bytes[t->have])) {
		size_t size;

		t->have++;
		size = utf8_next(t->bytes, t->have, c);
		if (size != 0)
			return true;
		/* A good beginning has at most three bytes; a broken one is given up. */
		if (t->have >= 4 || (unsigned char)t->bytes[0] < 0xc2)
			t->have = 0;
	}
	return false;
}

/* Tab: what completes the word is taken as if it had been typed; the choices appear above the line. */
static void complete(struct terminal *t)
{
	const LineInfo *line = el_line(t->el);
	char *typed = strndup(line->buffer, (size_t)(line->cursor - line->buffer));

	t->completed = t->completion;
	t->completion[0] = '\0';
	if (typed != NULL)
		t->watcher.complete(t->watcher.context, typed, t->completion, sizeof t->completion);
	free(typed);
	if (t->disturbed)
		draw_again(t);
}

/* For the line editor: 1 and a sign, or −1 at the end. */
static int give_sign(EditLine *el, wchar_t *out)
{
	struct terminal *t;
	uint32_t c;

	if (el_get(el, EL_CLIENTDATA, &t) != 0)
		return -1;
	for (;;) {
		if (t->completed != NULL && *t->completed != '\0') {
			*out = (wchar_t)*t->completed++;
			return 1;
		}
		if (!next_sign(t, &c))
			return -1;
		if (c == '\t') {
			if (t->completing)
				complete(t);
		} else if (c == CONTROL_D && el_line(el)->lastchar == el_line(el)->buffer) {
			return -1;
		} else {
			*out = (wchar_t)c;
			return 1;
		}
	}
}

/* ---- opening ---- */

static char *give_prompt(EditLine *el)
{
	struct terminal *t;

	return el_get(el, EL_CLIENTDATA, &t) == 0 ? t->prompt.data : NULL;
}

static bool editor_open(struct terminal *t)
{
	HistEvent event;

	t->commands = history_init();
	t->nothing = history_init();
	t->el = el_init("kannuki", stdin, stdout, stderr);
	if (t->commands == NULL || t->nothing == NULL || t->el == NULL)
		return false;
	(void)history(t->commands, &event, H_SETSIZE, HISTORY_MOST);
	(void)history(t->commands, &event, H_SETUNIQUE, 1);
	(void)history(t->nothing, &event, H_SETSIZE, 1);
	(void)el_set(t->el, EL_CLIENTDATA, t);
	(void)el_set(t->el, EL_EDITOR, "emacs");
	(void)el_set(t->el, EL_SIGNAL, 0);
	(void)el_set(t->el, EL_SETTY, "-x", "-icanon", "-echo", NULL);
	(void)el_set(t->el, EL_PROMPT, give_prompt);
	(void)el_set(t->el, EL_GETCFN, give_sign);
	return true;
}

/* All through, the tty neither echoes nor gathers lines: what is typed ahead waits unseen for the next question,
   and a password is never shown, however fast it comes. */
static void be_quiet(const struct terminal *t)
{
	struct termios mode = t->normal;

	mode.c_iflag |= ICRNL;
	mode.c_oflag |= OPOST | ONLCR;
	mode.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	mode.c_lflag |= ISIG;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

enum err terminal_open(bool ascii, const struct watcher *watcher, struct terminal **out, struct fault *f)
{
	struct sigaction interrupt = {.sa_handler = on_interrupt}, end = {.sa_handler = on_end};
	struct terminal *t = calloc(1, sizeof *t);

	if (t == NULL)
		return fault_set(f, ERR_NOMEM, "%s", _("Out of memory."));
	t->ascii = ascii;
	t->watcher = *watcher;
	t->is_tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &t->normal) == 0;
	if (t->is_tty)
		be_quiet(t);
	buf_init(&t->prompt, LINE_MOST);
	measure(t);
	/* A serial line often says nothing about itself; every emulator understands this much. */
	(void)setenv("TERM", "vt102", 0);
	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGHUP, &end, NULL);
	(void)sigaction(SIGTERM, &end, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (t->is_tty && !editor_open(t)) {
		terminal_close(t);
		return fault_set(f, ERR_NOMEM, "%s", _("Out of memory."));
	}
	*out = t;
	return ERR_OK;
}

void terminal_close(struct terminal *t)
{
	if (t == NULL)
		return;
	if (t->el != NULL)
		el_end(t->el);
	if (t->commands != NULL)
		history_end(t->commands);
	if (t->nothing != NULL)
		history_end(t->nothing);
	if (t->is_tty)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->normal);
	buf_fini(&t->prompt);
	free(t);
}

void terminal_forget(struct terminal *t)
{
	HistEvent event;

	if (t->commands != NULL)
		(void)history(t->commands, &event, H_CLEAR);
}

/* ---- asking ---- */

static void begin_question(struct terminal *t, const char *prompt)
{
	buf_clear(&t->prompt);
	if (t->ascii)
		layout_ascii(&t->prompt, prompt);
	else
		buf_adds(&t->prompt, prompt);
	measure(t);
	interrupts = 0;
	t->shown = 0;
	t->skip = false;
}

static enum typed why_ended(void)
{
	bool cancelled = interrupts != 0 && endings == 0;

	interrupts = 0;
	(void)putchar('\n');
	(void)fflush(stdout);
	return cancelled ? TYPED_CANCEL : TYPED_END;
}

/* A line with line editing. NULL: it ended without one. */
static char *edit_line(struct terminal *t, enum line_kind kind, const char *given)
{
	const char *typed;
	int len = 0;

	(void)el_set(t->el, EL_HIST, history, kind == LINE_COMMAND ? t->commands : t->nothing);
	el_resize(t->el);
	t->completing = kind == LINE_COMMAND;
	if (given[0] != '\0')
		el_push(t->el, given);
	t->editing = true;
	typed = el_gets(t->el, &len);
	t->editing = false;
	return typed == NULL || len <= 0 ? NULL : strndup(typed, strcspn(typed, "\r\n"));
}

/* A line from a pipe. */
static char *plain_line(struct terminal *t)
{
	struct buf line;
	uint32_t c = 0;

	buf_init(&line, LINE_MOST);
	show_prompt(t);
	while (next_sign(t, &c) && c != '\n')
		if (c >= 0x20)
			buf_add(&line, t->bytes, t->have);
	if (c != '\n' && line.len == 0) {
		buf_fini(&line);
		return NULL;
	}
	(void)putchar('\n');
	return buf_take(&line);
}

static void remember(struct terminal *t, const char *line)
{
	HistEvent event;

	if (t->commands != NULL && line[strspn(line, " ")] != '\0')
		(void)history(t->commands, &event, H_ENTER, line);
}

enum typed terminal_ask(struct terminal *t, enum line_kind kind, const char *prompt, const char *given, char **line)
{
	char *typed;

	if (t->gone || endings != 0)
		return TYPED_END;
	begin_question(t, prompt);
	t->asking = true;
	typed = t->is_tty ? edit_line(t, kind, given) : plain_line(t);
	t->asking = false;
	if (typed == NULL)
		return why_ended();
	if (strlen(typed) > LINE_MOST)
		typed[LINE_MOST] = '\0';
	for (char *c = typed; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	if (kind == LINE_COMMAND)
		remember(t, typed);
	*line = typed;
	return TYPED_LINE;
}

/* Takes the last sign of `text` away. */
static size_t without_last(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	return len > 0 ? len - 1 : 0;
}

/* Signs up to the end of the line, unseen. */
static bool read_unseen(struct terminal *t, char out[PASSWORD_SIZE])
{
	size_t len = 0;
	uint32_t c;

	while (next_sign(t, &c)) {
		if (c == '\n' || c == '\r') {
			out[len] = '\0';
			return true;
		}
		if (c == CONTROL_D && len == 0)
			return false;
		if (c == 8 || c == 0x7f)
			len = without_last(out, len);
		else if (c == 21)
			len = 0;
		else if (c >= 0x20 && len + t->have < PASSWORD_SIZE) {
			memcpy(out + len, t->bytes, t->have);
			len += t->have;
		}
	}
	return false;
}

enum typed terminal_password(struct terminal *t, const char *prompt, char out[PASSWORD_SIZE])
{
	bool whole;

	if (t->gone || endings != 0)
		return TYPED_END;
	begin_question(t, prompt);
	show_prompt(t);
	t->asking = true;
	whole = read_unseen(t, out);
	t->asking = false;
	if (!whole) {
		explicit_bzero(out, PASSWORD_SIZE);
		return why_ended();
	}
	(void)putchar('\n');
	return TYPED_LINE;
}

/* ---- putting out ---- */

/* At the end of a screenful: waits for a key. */
static void pause_output(struct terminal *t)
{
	const char *prompt = _("-- more: space next page, q stop --");
	uint32_t c = 0;

	(void)fputs(prompt, stdout);
	(void)fflush(stdout);
	t->skip = !next_sign(t, &c) || c == 'q' || c == 'Q' || c == 3 || c == 0xff51;
	(void)fputs("\r", stdout);
	for (size_t i = 0; i < text_columns(prompt); i++)
		(void)putchar(' ');
	(void)putchar('\r');
	t->shown = c == '\r' || c == '\n' ? t->rows - 2 : 0;
}

void terminal_put_line(struct terminal *t, const char *line)
{
	struct buf shown;

	if (t->skip)
		return;
	if (t->asking) {
		if (!t->disturbed)
			(void)putchar('\n');
		t->disturbed = true;
	} else if (t->rows > 4 && t->shown + 1 >= t->rows) {
		pause_output(t);
		if (t->skip)
			return;
	}
	buf_init(&shown, LINE_MOST);
	if (t->ascii)
		layout_ascii(&shown, line);
	(void)fputs(t->ascii && shown.data != NULL ? shown.data : line, stdout);
	(void)putchar('\n');
	(void)fflush(stdout);
	t->shown++;
	buf_fini(&shown);
}

void terminal_put(struct terminal *t, size_t hang, const char *format, ...)
{
	struct buf wrapped;
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	buf_init(&wrapped, BUF_CAP_DEFAULT);
	layout_wrap(&wrapped, text != NULL ? text : "", t->columns, hang);
	for (char *line = wrapped.data; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");
		bool last = line[len] == '\0';

		line[len] = '\0';
		terminal_put_line(t, line);
		line += last ? len : len + 1;
	}
	buf_fini(&wrapped);
	free(text);
}
