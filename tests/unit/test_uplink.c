/* The controller driver: registers to meaning and back, proof, and answers that must not be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "uplink/block.h"
#include "uplink/controller.h"

/* ---- a bus whose answers the test writes ------------------------------------------------------------ */

enum trick { ANSWER, SILENCE, GARBAGE, LATE, OTHER_BLOCK, OTHER_MAP, REFUSAL, GONE, BAD_EVENT };

struct fake_bus {
	struct bus bus;
	enum trick tricks[8]; /* for each exchange in turn; then ANSWER */
	unsigned asked, settled, closed;
	uint16_t put[WITNESS_WRITE_SIZE];
	uint16_t put_at;
	size_t put_count;
	uint16_t old_nonce;
};

static struct fake_bus *fake_of(struct bus *bus)
{
	return (struct fake_bus *)(void *)bus;
}

static enum err fake_open(struct bus *bus, struct fault *f)
{
	(void)bus;
	(void)f;
	return ERR_OK;
}

static enum err fake_answer(struct fake_bus *b, uint16_t nonce, uint16_t at, uint16_t *got, size_t count)
{
	enum trick trick = b->asked < 8 ? b->tricks[b->asked] : ANSWER;

	b->asked++;
	memset(got, 0, count * sizeof *got);
	got[HEADER_MAP] = trick == OTHER_MAP ? BOARD_MAP_VERSION + 1 : BOARD_MAP_VERSION;
	got[HEADER_NONCE] = trick == LATE ? b->old_nonce : nonce;
	got[HEADER_BLOCK] = trick == OTHER_BLOCK ? BLOCK_COUNTERS : at;
	b->old_nonce = nonce;
	if (at == BLOCK_IDENTITY) {
		got[IDENTITY_BOARD] = BOARD_TYPE;
		got[IDENTITY_CONTROLLER] = 0xABCD;
		got[IDENTITY_FITTED] = 3;
	} else if (at == BLOCK_WITNESS) {
		got[WITNESS_STATE] = STORE_IS_KEPT;
		got[WITNESS_RESULT] = RESULT_OLDER;
		got[WITNESS_RESULT_NONCE_HIGH] = trick == LATE ? 0 : b->put[WITNESS_WRITE_NONCE_HIGH];
		got[WITNESS_RESULT_NONCE_LOW] = b->put[WITNESS_WRITE_NONCE_LOW];
		memcpy(got + WITNESS_ORIGIN, b->put + WITNESS_WRITE_ORIGIN, 48);
	} else {
		got[STATUS_INPUTS] = INPUT_KEY;
		got[STATUS_EVENT_NUMBER_LOW] = trick == BAD_EVENT ? 9 : 0;
	}
	switch (trick) {
	case SILENCE:
		return ERR_TIMEOUT;
	case GARBAGE:
		return ERR_FORMAT;
	case REFUSAL:
		return ERR_DENIED;
	case GONE:
		return ERR_IO;
	case ANSWER:
	case LATE:
	case OTHER_BLOCK:
	case OTHER_MAP:
	case BAD_EVENT:
	default:
		return ERR_OK;
	}
}

static enum err fake_read(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f)
{
	(void)f;
	return fake_answer(fake_of(bus), 0, at, got, count);
}

static enum err fake_exchange(struct bus *bus, const struct bus_write *put, uint16_t at, uint16_t *got, size_t count,
			      struct fault *f)
{
	struct fake_bus *b = fake_of(bus);

	(void)f;
	memcpy(b->put, put->words, put->count * sizeof *b->put);
	b->put_at = put->at;
	b->put_count = put->count;
	return fake_answer(b, put->words[EXCHANGE_NONCE], at, got, count);
}

static void fake_settle(struct bus *bus)
{
	fake_of(bus)->settled++;
}

static void fake_close(struct bus *bus)
{
	fake_of(bus)->closed++;
}

static const struct bus_ops fake_ops = {fake_open, fake_read, fake_exchange, fake_settle, fake_close};

static struct fake_bus bus_with(enum trick first, enum trick second)
{
	return (struct fake_bus){.bus = {.ops = &fake_ops}, .tricks = {first, second}};
}

static enum err poll_once(struct fake_bus *b, struct panel_state *state)
{
	struct panel_wish wish = {.lamps = LAMP_RECORDED, .recorded = 0x00012345};
	struct controller c;

	controller_init(&c, &b->bus, 6);
	return c.driver.ops->poll(&c.driver, &wish, state, NULL);
}

/* ---- answers ------------------------------------------------------------------------------------------ */

static void a_good_answer_is_taken_at_once(void **unused)
{
	struct fake_bus b = bus_with(ANSWER, ANSWER);
	struct panel_state state;

	(void)unused;
	assert_int_equal(poll_once(&b, &state), ERR_OK);
	assert_int_equal(b.asked, 1);
	assert_int_equal(b.settled, 0);
	assert_int_equal(state.inputs, INPUT_KEY);
	assert_int_equal(b.put_count, EXCHANGE_POLL_SIZE);
	assert_int_equal(b.put[EXCHANGE_NONCE], 7);
	assert_int_equal(b.put[EXCHANGE_LAMPS], LAMP_RECORDED);
	assert_int_equal(b.put[EXCHANGE_ACK_HIGH], 1);
	assert_int_equal(b.put[EXCHANGE_ACK_LOW], 0x2345);
}

static void what_may_pass_is_waited_out_and_asked_again_with_a_new_nonce(void **unused)
{
	static const enum trick passing[] = {SILENCE, GARBAGE, LATE, OTHER_BLOCK, BAD_EVENT};

	(void)unused;
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		struct fake_bus b = bus_with(passing[i], ANSWER);
		struct panel_state state;

		assert_int_equal(poll_once(&b, &state), ERR_OK);
		assert_int_equal(b.asked, 2);
		assert_int_equal(b.settled, 1);
		assert_int_equal(b.put[EXCHANGE_NONCE], 8);
	}
}

static void two_misses_are_an_error_and_leave_the_state_untouched(void **unused)
{
	static const struct {
		enum trick trick;
		enum err err;
	} cases[] = {{SILENCE, ERR_TIMEOUT}, {GARBAGE, ERR_FORMAT}, {LATE, ERR_BUSY}, {BAD_EVENT, ERR_RANGE}};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fake_bus b = bus_with(cases[i].trick, cases[i].trick);
		struct panel_state state = {.inputs = 77};

		assert_int_equal(poll_once(&b, &state), cases[i].err);
		assert_int_equal(b.asked, 2);
		assert_int_equal(state.inputs, 77);
	}
}

static void what_cannot_pass_is_not_asked_again(void **unused)
{
	static const struct {
		enum trick trick;
		enum err err;
	} cases[] = {{OTHER_MAP, ERR_STATE}, {REFUSAL, ERR_DENIED}, {GONE, ERR_IO}};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fake_bus b = bus_with(cases[i].trick, ANSWER);
		struct panel_state state;

		assert_int_equal(poll_once(&b, &state), cases[i].err);
		assert_int_equal(b.asked, 1);
	}
}

static void connecting_only_reads(void **unused)
{
	struct fake_bus b = bus_with(ANSWER, ANSWER);
	struct panel_identity identity;
	struct panel_state state;
	struct controller c;

	(void)unused;
	controller_init(&c, &b.bus, 0);
	assert_int_equal(c.driver.ops->connect(&c.driver, &identity, &state, NULL), ERR_OK);
	assert_int_equal(b.put_count, 0);
	assert_true(identity.controller == UINT64_C(0xABCD000000000000));
	assert_int_equal(identity.fitted, 3);
	assert_int_equal(b.closed, 0);
}

static void connecting_to_another_map_says_which_and_closes(void **unused)
{
	struct fake_bus b = bus_with(OTHER_MAP, ANSWER);
	struct panel_identity identity = {0};
	struct panel_state state;
	struct fault f;
	struct controller c;

	(void)unused;
	controller_init(&c, &b.bus, 0);
	assert_int_equal(c.driver.ops->connect(&c.driver, &identity, &state, &f), ERR_STATE);
	assert_int_equal(identity.map, BOARD_MAP_VERSION + 1);
	assert_int_equal(b.closed, 1);
	assert_non_null(strstr(f.text, "register map"));
}

static void connecting_tries_twice(void **unused)
{
	struct fake_bus b = bus_with(SILENCE, ANSWER), silent = bus_with(SILENCE, SILENCE);
	struct panel_identity identity;
	struct panel_state state;
	struct controller c;

	(void)unused;
	controller_init(&c, &b.bus, 0);
	assert_int_equal(c.driver.ops->connect(&c.driver, &identity, &state, NULL), ERR_OK);
	controller_init(&c, &silent.bus, 0);
	assert_int_equal(c.driver.ops->connect(&c.driver, &identity, &state, NULL), ERR_TIMEOUT);
	assert_int_equal(silent.asked, 2);
}

/* ---- witness ------------------------------------------------------------------------------------------ */

static struct witness_write write_of(enum witness_kind kind)
{
	struct witness_write write = {
		.nonce = 0x12345678,
		.kind = kind,
		.log = {.origin = UINT64_C(0x0102030405060708), .size = UINT64_C(0x1112131415161718)}};

	for (unsigned i = 0; i < sizeof write.log.root; i++)
		write.log.root[i] = (uint8_t)(0xA0 + i);
	return write;
}

static void a_checkpoint_goes_to_its_own_address_and_is_read_back(void **unused)
{
	struct fake_bus b = bus_with(ANSWER, ANSWER);
	struct witness_write write = write_of(WITNESS_OF_EPOCH);
	struct panel_witness witness;
	struct controller c;
	uint16_t folded = 0;

	(void)unused;
	controller_init(&c, &b.bus, 0);
	assert_int_equal(c.driver.ops->witness(&c.driver, &write, &witness, NULL), ERR_OK);
	assert_int_equal(b.put_at, BLOCK_WITNESS_WRITE);
	assert_int_equal(b.put_count, WITNESS_WRITE_SIZE);
	assert_int_equal(b.put[WITNESS_WRITE_EPOCH], 1);
	assert_int_equal(b.put[WITNESS_WRITE_ORIGIN], 0x0102);
	assert_int_equal(b.put[WITNESS_WRITE_LOG_SIZE + 3], 0x1718);
	assert_int_equal(b.put[WITNESS_WRITE_ROOT], 0xA0A1);
	assert_int_equal(b.put[WITNESS_WRITE_ROOT + 15], 0xBEBF);
	for (int i = 0; i < WITNESS_WRITE_SIZE; i++)
		folded ^= b.put[i];
	assert_int_equal(folded, 0xFFFF);
	assert_int_equal(witness.state, STORE_IS_KEPT);
	assert_int_equal(witness.result, RESULT_OLDER);
	assert_int_equal(witness.result_nonce, 0x12345678);
	assert_memory_equal(&witness.log, &write.log, sizeof write.log);
}

static void a_checkpoint_is_read_without_writing(void **unused)
{
	struct fake_bus b = bus_with(ANSWER, ANSWER);
	struct panel_witness witness;
	struct controller c;

	(void)unused;
	controller_init(&c, &b.bus, 0);
	assert_int_equal(c.driver.ops->witness(&c.driver, NULL, &witness, NULL), ERR_OK);
	assert_int_equal(b.put_count, 0);
	assert_int_equal(witness.log.size, 0);
}

/* The same frame again: the controller keeps nothing twice. */
static void a_late_answer_to_a_checkpoint_is_not_believed(void **unused)
{
	static const enum trick tricks[] = {LATE, SILENCE, OTHER_BLOCK};
	struct witness_write write = write_of(WITNESS_ROUTINE);

	(void)unused;
	for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
		struct fake_bus b = bus_with(tricks[i], ANSWER), twice = bus_with(tricks[i], tricks[i]);
		struct panel_witness witness = {.state = 77};
		struct controller c;

		controller_init(&c, &twice.bus, 0);
		assert_int_not_equal(c.driver.ops->witness(&c.driver, &write, &witness, NULL), ERR_OK);
		assert_int_equal(witness.state, 77);
		assert_int_equal(twice.asked, 2);
		controller_init(&c, &b.bus, 0);
		assert_int_equal(c.driver.ops->witness(&c.driver, &write, &witness, NULL), ERR_OK);
		assert_int_equal(b.settled, 1);
		assert_int_equal(b.put[WITNESS_WRITE_EPOCH], 0);
	}
}

static void a_panel_that_keeps_no_checkpoint_is_asked_once(void **unused)
{
	struct fake_bus b = bus_with(REFUSAL, ANSWER);
	struct panel_witness witness;
	struct controller c;

	(void)unused;
	controller_init(&c, &b.bus, 0);
	assert_int_equal(c.driver.ops->witness(&c.driver, NULL, &witness, NULL), ERR_DENIED);
	assert_int_equal(b.asked, 1);
}

/* ---- registers ---------------------------------------------------------------------------------------- */

static void a_command_ends_with_the_complement_of_its_words(void **unused)
{
	const struct panel_command command = {COMMAND_PERMIT, 5, 0x89ABCDEF, 70000};
	const struct panel_wish wish = {.lamps = 0xFFFF};
	uint16_t out[EXCHANGE_SIZE], folded = 0;

	(void)unused;
	command_encode(out, 1, &wish, &command);
	for (int i = COMMAND_CODE; i < EXCHANGE_SIZE; i++)
		folded ^= out[i];
	assert_int_equal(folded, 0xFFFF);
	assert_int_equal(out[COMMAND_CODE], COMMAND_PERMIT);
	assert_int_equal(out[COMMAND_UPLINKS], 5);
	assert_int_equal(out[COMMAND_NONCE_HIGH], 0x89AB);
	assert_int_equal(out[COMMAND_NONCE_LOW], 0xCDEF);
	assert_int_equal(out[COMMAND_ARGUMENT_HIGH], 1);
	assert_int_equal(out[COMMAND_ARGUMENT_LOW], 70000 - 65536);
	assert_int_equal(out[EXCHANGE_LAMPS], BOARD_LAMPS_OF_HOST);
}

static void status_reads_every_field(void **unused)
{
	uint16_t words[STATUS_SIZE];
	struct panel_state s;

	(void)unused;
	for (uint16_t i = 0; i < STATUS_SIZE; i++)
		words[i] = i + 1;
	words[STATUS_EVENT_UPLINK] = 4;
	assert_int_equal(status_decode(words, STATUS_SIZE, &s), ERR_OK);
	assert_int_equal(s.inputs, STATUS_INPUTS + 1);
	assert_int_equal(s.lamps, STATUS_LAMPS + 1);
	assert_int_equal(s.faults, STATUS_FAULTS + 1);
	assert_int_equal(s.latch, (STATUS_LATCH_HIGH + 1) << 16 | (STATUS_LATCH_LOW + 1));
	assert_int_equal(s.result, STATUS_RESULT + 1);
	assert_int_equal(s.result_nonce, (STATUS_RESULT_NONCE_HIGH + 1) << 16 | (STATUS_RESULT_NONCE_LOW + 1));
	assert_int_equal(s.uptime_ms, (STATUS_UPTIME_HIGH + 1) << 16 | (STATUS_UPTIME_LOW + 1));
	assert_int_equal(s.uplink[3], STATUS_UPLINK + 4);
	assert_int_equal(s.waiting, STATUS_EVENTS_WAITING + 1);
	assert_int_equal(s.absence_left_s, STATUS_ABSENCE_LEFT_S + 1);
	assert_int_equal(s.event.number, (STATUS_EVENT_NUMBER_HIGH + 1) << 16 | (STATUS_EVENT_NUMBER_LOW + 1));
	assert_int_equal(s.event.kind, STATUS_EVENT_KIND + 1);
	assert_int_equal(s.event.uplink, 4);
	assert_int_equal(s.event.times, STATUS_EVENT_TIMES + 1);
	assert_int_equal(s.event.arg, (STATUS_EVENT_ARG_HIGH + 1) << 16 | (STATUS_EVENT_ARG_LOW + 1));
	assert_int_equal(s.event.age_ms, (STATUS_EVENT_AGE_HIGH + 1) << 16 | (STATUS_EVENT_AGE_LOW + 1));
	assert_int_equal(s.event.last_age_ms, (STATUS_EVENT_LAST_AGE_HIGH + 1) << 16 | (STATUS_EVENT_LAST_AGE_LOW + 1));
}

static void short_or_contradictory_blocks_are_refused(void **unused)
{
	uint16_t words[STATUS_SIZE] = {BOARD_MAP_VERSION};
	struct block_expected expected = {.block = 0};
	struct panel_identity identity;
	struct panel_witness witness;
	struct panel_state s;

	(void)unused;
	assert_int_equal(witness_decode(words, WITNESS_SIZE - 1, &witness), ERR_FORMAT);
	assert_int_equal(block_check(words, HEADER_SIZE - 1, &expected), ERR_FORMAT);
	assert_int_equal(status_decode(words, STATUS_SIZE - 1, &s), ERR_FORMAT);
	assert_int_equal(identity_decode(words, IDENTITY_SIZE - 1, &identity), ERR_FORMAT);
	assert_int_equal(identity_decode(words, IDENTITY_SIZE, &identity), ERR_RANGE);
	words[IDENTITY_BOARD] = BOARD_TYPE;
	words[IDENTITY_FITTED] = 0x10;
	assert_int_equal(identity_decode(words, IDENTITY_SIZE, &identity), ERR_RANGE);
	words[STATUS_EVENT_NUMBER_LOW] = 1;
	words[STATUS_EVENT_KIND] = EVENT_DECLARE;
	words[STATUS_EVENT_TIMES] = 1;
	words[STATUS_EVENT_UPLINK] = BOARD_UPLINKS + 1;
	assert_int_equal(status_decode(words, STATUS_SIZE, &s), ERR_RANGE);
	words[STATUS_EVENT_UPLINK] = 0;
	assert_int_equal(status_decode(words, STATUS_SIZE, &s), ERR_OK);
	words[STATUS_EVENT_TIMES] = 0;
	assert_int_equal(status_decode(words, STATUS_SIZE, &s), ERR_RANGE);
}

/* ---- proof ---------------------------------------------------------------------------------------------- */

static void only_the_mirror_contact_is_proof(void **unused)
{
	static const struct {
		uint16_t bits;
		enum board_uplink_state state;
		bool proven;
	} cases[] = {
		{0, UPLINK_IS_ABSENT, false},
		{UPLINK_COIL | UPLINK_MIRROR, UPLINK_IS_ABSENT, false},
		{UPLINK_FITTED, UPLINK_IS_CUTTING, false},
		{UPLINK_FITTED | UPLINK_LATCHED, UPLINK_IS_CUTTING, false},
		{UPLINK_FITTED | UPLINK_MIRROR, UPLINK_IS_CUT, true},
		{UPLINK_FITTED | UPLINK_COIL, UPLINK_IS_CONNECTED, true},
		{UPLINK_FITTED | UPLINK_COIL | UPLINK_BLIND, UPLINK_IS_CONNECTED, false},
		{UPLINK_FITTED | UPLINK_COIL | UPLINK_MIRROR, UPLINK_IS_CLOSING, false},
		{UPLINK_FITTED | UPLINK_MIRROR | UPLINK_MIRROR_BAD, UPLINK_IS_BROKEN, false},
		{UPLINK_FITTED | UPLINK_COIL | UPLINK_MIRROR_BAD, UPLINK_IS_BROKEN, false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(uplink_judge(cases[i].bits), cases[i].state);
		assert_int_equal(uplink_is_proven(cases[i].bits), cases[i].proven);
	}
}

static void cut_means_each_named_coil_off_and_latched(void **unused)
{
	struct panel_state s = {.uplink = {UPLINK_LATCHED, UPLINK_LATCHED | UPLINK_COIL, 0, UPLINK_COIL}};

	(void)unused;
	assert_true(uplinks_are_cut(&s, 1));
	assert_false(uplinks_are_cut(&s, 2));
	assert_false(uplinks_are_cut(&s, 3));
	assert_false(uplinks_are_cut(&s, 4));
	assert_false(uplinks_are_cut(&s, 8));
}

static void every_number_has_a_word(void **unused)
{
	(void)unused;
	for (uint16_t kind = 1; kind < EVENT_COUNT; kind++)
		assert_string_not_equal(event_word(kind), "event");
	assert_string_equal(event_word(EVENT_NONE), "event");
	assert_string_equal(event_word(EVENT_COUNT), "event");
	assert_string_equal(event_word(EVENT_ISOLATE), "isolate_pressed");
	for (uint16_t result = 0; result < RESULT_COUNT; result++)
		assert_string_not_equal(result_word(result), "unknown_result");
	assert_string_equal(result_word(RESULT_COUNT), "unknown_result");
	assert_string_equal(uplink_state_word(UPLINK_IS_CUT), "cut");
	assert_string_equal(uplink_state_word(UPLINK_STATE_COUNT), "unknown");
	assert_string_equal(fault_word(0), "mirror");
	assert_null(fault_word(15));
	assert_null(fault_word(16));
	for (uint16_t kind = 0; kind < EVENT_COUNT; kind++)
		assert_int_equal(event_is_press(kind), kind >= EVENT_DECLARE && kind <= EVENT_UPLINK_ISOLATE);
}

static void patience_covers_the_slave_and_the_wire(void **unused)
{
	struct wire_settings fast = {.device = "/dev/a", .baud = 115200, .slave_ms = 40};
	struct wire_settings slow = {.device = "/dev/a", .baud = 19200, .slave_ms = 40};
	struct wire_settings net = {.address = "192.0.2.1", .slave_ms = 200};

	(void)unused;
	assert_int_equal(wire_patience_us(&fast, 0), 40000);
	assert_int_equal(wire_patience_us(&slow, 96), 40000 + 55000);
	assert_int_equal(wire_patience_us(&net, 96), 200000);
}

static void who_falls_silent_while_introducing_itself_is_not_connected(void **unused)
{
	static const enum trick tricks[] = {GONE, OTHER_BLOCK};
	struct panel_identity identity = {.fitted = 9};
	struct panel_state state;
	struct controller c;

	(void)unused;
	for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
		struct fake_bus b = bus_with(ANSWER, tricks[i]);

		b.tricks[2] = b.tricks[3] = tricks[i];
		controller_init(&c, &b.bus, 6);
		assert_int_not_equal(c.driver.ops->connect(&c.driver, &identity, &state, NULL), ERR_OK);
		assert_int_equal(identity.fitted, 9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_answer_is_taken_at_once),
		cmocka_unit_test(what_may_pass_is_waited_out_and_asked_again_with_a_new_nonce),
		cmocka_unit_test(two_misses_are_an_error_and_leave_the_state_untouched),
		cmocka_unit_test(what_cannot_pass_is_not_asked_again),
		cmocka_unit_test(connecting_only_reads),
		cmocka_unit_test(connecting_to_another_map_says_which_and_closes),
		cmocka_unit_test(connecting_tries_twice),
		cmocka_unit_test(a_checkpoint_goes_to_its_own_address_and_is_read_back),
		cmocka_unit_test(a_checkpoint_is_read_without_writing),
		cmocka_unit_test(a_late_answer_to_a_checkpoint_is_not_believed),
		cmocka_unit_test(a_panel_that_keeps_no_checkpoint_is_asked_once),
		cmocka_unit_test(a_command_ends_with_the_complement_of_its_words),
		cmocka_unit_test(status_reads_every_field),
		cmocka_unit_test(short_or_contradictory_blocks_are_refused),
		cmocka_unit_test(only_the_mirror_contact_is_proof),
		cmocka_unit_test(cut_means_each_named_coil_off_and_latched),
		cmocka_unit_test(every_number_has_a_word),
		cmocka_unit_test(patience_covers_the_slave_and_the_wire),
		cmocka_unit_test(who_falls_silent_while_introducing_itself_is_not_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
