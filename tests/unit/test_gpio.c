/* The panel on GPIO lines, with lines, relays and a clock that the test owns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "uplink/controller.h"
#include "uplink/gpio.h"
#include "uplink/local.h"

#define US INT64_C(1000)
#define MS INT64_C(1000000)

enum { RELAY_MS_TO_MOVE = 5, QUEUE_MAX = 400 };

/* ---- lines in the place of lines.c ----------------------------------------------------------------------- */

static struct {
	int64_t now_ns, due_ns;
	const struct lines_plan *plan;
	uint32_t levels, outputs;
	struct line_edge queue[QUEUE_MAX];
	size_t queued;
	size_t queue_limit; /* what comes beyond is lost */
	enum err open_err, set_err, level_err, edge_err;
	bool no_bell, no_thread;
	unsigned opened, closed;
	int64_t dropped_ns; /* when an output last went off */
	int64_t relay_ns[BOARD_UPLINKS];
	bool is_relay_on[BOARD_UPLINKS];
	bool is_welded, is_waiting;
} world;

enum err lines_open(struct lines *l, const struct lines_plan *plan, struct fault *f)
{
	if (world.open_err != ERR_OK)
		return fault_set(f, world.open_err, "no such chip");
	*l = (struct lines){.inputs_count = plan->inputs_count};
	world.plan = plan;
	world.opened++;
	return ERR_OK;
}

void lines_close(struct lines *l)
{
	(void)l;
	world.closed++;
}

int lines_fd(const struct lines *l)
{
	(void)l;
	return -1;
}

enum err lines_edges(struct lines *l, struct line_edge *out, size_t max, size_t *count, struct fault *f)
{
	(void)l;
	*count = 0;
	if (world.edge_err != ERR_OK)
		return fault_set(f, world.edge_err, "the chip is gone");
	*count = world.queued < max ? world.queued : max;
	memcpy(out, world.queue, *count * sizeof *out);
	world.queued -= *count;
	memmove(world.queue, world.queue + *count, world.queued * sizeof *out);
	return ERR_OK;
}

enum err lines_levels(struct lines *l, uint32_t *on, struct fault *f)
{
	(void)l;
	if (world.level_err != ERR_OK)
		return fault_set(f, world.level_err, "the chip is gone");
	*on = world.levels;
	return ERR_OK;
}

enum err lines_set(struct lines *l, uint32_t on, struct fault *f)
{
	(void)l;
	if (world.set_err != ERR_OK)
		return fault_set(f, world.set_err, "the chip is gone");
	if ((world.outputs & ~on & BOARD_ALL_UPLINKS) != 0)
		world.dropped_ns = world.now_ns;
	world.outputs = on;
	return ERR_OK;
}

/* ---- in the place of what the system may refuse ------------------------------------------------------------ */

int eventfd(unsigned count, int flags)
{
	return world.no_bell ? -1 : (int)syscall(SYS_eventfd2, count, flags);
}

typedef int thread_maker(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
	void *found = dlsym(RTLD_NEXT, "pthread_create");
	thread_maker *create;

	memcpy(&create, &found, sizeof create);
	return world.no_thread ? EAGAIN : create(thread, attributes, run, context);
}

static unsigned line_of(const char *name)
{
	for (unsigned i = 0; i < world.plan->inputs_count; i++)
		if (strcmp(world.plan->inputs[i].name, name) == 0)
			return i;
	fail_msg("no line %s", name);
	return 0;
}

static void flip(const char *name, bool on)
{
	unsigned input = line_of(name);

	if ((world.levels >> input & 1) == on)
		return;
	world.levels ^= UINT32_C(1) << input;
	if (world.queued < world.queue_limit)
		world.queue[world.queued++] = (struct line_edge){input, on, world.now_ns};
}

/* ---- the panel under test ---------------------------------------------------------------------------------- */

static struct gpio gpio;
static struct local local;
static struct controller driver;

static int64_t clock_now(void)
{
	return world.now_ns;
}

static struct gpio_settings settings_of(void)
{
	return (struct gpio_settings){
		.chip = "/dev/gpiochip9",
		.wiring = {.relays = {"R1", "R2"},
			   .lamps = {[0] = "RECORDED", [2] = "FAULT", [4] = "ALARM"},
			   .inputs = {[WIRED_DECLARE] = "DECLARE",
				      [WIRED_ISOLATE] = "ISOLATE",
				      [WIRED_BUTTON + 1] = "B2",
				      [WIRED_KEY] = "KEY",
				      [WIRED_FEEDBACK] = "M1",
				      [WIRED_FEEDBACK + 1] = "M2"}},
	};
}

static void set_up_with(const char *memory)
{
	struct gpio_settings wires = settings_of();
	struct local_settings settings = {.fitted = 3, .isolate = 3, .blind = 0};
	struct fault f;

	memset(&world, 0, sizeof world);
	world.now_ns = 5000 * MS;
	world.queue_limit = QUEUE_MAX;
	(void)snprintf(settings.memory, sizeof settings.memory, "%s", memory);
	gpio_init(&gpio, &wires);
	assert_int_equal(local_init(&local, &settings, &gpio.pins, &f), ERR_OK);
	local.clock_ns = clock_now;
	controller_init(&driver, &local.bus, 1);
}

static int set_up(void **state)
{
	(void)state;
	set_up_with("");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	local_fini(&local);
	return 0;
}

static void move_relay(unsigned i)
{
	static const char *const mirrors[] = {"M1", "M2"};
	bool coil = (world.outputs >> i & 1) != 0;

	if (world.is_relay_on[i] == coil)
		world.relay_ns[i] = world.now_ns;
	else if (world.now_ns - world.relay_ns[i] >= RELAY_MS_TO_MOVE * MS)
		world.is_relay_on[i] = coil;
	if (!world.is_welded || coil)
		flip(mirrors[i], !world.is_relay_on[i]);
}

/* Time passes; the panel's thread is woken by edges and when it wants to be, unless it is kept waiting. */
static void pass_us(int64_t us)
{
	for (int64_t end_ns = world.now_ns + us * US; world.now_ns < end_ns;) {
		world.now_ns += 50 * US;
		if (world.plan != NULL)
			for (unsigned i = 0; i < 2; i++)
				move_relay(i);
		if (!world.is_waiting && (world.queued > 0 || world.now_ns >= world.due_ns))
			world.due_ns = local_turn(&local, world.now_ns);
	}
}

static void pass_ms(int64_t ms)
{
	pass_us(ms * 1000);
}

static void press(const char *name, int64_t us)
{
	flip(name, true);
	pass_us(us);
	flip(name, false);
}

static struct panel_state poll_driver(uint32_t recorded)
{
	struct panel_wish wish = {.recorded = recorded};
	struct panel_state state;

	assert_int_equal(driver.driver.ops->poll(&driver.driver, &wish, &state, NULL), ERR_OK);
	return state;
}

/* Acknowledges events until one of this kind has come; number 0: there was none. */
static struct panel_event find_event(enum board_event kind)
{
	struct panel_state state = poll_driver(0);

	while (state.event.number != 0 && state.event.kind != kind)
		state = poll_driver(state.event.number);
	if (state.event.number != 0)
		(void)poll_driver(state.event.number);
	return state.event;
}

static void drop_events(void)
{
	struct panel_state state = poll_driver(0);

	while (state.event.number != 0)
		state = poll_driver(state.event.number);
}

static void connected(void)
{
	local_recall(&local, 3);
	pass_ms(200);
	assert_int_equal(world.outputs & 3, 3);
	drop_events();
}

/* As the link thread does it; carried out by the panel's thread, here in the next turn. */
static uint16_t command(uint16_t code, uint16_t uplinks, uint32_t nonce, uint32_t argument)
{
	struct panel_command what = {code, uplinks, nonce, argument};
	struct panel_wish wish = {.lamps = 0};
	struct panel_state state;

	/* Nobody carries it out meanwhile: an old answer. */
	assert_int_equal(driver.driver.ops->command(&driver.driver, &wish, &what, &state, NULL), ERR_BUSY);
	pass_ms(20);
	state = poll_driver(0);
	assert_int_equal(state.result_nonce, nonce);
	return state.result;
}

/* ---- start ----------------------------------------------------------------------------------------------------- */

static void everything_is_cut_until_the_record_has_spoken(void **unused)
{
	struct panel_identity identity;
	struct panel_state state;

	(void)unused;
	pass_ms(1000);
	assert_int_equal(world.opened, 1);
	assert_int_equal(world.outputs & 3, 0);
	assert_int_not_equal(world.outputs & 1U << 3, 0); /* FAULT */
	assert_int_equal(driver.driver.ops->connect(&driver.driver, &identity, &state, NULL), ERR_BUSY);
	local_recall(&local, 2);
	local_recall(&local, 3); /* too late */
	pass_ms(200);
	assert_int_equal(world.outputs & 3, 2);
	assert_int_equal(driver.driver.ops->connect(&driver.driver, &identity, &state, NULL), ERR_OK);
	assert_int_equal(identity.fitted, 3);
	assert_int_equal(uplink_judge(state.uplink[0]), UPLINK_IS_CUT);
	assert_true((state.uplink[0] & UPLINK_LATCHED) != 0);
	assert_int_equal(uplink_judge(state.uplink[1]), UPLINK_IS_CONNECTED);
	assert_int_equal(find_event(EVENT_CUT_AT_START).uplink, 1);
}

static void a_chip_that_is_not_there_is_tried_again(void **unused)
{
	struct panel_identity identity;
	struct panel_state state;
	struct fault f = {ERR_OK, ""};

	(void)unused;
	world.open_err = ERR_MISSING;
	local_recall(&local, 3);
	pass_ms(1200);
	assert_int_equal(driver.driver.ops->connect(&driver.driver, &identity, &state, &f), ERR_MISSING);
	assert_string_equal(f.text, "no such chip");
	world.open_err = ERR_OK;
	pass_ms(1200);
	assert_int_equal(world.outputs & 3, 3);
}

/* ---- pressing ---------------------------------------------------------------------------------------------------- */

static void the_coil_falls_at_the_fourth_sample(void **unused)
{
	(void)unused;
	connected();
	for (int phase = 0; phase < 20; phase++) {
		int64_t pressed_ns;

		tear_down(NULL);
		set_up(NULL);
		connected();
		pass_us(50 * phase + 1000);
		pressed_ns = world.now_ns;
		press("ISOLATE", 100000);
		assert_int_equal(world.outputs & 3, 0);
		assert_in_range(world.dropped_ns - pressed_ns, 3 * MS, 4 * MS + 100 * US);
		assert_in_range(find_event(EVENT_CUT_BUTTON).arg, 3000, 4100);
	}
}

static void a_cut_is_proven_by_its_contact(void **unused)
{
	struct panel_state state;

	(void)unused;
	connected();
	press("ISOLATE", 60000);
	pass_ms(50);
	state = poll_driver(0);
	assert_int_equal(uplink_judge(state.uplink[0]), UPLINK_IS_CUT);
	assert_true(uplink_is_proven(state.uplink[0]));
	assert_in_range(find_event(EVENT_PROVEN).arg, 8000, 10000);
}

static void what_is_shorter_than_three_milliseconds_never_cuts(void **unused)
{
	(void)unused;
	connected();
	srand(4);
	for (int i = 0; i < 2000; i++) {
		press("ISOLATE", 50 + 50 * (rand() % 58));
		pass_us(1000 + 50 * (rand() % 100));
		assert_int_equal(world.outputs & 3, 3);
	}
	pass_ms(20);
	assert_int_equal(find_event(EVENT_ISOLATE).number, 0);
}

static void a_bouncing_press_is_one_press(void **unused)
{
	(void)unused;
	connected();
	srand(5);
	for (int i = 0; i < 30; i++)
		press("ISOLATE", 50 + 50 * (rand() % 40)), pass_us(50 + 50 * (rand() % 20));
	press("ISOLATE", 200000);
	for (int i = 0; i < 30; i++)
		pass_us(50 + 50 * (rand() % 20)), press("ISOLATE", 50 + 50 * (rand() % 40));
	pass_ms(100);
	assert_int_equal(world.outputs & 3, 0);
	assert_int_equal(find_event(EVENT_ISOLATE).times, 1);
	assert_int_equal(find_event(EVENT_ISOLATE).number, 0);
}

static void a_press_while_the_thread_was_kept_waiting_is_not_missed(void **unused)
{
	(void)unused;
	connected();
	world.is_waiting = true;
	pass_ms(10);
	press("ISOLATE", 10000);
	pass_ms(20);
	assert_int_equal(world.outputs & 3, 3);
	world.is_waiting = false;
	pass_ms(1);
	assert_int_equal(world.outputs & 3, 0);
}

static void a_spike_while_the_thread_was_kept_waiting_does_not_count_for_longer(void **unused)
{
	(void)unused;
	connected();
	world.is_waiting = true;
	pass_ms(10);
	press("ISOLATE", 2500);
	pass_ms(20);
	world.is_waiting = false;
	pass_ms(50);
	assert_int_equal(world.outputs & 3, 3);
}

static void when_the_kernel_lost_edges_the_level_counts(void **unused)
{
	(void)unused;
	connected();
	world.queue_limit = 0;
	flip("ISOLATE", true);
	pass_ms(30);
	assert_int_equal(world.outputs & 3, 0);
}

static void more_edges_than_fit_are_read_one_after_the_other(void **unused)
{
	(void)unused;
	connected();
	world.is_waiting = true;
	for (int i = 0; i < 150; i++)
		press("DECLARE", 50), pass_us(50);
	flip("ISOLATE", true);
	pass_ms(20);
	world.is_waiting = false;
	pass_ms(50);
	assert_int_equal(world.outputs & 3, 0);
}

static void an_uplinks_own_button_cuts_it_alone(void **unused)
{
	(void)unused;
	connected();
	press("B2", 60000);
	assert_int_equal(world.outputs & 3, 1);
	assert_int_equal(find_event(EVENT_UPLINK_ISOLATE).uplink, 2);
}

static void declaring_cuts_nothing_and_rings(void **unused)
{
	(void)unused;
	connected();
	press("DECLARE", 60000);
	pass_ms(20);
	assert_int_equal(world.outputs & 3, 3);
	assert_int_not_equal(world.outputs & 1U << 4, 0); /* ALARM */
	assert_int_not_equal(find_event(EVENT_DECLARE).number, 0);
}

/* ---- commands and restoring ----------------------------------------------------------------------------------------
 */

static void a_command_is_driven_and_then_reported(void **unused)
{
	struct panel_state state;

	(void)unused;
	connected();
	assert_int_equal(command(COMMAND_ISOLATE, 1, 77, 0), RESULT_DONE);
	assert_int_equal(world.outputs & 3, 2);
	state = poll_driver(0);
	assert_true(uplinks_are_cut(&state, 1));
	assert_int_equal(find_event(EVENT_CUT_COMMAND).uplink, 1);
}

static void permit_and_key_connect_again(void **unused)
{
	uint32_t latch;

	(void)unused;
	connected();
	press("ISOLATE", 60000);
	pass_ms(100);
	latch = poll_driver(0).latch;
	assert_int_equal(command(COMMAND_PERMIT, 1, 78, latch - 1), RESULT_WRONG_LATCH);
	assert_int_equal(command(COMMAND_PERMIT, 1, 79, latch), RESULT_DONE);
	pass_ms(100);
	press("KEY", 100000);
	pass_ms(100);
	assert_int_equal(world.outputs & 3, 0);
	press("KEY", 500000);
	pass_ms(100);
	assert_int_equal(world.outputs & 3, 1);
	assert_int_equal(find_event(EVENT_RESTORED).uplink, 1);
}

static void a_permit_ends_after_300_seconds_even_when_nobody_looked(void **unused)
{
	(void)unused;
	connected();
	press("ISOLATE", 60000);
	pass_ms(100);
	assert_int_equal(command(COMMAND_PERMIT, 1, 80, poll_driver(0).latch), RESULT_DONE);
	world.is_waiting = true;
	world.now_ns += 301 * 1000 * MS;
	world.is_waiting = false;
	pass_ms(20);
	press("KEY", 500000);
	pass_ms(100);
	assert_int_equal(world.outputs & 3, 0);
	assert_int_not_equal(find_event(EVENT_PERMIT_EXPIRED).number, 0);
}

static void a_welded_relay_is_no_cut_and_forbids_the_permit(void **unused)
{
	(void)unused;
	connected();
	world.is_welded = true;
	press("ISOLATE", 60000);
	pass_ms(200);
	assert_int_equal(uplink_judge(poll_driver(0).uplink[0]), UPLINK_IS_BROKEN);
	assert_int_equal(command(COMMAND_PERMIT, 1, 81, poll_driver(0).latch), RESULT_MIRROR_FAULT);
}

/* ---- faults
 * ------------------------------------------------------------------------------------------------------------ */

static void a_cut_that_could_not_be_driven_is_tried_again(void **unused)
{
	struct panel_wish wish = {.lamps = 0};
	struct panel_state state;

	(void)unused;
	connected();
	world.set_err = ERR_IO;
	press("ISOLATE", 60000);
	pass_ms(100);
	assert_int_equal(world.outputs & 3, 3);
	assert_int_equal(driver.driver.ops->poll(&driver.driver, &wish, &state, NULL), ERR_IO);
	world.set_err = ERR_OK;
	pass_ms(600);
	assert_int_equal(world.outputs & 3, 0);
	assert_int_not_equal(find_event(EVENT_CUT_BUTTON).number, 0);
}

static void a_command_latches_even_when_nothing_can_be_driven(void **unused)
{
	struct panel_command what = {COMMAND_ISOLATE, 3, 90, 0};
	struct panel_wish wish = {.lamps = 0};
	struct panel_state state;

	(void)unused;
	connected();
	world.level_err = ERR_IO;
	pass_ms(20);
	assert_int_equal(driver.driver.ops->command(&driver.driver, &wish, &what, &state, NULL), ERR_IO);
	pass_ms(600);
	world.level_err = ERR_OK;
	pass_ms(600);
	assert_int_equal(world.outputs & 3, 0);
	assert_int_equal(poll_driver(0).uplink[0] & UPLINK_LATCHED, UPLINK_LATCHED);
	assert_in_range(world.opened, 2, 9);
}

static void a_latch_and_its_events_survive_the_process(void **unused)
{
	char path[] = "/tmp/kannuki-memory-XXXXXX";
	int file = mkstemp(path);
	struct panel_identity before, after;
	struct panel_state state;
	struct panel_event event;

	(void)unused;
	assert_true(file >= 0);
	(void)close(file);
	local_fini(&local);
	set_up_with(path);
	connected();
	assert_int_equal(driver.driver.ops->connect(&driver.driver, &before, &state, NULL), ERR_OK);
	press("B2", 60000);
	pass_ms(50);
	state = poll_driver(0);
	local_fini(&local);
	set_up_with(path);
	local_recall(&local, 3); /* what the record still says */
	pass_ms(200);
	assert_int_equal(world.outputs & 3, 1);
	assert_int_equal(driver.driver.ops->connect(&driver.driver, &after, &state, NULL), ERR_OK);
	assert_true(before.controller == after.controller && before.controller != 0);
	event = find_event(EVENT_UPLINK_ISOLATE);
	assert_int_equal(event.uplink, 2);
	(void)unlink(path);
}

static void memory_of_another_length_counts_as_new(void **unused)
{
	char path[] = "/tmp/kannuki-memory-XXXXXX";
	int file = mkstemp(path);

	(void)unused;
	assert_int_equal(write(file, "short", 5), 5);
	(void)close(file);
	local_fini(&local);
	set_up_with(path);
	connected();
	(void)unlink(path);
}

/* ---- the plan
 * ------------------------------------------------------------------------------------------------------------ */

static void inverted_inputs_and_names_reach_the_lines(void **unused)
{
	struct gpio_settings wires = settings_of();

	(void)unused;
	(void)snprintf(wires.wiring.inverted[0], POINT_NAME, "KEY");
	(void)snprintf(wires.wiring.relays[1], POINT_NAME, "-");
	wires.wiring.inverted_count = 1;
	gpio_init(&gpio, &wires);
	assert_int_equal(gpio.plan.outputs_count, 4);
	assert_string_equal(gpio.plan.chip, "/dev/gpiochip9");
	for (unsigned i = 0; i < gpio.plan.inputs_count; i++)
		assert_int_equal(gpio.plan.inputs[i].is_inverted, strcmp(gpio.plan.inputs[i].name, "KEY") == 0);
}

static void it_keeps_neither_a_checkpoint_nor_a_key(void **unused)
{
	const struct witness_write write = {.nonce = 1};
	struct panel_witness witness;
	uint16_t slots[KEY_SLOTS_SIZE];
	struct fault f;

	(void)unused;
	connected();
	assert_int_equal(driver.driver.ops->witness(&driver.driver, NULL, &witness, &f), ERR_DENIED);
	assert_int_equal(driver.driver.ops->witness(&driver.driver, &write, &witness, &f), ERR_DENIED);
	assert_int_equal(local.bus.ops->read(&local.bus, BLOCK_KEY_SLOTS, slots, KEY_SLOTS_SIZE, &f), ERR_DENIED);
	assert_non_null(strstr(f.text, "without a controller"));
}

static void closing_switches_everything_off(void **unused)
{
	(void)unused;
	connected();
	gpio.pins.ops->close(&gpio.pins);
	assert_int_equal(world.outputs, 0);
	assert_int_equal(world.closed, 1);
	gpio.pins.ops->close(&gpio.pins);
	assert_int_equal(world.closed, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* ---- what seldom happens ------------------------------------------------------------------------------------- */

static void edges_that_cannot_be_read_open_the_chip_again(void **unused)
{
	(void)unused;
	connected();
	world.edge_err = ERR_IO;
	pass_ms(20);
	assert_true(world.closed > 0);
	world.edge_err = ERR_OK;
	pass_ms(1200);
	assert_true(world.opened > 1);
	press("ISOLATE", 60000);
	assert_int_equal(world.outputs & 3, 0);
}

static void an_edge_of_no_known_line_moves_nothing(void **unused)
{
	(void)unused;
	connected();
	world.queue[world.queued++] = (struct line_edge){LINES_MAX, true, world.now_ns};
	pass_ms(20);
	assert_int_equal(world.outputs & 3, 3);
	assert_int_equal(poll_driver(0).event.number, 0);
}

static void it_waits_with_and_without_a_chip(void **unused)
{
	(void)unused;
	gpio.pins.ops->wait(&gpio.pins, local.bell, 0);
	connected();
	gpio.pins.ops->wait(&gpio.pins, local.bell, 0);
	assert_int_equal(world.outputs & 3, 3);
}

static void a_dash_is_no_line_and_its_namesakes_are(void **unused)
{
	struct gpio_settings wires = {.chip = "", .wiring = {.relays = {"-", "-x"}}};

	(void)unused;
	gpio_init(&gpio, &wires);
	assert_int_equal(gpio.plan.outputs_count, 1);
	assert_string_equal(gpio.plan.outputs[0].name, "-x");
}

static void a_supply_that_is_wired_is_watched(void **unused)
{
	(void)unused;
	local.settings.has_supply = true;
	local_recall(&local, 3);
	pass_ms(200);
	assert_int_equal(poll_driver(0).faults & FAULT_SUPPLY, FAULT_SUPPLY);
	assert_int_not_equal(find_event(EVENT_SUPPLY_LOST).number, 0);
}

/* A module's relay is slow: the buttons are looked at meanwhile, and time catches up. */
static void while_a_contact_settles_buttons_still_cut(void **unused)
{
	(void)unused;
	connected();
	gpio.pins.settle_ns = 100 * MS;
	press("B2", 20000);
	assert_int_equal(world.outputs & 3, 1);
	press("ISOLATE", 20000);
	assert_int_equal(world.outputs & 3, 0);
	pass_ms(200);
	assert_int_equal(find_event(EVENT_UPLINK_ISOLATE).uplink, 2);
	assert_int_not_equal(find_event(EVENT_ISOLATE).number, 0);
}

static void a_command_before_the_record_has_spoken_waits(void **unused)
{
	struct panel_command what = {COMMAND_ISOLATE, 1, 7, 0};
	struct panel_wish wish = {.lamps = 0};
	struct panel_state state;

	(void)unused;
	pass_ms(20);
	assert_int_equal(driver.driver.ops->command(&driver.driver, &wish, &what, &state, NULL), ERR_BUSY);
	world.level_err = ERR_IO;
	pass_ms(1200);
	world.level_err = ERR_OK;
	pass_ms(1200);
	local_recall(&local, 3);
	pass_ms(200);
	assert_int_equal(world.outputs & 3, 2);
}

static void a_command_whose_coil_cannot_be_driven_latches_and_is_driven_later(void **unused)
{
	struct panel_command what = {COMMAND_ISOLATE, 1, 7, 0};
	struct panel_wish wish = {.lamps = 0};
	struct panel_state state;

	(void)unused;
	connected();
	assert_int_equal(driver.driver.ops->command(&driver.driver, &wish, &what, &state, NULL), ERR_BUSY);
	world.set_err = ERR_IO;
	pass_ms(20);
	world.set_err = ERR_OK;
	pass_ms(1200);
	assert_int_equal(world.outputs & 3, 2);
	assert_int_equal(poll_driver(0).result_nonce, 7);
}

static void what_it_does_not_have_is_refused(void **unused)
{
	struct fault f;
	uint16_t got[1];

	(void)unused;
	connected();
	assert_int_equal(local.bus.ops->read(&local.bus, 0x7000, got, 1, &f), ERR_DENIED);
	world.open_err = world.level_err = ERR_IO;
	pass_ms(1200);
	assert_int_equal(local.bus.ops->read(&local.bus, BLOCK_STATUS, got, 1, &f), ERR_IO);
}

static void without_memory_bell_or_thread_it_does_not_begin(void **unused)
{
	struct local_settings settings = {.fitted = 3, .memory = "/nonexistent/memory"};
	struct local other;
	struct fault f;

	(void)unused;
	assert_int_not_equal(local_init(&other, &settings, &gpio.pins, &f), ERR_OK);
	settings.memory[0] = '\0';
	world.no_bell = true;
	assert_int_not_equal(local_init(&other, &settings, &gpio.pins, &f), ERR_OK);
	world.no_bell = false;
	set_up(NULL);
	world.no_thread = true;
	assert_int_not_equal(local_start(&local, &f), ERR_OK);
	assert_non_null(strstr(f.text, "thread"));
}

static int64_t true_clock(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* With a thread of its own, a command is waited for and its answer is that of now. */
static void a_command_is_carried_out_by_the_thread(void **unused)
{
	struct panel_command what = {COMMAND_ISOLATE, 1, 9, 0};
	struct panel_wish wish = {.lamps = 0};
	struct panel_identity identity;
	struct panel_state state;
	struct fault f;

	(void)unused;
	local.clock_ns = true_clock;
	local_recall(&local, 3);
	assert_int_equal(local_start(&local, &f), ERR_OK);
	while (driver.driver.ops->connect(&driver.driver, &identity, &state, &f) != ERR_OK)
		(void)sched_yield();
	while (driver.driver.ops->command(&driver.driver, &wish, &what, &state, &f) != ERR_OK)
		(void)sched_yield();
	assert_int_equal(state.result_nonce, 9);
	assert_int_equal(state.result, RESULT_DONE);
	local_stop(&local);
	assert_int_equal(world.closed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_cut_until_the_record_has_spoken),
		TEST(a_chip_that_is_not_there_is_tried_again),
		TEST(the_coil_falls_at_the_fourth_sample),
		TEST(a_cut_is_proven_by_its_contact),
		TEST(what_is_shorter_than_three_milliseconds_never_cuts),
		TEST(a_bouncing_press_is_one_press),
		TEST(a_press_while_the_thread_was_kept_waiting_is_not_missed),
		TEST(a_spike_while_the_thread_was_kept_waiting_does_not_count_for_longer),
		TEST(when_the_kernel_lost_edges_the_level_counts),
		TEST(more_edges_than_fit_are_read_one_after_the_other),
		TEST(an_uplinks_own_button_cuts_it_alone),
		TEST(declaring_cuts_nothing_and_rings),
		TEST(a_command_is_driven_and_then_reported),
		TEST(permit_and_key_connect_again),
		TEST(a_permit_ends_after_300_seconds_even_when_nobody_looked),
		TEST(a_welded_relay_is_no_cut_and_forbids_the_permit),
		TEST(a_cut_that_could_not_be_driven_is_tried_again),
		TEST(a_command_latches_even_when_nothing_can_be_driven),
		TEST(a_latch_and_its_events_survive_the_process),
		TEST(memory_of_another_length_counts_as_new),
		TEST(inverted_inputs_and_names_reach_the_lines),
		TEST(it_keeps_neither_a_checkpoint_nor_a_key),
		TEST(closing_switches_everything_off),
		cmocka_unit_test_setup_teardown(edges_that_cannot_be_read_open_the_chip_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_edge_of_no_known_line_moves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_waits_with_and_without_a_chip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_dash_is_no_line_and_its_namesakes_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_supply_that_is_wired_is_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(while_a_contact_settles_buttons_still_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command_before_the_record_has_spoken_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command_whose_coil_cannot_be_driven_latches_and_is_driven_later,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_it_does_not_have_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_memory_bell_or_thread_it_does_not_begin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_command_is_carried_out_by_the_thread, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
