#include "uplink/local.h"

#include "firmware/core/registers.h"
#include "uplink/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)

static const int64_t order_patience_ns = 1000 * MS;
static const int64_t open_again_ns = 500 * MS;
enum { JOURNAL_STEPS = 32 };

static int64_t monotonic_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct stamp stamp_of(int64_t ns)
{
	return (struct stamp){.ms = (uint32_t)(ns / MS), .part = (uint16_t)(ns % MS * STAMP_PARTS / MS)};
}

/* ---- the pins' side ----------------------------------------------------------------------------------- */

static enum err drive(struct local *l, uint8_t coils, uint16_t lamps, struct fault *f)
{
	enum err err;

	if (l->is_driven && l->coils == coils && l->lamps == lamps)
		return ERR_OK;
	err = l->pins->ops->drive(l->pins, coils, lamps, f);
	l->is_driven = err == ERR_OK;
	if (l->coils != coils)
		l->driven_ns = l->clock_ns();
	l->coils = coils;
	l->lamps = lamps;
	return err;
}

static void take_sight(struct local *l, const struct sight *sight)
{
	uint16_t inputs = sight->inputs;
	uint16_t moved, closed;

	if (!l->settings.has_supply)
		inputs |= INPUT_SUPPLY;
	moved = inputs ^ l->inputs;
	closed = moved & inputs;
	if ((moved & 0xFF) != 0)
		trip_edge(&l->trip, stamp_of(sight->at_ns));
	for (unsigned i = 0; i < BOARD_UPLINKS; i++)
		if ((closed & (INPUT_MIRROR_1 << i)) != 0)
			l->mirror_edge[i] = stamp_of(sight->at_ns);
	l->inputs = inputs;
}

static void begin(struct local *l)
{
	struct panel_start start = {.reset = memory_is_new() ? RESET_POWER_ON : RESET_PIN, .memory = MEMORY_LOST};
	struct provision *provision = &l->panel.kept.provision;

	panel_load(&l->panel, memory_eeprom(), &l->watchdog);
	*provision = (struct provision){.valid = true,
					.fitted = l->settings.fitted,
					.isolate = l->settings.isolate,
					.heartbeat_ms = BOARD_HEARTBEAT_MS,
					.journal = memory_journal()};
	memcpy(provision->controller, memory_name(), sizeof provision->controller);
	for (unsigned i = 0; i < BOARD_UPLINKS; i++) {
		l->panel.relays[i].blind = (l->settings.blind >> i & 1) != 0;
		l->panel.relays[i].trusted = (l->settings.trusted >> i & 1) != 0;
	}
	if (l->panel.kept.latch_number == 0)
		l->panel.kept.latch_number = memory_journal() >> 1;
	(void)trip_init(&l->trip, l->settings.isolate, MEMORY_LOST);
	/* What the record does not say is connected counts as tripped. */
	start.unsaved = l->settings.fitted & (uint8_t) ~(l->connected | l->panel.kept.latched);
	panel_start(&l->panel, &start);
	l->is_begun = true;
}

/* With the lock held. */
static void settle_coils(struct local *l)
{
	trip_set_coils(&l->trip, l->panel.coils);
	for (int i = 0; i < JOURNAL_STEPS; i++)
		trip_saved(&l->trip, journal_step(&l->panel.journal, &l->panel.kept));
}

static void step(struct local *l, struct stamp now)
{
	struct panel_view view = {.now = now, .mirror_edge = l->mirror_edge};

	trip_take(&l->trip, &view.news);
	(void)pthread_mutex_lock(&l->lock);
	l->panel.spikes = l->trip.inputs.spikes;
	panel_step(&l->panel, &view);
	settle_coils(l);
	(void)pthread_mutex_unlock(&l->lock);
}

/* A mirror contact has not followed its coil yet, and may not have had the time to. */
static bool is_settling(const struct local *l, int64_t now_ns)
{
	uint8_t mirrors = (uint8_t)(l->inputs / INPUT_MIRROR_1);
	uint8_t contrary = (uint8_t) ~(mirrors ^ l->coils) & l->settings.fitted & (uint8_t)~l->settings.blind;

	return contrary != 0 && now_ns - l->driven_ns < l->pins->settle_ns;
}

/* The button's way to the coil. What it finds is reported by the next step. */
static enum err sample(struct local *l, struct fault *f)
{
	struct sight sight;
	uint8_t coils;
	enum err err = ERR_OK;

	while (l->pins->ops->next(l->pins, l->ticked_ns, &sight))
		take_sight(l, &sight);
	coils = trip_sample(&l->trip, l->inputs, stamp_of(l->ticked_ns));
	l->steps_due++;
	if ((l->coils & (uint8_t)~coils) != 0) {
		err = drive(l, l->coils & coils, l->lamps, f);
		trip_dropped(&l->trip, stamp_of(l->clock_ns()));
	}
	return err;
}

/* While a contact settles, only the buttons are looked at; the panel's time catches up afterwards. */
static enum err tick(struct local *l, int64_t now_ns, struct fault *f)
{
	enum err err = sample(l, f);

	if (err != ERR_OK || is_settling(l, now_ns))
		return err;
	for (; l->steps_due > 0; l->steps_due--)
		step(l, stamp_of(l->ticked_ns));
	return drive(l, l->trip.coils, l->panel.lamps, f);
}

static enum err tick_until(struct local *l, int64_t now_ns, struct fault *f)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && l->ticked_ns + MS <= now_ns) {
		l->ticked_ns += MS;
		err = tick(l, now_ns, f);
	}
	return err;
}

/* What the coils shall be once the waiting command is carried out, if it cuts. */
static uint8_t coils_after_order(const struct local *l)
{
	return l->order[COMMAND_CODE] == COMMAND_ISOLATE ? l->coils & (uint8_t)~l->order[COMMAND_UPLINKS] : l->coils;
}

static void write_order(struct local *l)
{
	uint8_t bytes[2 * LOCAL_ORDER_MAX];

	for (unsigned i = 0; i < EXCHANGE_SIZE; i++) {
		bytes[2 * i] = (uint8_t)(l->order[i] >> 8);
		bytes[2 * i + 1] = (uint8_t)l->order[i];
	}
	l->panel.now = stamp_of(l->clock_ns());
	registers_write(&l->panel, BLOCK_EXCHANGE, EXCHANGE_SIZE, bytes, stamp_of(l->order_ns));
}

static enum err carry_out(struct local *l, struct fault *f)
{
	enum err err = ERR_OK;
	uint8_t coils;
	bool waits;

	(void)pthread_mutex_lock(&l->lock);
	waits = l->has_order && l->is_begun;
	coils = coils_after_order(l);
	(void)pthread_mutex_unlock(&l->lock);
	if (!waits)
		return ERR_OK;
	err = drive(l, coils, l->lamps, f);
	(void)pthread_mutex_lock(&l->lock);
	write_order(l);
	settle_coils(l);
	l->has_order = false;
	(void)pthread_cond_broadcast(&l->carried_out);
	(void)pthread_mutex_unlock(&l->lock);
	return err != ERR_OK ? err : drive(l, l->trip.coils, l->lamps, f);
}

static bool begins(struct local *l, int64_t now_ns)
{
	if (l->is_begun)
		return true;
	(void)pthread_mutex_lock(&l->lock);
	if (l->has_recall)
		begin(l);
	(void)pthread_mutex_unlock(&l->lock);
	l->ticked_ns = now_ns;
	return l->is_begun;
}

static enum err work(struct local *l, int64_t now_ns, struct fault *f)
{
	enum err err = l->pins->ops->open(l->pins, f);

	if (err == ERR_OK)
		err = l->pins->ops->sense(l->pins, now_ns, f);
	if (err != ERR_OK) {
		l->is_driven = false;
		return err;
	}
	if (!begins(l, now_ns))
		return drive(l, 0, LAMP_FAULT, f);
	err = carry_out(l, f);
	if (err == ERR_OK)
		err = drive(l, l->trip.coils, l->lamps, f);
	return err == ERR_OK ? tick_until(l, now_ns, f) : err;
}

static void note_trouble(struct local *l, enum err err, const struct fault *f)
{
	(void)pthread_mutex_lock(&l->lock);
	l->trouble = *f;
	l->trouble.err = err;
	(void)pthread_mutex_unlock(&l->lock);
}

int64_t local_turn(struct local *l, int64_t now_ns)
{
	struct fault f = {ERR_OK, ""};
	enum err err = work(l, now_ns, &f);

	note_trouble(l, err, &f);
	if (err != ERR_OK) {
		struct fault unused;

		/* A command must latch even when nothing can be driven. */
		(void)carry_out(l, &unused);
	}
	atomic_store(&l->turned_ns, now_ns);
	if (err != ERR_OK)
		return now_ns + open_again_ns;
	return now_ns + (l->trip.inputs.moving != 0 || l->pins->has_more ? MS : l->pins->rest_ns);
}

static void *local_run(void *context)
{
	struct local *l = context;

	while (!atomic_load(&l->stop)) {
		int64_t until_ns = local_turn(l, l->clock_ns());

		l->pins->ops->wait(l->pins, l->bell, until_ns);
	}
	l->pins->ops->close(l->pins);
	return NULL;
}

/* ---- the link thread's side: a bus -------------------------------------------------------------------- */

static struct local *local_of(struct bus *bus)
{
	return (struct local *)(void *)bus;
}

/* With the lock held. */
static enum err presence(const struct local *l, struct fault *f)
{
	if (l->trouble.err != ERR_OK)
		return fault_set(f, l->trouble.err, "%s", l->trouble.text);
	if (!l->is_begun)
		return fault_set(f, ERR_BUSY, "everything stays cut until the keeper has told what was connected");
	return ERR_OK;
}

/* What lasts only as long as this start of the machine vouches for no log and keeps no key. */
static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_DENIED, "a panel without a controller keeps neither a checkpoint nor a key");
}

static enum err read_registers(struct local *l, uint16_t at, uint16_t *got, size_t count, struct fault *f)
{
	const struct block *block = registers_find(at, (uint16_t)count);

	if (at == BLOCK_WITNESS || at == BLOCK_KEY_SLOTS)
		return no_memory(f);
	if (block == NULL)
		return fault_set(f, ERR_DENIED, "block %u is not among the registers", (unsigned)at);
	registers_read(&l->panel, block, (uint16_t)count, got);
	return ERR_OK;
}

static enum err bus_open(struct bus *bus, struct fault *f)
{
	struct local *l = local_of(bus);
	enum err err;

	(void)pthread_mutex_lock(&l->lock);
	err = presence(l, f);
	(void)pthread_mutex_unlock(&l->lock);
	return err;
}

static enum err bus_read(struct bus *bus, uint16_t at, uint16_t *got, size_t count, struct fault *f)
{
	struct local *l = local_of(bus);
	enum err err;

	(void)pthread_mutex_lock(&l->lock);
	err = presence(l, f);
	if (err == ERR_OK)
		err = read_registers(l, at, got, count, f);
	(void)pthread_mutex_unlock(&l->lock);
	return err;
}

/* A command goes to the pins' thread, and is waited for. With the lock held. */
static void give_order(struct local *l, const uint16_t *put)
{
	int64_t until_ns = l->clock_ns() + order_patience_ns;
	const struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = (long)(until_ns % 1000000000)};

	memcpy(l->order, put, sizeof l->order);
	l->order_ns = l->clock_ns();
	l->has_order = true;
	(void)!write(l->bell, &(uint64_t){1}, sizeof(uint64_t));
	while (l->has_order && pthread_cond_timedwait(&l->carried_out, &l->lock, &until) == 0) {
	}
}

static void write_poll(struct local *l, const uint16_t *put)
{
	uint8_t bytes[2 * EXCHANGE_POLL_SIZE];

	for (unsigned i = 0; i < EXCHANGE_POLL_SIZE; i++) {
		bytes[2 * i] = (uint8_t)(put[i] >> 8);
		bytes[2 * i + 1] = (uint8_t)put[i];
	}
	registers_write(&l->panel, BLOCK_EXCHANGE, EXCHANGE_POLL_SIZE, bytes, l->panel.now);
}

static enum err bus_exchange(struct bus *bus, const struct bus_write *put, uint16_t at, uint16_t *got, size_t count,
			     struct fault *f)
{
	struct local *l = local_of(bus);
	enum err err;

	if (put->at != BLOCK_EXCHANGE)
		return no_memory(f);
	(void)pthread_mutex_lock(&l->lock);
	if (put->count == EXCHANGE_SIZE)
		give_order(l, put->words);
	else
		write_poll(l, put->words);
	err = presence(l, f);
	if (err == ERR_OK)
		err = read_registers(l, at, got, count, f);
	(void)pthread_mutex_unlock(&l->lock);
	return err;
}

static void bus_settle(struct bus *bus)
{
	(void)bus;
}

static void bus_close(struct bus *bus)
{
	(void)bus;
}

/* ---- life ------------------------------------------------------------------------------------------------ */

/* The link thread, at lower priority, holds the lock for microseconds; it must not be pushed aside meanwhile. */
static void make_lock(struct local *l)
{
	pthread_mutexattr_t lock;
	pthread_condattr_t condition;

	(void)pthread_mutexattr_init(&lock);
	(void)pthread_mutexattr_setprotocol(&lock, PTHREAD_PRIO_INHERIT);
	(void)pthread_mutex_init(&l->lock, &lock);
	(void)pthread_mutexattr_destroy(&lock);
	(void)pthread_condattr_init(&condition);
	(void)pthread_condattr_setclock(&condition, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&l->carried_out, &condition);
	(void)pthread_condattr_destroy(&condition);
}

enum err local_init(struct local *l, const struct local_settings *settings, struct pins *pins, struct fault *f)
{
	static const struct bus_ops ops = {bus_open, bus_read, bus_exchange, bus_settle, bus_close};
	enum err err = memory_open(settings->memory, f);

	if (err != ERR_OK)
		return err;
	memset(l, 0, sizeof *l);
	l->bus.ops = &ops;
	l->settings = *settings;
	l->pins = pins;
	l->clock_ns = monotonic_ns;
	atomic_init(&l->turned_ns, monotonic_ns());
	l->trouble = (struct fault){ERR_BUSY, "starting"};
	make_lock(l);
	l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->bell >= 0)
		return ERR_OK;
	err = fault_set(f, err_from_errno(errno), "eventfd: error %d", errno);
	local_fini(l);
	return err;
}

void local_fini(struct local *l)
{
	if (l->bell >= 0)
		(void)close(l->bell);
	(void)pthread_cond_destroy(&l->carried_out);
	(void)pthread_mutex_destroy(&l->lock);
	memory_close();
}

void local_recall(struct local *l, uint8_t connected)
{
	(void)pthread_mutex_lock(&l->lock);
	if (!l->has_recall)
		l->connected = connected;
	l->has_recall = true;
	(void)pthread_mutex_unlock(&l->lock);
}

enum err local_start(struct local *l, struct fault *f)
{
	struct sched_param urgent = {.sched_priority = 50};
	pthread_attr_t attributes;
	int number;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, (size_t)256 * 1024);
	number = pthread_create(&l->thread, &attributes, local_run, l);
	(void)pthread_attr_destroy(&attributes);
	if (number != 0)
		return fault_set(f, err_from_errno(number), "starting the panel thread: error %d", number);
	/* Refused without the right to it; then the thread runs at ordinary priority. */
	(void)pthread_setschedparam(l->thread, SCHED_FIFO, &urgent);
	return ERR_OK;
}

void local_stop(struct local *l)
{
	atomic_store(&l->stop, true);
	(void)!write(l->bell, &(uint64_t){1}, sizeof(uint64_t));
	(void)pthread_join(l->thread, NULL);
}
