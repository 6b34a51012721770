/* What happens by the clock: heartbeats, new epochs, idle sessions, unanswered permits, SQLite's checkpoint. */
#include "keeper/keeper.h"

#include "base/diag.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const uint64_t second_us = 1000000;
enum { PERMIT_PATIENCE_S = 360, COVER_LEAST_S = 600, COVER_SPREAD_S = 8 * 3600 };

enum round { HEARTBEAT, EPOCH, HOUSE, TIDY, PERMIT, MAINTENANCE, CUTS, COVER, FLOOD, ROUND_COUNT };
_Static_assert((int)ROUND_COUNT <= (int)ROUNDS_MAX, "there is a source for each round");

static void set_in(struct keeper *k, enum round round, uint64_t seconds)
{
	sd_event_source *source = k->rounds[round];

	(void)sd_event_source_set_time_relative(source, seconds * second_us);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void beat(struct keeper *k)
{
	json_t *body = json_pack("{s:o, s:o}", "panel", panel_summary(k), "media", media_summary(k));
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("heartbeat"), .body = body};

	scribe_note(k->scribe, &entry);
	json_decref(body);
	panel_push_lamps(k);
	k->erasing_failed = false;
	erase_look(k);
}

static void begin_epoch(struct keeper *k)
{
	struct fault f;

	if (scribe_rotate(k->scribe, &f) != ERR_OK)
		diag(DIAG_ERROR, "the hourly epoch could not begin: %s", f.text);
	seen_mind(k);
	sealing_mind(k);
}

static void look_at_room(struct keeper *k)
{
	enum space_level was = k->room.told;
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("space.changed")};

	if (!room_look(&k->room, media_room(k), moment_now().boot_ns))
		return;
	entry.body = json_pack("{s:s, s:s}", "was", room_word(was), "now", room_word(k->room.told));
	scribe_note(k->scribe, &entry);
	json_decref(entry.body);
}

static void look_after_house(struct keeper *k)
{
	accounts_end_idle(k);
	accounts_end_gone(k);
	accounts_report_failures(k);
	sealing_mind(k);
	look_at_room(k);
}

static void tidy(struct keeper *k)
{
	if (ledger_tidy(scribe_ledger(k->scribe)) != ERR_OK)
		diag(DIAG_WARNING, "the ledger's file could not be tidied; it will be tried again");
	scribe_mind_media(k->scribe);
	look_at_room(k);
}

static void end_permit(struct keeper *k)
{
	if (scribe_recall(k->scribe)->permit_is_open)
		panel_permit_lapsed(k, "no_answer");
}

static void end_maintenance(struct keeper *k)
{
	json_t *body = json_pack("{s:s}", "cause", "time");
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("maintenance.ended"), .body = body};

	if (scribe_recall(k->scribe)->is_in_maintenance)
		scribe_note(k->scribe, &entry);
	json_decref(body);
}

/* At random times, of random lengths, so that a sealed entry alone does not say that there is a restricted case. */
static void cover(struct keeper *k)
{
	static const char dots[] = "................................................................................";
	size_t pad = randombytes_uniform(sizeof dots);
	json_t *body = json_pack("{s:s%}", "pad", dots, pad);
	json_t *text = randombytes_uniform(2) == 0 ? json_stringn(dots, pad) : NULL;
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("cover"), .body = body, .text = text};

	scribe_note(k->scribe, &entry);
	json_decref(body);
	json_decref(text);
	set_in(k, COVER, COVER_LEAST_S + randombytes_uniform(COVER_SPREAD_S));
}

/* Rounds without a period wait until rounds_touch sets them. */
static const struct {
	void (*go)(struct keeper *k);
	uint64_t period_s;
} rounds[ROUND_COUNT] = {
	[HEARTBEAT] = {beat, 600},  [EPOCH] = {begin_epoch, 3600}, [HOUSE] = {look_after_house, 60},
	[TIDY] = {tidy, 0},         [PERMIT] = {end_permit, 0},    [MAINTENANCE] = {end_maintenance, 0},
	[CUTS] = {peers_report, 0}, [COVER] = {cover, 0},          [FLOOD] = {flood_round, FLOOD_MINUTES * 60},
};

void rounds_report_cuts(struct keeper *k, uint64_t in_ns)
{
	sd_event_source *source = k->rounds[CUTS];
	int enabled = SD_EVENT_OFF;

	if (sd_event_source_get_enabled(source, &enabled) < 0 || enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time_relative(source, in_ns / 1000);
	(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_round(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct keeper *k = userdata;

	(void)usec;
	for (enum round round = 0; round < ROUND_COUNT; round++) {
		if (k->rounds[round] != source)
			continue;
		if (rounds[round].period_s > 0)
			set_in(k, round, rounds[round].period_s);
		rounds[round].go(k);
		break;
	}
	return 0;
}

/* ---- the wall clock ---------------------------------------------------------------------------------------- */

/* A timer that never ends by itself: the kernel cancels it when the clock is set. */
static int watch_clock(int fd)
{
	const struct itimerspec never = {.it_value.tv_sec = 253402300799}; /* the end of the year 9999 */

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static int on_clock(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct keeper *k = userdata;
	uint64_t count;

	(void)events;
	(void)!read(fd, &count, sizeof count);
	if (watch_clock(fd) != 0)
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	scribe_mind_clock(k->scribe);
	/* A last day may have passed. */
	accounts_end_gone(k);
	return 0;
}

static enum err begin_clock(struct keeper *k, struct fault *f)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	int r = fd < 0 || watch_clock(fd) != 0 ? -errno : 0;

	if (r == 0)
		r = sd_event_add_io(k->event, &k->clock, fd, EPOLLIN, on_clock, k);
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(k->clock, 1);
	else if (fd >= 0)
		(void)close(fd);
	return r >= 0 ? ERR_OK : fault_set(f, err_from_errno(-r), "watching the clock: %s", strerror(-r));
}

/* ---- beginning and end ------------------------------------------------------------------------------------- */

/* The permit runs from when it was given; one of an earlier start of the machine from now. */
static uint64_t permit_left_s(const struct recall *recall, uint64_t boot)
{
	int64_t spent_s = (moment_now().boot_ns - recall->permit_ns) / 1000000000;

	if (recall->permit_boot != boot || spent_s < 0)
		return PERMIT_PATIENCE_S;
	return spent_s < PERMIT_PATIENCE_S ? (uint64_t)(PERMIT_PATIENCE_S - spent_s) : 0;
}

static uint64_t maintenance_left_s(const struct recall *recall, const struct moment *now)
{
	int64_t spent_s = recall_age_ms(recall, recall->maintenance_boot, &recall->maintenance_begun, now) / 1000;

	if (spent_s < 0)
		return (uint64_t)recall->maintenance_s;
	return spent_s < recall->maintenance_s ? (uint64_t)(recall->maintenance_s - spent_s) : 0;
}

void rounds_touch(struct keeper *k)
{
	const struct recall *recall = scribe_recall(k->scribe);
	struct moment now = moment_now();

	set_in(k, TIDY, 1);
	if (recall->is_in_maintenance)
		set_in(k, MAINTENANCE, maintenance_left_s(recall, &now));
	else
		(void)sd_event_source_set_enabled(k->rounds[MAINTENANCE], SD_EVENT_OFF);
	if (recall->permit_is_open)
		set_in(k, PERMIT, permit_left_s(recall, recall->boot));
	else
		(void)sd_event_source_set_enabled(k->rounds[PERMIT], SD_EVENT_OFF);
}

enum err rounds_begin(struct keeper *k, struct fault *f)
{
	for (enum round round = 0; round < ROUND_COUNT; round++) {
		int r = sd_event_add_time_relative(k->event, &k->rounds[round], CLOCK_BOOTTIME,
						   rounds[round].period_s * second_us, 0, on_round, k);

		if (r < 0)
			return fault_set(f, err_from_errno(-r), "event loop: %s", strerror(-r));
		if (rounds[round].period_s == 0)
			(void)sd_event_source_set_enabled(k->rounds[round], SD_EVENT_OFF);
	}
	rounds_touch(k);
	set_in(k, COVER, COVER_LEAST_S + randombytes_uniform(COVER_SPREAD_S));
	k->room.told = room_level(scribe_recall(k->scribe)->room);
	scribe_mind_clock(k->scribe);
	return begin_clock(k, f);
}

void rounds_end(struct keeper *k)
{
	k->clock = sd_event_source_disable_unref(k->clock);
	for (size_t i = 0; i < ROUNDS_MAX; i++)
		k->rounds[i] = sd_event_source_disable_unref(k->rounds[i]);
}
