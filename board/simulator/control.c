#include "board/simulator/control.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BIT_DECLARE, BIT_ISOLATE, BIT_UPLINK, BIT_KEY = 6, BIT_TEST, PRESS_MS = 200, TURN_MS = 600, WORDS = 5 };

/* The words of one line. */
struct words {
	char text[160];
	char *word[WORDS];
	int count;
};

static bool split(struct words *w, const char *line)
{
	char *rest = NULL;

	size_t length = strlen(line);

	w->count = 0;
	if (length >= sizeof w->text)
		return false;
	memcpy(w->text, line, length + 1);
	for (char *word = strtok_r(w->text, " \t\r", &rest); word != NULL; word = strtok_r(NULL, " \t\r", &rest)) {
		if (w->count == WORDS)
			return false;
		w->word[w->count++] = word;
	}
	return w->count > 0;
}

static const char *word_at(const struct words *w, int i)
{
	return i < w->count ? w->word[i] : "";
}

static bool is_word(const struct words *w, int i, const char *text)
{
	return strcmp(word_at(w, i), text) == 0;
}

/* A whole number in [low, high]; false when word `i` is something else. */
static bool number_at(const struct words *w, int i, long low, long high, long *out)
{
	char *end;
	long value = strtol(word_at(w, i), &end, 10);

	if (end == word_at(w, i) || *end != '\0' || value < low || value > high)
		return false;
	*out = value;
	return true;
}

static bool uplink_at(const struct words *w, int i, uint8_t *uplink)
{
	long number;

	if (!number_at(w, i, 1, BOARD_UPLINKS, &number))
		return false;
	*uplink = (uint8_t)(number - 1);
	return true;
}

/* The button named from word 1 on; `*next` is the word after it. */
static bool button_at(const struct words *w, uint8_t *bit, int *next)
{
	uint8_t uplink;

	*next = 2;
	if (is_word(w, 1, "declare"))
		*bit = BIT_DECLARE;
	else if (is_word(w, 1, "isolate"))
		*bit = BIT_ISOLATE;
	else if (is_word(w, 1, "test"))
		*bit = BIT_TEST;
	else if (is_word(w, 1, "uplink") && uplink_at(w, 2, &uplink)) {
		*bit = (uint8_t)(BIT_UPLINK + uplink);
		*next = 3;
	} else
		return false;
	return true;
}

/* ---- the commands; each answers NULL for "ok", or how it is to be written ---- */

static const char too_many[] = "less at once; a thousand presses wait already";

static const char *hold_for(struct board *b, uint8_t bit, uint64_t ms)
{
	uint64_t now = board_now(b);

	return board_input(b, now, bit, true) && board_input(b, now + BOARD_MS(ms), bit, false) ? NULL : too_many;
}

static const char *do_press(struct board *b, const struct words *w)
{
	long ms = PRESS_MS;
	uint8_t bit;
	int next;

	if (!button_at(w, &bit, &next) || (w->count > next && !number_at(w, next, 1, 600000, &ms)))
		return "press declare|isolate|test|uplink N [MS]";
	return hold_for(b, bit, (uint64_t)ms);
}

static const char *do_hold(struct board *b, const struct words *w)
{
	uint8_t bit;
	int next;

	if (!button_at(w, &bit, &next))
		return "hold|release declare|isolate|test|uplink N";
	return board_input(b, board_now(b), bit, is_word(w, 0, "hold")) ? NULL : too_many;
}

static const char *do_key(struct board *b, const struct words *w)
{
	if (is_word(w, 1, "turn")) {
		return hold_for(b, BIT_KEY, TURN_MS);
	} else if (is_word(w, 1, "on") || is_word(w, 1, "off")) {
		return board_input(b, board_now(b), BIT_KEY, is_word(w, 1, "on")) ? NULL : too_many;
	}
	return "key on|off|turn";
}

static const char *do_power(struct board *b, const struct words *w)
{
	if (!is_word(w, 1, "on") && !is_word(w, 1, "off"))
		return "power on|off";
	board_power(b, is_word(w, 1, "on"));
	return NULL;
}

static const char *do_weld(struct board *b, const struct words *w)
{
	uint8_t uplink;

	if (!uplink_at(w, 1, &uplink) || (!is_word(w, 2, "on") && !is_word(w, 2, "off")))
		return "weld 1-4 on|off";
	board_weld(b, uplink, is_word(w, 2, "on"));
	return NULL;
}

static const char *do_wire(struct board *b, const struct words *w)
{
	uint8_t uplink;

	if (!uplink_at(w, 1, &uplink) || (!is_word(w, 2, "cut") && !is_word(w, 2, "short") && !is_word(w, 2, "whole")))
		return "wire 1-4 cut|short|whole";
	board_cut_mirror_wire(b, uplink, is_word(w, 2, "cut"));
	board_short_mirror_wire(b, uplink, is_word(w, 2, "short"));
	return NULL;
}

static const char *do_pole(struct board *b, const struct words *w)
{
	bool broken = is_word(w, 2, "broken");
	long pole;

	if (!number_at(w, 1, 1, 2, &pole) || (!broken && !is_word(w, 2, "whole")))
		return "pole 1|2 broken|whole";
	board_break_isolate(b, pole == 1 && broken, pole == 2 && broken);
	return NULL;
}

static const char *const lamp_names[] = {"recorded", "incident", "fault", "drill", "alarm", "buzzer"};

/* POWER has no pin; its bit is one the map leaves free. */
enum { LAMP_POWER = 1 << 15, DRILL_LAMP = 3 };

/* The enum board_lamp bit named from word 1 on; 0: none. */
static uint16_t lamp_at(const struct words *w, int *next)
{
	uint8_t uplink;

	*next = 2;
	if (is_word(w, 1, "power"))
		return LAMP_POWER;
	for (unsigned i = 0; i <= DRILL_LAMP; i++)
		if (is_word(w, 1, lamp_names[i]))
			return (uint16_t)(1U << i);
	*next = 3;
	if (!is_word(w, 1, "uplink") || !uplink_at(w, 2, &uplink))
		return 0;
	return (uint16_t)(LAMP_UPLINK_1 << uplink);
}

static const char *do_lamp(struct board *b, const struct words *w)
{
	int next;
	uint16_t lamp = lamp_at(w, &next);

	if (lamp == 0 || (!is_word(w, next, "dead") && !is_word(w, next, "whole")))
		return "lamp power|recorded|incident|fault|drill|uplink N dead|whole";
	if (is_word(w, next, "dead"))
		board_break_lamps(b, board_broken_lamps(b) | lamp);
	else
		board_break_lamps(b, (uint16_t)(board_broken_lamps(b) & ~lamp));
	return NULL;
}

static const char *do_supply(struct board *b, const struct words *w)
{
	if (!is_word(w, 1, "taken") && !is_word(w, 1, "there"))
		return "supply taken|there";
	board_take_supply(b, is_word(w, 1, "taken"));
	return NULL;
}

static const char *do_jumper(struct board *b, const struct words *w)
{
	if (!is_word(w, 1, "set") && !is_word(w, 1, "off"))
		return "jumper set|off";
	board_set_jumper(b, is_word(w, 1, "set"));
	return NULL;
}

static const char *const line_names[LINE_COUNT] = {
	[LINE_WHOLE] = "whole", [LINE_DEAF] = "deaf", [LINE_MUTE] = "mute", [LINE_UNPLUGGED] = "unplugged",
	[LINE_NOISY] = "noisy", [LINE_LATE] = "late", [LINE_TWO] = "two",   [LINE_OTHER_MAP] = "othermap",
};

static const char *do_line(struct board *b, const struct words *w)
{
	for (int i = 0; i < LINE_COUNT; i++) {
		if (is_word(w, 1, line_names[i])) {
			board_set_line(b, (enum board_line)i);
			return NULL;
		}
	}
	return "line whole|deaf|mute|unplugged|noisy|late|two|othermap";
}

static const char *do_brownout(struct board *b, const struct words *w)
{
	(void)w;
	board_brown_out(b);
	return NULL;
}

static const char *do_tear(struct board *b, const struct words *w)
{
	(void)w;
	board_tear_eeprom(b);
	return NULL;
}

static const char *do_hang(struct board *b, const struct words *w)
{
	(void)w;
	board_hang(b);
	return NULL;
}

/* ---- the two that answer with JSON ---- */

static uint64_t us_of(uint64_t cycles)
{
	return cycles / BOARD_CLOCK * 1000000 + cycles % BOARD_CLOCK * 1000000 / BOARD_CLOCK;
}

static const char *const button_names[] = {"declare",  "isolate",  "uplink 1", "uplink 2",
					   "uplink 3", "uplink 4", "key",      "test"};

static json_t *pressed_of(const struct board *b)
{
	json_t *pressed = json_array();

	for (uint8_t i = 0; i < 8; i++)
		if (i != BIT_KEY && board_is_pressed(b, i))
			json_array_append_new(pressed, json_string(button_names[i]));
	return pressed;
}

static json_t *lamps_of(const struct board *b)
{
	uint16_t lit = board_lamps(b) & (uint16_t)~board_broken_lamps(b);
	bool power = board_has_power(b) && (board_broken_lamps(b) & LAMP_POWER) == 0;
	json_t *lamps = json_pack("{s:b}", "power", power);

	for (size_t i = 0; i < sizeof lamp_names / sizeof lamp_names[0]; i++)
		json_object_set_new(lamps, lamp_names[i], json_boolean((lit >> i & 1) != 0));
	return lamps;
}

static json_t *dead_of(const struct board *b)
{
	uint16_t dead = board_broken_lamps(b);
	json_t *names = json_array();

	if ((dead & LAMP_POWER) != 0)
		json_array_append_new(names, json_string("power"));
	for (unsigned i = 0; i <= DRILL_LAMP; i++)
		if ((dead >> i & 1) != 0)
			json_array_append_new(names, json_string(lamp_names[i]));
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		if ((dead & LAMP_UPLINK_1 << i) != 0)
			json_array_append_new(names, json_sprintf("uplink %u", i + 1));
	return names;
}

static const char *wire_of(const struct board *b, uint8_t uplink)
{
	if (board_mirror_wire_is_shorted(b, uplink))
		return "short";
	return board_mirror_wire_is_cut(b, uplink) ? "cut" : "whole";
}

static json_t *uplink_of(const struct board *b, uint8_t uplink)
{
	uint16_t lit = board_lamps(b) & (uint16_t)~board_broken_lamps(b);

	return json_pack("{s:b,s:b,s:b,s:b,s:b,s:s}", "coil", board_coil(b, uplink), "connected",
			 board_connected(b, uplink), "mirror", board_mirror(b, uplink), "lamp",
			 (lit & (LAMP_UPLINK_1 << uplink)) != 0, "welded", board_is_welded(b, uplink), "wire",
			 wire_of(b, uplink));
}

static json_t *uplinks_of(const struct board *b)
{
	json_t *uplinks = json_array();

	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		json_array_append_new(uplinks, uplink_of(b, i));
	return uplinks;
}

static json_t *state_of(const struct board *b)
{
	return json_pack("{s:I,s:b,s:b,s:b,s:b,s:b,s:s,s:b,s:o,s:o,s:o,s:o}", "time_us",
			 (json_int_t)us_of(board_now(b)), "power", board_has_power(b), "supply", board_supply(b),
			 "supply_taken", board_supply_is_taken(b), "jumper", board_jumper(b), "attention",
			 board_attention(b), "line", line_names[board_line(b)], "key", board_is_pressed(b, BIT_KEY),
			 "pressed", pressed_of(b), "lamps", lamps_of(b), "dead", dead_of(b), "uplinks", uplinks_of(b));
}

static json_t *note_as_json(const struct board_note *note)
{
	static const char *const what[] = {[HAPPENED_COIL] = "coil",
					   [HAPPENED_CONTACT] = "contact",
					   [HAPPENED_POWER] = "power",
					   [HAPPENED_RESET] = "reset"};
	const char *name = what[note->what];
	int index = 0;

	if (note->what == HAPPENED_INPUT)
		name = button_names[note->index];
	else if (note->what == HAPPENED_LAMP)
		name = lamp_names[note->index];
	else if (note->what == HAPPENED_COIL || note->what == HAPPENED_CONTACT)
		index = note->index + 1;
	return json_pack("{s:I,s:s,s:i,s:b}", "t_us", (json_int_t)us_of(note->at), "what", name, "index", index, "on",
			 note->level != 0);
}

static json_t *log_of(const struct board *b, uint64_t newest)
{
	json_t *notes = json_array();
	uint64_t first = board_log_begin(b);

	if (board_log_end(b) - first > newest)
		first = board_log_end(b) - newest;
	for (uint64_t i = first; i < board_log_end(b); i++)
		json_array_append_new(notes, note_as_json(board_log_at(b, i)));
	return json_pack("{s:I,s:o}", "time_us", (json_int_t)us_of(board_now(b)), "notes", notes);
}

static char *json_text(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	json_decref(value);
	return text;
}

static char *answer_of(const char *problem)
{
	char *text = NULL;

	if (problem == NULL)
		return strdup("ok");
	if (asprintf(&text, "error: write: %s", problem) < 0)
		return NULL;
	return text;
}

struct command {
	const char *name;
	const char *(*carry_out)(struct board *b, const struct words *w);
};

static const struct command commands[] = {
	{"press", do_press}, {"hold", do_hold},         {"release", do_hold},  {"key", do_key},
	{"power", do_power}, {"weld", do_weld},         {"wire", do_wire},     {"pole", do_pole},
	{"hang", do_hang},   {"lamp", do_lamp},         {"supply", do_supply}, {"jumper", do_jumper},
	{"line", do_line},   {"brownout", do_brownout}, {"tear", do_tear},
};

enum control_after control_do(struct board *b, const char *line, char **answer)
{
	struct words w;

	if (!split(&w, line)) {
		*answer = answer_of("one command of at most five words");
		return CONTROL_GO_ON;
	}
	if (is_word(&w, 0, "quit")) {
		*answer = answer_of(NULL);
		return CONTROL_QUIT;
	}
	if (is_word(&w, 0, "state")) {
		*answer = json_text(state_of(b));
		return CONTROL_GO_ON;
	}
	if (is_word(&w, 0, "log")) {
		long newest = BOARD_LOG;

		(void)number_at(&w, 1, 1, BOARD_LOG, &newest);
		*answer = json_text(log_of(b, (uint64_t)newest));
		return CONTROL_GO_ON;
	}
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (is_word(&w, 0, commands[i].name)) {
			*answer = answer_of(commands[i].carry_out(b, &w));
			return CONTROL_GO_ON;
		}
	}
	*answer = answer_of("press, hold, release, key, power, weld, wire, pole, lamp, supply, line, jumper, hang, "
			    "brownout, tear, state, log or quit");
	return CONTROL_GO_ON;
}
