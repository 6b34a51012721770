#include "board/simulator/board.h"

#include "board/simulator/chip.h"
#include "board/simulator/line.h"
#include "firmware/core/journal.h"

#include <stdlib.h>
#include <string.h>

enum { QUEUE = 2048, BITS_PER_BYTE = 11, BUTTONS = 8, ISOLATE_BIT = 1, BISTABLE = 2 };

struct plan {
	uint64_t at;
	uint8_t bit;
	bool pressed;
};

struct relay_model {
	bool wanted, energised, welded, wire_cut, wire_shorted;
	bool coil, was_connected; /* as last noted */
	uint64_t due;
};

struct board {
	struct chip *chip; /* NULL: no power */
	struct chip_image image;
	uint8_t *eeprom;
	uint64_t base; /* board time at the chip's cycle 0, or the time itself without power */
	uint8_t reset_flags;
	uint8_t bistable; /* mask of uplinks with such a relay, from the provisioning block, like the speed */
	uint32_t byte_cycles;
	board_listener *listener;
	void *context;
	bool pressed[BUTTONS];
	bool first_pole_broken, second_pole_broken;
	bool supply_taken, jumper_set;
	uint16_t broken_lamps;
	struct line line;
	struct relay_model relays[BOARD_UPLINKS];
	struct plan agenda[BOARD_PLANS];
	size_t planned;
	uint8_t queue[QUEUE];
	size_t queue_first, queue_count;
	uint64_t queue_due; /* when the next byte begins */
	uint16_t lamps;     /* as last noted */
	struct board_note log[BOARD_LOG];
	uint64_t log_end;
	uint32_t writes[BOARD_EEPROM_SIZE];
};

uint64_t board_now(const struct board *b)
{
	return b->base + (b->chip != NULL ? chip_cycle(b->chip) : 0);
}

bool board_has_power(const struct board *b)
{
	return b->chip != NULL;
}

static void note(struct board *b, enum board_happening what, uint8_t index, bool level)
{
	b->log[b->log_end % BOARD_LOG] =
		(struct board_note){.at = board_now(b), .what = (uint8_t)what, .index = index, .level = level};
	b->log_end++;
}

uint64_t board_log_end(const struct board *b)
{
	return b->log_end;
}

uint64_t board_log_begin(const struct board *b)
{
	return b->log_end > BOARD_LOG ? b->log_end - BOARD_LOG : 0;
}

const struct board_note *board_log_at(const struct board *b, uint64_t number)
{
	return &b->log[number % BOARD_LOG];
}

/* ---- what the board does around the chip ---- */

bool board_supply(const struct board *b)
{
	return b->chip != NULL && !b->supply_taken && (!b->pressed[ISOLATE_BIT] || b->second_pole_broken);
}

bool board_coil(const struct board *b, uint8_t uplink)
{
	return b->chip != NULL && (chip_output(b->chip, 'C') >> (PIN_COIL + uplink) & 1) != 0;
}

bool board_connected(const struct board *b, uint8_t uplink)
{
	return b->relays[uplink].energised || b->relays[uplink].welded;
}

bool board_mirror(const struct board *b, uint8_t uplink)
{
	const struct relay_model *r = &b->relays[uplink];

	return r->wire_shorted || (!board_connected(b, uplink) && !r->wire_cut);
}

uint16_t board_lamps(const struct board *b)
{
	uint16_t lamps;

	if (b->chip == NULL)
		return 0;
	lamps = (uint16_t)(chip_output(b->chip, 'D') >> PIN_LAMP_RECORDED);
	lamps |= (uint16_t)((chip_output(b->chip, 'B') >> PIN_BUZZER & 1) * LAMP_BUZZER);
	return (uint16_t)(lamps | (chip_output(b->chip, 'C') >> PIN_UPLINK_LAMP) * LAMP_UPLINK_1);
}

bool board_is_welded(const struct board *b, uint8_t uplink)
{
	return b->relays[uplink].welded;
}

bool board_is_pressed(const struct board *b, uint8_t bit)
{
	return b->pressed[bit];
}

static void drive_pins(struct board *b)
{
	if (b->chip == NULL)
		return;
	for (uint8_t i = 0; i < BUTTONS; i++) {
		bool seen = b->pressed[i] && !(i == ISOLATE_BIT && b->first_pole_broken);

		chip_drive(b->chip, 'A', i, !seen);
	}
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		chip_drive(b->chip, 'B', (uint8_t)(PIN_MIRROR + i), !board_mirror(b, i));
	chip_drive(b->chip, 'B', PIN_SUPPLY, board_supply(b));
	chip_drive(b->chip, 'B', PIN_JUMPER, !b->jumper_set);
}

/* A bistable relay stays where it is unless one of its coils has supply: the closing one as ever, the opening one
   always, and from ISOLATE's second pole. */
static bool relay_wanted(const struct board *b, uint8_t uplink)
{
	bool closes = board_coil(b, uplink) && board_supply(b);

	if ((b->bistable >> uplink & 1) == 0)
		return closes;
	if (b->chip != NULL && (board_coil(b, (uint8_t)(uplink + BISTABLE)) || !board_supply(b)))
		return false;
	return closes || b->relays[uplink].energised;
}

static void relay_follow(struct board *b, uint8_t uplink)
{
	struct relay_model *r = &b->relays[uplink];
	bool coil = board_coil(b, uplink);
	bool wanted = relay_wanted(b, uplink);

	if (coil != r->coil) {
		r->coil = coil;
		note(b, HAPPENED_COIL, uplink, coil);
	}
	if (wanted != r->wanted) {
		r->wanted = wanted;
		r->due = board_now(b) + RELAY_TRAVEL;
	}
	if (r->energised != r->wanted && r->due <= board_now(b))
		r->energised = r->wanted;
	if (board_connected(b, uplink) != r->was_connected) {
		r->was_connected = !r->was_connected;
		note(b, HAPPENED_CONTACT, uplink, r->was_connected);
	}
}

static void note_lamps(struct board *b)
{
	uint16_t lamps = board_lamps(b) & BOARD_LAMPS_OF_HOST;
	uint16_t changed = lamps ^ b->lamps;

	b->lamps = lamps;
	for (uint8_t i = 0; changed != 0; i++, changed >>= 1)
		if ((changed & 1) != 0)
			note(b, HAPPENED_LAMP, i, (lamps >> i & 1) != 0);
}

static void settle(struct board *b)
{
	note_lamps(b);
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		relay_follow(b, i);
	drive_pins(b);
}

/* ---- the agenda: presses, relay travel and bytes on the wire ---- */

static size_t first_planned(const struct board *b)
{
	size_t first = 0;

	for (size_t i = 1; i < b->planned; i++)
		if (b->agenda[i].at < b->agenda[first].at)
			first = i;
	return first;
}

static uint64_t next_due(const struct board *b, uint64_t until)
{
	uint64_t due = line_next(&b->line, until);

	if (b->planned > 0 && b->agenda[first_planned(b)].at < due)
		due = b->agenda[first_planned(b)].at;
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++)
		if (b->relays[i].energised != b->relays[i].wanted && b->relays[i].due < due)
			due = b->relays[i].due;
	if (b->queue_count > 0 && b->queue_due < due)
		due = b->queue_due;
	return due;
}

static void press(struct board *b, uint8_t bit, bool pressed)
{
	if (b->pressed[bit] == pressed)
		return;
	b->pressed[bit] = pressed;
	note(b, HAPPENED_INPUT, bit, pressed);
	settle(b);
}

static void act_on_plans(struct board *b)
{
	while (b->planned > 0) {
		size_t i = first_planned(b);
		struct plan plan = b->agenda[i];

		if (plan.at > board_now(b))
			return;
		/* Order matters between plans of the same instant, so the rest moves up. */
		memmove(&b->agenda[i], &b->agenda[i + 1], (b->planned - i - 1) * sizeof b->agenda[0]);
		b->planned--;
		press(b, plan.bit, plan.pressed);
	}
}

static void send_byte(struct board *b)
{
	uint8_t byte = b->queue[b->queue_first];

	if (b->queue_count == 0 || b->queue_due > board_now(b))
		return;
	if (line_to_chip(&b->line, &byte) && b->chip != NULL)
		chip_receive(b->chip, byte);
	b->queue_first = (b->queue_first + 1) % QUEUE;
	b->queue_count--;
	b->queue_due = board_now(b) + b->byte_cycles;
}

static void deliver_bytes(struct board *b)
{
	uint8_t byte;

	while (line_arrived(&b->line, board_now(b), &byte))
		if (b->listener != NULL)
			b->listener(b->context, byte);
}

static void run_chip(struct board *b, uint64_t until)
{
	if (b->chip == NULL)
		b->base = until;
	else if (chip_run(b->chip, until - b->base) == CHIP_RESET)
		note(b, HAPPENED_RESET, 0, true);
}

void board_run(struct board *b, uint64_t until)
{
	while (board_now(b) < until) {
		run_chip(b, next_due(b, until));
		act_on_plans(b);
		send_byte(b);
		deliver_bytes(b);
		settle(b);
	}
}

bool board_input(struct board *b, uint64_t at, uint8_t bit, bool pressed)
{
	if (b->planned == BOARD_PLANS)
		return false;
	b->agenda[b->planned] = (struct plan){.at = at, .bit = bit, .pressed = pressed};
	b->planned++;
	act_on_plans(b);
	return true;
}

void board_break_isolate(struct board *b, bool first_pole, bool second_pole)
{
	b->first_pole_broken = first_pole;
	b->second_pole_broken = second_pole;
	settle(b);
}

void board_weld(struct board *b, uint8_t uplink, bool welded)
{
	b->relays[uplink].welded = welded;
	settle(b);
}

void board_cut_mirror_wire(struct board *b, uint8_t uplink, bool cut)
{
	b->relays[uplink].wire_cut = cut;
	settle(b);
}

void board_short_mirror_wire(struct board *b, uint8_t uplink, bool shorted)
{
	b->relays[uplink].wire_shorted = shorted;
	settle(b);
}

bool board_mirror_wire_is_cut(const struct board *b, uint8_t uplink)
{
	return b->relays[uplink].wire_cut;
}

bool board_mirror_wire_is_shorted(const struct board *b, uint8_t uplink)
{
	return b->relays[uplink].wire_shorted;
}

void board_break_lamps(struct board *b, uint16_t lamps)
{
	b->broken_lamps = lamps;
}

uint16_t board_broken_lamps(const struct board *b)
{
	return b->broken_lamps;
}

void board_take_supply(struct board *b, bool taken)
{
	b->supply_taken = taken;
	settle(b);
}

bool board_supply_is_taken(const struct board *b)
{
	return b->supply_taken;
}

void board_set_jumper(struct board *b, bool set)
{
	b->jumper_set = set;
	settle(b);
}

bool board_jumper(const struct board *b)
{
	return b->jumper_set;
}

bool board_attention(const struct board *b)
{
	return b->chip != NULL && (chip_output(b->chip, 'B') >> PIN_ATTENTION & 1) != 0;
}

void board_set_line(struct board *b, enum board_line line)
{
	b->line.is = (uint8_t)line;
}

enum board_line board_line(const struct board *b)
{
	return (enum board_line)b->line.is;
}

bool board_send(struct board *b, const uint8_t *bytes, size_t length)
{
	if (length > QUEUE - b->queue_count)
		return false;
	if (b->queue_count == 0 && b->queue_due < board_now(b))
		b->queue_due = board_now(b);
	for (size_t i = 0; i < length; i++)
		b->queue[(b->queue_first + b->queue_count + i) % QUEUE] = bytes[i];
	b->queue_count += length;
	return true;
}

uint64_t board_sent_at(const struct board *b)
{
	return b->queue_due + b->queue_count * b->byte_cycles;
}

/* ---- power ---- */

static void heard(void *context, uint8_t byte)
{
	struct board *b = context;

	line_from_chip(&b->line, board_now(b), byte);
	deliver_bytes(b);
}

/* The board is wired as it is provisioned. */
static void read_wiring(struct board *b)
{
	const uint8_t *block = b->eeprom + PROVISION_AT;
	bool is_told = block[PROVISION_MAGIC] == 'K' && block[PROVISION_VERSION] == 2;
	uint32_t baud = is_told && block[PROVISION_BAUD] == 1 ? BOARD_BAUD_SLOW : BOARD_BAUD;

	b->bistable = is_told ? block[PROVISION_PULSE] : 0;
	b->byte_cycles = BOARD_CLOCK / baud * BITS_PER_BYTE;
}

static void wrote(void *context, uint16_t at)
{
	struct board *b = context;

	b->writes[at]++;
}

uint32_t board_writes(const struct board *b, uint16_t at)
{
	return b->writes[at];
}

void board_power(struct board *b, bool on)
{
	const struct chip_hooks hooks = {.context = b, .sent = heard, .wrote = wrote};

	if (on == board_has_power(b))
		return;
	if (on) {
		read_wiring(b);
		b->chip = chip_new(&b->image, b->eeprom, b->reset_flags, &hooks);
		b->reset_flags = RESET_POWER_ON;
	} else {
		b->base = board_now(b);
		chip_free(b->chip);
		b->chip = NULL;
	}
	note(b, HAPPENED_POWER, 0, on);
	settle(b);
}

void board_reset_flags(struct board *b, uint8_t flags)
{
	b->reset_flags = flags;
}

void board_brown_out(struct board *b)
{
	if (b->chip == NULL)
		return;
	board_power(b, false);
	board_reset_flags(b, RESET_BROWN_OUT);
	board_power(b, true);
}

void board_tear_eeprom(struct board *b)
{
	board_power(b, false);
	b->eeprom[JOURNAL_TRIP_AT] = 0x77;
	for (int i = 0; i < BOARD_QUEUE; i += 8)
		b->eeprom[JOURNAL_EVENT_AT + JOURNAL_EVENT_SIZE * i] ^= 0x40;
	board_power(b, true);
}

void board_hang(struct board *b)
{
	if (b->chip != NULL)
		chip_hang(b->chip);
}

bool board_is_writing(const struct board *b)
{
	return b->chip != NULL && chip_is_writing(b->chip);
}

void board_listen(struct board *b, board_listener *listener, void *context)
{
	b->listener = listener;
	b->context = context;
}

struct board *board_new(const char *hex_path, uint8_t eeprom[BOARD_EEPROM_SIZE])
{
	struct board *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	if (!chip_image_read(&b->image, hex_path)) {
		free(b);
		return NULL;
	}
	b->eeprom = eeprom;
	b->reset_flags = RESET_POWER_ON;
	read_wiring(b);
	return b;
}

void board_free(struct board *b)
{
	if (b == NULL)
		return;
	board_power(b, false);
	chip_image_free(&b->image);
	free(b);
}
