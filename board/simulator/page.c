#include "board/simulator/asking.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { REDRAW_MS = 100, UPLINKS = 4, LABEL_COLUMNS = 24 };

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void)number;
	told_to_end = 1;
}

/* ---- what the simulator said ---- */

static bool flag(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static bool is_pressed(const json_t *state, const char *button)
{
	json_t *pressed = json_object_get(state, "pressed");

	for (size_t i = 0; i < json_array_size(pressed); i++)
		if (strcmp(json_string_value(json_array_get(pressed, i)), button) == 0)
			return true;
	return false;
}

/* ---- drawing ---- */

/* `text` and spaces up to `columns`. */
static void add_padded(struct buf *b, const char *text, size_t columns)
{
	buf_adds(b, text);
	for (size_t have = text_columns(text); have < columns; have++)
		buf_addc(b, ' ');
}

static void add_line(struct buf *b, const char *text)
{
	buf_adds(b, text);
	buf_adds(b, "\033[K\r\n");
}

static void draw_head(struct buf *b, const json_t *state)
{
	json_int_t ms = json_integer_value(json_object_get(state, "time_us")) / 1000;

	buf_adds(b, "\033[H");
	add_padded(b, _("Kannuki panel (simulated board, real firmware)"), 58);
	buf_addf(b, "%3lld:%02lld:%02lld.%lld", (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
		 (long long)(ms / 1000 % 60), (long long)(ms / 100 % 10));
	add_line(b, "");
	add_line(b, "------------------------------------------------------------------------------");
}

static void draw_button(struct buf *b, char key, const char *label, const char *state)
{
	buf_addf(b, "  [%c] ", key);
	add_padded(b, label, LABEL_COLUMNS);
	add_line(b, state);
}

static void draw_buttons(struct buf *b, const json_t *state)
{
	const char *down = _("pressed");

	draw_button(b, 'd', _("DECLARE"), is_pressed(state, "declare") ? down : "");
	draw_button(b, 'i', _("ISOLATE"), is_pressed(state, "isolate") ? down : "");
	draw_button(b, 'k', _("RESTORE key"), flag(state, "key") ? _("on") : _("off"));
	draw_button(b, 't', _("Lamp test / mute"), is_pressed(state, "test") ? down : "");
	add_line(b, "");
}

static void draw_lamp(struct buf *b, const char *label, bool lit)
{
	buf_adds(b, lit ? "  \033[7m ● " : "  \033[2m ○ ");
	buf_adds(b, label);
	buf_adds(b, " \033[0m");
}

static void draw_lamps(struct buf *b, const json_t *state)
{
	const json_t *lamps = json_object_get(state, "lamps");

	buf_addf(b, "  %s\033[K\r\n", _("Lamps (● lit, ○ dark)"));
	draw_lamp(b, _("POWER"), flag(lamps, "power"));
	draw_lamp(b, _("RECORDED"), flag(lamps, "recorded"));
	draw_lamp(b, _("INCIDENT"), flag(lamps, "incident"));
	draw_lamp(b, _("FAULT"), flag(lamps, "fault"));
	draw_lamp(b, _("DRILL / MAINTENANCE"), flag(lamps, "drill"));
	add_line(b, "");
	draw_lamp(b, _("ALARM contact"), flag(lamps, "alarm"));
	draw_lamp(b, _("Buzzer"), flag(lamps, "buzzer"));
	add_line(b, "");
	add_line(b, "");
}

static void draw_uplink(struct buf *b, const json_t *state, size_t index)
{
	const json_t *uplink = json_array_get(json_object_get(state, "uplinks"), index);
	char button[16];

	snprintf(button, sizeof button, "uplink %zu", index + 1);
	buf_addf(b, "  [%zu] ", index + 1);
	add_padded(b, is_pressed(state, button) ? _("pressed") : "", 10);
	add_padded(b, flag(uplink, "lamp") ? "●" : "○", 8);
	add_padded(b, flag(uplink, "coil") ? _("driven") : _("released"), 14);
	add_padded(b, flag(uplink, "connected") ? _("closed: connected") : _("open: cut"), 20);
	add_padded(b, flag(uplink, "mirror") ? _("closed: proves the cut") : _("open"), 0);
	buf_adds(b, flag(uplink, "welded") ? _("  (welded)") : "");
	add_line(b, "");
}

static void draw_uplinks(struct buf *b, const json_t *state)
{
	buf_adds(b, "      ");
	add_padded(b, _("Button"), 10);
	add_padded(b, _("Lamp"), 8);
	add_padded(b, _("Relay coil"), 14);
	add_padded(b, _("Main contact"), 20);
	add_line(b, _("Mirror contact"));
	for (size_t i = 0; i < UPLINKS; i++)
		draw_uplink(b, state, i);
	add_line(b, "");
	if (!flag(state, "power"))
		add_line(b, _("  The board has no power: the relays have fallen open."));
	else if (!flag(state, "supply"))
		add_line(b, _("  ISOLATE's second pole has taken the supply from the coils."));
	else
		add_line(b, "");
}

static void draw_help(struct buf *b)
{
	add_line(b, "------------------------------------------------------------------------------");
	add_line(b, _("  d i k t: the controls above   1-4: cut one uplink   p: power off and on"));
	buf_adds(b, _("  w: weld relay 1, or free it   q: leave (the board goes on)"));
	buf_adds(b, "\033[K\033[J");
}

static void draw(const json_t *state)
{
	struct buf b;
	ssize_t written = 0;

	buf_init(&b, BUF_CAP_DEFAULT);
	draw_head(&b, state);
	draw_buttons(&b, state);
	draw_lamps(&b, state);
	draw_uplinks(&b, state);
	draw_help(&b);
	if (buf_status(&b) == ERR_OK)
		written = write(STDOUT_FILENO, b.data, b.len);
	(void)written; /* a terminal that has gone is noticed on reading */
	buf_fini(&b);
}

/* ---- the keys ---- */

static const char *command_of(char key, const json_t *state)
{
	const json_t *first = json_array_get(json_object_get(state, "uplinks"), 0);

	switch (key) {
	case 'd':
		return "press declare";
	case 'i':
		return "press isolate";
	case 'k':
		return "key turn";
	case 't':
		return "press test";
	case '1':
		return "press uplink 1";
	case '2':
		return "press uplink 2";
	case '3':
		return "press uplink 3";
	case '4':
		return "press uplink 4";
	case 'p':
		return flag(state, "power") ? "power off" : "power on";
	case 'w':
		return flag(first, "welded") ? "weld 1 off" : "weld 1 on";
	default:
		return NULL;
	}
}

static enum err tell(int fd, const char *command, struct fault *f)
{
	char *answer = NULL;
	enum err err = asking_ask(fd, command, &answer, f);

	free(answer);
	return err;
}

static enum err show(int fd, json_t **state, struct fault *f)
{
	char *answer = NULL;
	enum err err = asking_ask(fd, "state", &answer, f);
	json_t *fresh;

	if (err != ERR_OK)
		return err;
	fresh = json_loads(answer, 0, NULL);
	free(answer);
	if (fresh == NULL)
		return fault_set(f, ERR_FORMAT, _("the simulated board answers in another language"));
	json_decref(*state);
	*state = fresh;
	draw(fresh);
	return ERR_OK;
}

/* False when the person wants to leave. */
static bool take_keys(int fd, const json_t *state, enum err *err, struct fault *f)
{
	struct pollfd input = {STDIN_FILENO, POLLIN, 0};
	char key;

	if (poll(&input, 1, REDRAW_MS) <= 0)
		return true;
	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 3)
		return false;
	if (command_of(key, state) != NULL)
		*err = tell(fd, command_of(key, state), f);
	return *err == ERR_OK;
}

static enum err operate(int fd, struct fault *f)
{
	json_t *state = NULL;
	enum err err = show(fd, &state, f);

	while (err == ERR_OK && !told_to_end && take_keys(fd, state, &err, f))
		err = show(fd, &state, f);
	json_decref(state);
	return err;
}

enum err page_run(const char *path, struct fault *f)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct termios before, raw;
	int fd;
	enum err err;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return fault_set(f, ERR_STATE, _("the page needs a terminal; without one use --send PATH COMMAND"));
	err = asking_open(path, &fd, f);
	if (err != ERR_OK)
		return err;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	raw = before;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs("\033[?1049h\033[?25l", stdout);
	fflush(stdout);
	err = operate(fd, f);
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	close(fd);
	return err;
}
