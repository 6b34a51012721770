/* Debounce and trip: four equal samples, nothing less, and the coil falls in the interrupt. */
#include "board/map.h"
#include "firmware/core/debounce.h"
#include "firmware/core/trip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void feed(struct debounce *d, uint16_t raw, int times, uint16_t *changed)
{
	*changed = 0;
	for (int i = 0; i < times; i++)
		*changed |= debounce_sample(d, raw);
}

static void four_samples_change_an_input(void **state)
{
	struct debounce d;
	uint16_t changed;

	(void)state;
	debounce_init(&d);
	feed(&d, 0x8001, 3, &changed);
	assert_int_equal(changed, 0);
	assert_int_equal(d.state, 0);
	assert_int_equal(debounce_sample(&d, 0x8001), 0x8001);
	assert_int_equal(d.state, 0x8001);
	feed(&d, 0, 3, &changed);
	assert_int_equal(changed, 0);
	assert_int_equal(debounce_sample(&d, 0), 0x8001);
}

static void the_first_sample_after_start_counts_like_any_other(void **state)
{
	struct debounce d;

	(void)state;
	debounce_init(&d);
	for (int i = 0; i < 3; i++)
		assert_int_equal(debounce_sample(&d, 0xFFFF), 0);
	assert_int_equal(debounce_sample(&d, 0xFFFF), 0xFFFF);
}

static void a_shorter_change_is_a_spike(void **state)
{
	struct debounce d;
	uint16_t changed;

	(void)state;
	debounce_init(&d);
	for (int length = 1; length <= 3; length++) {
		feed(&d, 4, length, &changed);
		assert_int_equal(changed, 0);
		assert_int_equal(debounce_sample(&d, 0), 0);
		assert_int_equal(d.spikes, length);
	}
	d.spikes = UINT16_MAX;
	feed(&d, 4, 1, &changed);
	feed(&d, 0, 1, &changed);
	assert_int_equal(d.spikes, UINT16_MAX);
}

static void inputs_count_apart(void **state)
{
	struct debounce d;

	(void)state;
	debounce_init(&d);
	debounce_sample(&d, 1);
	debounce_sample(&d, 3);
	debounce_sample(&d, 3);
	assert_int_equal(debounce_sample(&d, 3), 1);
	assert_int_equal(debounce_sample(&d, 3), 2);
}

static struct trip running(uint8_t isolate)
{
	struct trip t;

	assert_int_equal(trip_init(&t, isolate, MEMORY_LOST), 0);
	trip_set_coils(&t, BOARD_ALL_UPLINKS);
	return t;
}

static uint8_t sample(struct trip *t, uint16_t raw, uint32_t ms)
{
	return trip_sample(t, raw, (struct stamp){ms, 0});
}

static void isolate_drops_what_the_profile_names(void **state)
{
	struct trip t = running(0x05);
	struct trip_news news;

	(void)state;
	trip_edge(&t, (struct stamp){9, 100});
	trip_edge(&t, (struct stamp){9, 900});
	for (uint32_t ms = 10; ms < 13; ms++)
		assert_int_equal(sample(&t, INPUT_ISOLATE, ms), 0x0F);
	assert_int_equal(sample(&t, INPUT_ISOLATE, 13), 0x0A);
	trip_dropped(&t, (struct stamp){13, 300});
	trip_take(&t, &news);
	assert_int_equal(news.dropped, 0x05);
	assert_int_equal(news.pressed, INPUT_ISOLATE);
	assert_int_equal(stamp_us_between(news.edge, news.drop), 4027);
	trip_take(&t, &news);
	assert_int_equal(news.dropped, 0);
	assert_int_equal(news.pressed, 0);
}

static void of_two_drops_the_first_is_timed(void **state)
{
	struct trip t = running(0);
	struct trip_news news;

	(void)state;
	trip_edge(&t, (struct stamp){1, 0});
	for (uint32_t ms = 2; ms < 8; ms++)
		sample(&t, ms < 4 ? INPUT_UPLINK_1 : INPUT_UPLINK_1 | INPUT_UPLINK_2, ms);
	trip_take(&t, &news);
	assert_int_equal(news.dropped, 0x03);
	assert_int_equal(news.edge.ms, 1);
}

static void each_uplink_has_its_own_button(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < BOARD_UPLINKS; i++) {
		struct trip t = running(0);

		for (uint32_t ms = 0; ms < 4; ms++)
			sample(&t, (uint16_t)(INPUT_UPLINK_1 << i), ms);
		assert_int_equal(t.coils, 0x0F & ~(1 << i));
	}
}

static void without_a_caught_edge_the_first_sample_stands_in(void **state)
{
	struct trip t = running(0x0F);
	struct trip_news news;

	(void)state;
	for (uint32_t ms = 100; ms < 104; ms++)
		sample(&t, INPUT_ISOLATE, ms);
	trip_dropped(&t, (struct stamp){103, 0});
	trip_take(&t, &news);
	assert_int_equal(news.edge.ms, 100);
}

static void a_held_button_keeps_its_coil_off(void **state)
{
	struct trip t = running(0x0F);
	struct trip_news news;

	(void)state;
	for (uint32_t ms = 0; ms < 4; ms++)
		sample(&t, INPUT_UPLINK_2, ms);
	trip_set_coils(&t, 0x0F);
	assert_int_equal(t.coils, 0x0D);
	trip_take(&t, &news);
	trip_set_coils(&t, 0x0F);
	assert_int_equal(t.coils, 0x0D);
	for (uint32_t ms = 4; ms < 8; ms++)
		sample(&t, 0, ms);
	trip_take(&t, &news);
	assert_int_equal(news.released, INPUT_UPLINK_2);
	trip_set_coils(&t, 0x0F);
	assert_int_equal(t.coils, 0x0F);
}

static void an_unsaved_trip_survives_a_reset_but_not_lost_memory(void **state)
{
	struct trip t = running(0x03);

	(void)state;
	for (uint32_t ms = 0; ms < 4; ms++)
		sample(&t, INPUT_ISOLATE, ms);
	assert_int_equal(trip_init(&t, 0x03, MEMORY_KEPT), 0x03);
	assert_int_equal(trip_init(&t, 0x03, MEMORY_KEPT), 0x03);
	trip_saved(&t, 0x01);
	assert_int_equal(trip_init(&t, 0x03, MEMORY_KEPT), 0x02);
	t.unsaved_inverse ^= 1;
	assert_int_equal(trip_init(&t, 0x03, MEMORY_KEPT), 0);
	for (uint32_t ms = 0; ms < 4; ms++)
		sample(&t, INPUT_ISOLATE, ms);
	t.unsaved_magic++;
	assert_int_equal(trip_init(&t, 0x03, MEMORY_KEPT), 0);
	for (uint32_t ms = 0; ms < 4; ms++)
		sample(&t, INPUT_ISOLATE, ms);
	assert_int_equal(trip_init(&t, 0x03, MEMORY_LOST), 0);
}

static void stamps_measure_microseconds(void **state)
{
	struct stamp a = {10, 7000}, b = {11, 100};

	(void)state;
	assert_in_range(stamp_us_between(a, b), 63, 65);
	assert_int_equal(stamp_us_between(b, a), 0);
	assert_int_equal(stamp_us_between(a, a), 0);
	assert_int_equal(stamp_us_between(a, (struct stamp){10, 100}), 0);
	assert_int_equal(stamp_us_between((struct stamp){0, 0}, (struct stamp){5000000, 0}), UINT32_MAX);
	assert_int_equal(stamp_us_between((struct stamp){UINT32_MAX, 0}, (struct stamp){0, 0}), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_samples_change_an_input),
		cmocka_unit_test(the_first_sample_after_start_counts_like_any_other),
		cmocka_unit_test(a_shorter_change_is_a_spike),
		cmocka_unit_test(inputs_count_apart),
		cmocka_unit_test(isolate_drops_what_the_profile_names),
		cmocka_unit_test(of_two_drops_the_first_is_timed),
		cmocka_unit_test(each_uplink_has_its_own_button),
		cmocka_unit_test(without_a_caught_edge_the_first_sample_stands_in),
		cmocka_unit_test(a_held_button_keeps_its_coil_off),
		cmocka_unit_test(an_unsaved_trip_survives_a_reset_but_not_lost_memory),
		cmocka_unit_test(stamps_measure_microseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
