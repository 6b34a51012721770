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
static size_t chosen; /* the uplink, from 0, that w and m break */

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

static const char *wire_fault(const json_t *uplink)
{
	const char *wire = json_string_value(json_object_get(uplink, "wire"));

	if (wire == NULL || strcmp(wire, "whole") == 0)
		return "";
	return strcmp(wire, "cut") == 0 ? _(" (wire broken)") : _(" (wire shorted)");
}

static const char *main_contact(const json_t *uplink)
{
	if (flag(uplink, "welded"))
		return _("closed: welded");
	return flag(uplink, "connected") ? _("closed: connected") : _("open: cut");
}

static void draw_uplink(struct buf *b, const json_t *state, size_t index)
{
	const json_t *uplink = json_array_get(json_object_get(state, "uplinks"), index);
	char button[16];

	snprintf(button, sizeof button, "uplink %zu", index + 1);
	buf_addf(b, "%s [%zu] ", index == chosen ? " >" : "  ", index + 1);
	add_padded(b, is_pressed(state, button) ? _("pressed") : "", 15);
	add_padded(b, flag(uplink, "lamp") ? "●" : "○", 7);
	add_padded(b, flag(uplink, "coil") ? _("driven") : _("released"), 9);
	add_padded(b, main_contact(uplink), 18);
	buf_adds(b, flag(uplink, "mirror") ? _("closed: proves") : _("open"));
	buf_adds(b, wire_fault(uplink));
	add_line(b, "");
}

static void draw_uplinks(struct buf *b, const json_t *state)
{
	buf_adds(b, "       ");
	add_padded(b, _("Button"), 15);
	add_padded(b, _("Lamp"), 7);
	add_padded(b, _("Coil"), 9);
	add_padded(b, _("Main contact"), 18);
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

/* What the word of the control socket means to a person. */
static const char *line_words(const json_t *state)
{
	static const struct {
		const char *word, *meaning;
	} lines[] = {{"whole", N_("whole")},
		     {"deaf", N_("Pi to board broken")},
		     {"mute", N_("board to Pi broken")},
		     {"unplugged", N_("Pi unplugged")},
		     {"noisy", N_("garbage")},
		     {"late", N_("answers too late")},
		     {"two", N_("two controllers")},
		     {"othermap", N_("other map version")}};
	const char *word = json_string_value(json_object_get(state, "line"));

	for (size_t i = 0; word != NULL && i < sizeof lines / sizeof lines[0]; i++)
		if (strcmp(lines[i].word, word) == 0)
			return _(lines[i].meaning);
	return "?";
}

static void draw_faults(struct buf *b, const json_t *state)
{
	buf_addf(b, _("  Line: %s   Coil supply: %s   Jumper: %s"), line_words(state),
		 flag(state, "supply_taken") ? _("gone") : _("there"), flag(state, "jumper") ? _("set") : _("off"));
	add_line(b, "");
}

static void draw_help(struct buf *b)
{
	add_line(b, "------------------------------------------------------------------------------");
	add_line(b, _("  d i k t: the controls above   1-4: cut one uplink   q: leave (it goes on)"));
	add_line(b, _("  Break and mend   u: choose an uplink   w: weld it   m: its mirror wire"));
	add_line(b, _("  s: ISOLATE stuck   K: key left on   c: coil supply   x: line   j: jumper"));
	buf_adds(b, _("  p: power off and on   h: hang the processor   o: brown-out   e: torn EEPROM"));
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
	draw_faults(&b, state);
	draw_help(&b);
	if (buf_status(&b) == ERR_OK)
		written = write(STDOUT_FILENO, b.data, b.len);
	(void)written; /* a terminal that has gone is noticed on reading */
	buf_fini(&b);
}

/* ---- the keys ---- */

/* The word after `word` in this circle of words. */
static const char *next_of(const char *const words[], const char *word)
{
	for (size_t i = 0; word != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return words[i + 1] != NULL ? words[i + 1] : words[0];
	return words[0];
}

static const char *break_uplink(char key, const json_t *state)
{
	static const char *const wires[] = {"whole", "cut", "short", NULL};
	static char command[40];
	const json_t *uplink = json_array_get(json_object_get(state, "uplinks"), chosen);
	const char *wire = json_string_value(json_object_get(uplink, "wire"));

	if (key == 'w')
		snprintf(command, sizeof command, "weld %zu %s", chosen + 1, flag(uplink, "welded") ? "off" : "on");
	else
		snprintf(command, sizeof command, "wire %zu %s", chosen + 1, next_of(wires, wire));
	return command;
}

static const char *break_line(const json_t *state)
{
	static const char *const lines[] = {"whole", "deaf", "mute",     "unplugged", "noisy",
					    "late",  "two",  "othermap", NULL};
	static char command[40];

	snprintf(command, sizeof command, "line %s", next_of(lines, json_string_value(json_object_get(state, "line"))));
	return command;
}

/* What is one thing now and the other after the key. */
static const char *toggle_of(char key, const json_t *state)
{
	switch (key) {
	case 'p':
		return flag(state, "power") ? "power off" : "power on";
	case 'c':
		return flag(state, "supply_taken") ? "supply there" : "supply taken";
	case 'j':
		return flag(state, "jumper") ? "jumper off" : "jumper set";
	case 'K':
		return flag(state, "key") ? "key off" : "key on";
	case 's':
		return is_pressed(state, "isolate") ? "release isolate" : "hold isolate";
	case 'x':
		return break_line(state);
	default:
		return break_uplink(key, state);
	}
}

static const char *command_of(char key, const json_t *state)
{
	static const struct {
		char key;
		const char *command;
	} presses[] = {{'d', "press declare"},
		       {'i', "press isolate"},
		       {'k', "key turn"},
		       {'t', "press test"},
		       {'1', "press uplink 1"},
		       {'2', "press uplink 2"},
		       {'3', "press uplink 3"},
		       {'4', "press uplink 4"},
		       {'h', "hang"},
		       {'o', "brownout"},
		       {'e', "tear"}};

	for (size_t i = 0; i < sizeof presses / sizeof presses[0]; i++)
		if (presses[i].key == key)
			return presses[i].command;
	if (key == 'u')
		chosen = (chosen + 1) % UPLINKS;
	return key != '\0' && strchr("pcjKsxwm", key) != NULL ? toggle_of(key, state) : NULL;
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
	const char *command;
	char key;

	if (poll(&input, 1, REDRAW_MS) <= 0)
		return true;
	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 3)
		return false;
	command = command_of(key, state);
	if (command != NULL)
		*err = tell(fd, command, f);
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
