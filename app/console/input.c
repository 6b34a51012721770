/* What comes in on the line. The terminal's own answers come in between the keys, at any time: they are taken out here,
   so that a late one is never taken for something typed. */
#include "console/terminal_data.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static void keep(struct terminal *t, const char *bytes, size_t len)
{
	if (t->taken == t->ahead.len) {
		buf_clear(&t->ahead);
		t->taken = t->paste_end = 0;
	}
	if (t->ahead.len + len <= AHEAD_MOST)
		buf_add(&t->ahead, bytes, len);
}

bool input_take(struct terminal *t, char *byte)
{
	if (t->taken >= t->ahead.len)
		return false;
	*byte = t->ahead.data[t->taken++];
	return true;
}

void input_put_back(struct terminal *t, const char *bytes, size_t len)
{
	struct buf all;

	buf_init(&all, AHEAD_MOST + sizeof t->bytes);
	buf_add(&all, bytes, len);
	buf_add(&all, t->ahead.data + t->taken, t->ahead.len - t->taken);
	buf_fini(&t->ahead);
	t->ahead = all;
	t->taken = t->paste_end = 0;
}

void input_forget(struct terminal *t)
{
	buf_clear(&t->ahead);
	t->taken = t->held_len = t->paste_end = 0;
	t->pasting = false;
	buf_fini(&t->paste);
}

/* Is this the beginning of "ESC [ digits ; digits …"? */
static bool may_go_on(const struct terminal *t)
{
	if (t->held_len == sizeof t->held - 1 || (t->held_len > 1 && t->held[1] != '['))
		return false;
	for (size_t i = 2; i < t->held_len; i++)
		if ((t->held[i] < '0' || t->held[i] > '9') && t->held[i] != ';')
			return false;
	return true;
}

static void keep_or_paste(struct terminal *t, const char *bytes, size_t len)
{
	if (t->pasting)
		buf_add(&t->paste, bytes, len);
	else
		keep(t, bytes, len);
}

/* What was pasted as it may stand in a line or text: without controls, broken signs and empty lines at the end. */
static void clean(const struct buf *paste, struct buf *out)
{
	for (size_t at = 0; at < paste->len;) {
		uint32_t c = 0;
		size_t size = utf8_next(paste->data + at, paste->len - at, &c);
		bool is_crlf = c == '\r' && at + 1 < paste->len && paste->data[at + 1] == '\n';

		if (c == '\n' || (c == '\r' && !is_crlf))
			buf_addc(out, '\n');
		else if (c == '\t')
			buf_addc(out, ' ');
		else if (c >= 0x20 && (c < 0x7f || c >= 0xa0))
			buf_add(out, paste->data + at, size);
		at += size == 0 ? 1 : size;
	}
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
}

/* Whole, or not at all. */
static void take_paste(struct terminal *t)
{
	struct buf text;

	buf_init(&text, PASTE_MOST);
	clean(&t->paste, &text);
	if (buf_status(&t->paste) != ERR_OK || buf_status(&text) != ERR_OK) {
		terminal_put(t, 2, _("! What was pasted is longer than %d bytes. Nothing of it was taken."),
			     PASTE_MOST);
	} else if (text.len > 0 && strchr(text.data, '\n') != NULL && t->kind != LINE_TEXT) {
		terminal_put(t, 2, "%s",
			     _("! Several lines were pasted where one is asked for. Nothing of it was taken."));
	} else if (text.len > 0) {
		keep(t, text.data, text.len);
		t->paste_end = t->ahead.len;
	}
	buf_fini(&text);
	buf_fini(&t->paste);
}

void input_give_up_paste(struct terminal *t)
{
	t->pasting = false;
	buf_fini(&t->paste);
	terminal_put(t, 2, "%s", _("! What was pasted did not come in whole. Nothing of it was taken."));
}

/* What comes from the terminal itself. */
static bool is_ours(struct terminal *t)
{
	unsigned row, column;

	t->held[t->held_len] = '\0';
	if (strcmp(t->held, "\033[200~") == 0) {
		buf_init(&t->paste, PASTE_MOST);
		t->pasting = true;
	} else if (strcmp(t->held, "\033[201~") == 0 && t->pasting) {
		t->pasting = false;
		take_paste(t);
	} else if (t->held_len > 3 && size_read(t->held + 2, ';', 'R', &row, &column)) {
		size_told(t, row, column);
	} else {
		return false;
	}
	return true;
}

static void come_in(struct terminal *t, char byte)
{
	/* A BREAK, or noise. */
	if (byte == '\0') {
		line_broke(t);
		return;
	}
	if (t->held_len == 0 && byte != ESCAPE) {
		keep_or_paste(t, &byte, 1);
		return;
	}
	if (byte == ESCAPE) {
		keep_or_paste(t, t->held, t->held_len);
		t->held_len = 0;
	}
	t->held[t->held_len++] = byte;
	if (may_go_on(t))
		return;
	if (!is_ours(t))
		keep_or_paste(t, t->held, t->held_len);
	t->held_len = 0;
}

void input_read(struct terminal *t)
{
	char bytes[BYTES_AT_ONCE];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);

	t->closed = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
	for (ssize_t i = 0; i < got; i++)
		come_in(t, bytes[i]);
}

static bool has_come(const struct terminal *t, int wait_ms)
{
	struct pollfd line = {.fd = STDIN_FILENO, .events = POLLIN};

	return !t->closed && poll(&line, 1, wait_ms) > 0;
}

/* While a long text comes in, its echo goes out no faster: the line's own memory is small. */
void input_keep_up(struct terminal *t)
{
	while (t->is_tty && t->ahead.len + PASTE_MOST + BYTES_AT_ONCE <= AHEAD_MOST && !keys_are_interrupted() &&
	       has_come(t, 0))
		input_read(t);
}

bool terminal_more(const struct terminal *t, int wait_ms)
{
	return t->is_tty && (t->taken < t->ahead.len || has_come(t, wait_ms));
}

void terminal_drop(struct terminal *t)
{
	enum { QUIET_MS = 300 };

	input_forget(t);
	while (t->is_tty && !keys_are_interrupted() && has_come(t, QUIET_MS)) {
		input_read(t);
		input_forget(t);
	}
}
