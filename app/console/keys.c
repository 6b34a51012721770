/* What is typed, sign by sign, and the signals that stand for keys. */
#include "console/terminal_data.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Its end was lost on the way. */
#define PASTE_PAUSE_NS INT64_C(5000000000)

/* The only thing a signal handler may touch. */
static volatile sig_atomic_t interrupts, endings, locks;

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

static void on_lock(int number)
{
	(void)number;
	locks = 1;
}

bool keys_are_interrupted(void)
{
	return interrupts != 0;
}

bool terminal_interrupted(const struct terminal *t)
{
	return interrupts != 0 || t->gone || t->dismissed;
}

void keys_watch_signals(void)
{
	struct sigaction interrupt = {.sa_handler = on_interrupt}, end = {.sa_handler = on_end};
	struct sigaction lock = {.sa_handler = on_lock};

	(void)sigaction(SIGINT, &interrupt, NULL);
	(void)sigaction(SIGHUP, &end, NULL);
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGUSR1, &lock, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

void keys_forget_interrupt(struct terminal *t)
{
	if (interrupts != 0)
		input_forget(t);
	interrupts = endings;
}

bool keys_has_ended(const struct terminal *t)
{
	return endings != 0 || t->gone || t->dismissed;
}

void keys_show_prompt(const struct terminal *t)
{
	(void)fputs(t->prompt.data != NULL ? t->prompt.data : "", stdout);
	(void)fflush(stdout);
}

/* After the watcher has put something out: the line that is being typed, below it. */
static void draw_again(struct terminal *t)
{
	t->disturbed = false;
	if (t->editing)
		(void)el_set(t->el, EL_REFRESH);
	else
		keys_show_prompt(t);
}

/* The watcher asks questions of its own, amid the one that is under way. */
static void be_idle(struct terminal *t)
{
	struct terminal before = *t;

	buf_init(&t->prompt, LINE_MOST);
	t->asking = t->editing = t->disturbed = false;
	t->nested = true;
	t->kind = LINE_ANSWER;
	t->dismissed = !t->watcher.idle(t->watcher.context) && !keys_has_ended(t);
	buf_fini(&t->prompt);
	t->prompt = before.prompt;
	t->asking = before.asking;
	t->editing = before.editing;
	t->nested = false;
	t->kind = before.kind;
	memcpy(t->bytes, before.bytes, sizeof t->bytes);
	t->have = before.have;
	t->disturbed = true;
}

static void watch_idle(struct terminal *t)
{
	int64_t now_ns = moment_now().boot_ns;

	if (t->nested || (locks == 0 && (t->idle_ns == 0 || now_ns - t->typed_ns < t->idle_ns)))
		return;
	be_idle(t);
	locks = 0;
	t->typed_ns = moment_now().boot_ns;
}

/* Waits for something to come in; meanwhile the watcher does its work. */
static void wait_for_line(struct terminal *t)
{
	int other = t->watcher.fd(t->watcher.context);
	struct pollfd ready[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = other, .events = POLLIN}};
	int count = poll(ready, 2, 1000);

	/* What was typed after Ctrl-C stays on the line until that is dealt with. */
	if (count < 0 || interrupts != 0)
		return;
	if (ready[0].revents != 0) {
		input_read(t);
		t->typed_ns = moment_now().boot_ns;
	} else {
		t->watcher.woke(t->watcher.context);
		if (t->pasting && moment_now().boot_ns - t->typed_ns > PASTE_PAUSE_NS)
			input_give_up_paste(t);
	}
}

/* False: Ctrl-C, or hung up. */
static bool next_byte(struct terminal *t, char *byte)
{
	while (!terminal_interrupted(t)) {
		input_keep_up(t);
		if (t->disturbed)
			draw_again(t);
		if (input_take(t, byte))
			return true;
		t->gone = t->closed;
		if (t->gone)
			break;
		wait_for_line(t);
		watch_idle(t);
	}
	return false;
}

bool keys_next(struct terminal *t, uint32_t *c)
{
	t->have = 0;
	while (next_byte(t, &t->bytes[t->have])) {
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

static void keep_unfinished(struct terminal *t)
{
	const LineInfo *line = el_line(t->el);

	buf_clear(&t->unfinished);
	buf_add(&t->unfinished, line->buffer, (size_t)(line->lastchar - line->buffer));
}

int keys_give(EditLine *el, wchar_t *out)
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
		if (!keys_next(t, &c)) {
			keep_unfinished(t);
			return -1;
		}
		if (c == '\t') {
			if (t->completing)
				complete(t);
		} else if (c == CONTROL_D && el_line(el)->lastchar == el_line(el)->buffer) {
			return -1;
		} else {
			t->ended_in_paste = t->taken < t->paste_end;
			*out = (wchar_t)c;
			return 1;
		}
	}
}
