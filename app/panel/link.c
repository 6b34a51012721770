#include "panel/link.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS INT64_C(1000000)

static const int64_t poll_every_ns = 50 * MS;
static const int64_t picture_every_ns = 1000 * MS;
static const int64_t absent_after_ns = 1000 * MS;
static const int64_t order_patience_ns = 2000 * MS;
static const int64_t attention_rest_ns = 10 * MS;
static const int64_t errand_patience_ns = 10000 * MS, errand_again_ns = 1000 * MS;
static const int64_t keeper_lost_after_ns = 2000 * MS;
static const int64_t pause_first_ns = 100 * MS, pause_last_ns = 2000 * MS;

void link_init(struct link *l, struct relay_driver *driver, struct mail *mail, unsigned uplinks)
{
	*l = (struct link){.driver = driver, .mail = mail, .uplinks = uplinks};
	l->faults = LINK_FAULT_ABSENT;
	l->pause_ns = pause_first_ns;
}

/* ---- telling main ------------------------------------------------------------------------------- */

static bool tell(struct link *l, struct news *news, int64_t now_ns)
{
	news->generation = l->generation;
	news->at_ns = now_ns;
	if (!ring_put(&l->mail->news, news))
		return false;
	bell_ring(l->mail->news_bell);
	return true;
}

static void PRINTF_LIKE(4, 5) note(struct link *l, int64_t now_ns, enum diag_level level, const char *format, ...)
{
	struct news news = {.kind = NEWS_NOTE, .note.level = level};
	va_list args;

	va_start(args, format);
	(void)vsnprintf(news.note.text, sizeof news.note.text, format, args);
	va_end(args);
	(void)tell(l, &news, now_ns);
}

static struct picture picture_now(const struct link *l)
{
	struct picture p = {.present = l->is_linked, .link_faults = l->faults, .latch = l->state.latch};

	if (l->is_linked) {
		p.key = (l->state.inputs & INPUT_KEY) != 0;
		p.faults = l->state.faults;
		memcpy(p.uplink, l->state.uplink, sizeof p.uplink);
	}
	return p;
}

static bool pictures_differ(const struct picture *a, const struct picture *b)
{
	return a->present != b->present || a->key != b->key || a->faults != b->faults ||
	       a->link_faults != b->link_faults || a->latch != b->latch ||
	       memcmp(a->uplink, b->uplink, sizeof a->uplink) != 0;
}

static void tell_picture(struct link *l, int64_t now_ns)
{
	struct news news = {.kind = NEWS_PICTURE, .picture = picture_now(l)};

	if (l->told_ns != 0 && now_ns - l->told_ns < picture_every_ns && !pictures_differ(&news.picture, &l->told))
		return;
	if (tell(l, &news, now_ns)) {
		l->told = news.picture;
		l->told_ns = now_ns;
	}
}

static void tell_controller(struct link *l, int64_t now_ns)
{
	struct news news = {.kind = NEWS_CONTROLLER, .controller = l->identity};

	if (!l->controller_told)
		l->controller_told = tell(l, &news, now_ns);
}

/* ---- events --------------------------------------------------------------------------------------- */

/* The number main has had confirmed, if it belongs to the controller that is linked now. */
static uint32_t recorded_number(const struct link *l)
{
	uint64_t recorded = atomic_load(&l->mail->recorded);

	return recorded >> 32 == l->generation ? (uint32_t)recorded : 0;
}

/* The turn began before the answer came, so that the event's age will be told too long by up to one exchange, and never
   too short: one that may be from before maintenance counts as meant. */
static void offer_event(struct link *l, int64_t now_ns)
{
	struct news news = {.kind = NEWS_EVENT, .event = l->state.event};
	unsigned uplink = news.event.uplink;

	if (news.event.number == 0 || news.event.number == l->offered || !l->controller_told)
		return;
	news.is_blind = uplink > 0 && (l->state.uplink[uplink - 1] & UPLINK_BLIND) != 0;
	if (!tell(l, &news, now_ns))
		return;
	l->offered = news.event.number;
	l->offered_kind = news.event.kind;
	if (event_is_press(news.event.kind))
		l->shows_recorded = false;
}

static struct panel_wish wish_now(struct link *l, int64_t now_ns)
{
	uint32_t lamps = atomic_load(&l->mail->lamps);
	struct panel_wish wish = {.recorded = recorded_number(l)};

	if (lamps == LAMPS_UNKNOWN)
		lamps = l->state.lamps & (LAMP_INCIDENT | LAMP_DRILL);
	lamps &= BOARD_LAMPS_OF_HOST;
	if (wish.recorded != 0 && wish.recorded == l->offered && event_is_press(l->offered_kind))
		l->shows_recorded = true;
	if (l->shows_recorded)
		lamps |= LAMP_RECORDED;
	if (l->faults != 0 || now_ns - atomic_load(&l->mail->keeper_answered_ns) > keeper_lost_after_ns)
		lamps |= LAMP_FAULT;
	wish.lamps = (uint16_t)lamps;
	return wish;
}

/* ---- away and linked ------------------------------------------------------------------------------ */

static void go_away(struct link *l, int64_t now_ns, enum err err, const char *why)
{
	if (l->said != err)
		note(l, now_ns, DIAG_ERROR, "%s", why);
	l->said = err;
	l->driver->ops->disconnect(l->driver);
	l->is_linked = false;
	l->faults |= LINK_FAULT_ABSENT;
	l->try_ns = now_ns + l->pause_ns;
	l->pause_ns = l->pause_ns * 2 < pause_last_ns ? l->pause_ns * 2 : pause_last_ns;
}

static unsigned count_bits(unsigned mask)
{
	unsigned count = 0;

	for (; mask != 0; mask &= mask - 1)
		count++;
	return count;
}

static void become_linked(struct link *l, int64_t now_ns)
{
	unsigned fitted = count_bits(l->identity.fitted);

	/* The controller kept its lamps while this program was away; it may have lost them while we were there. */
	if (!l->was_linked)
		l->shows_recorded = (l->state.lamps & LAMP_RECORDED) != 0;
	l->is_linked = l->was_linked = true;
	l->generation++;
	l->controller_told = l->told_kept[ERRAND_WITNESS] = l->told_kept[ERRAND_KEYS] = false;
	l->offered = 0;
	l->good_ns = now_ns;
	l->pause_ns = pause_first_ns;
	l->said = ERR_OK;
	l->faults = fitted == l->uplinks ? 0 : LINK_FAULT_UPLINKS;
	note(l, now_ns, DIAG_NOTICE, "controller %016llx, firmware %u.%u.%u, %u uplinks",
	     (unsigned long long)l->identity.controller, l->identity.firmware[0], l->identity.firmware[1],
	     l->identity.firmware[2], fitted);
	if (l->faults != 0)
		note(l, now_ns, DIAG_ERROR,
		     "the board has %u uplinks, panel.yaml says %u; correct 'uplinks' there or the board's provisioning",
		     fitted, l->uplinks);
}

static void try_connect(struct link *l, int64_t now_ns)
{
	struct fault f = {ERR_OK, ""};
	enum err err = l->driver->ops->connect(l->driver, &l->identity, &l->state, &f);

	if (err == ERR_OK) {
		become_linked(l, now_ns);
		return;
	}
	l->faults = err == ERR_STATE ? LINK_FAULT_MAP : 0;
	go_away(l, now_ns, err, f.text);
}

static void take_state(struct link *l, const struct panel_state *state, int64_t now_ns)
{
	bool started_anew = state->uptime_ms < l->state.uptime_ms;

	l->state = *state;
	l->good_ns = now_ns;
	if (started_anew) {
		go_away(l, now_ns, ERR_STATE, "the controller has started anew");
		l->try_ns = now_ns;
	}
}

static void bear_failure(struct link *l, enum err err, const struct fault *f, int64_t now_ns)
{
	if (err == ERR_IO || err == ERR_STATE || now_ns - l->good_ns > absent_after_ns)
		go_away(l, now_ns, err, f->text);
}

/* ---- orders --------------------------------------------------------------------------------------- */

static void finish_order(struct link *l, bool ok, const char *word, int64_t now_ns)
{
	struct news news = {.kind = NEWS_OUTCOME, .outcome = {l->order.connection, l->order.command, ok, word}};

	/* Kept until main has taken its news. */
	l->has_order = !tell(l, &news, now_ns);
}

static void take_order(struct link *l, int64_t now_ns)
{
	if (l->has_order || !ring_take(&l->mail->orders, &l->order))
		return;
	l->has_order = true;
	l->order_until_ns = now_ns + order_patience_ns;
	l->order_trouble = "no_answer";
}

/* The answer to a command frame has come. The same frame is sent again until the outcome is sure: the controller
   does not carry out one nonce twice. */
static void judge_order(struct link *l, int64_t now_ns)
{
	if (l->state.result_nonce != l->order.what.nonce)
		l->order_trouble = "not_taken";
	else if (l->state.result != RESULT_DONE)
		finish_order(l, false, result_word(l->state.result), now_ns);
	else if (l->order.what.code != COMMAND_ISOLATE || uplinks_are_cut(&l->state, l->order.what.uplinks))
		finish_order(l, true, result_word(RESULT_DONE), now_ns);
	else
		l->order_trouble = "not_cut";
}

static void give_up_order(struct link *l, int64_t now_ns)
{
	const char *why = l->order_trouble;

	if ((l->faults & LINK_FAULT_MAP) != 0)
		why = "map_version";
	else if (!l->is_linked)
		why = "controller_absent";
	finish_order(l, false, why, now_ns);
}

/* ---- errands -------------------------------------------------------------------------------------- */

static void take_errand(struct link *l, int64_t now_ns)
{
	if (l->has_errand || !ring_take(&l->mail->errands, &l->errand))
		return;
	l->has_errand = true;
	l->errand_until_ns = now_ns + errand_patience_ns;
	l->errand_ns = now_ns;
}

static void finish_errand(struct link *l, bool ok, const char *word, int64_t now_ns)
{
	struct news news = {.kind = NEWS_OUTCOME, .outcome = {l->errand.connection, l->errand.command, ok, word}};

	l->has_errand = !tell(l, &news, now_ns);
	if (!l->has_errand)
		sodium_memzero(&l->errand, sizeof l->errand);
}

/* What the controller says that it keeps. */
struct keeping {
	struct news news;
	uint16_t result;
	bool is_writing;
};

static enum err ask(struct link *l, enum errand_kind kind, bool with_errand, struct keeping *keeping, struct fault *f)
{
	struct panel_witness *witness = &keeping->news.witness;
	struct panel_keys *keys = &keeping->news.keys;
	enum err err;

	if (kind == ERRAND_WITNESS) {
		keeping->news.kind = NEWS_WITNESS;
		err = l->driver->ops->witness(l->driver, with_errand ? &l->errand.what : NULL, witness, f);
		keeping->result = witness->result;
		keeping->is_writing = witness->state == STORE_IS_WRITING;
		return err;
	}
	keeping->news.kind = NEWS_KEYS;
	err = l->driver->ops->keys(l->driver, with_errand ? &l->errand.key : NULL, keys, f);
	keeping->result = keys->result;
	keeping->is_writing = keys->slot[0].state == STORE_IS_WRITING || keys->slot[1].state == STORE_IS_WRITING;
	return err;
}

/* What the controller keeps is told before what became of the errand. */
static void judge_errand(struct link *l, enum errand_kind kind, bool with_errand, struct keeping *keeping,
			 int64_t now_ns)
{
	bool is_over = with_errand && (keeping->result != RESULT_DONE || !keeping->is_writing);

	if (!with_errand || is_over)
		l->told_kept[kind] = tell(l, &keeping->news, now_ns);
	if (is_over && l->told_kept[kind])
		finish_errand(l, keeping->result == RESULT_DONE, result_word(keeping->result), now_ns);
}

/* A panel that keeps nothing of the kind. */
static void do_without(struct link *l, enum errand_kind kind, bool with_errand, int64_t now_ns)
{
	struct news none = {.kind = NEWS_KEYS};

	l->told_kept[kind] = kind != ERRAND_KEYS || tell(l, &none, now_ns);
	if (with_errand)
		finish_errand(l, false, kind == ERRAND_KEYS ? "no_keys" : "no_witness", now_ns);
}

static void run_errand(struct link *l, enum errand_kind kind, bool with_errand, int64_t now_ns)
{
	struct keeping keeping = {.result = RESULT_NONE};
	struct fault f = {ERR_OK, ""};
	enum err err = ask(l, kind, with_errand, &keeping, &f);

	if (err == ERR_OK)
		judge_errand(l, kind, with_errand, &keeping, now_ns);
	else if (err == ERR_DENIED)
		do_without(l, kind, with_errand, now_ns);
	else
		l->errand_ns = now_ns + errand_again_ns;
	explicit_bzero(&keeping, sizeof keeping);
}

static void mind_errands(struct link *l, int64_t now_ns)
{
	bool may;

	take_errand(l, now_ns);
	may = l->is_linked && l->controller_told && !l->has_order && now_ns >= l->errand_ns;
	/* The keeper may need the keys before it can record anything: they do not wait for an event that waits for it.
	 */
	if (may && !l->told_kept[ERRAND_KEYS])
		run_errand(l, ERRAND_KEYS, false, now_ns);
	may = may && l->state.event.number == 0;
	if (may && l->has_errand && l->told_kept[l->errand.kind])
		run_errand(l, l->errand.kind, true, now_ns);
	else if (may && !l->told_kept[ERRAND_WITNESS])
		run_errand(l, ERRAND_WITNESS, false, now_ns);
	if (l->has_errand && now_ns >= l->errand_until_ns)
		finish_errand(l, false, l->is_linked ? "no_answer" : "controller_absent", now_ns);
}

/* ---- the turn ------------------------------------------------------------------------------------- */

static void exchange(struct link *l, int64_t now_ns)
{
	struct panel_wish wish = wish_now(l, now_ns);
	struct panel_state state = {0};
	struct fault f = {ERR_OK, ""};
	bool with_order = l->has_order;
	enum err err;

	if (with_order)
		err = l->driver->ops->command(l->driver, &wish, &l->order.what, &state, &f);
	else
		err = l->driver->ops->poll(l->driver, &wish, &state, &f);
	if (err != ERR_OK) {
		bear_failure(l, err, &f, now_ns);
		return;
	}
	take_state(l, &state, now_ns);
	if (with_order && l->is_linked)
		judge_order(l, now_ns);
}

int64_t link_turn(struct link *l, int64_t now_ns)
{
	take_order(l, now_ns);
	if (l->is_linked)
		exchange(l, now_ns);
	else if (now_ns >= l->try_ns)
		try_connect(l, now_ns);
	if (l->has_order && now_ns >= l->order_until_ns)
		give_up_order(l, now_ns);
	if (l->is_linked) {
		tell_controller(l, now_ns);
		offer_event(l, now_ns);
	}
	mind_errands(l, now_ns);
	tell_picture(l, now_ns);
	atomic_store(&l->mail->link_turned_ns, now_ns);
	return now_ns + poll_every_ns;
}

/* ---- leaving -------------------------------------------------------------------------------------- */

/* Somebody looks after the panel: this is no loss. What a person has announced stays as it is. */
void link_leave(struct link *l, int64_t now_ns)
{
	uint32_t lamps = atomic_load(&l->mail->lamps);
	struct panel_command command = {
		.code = COMMAND_EXPECT_ABSENCE, .nonce = (uint32_t)now_ns | 1, .argument = STOP_ABSENCE_S};
	struct panel_wish wish;
	struct panel_state state;
	struct fault unused;

	if (!l->is_linked || (lamps & LAMPS_MAINTENANCE) == 0 || l->state.absence_left_s > 0)
		return;
	wish = wish_now(l, now_ns);
	(void)!l->driver->ops->command(l->driver, &wish, &command, &state, &unused);
}

/* ---- the thread ----------------------------------------------------------------------------------- */

/* True: the attention line has moved, and nothing else. */
static bool sleep_until(struct link *l, int64_t until_ns, int attention)
{
	int64_t left_ns = until_ns - moment_now().boot_ns;
	struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = (long)(left_ns % 1000000000)};
	struct pollfd ready[] = {{.fd = l->mail->orders_bell, .events = POLLIN}, {.fd = attention, .events = POLLIN}};

	if (left_ns <= 0 || ppoll(ready, 2, &left, NULL) <= 0)
		return false;
	if (ready[0].revents != 0)
		bell_silence(l->mail->orders_bell);
	return ready[0].revents == 0;
}

void link_wait(struct link *l, int64_t turned_ns, int64_t until_ns)
{
	while (sleep_until(l, until_ns, l->attention != NULL ? attention_fd(l->attention) : -1)) {
		if (!attention_rose(l->attention))
			continue;
		/* One that never rests must not keep the bus from resting. */
		(void)sleep_until(l, turned_ns + attention_rest_ns, -1);
		return;
	}
}

static void *link_run(void *context)
{
	struct link *l = context;

	while (!atomic_load(&l->mail->stop)) {
		int64_t now_ns = moment_now().boot_ns;

		link_wait(l, now_ns, link_turn(l, now_ns));
	}
	link_leave(l, moment_now().boot_ns);
	l->driver->ops->disconnect(l->driver);
	return NULL;
}

enum err link_start(struct link *l, struct fault *f)
{
	struct sched_param urgent = {.sched_priority = 20};
	pthread_attr_t attributes;
	int number;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, (size_t)256 * 1024);
	number = pthread_create(&l->thread, &attributes, link_run, l);
	(void)pthread_attr_destroy(&attributes);
	if (number != 0)
		return fault_set(f, err_from_errno(number), "starting the link thread: %s", strerror(number));
	/* Refused without the right to it; then the thread runs at ordinary priority. */
	(void)pthread_setschedparam(l->thread, SCHED_FIFO, &urgent);
	return ERR_OK;
}

void link_stop(struct link *l)
{
	atomic_store(&l->mail->stop, true);
	bell_ring(l->mail->orders_bell);
	(void)pthread_join(l->thread, NULL);
}
