/* What comes in on the line. The terminal's own answers come in between the keys, at any time: they are taken out here,
   so that a late one is never taken for something typed. */
#include "console/terminal_data.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void keep(struct terminal *t, const char *bytes, size_t len)
{
	if (t->taken == t->ahead.len) {
		buf_clear(&t->ahead);
		t->taken = 0;
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
	t->taken = 0;
}

void input_forget(struct terminal *t)
{
	buf_clear(&t->ahead);
	t->taken = t->held_len = 0;
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

/* The whole of a cursor position report is ours. */
static bool is_report(struct terminal *t)
{
	unsigned row, column;

	t->held[t->held_len] = '\0';
	if (t->held_len < 3 || !size_read(t->held + 2, ';', 'R', &row, &column))
		return false;
	size_told(t, row, column);
	return true;
}

static void come_in(struct terminal *t, char byte)
{
	if (t->held_len == 0 && byte != ESCAPE) {
		keep(t, &byte, 1);
		return;
	}
	if (byte == ESCAPE) {
		keep(t, t->held, t->held_len);
		t->held_len = 0;
	}
	t->held[t->held_len++] = byte;
	if (may_go_on(t))
		return;
	if (!is_report(t))
		keep(t, t->held, t->held_len);
	t->held_len = 0;
}

void input_read(struct terminal *t)
{
	char bytes[1024];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);

	t->closed = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
	for (ssize_t i = 0; i < got; i++)
		come_in(t, bytes[i]);
}
