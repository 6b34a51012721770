/* The link thread's turn with a controller and a clock that the test owns; the rings; the messages' words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/methods.h"
#include "panel/link.h"
#include "panel/words.h"

#define MS INT64_C(1000000)

/* ---- lines in the place of lines.c ---------------------------------------------------------------------- */

static struct {
	enum err open_err, read_err;
	bool on; /* which edge comes next */
	int bell;
	unsigned opened, closed;
	struct line asked;
} line_world;

enum err lines_open(struct lines *l, const struct lines_plan *plan, struct fault *f)
{
	(void)l;
	line_world.asked = plan->inputs[0];
	line_world.opened++;
	return line_world.open_err == ERR_OK ? ERR_OK : fault_set(f, line_world.open_err, "no such chip");
}

void lines_close(struct lines *l)
{
	(void)l;
	line_world.closed++;
}

int lines_fd(const struct lines *l)
{
	(void)l;
	return line_world.bell;
}

enum err lines_edges(struct lines *l, struct line_edge *out, size_t max, size_t *count, struct fault *f)
{
	uint64_t rung;

	(void)l;
	(void)max;
	(void)f;
	*count = read(line_world.bell, &rung, sizeof rung) > 0 ? 1 : 0;
	out[0] = (struct line_edge){.on = line_world.on};
	return line_world.read_err;
}

/* Of the panel without a controller, which nothing here uses. */
enum err lines_levels(struct lines *l, uint32_t *on, struct fault *f)
{
	(void)l;
	*on = 0;
	return fault_set(f, ERR_STATE, "not here");
}

enum err lines_set(struct lines *l, uint32_t on, struct fault *f)
{
	(void)l;
	(void)on;
	return fault_set(f, ERR_STATE, "not here");
}

/* ---- a controller ------------------------------------------------------------------------------------------ */

struct fake_driver {
	struct relay_driver driver;
	enum err err;
	struct panel_identity identity;
	struct panel_state state;
	struct panel_wish wish;
	struct panel_command command;
	enum err witness_err;
	struct panel_witness witness;
	struct witness_write write;
	unsigned witnesses;
	enum err keys_err;
	struct panel_keys keys;
	struct key_write key_write;
	unsigned asked_keys;
	unsigned connected, disconnected, polls, commands;
};

static struct fake_driver *fake_of(struct relay_driver *driver)
{
	return (struct fake_driver *)(void *)driver;
}

static enum err fake_connect(struct relay_driver *driver, struct panel_identity *identity, struct panel_state *state,
			     struct fault *f)
{
	struct fake_driver *d = fake_of(driver);

	d->connected++;
	if (d->err != ERR_OK)
		return fault_set(f, d->err, "trouble %d", (int)d->err);
	*identity = d->identity;
	*state = d->state;
	return ERR_OK;
}

static enum err fake_poll(struct relay_driver *driver, const struct panel_wish *wish, struct panel_state *state,
			  struct fault *f)
{
	struct fake_driver *d = fake_of(driver);

	d->polls++;
	if (d->err != ERR_OK)
		return fault_set(f, d->err, "trouble %d", (int)d->err);
	d->wish = *wish;
	if (wish->recorded != 0 && wish->recorded == d->state.event.number)
		d->state.event = (struct panel_event){0};
	*state = d->state;
	return ERR_OK;
}

static enum err fake_command(struct relay_driver *driver, const struct panel_wish *wish,
			     const struct panel_command *command, struct panel_state *state, struct fault *f)
{
	struct fake_driver *d = fake_of(driver);

	d->commands++;
	d->command = *command;
	return fake_poll(driver, wish, state, f);
}

static enum err fake_witness(struct relay_driver *driver, const struct witness_write *write,
			     struct panel_witness *witness, struct fault *f)
{
	struct fake_driver *d = fake_of(driver);

	(void)f;
	d->witnesses++;
	if (write != NULL)
		d->write = *write;
	if (d->witness_err == ERR_OK)
		*witness = d->witness;
	return d->witness_err;
}

static enum err fake_keys(struct relay_driver *driver, const struct key_write *write, struct panel_keys *keys,
			  struct fault *f)
{
	struct fake_driver *d = fake_of(driver);

	(void)f;
	d->asked_keys++;
	if (write != NULL)
		d->key_write = *write;
	if (d->keys_err == ERR_OK)
		*keys = d->keys;
	return d->keys_err;
}

static void fake_disconnect(struct relay_driver *driver)
{
	fake_of(driver)->disconnected++;
}

static const struct relay_driver_ops fake_ops = {fake_connect, fake_poll, fake_command,
						 fake_witness, fake_keys, fake_disconnect};

struct desk {
	struct fake_driver driver;
	struct mail mail;
	struct link link;
	int64_t now_ns;
	struct news last[NEWS_NOTE + 1]; /* the last of each kind */
	unsigned count[NEWS_NOTE + 1];
};

static int desk_setup(void **state)
{
	static struct desk desk;
	struct desk *d = &desk;

	*d = (struct desk){.driver = {.driver = {.ops = &fake_ops}}, .now_ns = 10000 * MS};
	d->driver.identity = (struct panel_identity){.controller = 5, .map = BOARD_MAP_VERSION, .fitted = 0x0F};
	d->driver.state = (struct panel_state){.uptime_ms = 1000};
	assert_int_equal(mail_open(&d->mail, d->now_ns, NULL), ERR_OK);
	link_init(&d->link, &d->driver.driver, &d->mail, 4);
	*state = d;
	return 0;
}

static int desk_teardown(void **state)
{
	mail_close(&((struct desk *)*state)->mail);
	return 0;
}

static void read_news(struct desk *d)
{
	struct news news;

	while (ring_take(&d->mail.news, &news)) {
		d->last[news.kind] = news;
		d->count[news.kind]++;
	}
}

static void turn(struct desk *d)
{
	d->driver.state.uptime_ms += 50;
	d->now_ns = link_turn(&d->link, d->now_ns);
	read_news(d);
}

static void turn_for(struct desk *d, int64_t ms)
{
	for (int64_t until_ns = d->now_ns + ms * MS; d->now_ns < until_ns;)
		turn(d);
}

static void press(struct desk *d, uint32_t number)
{
	d->driver.state.event = (struct panel_event){.number = number, .kind = EVENT_DECLARE, .times = 1};
}

static void confirm(struct desk *d, uint32_t number)
{
	atomic_store(&d->mail.recorded, (uint64_t)d->link.generation << 32 | number);
}

static void order(struct desk *d, uint16_t code, uint16_t uplinks)
{
	struct order o = {.command = 3, .what = {.code = code, .uplinks = uplinks, .nonce = 99}};

	assert_true(ring_put(&d->mail.orders, &o));
}

/* ---- finding the controller ------------------------------------------------------------------------- */

static void a_controller_is_found_and_told(void **state)
{
	struct desk *d = *state;

	turn(d);
	assert_int_equal(d->count[NEWS_CONTROLLER], 1);
	assert_true(d->last[NEWS_CONTROLLER].controller.controller == 5);
	assert_true(d->last[NEWS_PICTURE].picture.present);
	assert_int_equal(d->last[NEWS_PICTURE].picture.link_faults, 0);
	turn_for(d, 900);
	assert_int_equal(d->count[NEWS_PICTURE], 1);
	turn_for(d, 200);
	assert_int_equal(d->count[NEWS_PICTURE], 2);
}

static void an_absent_controller_is_sought_ever_more_slowly_and_told_once(void **state)
{
	struct desk *d = *state;

	d->driver.err = ERR_IO;
	turn_for(d, 60000);
	assert_in_range(d->driver.connected, 30, 36);
	assert_int_equal(d->count[NEWS_NOTE], 1);
	assert_false(d->last[NEWS_PICTURE].picture.present);
	assert_int_equal(d->last[NEWS_PICTURE].picture.link_faults, LINK_FAULT_ABSENT);
	d->driver.err = ERR_OK;
	turn_for(d, 2100);
	assert_true(d->last[NEWS_PICTURE].picture.present);
}

static void another_map_is_a_fault_of_its_own(void **state)
{
	struct desk *d = *state;

	d->driver.err = ERR_STATE;
	turn(d);
	assert_int_equal(d->last[NEWS_PICTURE].picture.link_faults, LINK_FAULT_ABSENT | LINK_FAULT_MAP);
	order(d, COMMAND_ISOLATE, 1);
	turn_for(d, 2100);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "map_version");
	assert_int_equal(d->driver.polls, 0);
}

static void short_silence_is_borne_and_a_second_of_it_is_absence(void **state)
{
	struct desk *d = *state;

	turn(d);
	d->driver.err = ERR_TIMEOUT;
	turn_for(d, 900);
	assert_true(d->last[NEWS_PICTURE].picture.present);
	assert_int_equal(d->driver.disconnected, 0);
	turn_for(d, 200);
	assert_false(d->last[NEWS_PICTURE].picture.present);
	assert_int_equal(d->driver.disconnected, 1);
}

static void a_line_that_is_gone_is_closed_at_once(void **state)
{
	struct desk *d = *state;

	turn(d);
	d->driver.err = ERR_IO;
	turn(d);
	assert_false(d->last[NEWS_PICTURE].picture.present);
	assert_int_equal(d->driver.disconnected, 1);
}

static void another_number_of_uplinks_is_a_fault(void **state)
{
	struct desk *d = *state;

	d->driver.identity.fitted = 0x03;
	turn(d);
	turn(d);
	assert_int_equal(d->last[NEWS_PICTURE].picture.link_faults, LINK_FAULT_UPLINKS);
	assert_int_equal(d->driver.wish.lamps & LAMP_FAULT, LAMP_FAULT);
}

/* ---- events --------------------------------------------------------------------------------------------- */

static void an_event_is_offered_once_and_acknowledged_after_confirmation(void **state)
{
	struct desk *d = *state;

	turn(d);
	press(d, 7);
	turn_for(d, 500);
	assert_int_equal(d->count[NEWS_EVENT], 1);
	assert_int_equal(d->last[NEWS_EVENT].event.number, 7);
	assert_int_equal(d->driver.wish.recorded, 0);
	assert_int_equal(d->driver.wish.lamps & LAMP_RECORDED, 0);
	confirm(d, 7);
	turn(d);
	assert_int_equal(d->driver.wish.recorded, 7);
	assert_int_equal(d->driver.wish.lamps & LAMP_RECORDED, LAMP_RECORDED);
	assert_int_equal(d->driver.state.event.number, 0);
}

static void recorded_goes_out_at_the_next_press_only(void **state)
{
	struct desk *d = *state;

	turn(d);
	press(d, 7);
	turn(d);
	confirm(d, 7);
	turn(d);
	d->driver.state.event = (struct panel_event){.number = 8, .kind = EVENT_PROVEN, .uplink = 1, .times = 1};
	turn_for(d, 100);
	assert_int_equal(d->driver.wish.lamps & LAMP_RECORDED, LAMP_RECORDED);
	press(d, 9);
	turn_for(d, 100);
	assert_int_equal(d->driver.wish.lamps & LAMP_RECORDED, 0);
}

static void a_confirmation_for_an_earlier_controller_is_not_passed_on(void **state)
{
	struct desk *d = *state;

	turn(d);
	press(d, 7);
	turn(d);
	confirm(d, 7);
	d->driver.state.uptime_ms = 0; /* it starts anew before the acknowledgement gets through */
	d->link.state.uptime_ms = 5000;
	d->driver.err = ERR_TIMEOUT;
	turn(d);
	d->driver.err = ERR_OK;
	press(d, 7);
	d->driver.wish.recorded = 0;
	d->link.is_linked = false;
	turn_for(d, 300);
	assert_int_equal(d->driver.wish.recorded, 0);
	assert_int_equal(d->count[NEWS_CONTROLLER], 2);
	assert_int_equal(d->count[NEWS_EVENT], 2);
}

static void a_start_of_the_controller_is_noticed_by_its_uptime(void **state)
{
	struct desk *d = *state;

	turn_for(d, 500);
	d->driver.state.uptime_ms = 0;
	turn_for(d, 200);
	assert_int_equal(d->count[NEWS_CONTROLLER], 2);
	assert_true(d->last[NEWS_PICTURE].picture.present);
}

static void nothing_is_lost_when_main_does_not_read(void **state)
{
	struct desk *d = *state;

	turn(d);
	for (int i = 0; i < 3 * NEWS_MAX; i++) {
		d->driver.state.latch++; /* a new picture each time */
		d->now_ns = link_turn(&d->link, d->now_ns);
	}
	press(d, 4);
	d->now_ns = link_turn(&d->link, d->now_ns);
	read_news(d);
	turn(d);
	assert_int_equal(d->last[NEWS_EVENT].event.number, 4);
	assert_int_equal(d->last[NEWS_PICTURE].picture.latch, 3 * NEWS_MAX);
}

/* ---- lamps ------------------------------------------------------------------------------------------------ */

static void lamps_of_before_stay_until_the_keeper_speaks(void **state)
{
	struct desk *d = *state;

	d->driver.state.lamps = LAMP_RECORDED | LAMP_INCIDENT | LAMP_FAULT | LAMP_ALARM;
	turn(d);
	turn(d);
	assert_int_equal(d->driver.wish.lamps, LAMP_RECORDED | LAMP_INCIDENT);
	atomic_store(&d->mail.lamps, LAMP_DRILL);
	turn(d);
	assert_int_equal(d->driver.wish.lamps, LAMP_RECORDED | LAMP_DRILL);
}

static void two_seconds_without_the_keeper_light_fault(void **state)
{
	struct desk *d = *state;

	turn_for(d, 1900);
	assert_int_equal(d->driver.wish.lamps & LAMP_FAULT, 0);
	turn_for(d, 300);
	assert_int_equal(d->driver.wish.lamps & LAMP_FAULT, LAMP_FAULT);
	atomic_store(&d->mail.keeper_answered_ns, d->now_ns);
	turn(d);
	assert_int_equal(d->driver.wish.lamps & LAMP_FAULT, 0);
}

/* ---- orders ------------------------------------------------------------------------------------------------ */

static void an_order_to_cut_is_done_when_it_is_read_back(void **state)
{
	struct desk *d = *state;

	turn(d);
	order(d, COMMAND_ISOLATE, 1);
	turn(d);
	assert_int_equal(d->count[NEWS_OUTCOME], 0); /* the answer did not carry our nonce */
	d->driver.state.result = RESULT_DONE;
	d->driver.state.result_nonce = 99;
	turn(d);
	assert_int_equal(d->count[NEWS_OUTCOME], 0); /* the coil is not off */
	d->driver.state.uplink[0] = UPLINK_FITTED | UPLINK_LATCHED;
	turn(d);
	assert_int_equal(d->count[NEWS_OUTCOME], 1);
	assert_true(d->last[NEWS_OUTCOME].outcome.ok);
	assert_int_equal(d->last[NEWS_OUTCOME].outcome.command, 3);
	assert_int_equal(d->driver.commands, 3);
	turn(d);
	assert_int_equal(d->driver.commands, 3);
}

static void an_order_says_why_it_failed(void **state)
{
	struct desk *d = *state;

	turn(d);
	order(d, COMMAND_PERMIT, 1);
	d->driver.state.result = RESULT_WRONG_LATCH;
	d->driver.state.result_nonce = 99;
	turn(d);
	assert_false(d->last[NEWS_OUTCOME].outcome.ok);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "wrong_latch");
	d->driver.state.result_nonce = 98;
	order(d, COMMAND_VOID, 0);
	turn_for(d, 2100);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "not_taken");
	order(d, COMMAND_VOID, 0);
	d->driver.err = ERR_DENIED;
	turn_for(d, 500);
	assert_int_equal(d->count[NEWS_OUTCOME], 2);
	turn_for(d, 1700);
	assert_int_equal(d->count[NEWS_OUTCOME], 3);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "controller_absent");
}

/* ---- errands ----------------------------------------------------------------------------------------------- */

static void errand(struct desk *d, uint64_t size)
{
	struct errand e = {.command = 8, .what = {.nonce = 4, .log = {.size = size}}};

	assert_true(ring_put(&d->mail.errands, &e));
}

static void what_a_controller_has_kept_is_told_once(void **state)
{
	struct desk *d = *state;

	d->driver.witness = (struct panel_witness){.state = STORE_IS_KEPT, .log = {.size = 12}};
	turn_for(d, 3000);
	assert_int_equal(d->driver.witnesses, 1);
	assert_int_equal(d->count[NEWS_WITNESS], 1);
	assert_int_equal(d->last[NEWS_WITNESS].witness.log.size, 12);
	d->driver.state.uptime_ms = 0;
	turn_for(d, 300);
	assert_int_equal(d->count[NEWS_WITNESS], 2);
}

static void a_checkpoint_is_kept_once_the_controller_says_so(void **state)
{
	struct desk *d = *state;

	turn(d);
	errand(d, 70);
	d->driver.witness = (struct panel_witness){.state = STORE_IS_WRITING, .result = RESULT_DONE};
	turn_for(d, 150);
	assert_int_equal(d->driver.write.log.size, 70);
	assert_int_equal(d->count[NEWS_OUTCOME], 0);
	d->driver.witness = (struct panel_witness){.state = STORE_IS_KEPT, .result = RESULT_DONE, .log = {.size = 70}};
	turn(d);
	assert_int_equal(d->last[NEWS_WITNESS].witness.log.size, 70);
	assert_true(d->last[NEWS_OUTCOME].outcome.ok);
	assert_int_equal(d->last[NEWS_OUTCOME].outcome.command, 8);
	d->driver.witnesses = 0;
	turn_for(d, 500);
	assert_int_equal(d->driver.witnesses, 0);
}

static void a_checkpoint_that_is_refused_says_why_and_what_is_kept(void **state)
{
	struct desk *d = *state;

	turn(d);
	errand(d, 5);
	d->driver.witness = (struct panel_witness){.state = STORE_IS_KEPT, .result = RESULT_OLDER, .log = {.size = 9}};
	turn(d);
	assert_false(d->last[NEWS_OUTCOME].outcome.ok);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "older");
	assert_int_equal(d->last[NEWS_WITNESS].witness.log.size, 9);
}

static void a_checkpoint_waits_for_orders_and_events(void **state)
{
	struct desk *d = *state;

	turn(d);
	d->driver.witnesses = 0;
	press(d, 7);
	turn(d);
	errand(d, 5);
	turn_for(d, 1000);
	assert_int_equal(d->driver.witnesses, 0);
	confirm(d, 7);
	turn(d);
	assert_int_equal(d->driver.witnesses, 1);
	errand(d, 6);
	order(d, COMMAND_ISOLATE, 1);
	d->driver.witness.result = RESULT_DONE;
	turn_for(d, 1000);
	assert_int_equal(d->driver.witnesses, 1);
	turn_for(d, 1100); /* the order is given up */
	assert_int_equal(d->driver.witnesses, 2);
}

static void a_checkpoint_that_nobody_takes_is_given_up(void **state)
{
	struct desk *d = *state;

	turn(d);
	errand(d, 5);
	d->driver.witness_err = ERR_TIMEOUT;
	turn_for(d, 10200);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "no_answer");
	assert_in_range(d->driver.witnesses, 5, 12);
	assert_true(d->last[NEWS_PICTURE].picture.present);
	d->driver.err = ERR_IO;
	errand(d, 5);
	turn_for(d, 10200);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "controller_absent");
}

static void a_panel_that_keeps_no_checkpoint_is_asked_once(void **state)
{
	struct desk *d = *state;

	d->driver.witness_err = ERR_DENIED;
	turn_for(d, 3000);
	assert_int_equal(d->driver.witnesses, 1);
	assert_int_equal(d->count[NEWS_WITNESS], 0);
	errand(d, 5);
	turn(d);
	assert_string_equal(d->last[NEWS_OUTCOME].outcome.word, "no_witness");
}

/* ---- attention line -------------------------------------------------------------------------------------- */

static void open_line(struct desk *d, struct attention *a)
{
	line_world.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	line_world.open_err = line_world.read_err = ERR_OK;
	line_world.closed = 0;
	attention_init(a, "/dev/gpiochip9", "KANNUKI_ATTENTION");
	assert_int_equal(attention_open(a, NULL), ERR_OK);
	d->link.attention = a;
}

static void move_line(bool on)
{
	line_world.on = on;
	assert_int_equal(write(line_world.bell, &(uint64_t){1}, sizeof(uint64_t)), sizeof(uint64_t));
}

/* Whoever waits for an hour instead hangs here. */
static const int64_t hour_ns = 3600000 * MS;

static void a_rise_of_the_attention_line_ends_the_wait(void **state)
{
	struct desk *d = *state;
	int64_t now_ns = moment_now().boot_ns;
	struct attention a;

	open_line(d, &a);
	assert_string_equal(line_world.asked.name, "KANNUKI_ATTENTION");
	assert_true(line_world.asked.is_driven);
	move_line(true);
	link_wait(&d->link, now_ns, now_ns + hour_ns);
	assert_true(moment_now().boot_ns - now_ns >= 10 * MS); /* the bus rests */
	bell_ring(d->mail.orders_bell);
	link_wait(&d->link, now_ns, now_ns + hour_ns);
	(void)close(line_world.bell);
}

static void a_fall_of_the_attention_line_says_nothing(void **state)
{
	struct desk *d = *state;
	int64_t now_ns = moment_now().boot_ns;
	struct attention a;

	open_line(d, &a);
	move_line(false);
	link_wait(&d->link, now_ns, now_ns + 30 * MS);
	assert_true(moment_now().boot_ns - now_ns >= 30 * MS);
	assert_false(attention_rose(&a));
	(void)close(line_world.bell);
}

static void an_attention_line_that_breaks_is_left_alone(void **state)
{
	struct desk *d = *state;
	int64_t now_ns = moment_now().boot_ns;
	struct attention a;

	open_line(d, &a);
	line_world.read_err = ERR_IO;
	move_line(false);
	link_wait(&d->link, now_ns, now_ns + 30 * MS);
	assert_int_equal(line_world.closed, 1);
	assert_int_equal(attention_fd(&a), -1);
	assert_false(attention_rose(&a));
	attention_close(&a);
	assert_int_equal(line_world.closed, 1);
	line_world.open_err = ERR_MISSING;
	assert_int_equal(attention_open(&a, NULL), ERR_MISSING);
	assert_int_equal(attention_fd(&a), -1);
	(void)close(line_world.bell);
}

/* ---- leaving ------------------------------------------------------------------------------------------------ */

static void a_stop_in_maintenance_is_announced(void **state)
{
	struct desk *d = *state;

	turn(d);
	atomic_store(&d->mail.lamps, LAMP_DRILL | LAMPS_MAINTENANCE);
	link_leave(&d->link, d->now_ns);
	assert_int_equal(d->driver.commands, 1);
	assert_int_equal(d->driver.command.code, COMMAND_EXPECT_ABSENCE);
	assert_int_equal(d->driver.command.argument, STOP_ABSENCE_S);
	assert_int_equal(d->driver.command.uplinks, 0);
	assert_int_equal(d->driver.wish.lamps & (uint16_t)~BOARD_LAMPS_OF_HOST, 0);
}

static void any_other_stop_is_not_announced(void **state)
{
	struct desk *d = *state;

	turn(d);
	link_leave(&d->link, d->now_ns);
	atomic_store(&d->mail.lamps, LAMP_DRILL);
	link_leave(&d->link, d->now_ns);
	atomic_store(&d->mail.lamps, LAMPS_MAINTENANCE);
	d->driver.state.absence_left_s = 800; /* a person has announced more */
	turn(d);
	link_leave(&d->link, d->now_ns);
	d->link.is_linked = false;
	link_leave(&d->link, d->now_ns);
	assert_int_equal(d->driver.commands, 0);
}

/* ---- rings and words ---------------------------------------------------------------------------------------- */

static void a_ring_keeps_order_and_refuses_when_full(void **unused)
{
	int slots[3], item = 0;
	struct ring r;

	(void)unused;
	ring_init(&r, slots, sizeof slots[0], 3);
	assert_false(ring_take(&r, &item));
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++)
			assert_true(ring_put(&r, &(int){10 * round + i}));
		assert_false(ring_put(&r, &(int){99}));
		for (int i = 0; i < 3; i++) {
			assert_true(ring_take(&r, &item));
			assert_int_equal(item, 10 * round + i);
		}
	}
}

static void an_event_of_a_blind_uplink_says_so(void **state)
{
	struct desk *d = *state;
	json_t *params;

	turn(d);
	d->driver.state.uplink[1] = UPLINK_FITTED | UPLINK_COIL | UPLINK_BLIND;
	for (uint32_t number = 1; number <= 2; number++) {
		d->driver.state.event = (struct panel_event){
			.number = number, .kind = EVENT_RESTORED, .uplink = (uint16_t)number, .times = 1};
		turn(d);
		params = event_params(&d->driver.identity, &d->last[NEWS_EVENT], d->now_ns);
		assert_int_equal(json_is_true(json_object_get(params, "unproven")), number == 2);
		json_decref(params);
	}
}

static void joined_events_tell_how_often_and_when_last(void **unused)
{
	const struct panel_identity controller = {.controller = UINT64_C(0xFEDCBA9876543210)};
	const struct news news = {.at_ns = 0,
				  .event = {.number = UINT32_MAX,
					    .kind = EVENT_UNPROVEN,
					    .uplink = 2,
					    .times = 40,
					    .age_ms = 5000,
					    .last_age_ms = BOARD_AGE_UNKNOWN}};
	json_t *params = event_params(&controller, &news, 1500 * MS);
	const char *field = NULL;

	(void)unused;
	assert_int_equal(params_check(method_find("panel.event")->params, params, &field, NULL), ERR_OK);
	assert_string_equal(json_string_value(json_object_get(params, "controller")), "fedcba9876543210");
	assert_int_equal(json_integer_value(json_object_get(params, "number")), UINT32_MAX);
	assert_int_equal(json_integer_value(json_object_get(params, "age_ms")), 6500);
	assert_int_equal(json_integer_value(json_object_get(params, "times")), 40);
	assert_null(json_object_get(params, "last_age_ms"));
	json_decref(params);
}

static json_t *push_of(const char *root)
{
	return json_pack("{s:i, s:s, s:I, s:s, s:b}", "command", 5, "origin", "0102030405060708", "size",
			 INT64_C(1) << 40, "root", root, "epoch", 1);
}

static void a_checkpoint_is_read_from_its_message(void **unused)
{
	const char *root = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	static const char *const needed[] = {"origin", "size", "root", "epoch"};
	struct errand errand;
	json_t *params = push_of(root);

	(void)unused;
	assert_int_equal(errand_parse(params, 77, &errand), ERR_OK);
	assert_int_equal(errand.command, 5);
	assert_int_equal(errand.what.nonce, 77);
	assert_int_equal(errand.what.kind, WITNESS_OF_EPOCH);
	assert_true(errand.what.log.origin == UINT64_C(0x0102030405060708));
	assert_true(errand.what.log.size == UINT64_C(1) << 40);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(errand.what.log.root[i], i);
	json_decref(params);
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		params = push_of(root);
		(void)json_object_del(params, needed[i]);
		assert_int_equal(errand_parse(params, 1, &errand), ERR_FORMAT);
		assert_int_equal(errand.command, 5);
		json_decref(params);
	}
	params = push_of("00");
	assert_int_equal(errand_parse(params, 1, &errand), ERR_FORMAT);
	(void)json_object_del(params, "command");
	assert_int_equal(errand_parse(params, 1, &errand), ERR_FORMAT);
	assert_int_equal(errand.command, -1);
	json_decref(params);
}

static void every_message_fits_the_table(void **unused)
{
	const struct panel_identity controller = {.firmware = {65535, 65535, 65535}, .map = 65535};
	const struct picture picture = {.present = true, .faults = 0xFFFF, .link_faults = 7, .uplink = {1, 0, 3, 5}};
	const struct outcome outcome = {1, INT64_C(1) << 40, true, "done"};
	const struct panel_witness witness = {.state = 99, .log = {.origin = UINT64_MAX, .size = UINT64_MAX}};
	const struct {
		const char *method;
		json_t *params;
	} cases[] = {{"panel.hello", hello_params(&controller)},
		     {"panel.state", picture_params(&picture, 0)},
		     {"panel.done", outcome_params(&outcome)},
		     {"panel.witness", witness_params(&controller, &witness)}};

	(void)unused;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *field = NULL;

		assert_int_equal(params_check(method_find(cases[i].method)->params, cases[i].params, &field, NULL),
				 ERR_OK);
	}
	/* Uplink 2 is not fitted and therefore not listed. */
	assert_int_equal(json_array_size(json_object_get(cases[1].params, "uplinks")), 3);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		json_decref(cases[i].params);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(a_controller_is_found_and_told),
		LINK_TEST(an_absent_controller_is_sought_ever_more_slowly_and_told_once),
		LINK_TEST(another_map_is_a_fault_of_its_own),
		LINK_TEST(short_silence_is_borne_and_a_second_of_it_is_absence),
		LINK_TEST(a_line_that_is_gone_is_closed_at_once),
		LINK_TEST(another_number_of_uplinks_is_a_fault),
		LINK_TEST(an_event_is_offered_once_and_acknowledged_after_confirmation),
		LINK_TEST(recorded_goes_out_at_the_next_press_only),
		LINK_TEST(a_confirmation_for_an_earlier_controller_is_not_passed_on),
		LINK_TEST(a_start_of_the_controller_is_noticed_by_its_uptime),
		LINK_TEST(nothing_is_lost_when_main_does_not_read),
		LINK_TEST(lamps_of_before_stay_until_the_keeper_speaks),
		LINK_TEST(two_seconds_without_the_keeper_light_fault),
		LINK_TEST(an_order_to_cut_is_done_when_it_is_read_back),
		LINK_TEST(an_order_says_why_it_failed),
		LINK_TEST(what_a_controller_has_kept_is_told_once),
		LINK_TEST(a_checkpoint_is_kept_once_the_controller_says_so),
		LINK_TEST(a_checkpoint_that_is_refused_says_why_and_what_is_kept),
		LINK_TEST(a_checkpoint_waits_for_orders_and_events),
		LINK_TEST(a_checkpoint_that_nobody_takes_is_given_up),
		LINK_TEST(a_panel_that_keeps_no_checkpoint_is_asked_once),
		LINK_TEST(a_rise_of_the_attention_line_ends_the_wait),
		LINK_TEST(a_fall_of_the_attention_line_says_nothing),
		LINK_TEST(an_attention_line_that_breaks_is_left_alone),
		LINK_TEST(a_stop_in_maintenance_is_announced),
		LINK_TEST(any_other_stop_is_not_announced),
		cmocka_unit_test(a_ring_keeps_order_and_refuses_when_full),
		LINK_TEST(an_event_of_a_blind_uplink_says_so),
		cmocka_unit_test(joined_events_tell_how_often_and_when_last),
		cmocka_unit_test(a_checkpoint_is_read_from_its_message),
		cmocka_unit_test(every_message_fits_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
