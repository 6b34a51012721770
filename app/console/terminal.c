#include "console/terminal_data.h"

#include "base/clock.h"
#include "console/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
	(void)el_set(t->el, EL_GETCFN, keys_give);
	return true;
}

/* All through, the tty neither echoes nor gathers lines: what is typed ahead waits unseen for the next question,
   and a password is never shown, however fast it comes. */
static void be_quiet(const struct terminal *t)
{
	struct termios mode = t->normal;

	/* Noise stays noise: a BREAK is a NUL, never a Ctrl-C. */
	mode.c_iflag &= ~(tcflag_t)(BRKINT | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | IXANY);
	mode.c_iflag |= ICRNL | IXON | IXOFF;
	mode.c_oflag |= OPOST | ONLCR;
	mode.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	mode.c_lflag |= ISIG;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

/* TERM says nothing, or that nothing is known. */
static bool is_dumb(void)
{
	static const char *const names[] = {"", "dumb", "unknown", "network", "dialup", "plugboard"};
	const char *name = getenv("TERM");

	for (size_t i = 0; name != NULL && i < sizeof names / sizeof names[0]; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void know_terminal(struct terminal *t)
{
	struct winsize size = {0};

	/* A serial line often says nothing about itself; every emulator understands this much. */
	(void)setenv("TERM", "vt102", 0);
	t->dumb = is_dumb();
	if (t->dumb)
		(void)setenv("TERM", "dumb", 1);
	t->asks_size = t->is_tty && (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0);
	size_measure(t);
}

enum err terminal_open(bool ascii, const struct watcher *watcher, struct terminal **out, struct fault *f)
{
	struct terminal *t = calloc(1, sizeof *t);

	if (t == NULL)
		return fault_set(f, ERR_NOMEM, "%s", _("Out of memory."));
	t->ascii = ascii;
	t->watcher = *watcher;
	t->is_tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &t->normal) == 0;
	if (t->is_tty)
		be_quiet(t);
	buf_init(&t->prompt, LINE_MOST);
	buf_init(&t->ahead, AHEAD_MOST);
	buf_init(&t->unfinished, AHEAD_MOST);
	t->kind = LINE_ANSWER;
	know_terminal(t);
	keys_watch_signals();
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
	if (t->is_tty && !t->dumb)
		(void)fputs(PASTE_OFF, stdout);
	(void)fflush(stdout);
	if (t->asks_size)
		size_set(t, 0, 0);
	if (t->is_tty)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->normal);
	buf_fini(&t->prompt);
	buf_fini(&t->ahead);
	buf_fini(&t->paste);
	buf_fini(&t->unfinished);
	free(t);
}

bool terminal_was_pasted(const struct terminal *t)
{
	return t->ended_in_paste;
}

void terminal_set_idle(struct terminal *t, unsigned seconds)
{
	t->idle_ns = (int64_t)seconds * 1000000000;
	t->typed_ns = moment_now().boot_ns;
}

void terminal_set_ascii(struct terminal *t, bool ascii)
{
	t->ascii = ascii;
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
	size_measure(t);
	terminal_resume(t);
	t->shown = 0;
}

static enum typed why_ended(struct terminal *t)
{
	bool cancelled = terminal_interrupted(t) && !keys_has_ended(t);

	keys_forget_interrupt(t);
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
	line_keep_speed(t);
	return typed == NULL || len <= 0 ? NULL : strndup(typed, strcspn(typed, "\r\n"));
}

/* A line from a pipe. */
static char *plain_line(struct terminal *t)
{
	struct buf line;
	uint32_t c = 0;

	buf_init(&line, LINE_MOST);
	keys_show_prompt(t);
	while (keys_next(t, &c) && c != '\n')
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

/* The line was hung up, or the screen changed hands: what was typed is worth keeping. */
static void leave_behind(struct terminal *t, enum line_kind kind, const char *prompt)
{
	if (keys_has_ended(t) && t->unfinished.len > 0)
		t->watcher.left(t->watcher.context, kind, prompt, t->unfinished.data);
	buf_clear(&t->unfinished);
}

enum typed terminal_ask(struct terminal *t, enum line_kind kind, const char *prompt, const char *given, char **line)
{
	char *typed;

	if (keys_has_ended(t))
		return TYPED_END;
	begin_question(t, prompt);
	t->asking = true;
	t->kind = kind;
	t->ended_in_paste = false;
	if (given[0] == '\0')
		given = t->watcher.given(t->watcher.context, kind, prompt);
	typed = t->is_tty && !t->nested ? edit_line(t, kind, given) : plain_line(t);
	t->asking = false;
	if (typed == NULL) {
		leave_behind(t, kind, prompt);
		return why_ended(t);
	}
	if (kind != LINE_TEXT && strlen(typed) > LINE_MOST) {
		free(typed);
		terminal_put(t, 2, _("! The line is longer than %d bytes. Nothing of it was taken."), LINE_MOST);
		return terminal_ask(t, kind, prompt, given, line);
	}
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

	while (keys_next(t, &c)) {
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

	if (keys_has_ended(t))
		return TYPED_END;
	begin_question(t, prompt);
	keys_show_prompt(t);
	t->asking = true;
	whole = read_unseen(t, out);
	t->asking = false;
	if (!whole) {
		explicit_bzero(out, PASSWORD_SIZE);
		return why_ended(t);
	}
	(void)putchar('\n');
	return TYPED_LINE;
}

char terminal_key(struct terminal *t, const char *prompt, const char *keys)
{
	uint32_t c = 0;
	bool whole;

	begin_question(t, prompt);
	keys_show_prompt(t);
	t->asking = true;
	do
		whole = keys_next(t, &c) && c != CONTROL_D;
	while (whole && c != '\n' && c != '\r' && (c == 0 || c >= 0x80 || strchr(keys, (int)c) == NULL));
	t->asking = false;
	(void)putchar('\n');
	if (!whole)
		return '\0';
	return c == '\n' || c == '\r' ? keys[0] : (char)c;
}

void terminal_lend(struct terminal *t)
{
	if (t->is_tty && !t->dumb)
		(void)fputs(PASTE_OFF, stdout);
	(void)fflush(stdout);
	input_forget(t);
}

void terminal_take_back(struct terminal *t, const char *farewell)
{
	if (t->is_tty)
		be_quiet(t);
	line_keep_speed(t);
	(void)fputs(farewell, stdout);
	(void)fflush(stdout);
	if (t->is_tty && !t->dumb)
		(void)fputs(PASTE_ON, stdout);
	t->typed_ns = moment_now().boot_ns;
	terminal_drop(t);
}
