#include "ledger/verdict_ahead.h"

#include "ledger/verdict_inside.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Beside the tiles that threads are at and the one that is being judged. */
	SPARE_SLOTS = 2,
	SLOTS_MAX = JOBS_MAX + SPARE_SLOTS,
	/* The lines of an entry leave no room for more than 1,000 bytes. */
	TILE_BYTES_MAX = TILE_WIDTH * 1024,
	VALUES_MAX = 128 * 1024
};

struct slot {
	bool is_done, is_good;
	struct found_tile tile;
};

struct ahead {
	const struct bundle *bundle;
	uint64_t size, end;
	pthread_mutex_t lock; /* of what follows, but for the tiles that are not done */
	pthread_cond_t has_room, has_more;
	uint64_t next, held, taken; /* the first tile that nobody has begun; the one being judged; the one after it */
	bool is_stopped;
	unsigned slot_count, thread_count;
	pthread_t threads[JOBS_MAX];
	struct slot *slots;
};

/* What one thread reads with. */
struct reader {
	const struct ahead *ahead;
	struct line_reader lines;
	struct buf entries, hashes, value;
	char *decoded;
};

/* ---- one tile ---- */

static bool keep_value(struct reader *r, struct found_tile *tile, struct found_entry *e, enum disclosure_name name,
		       const char *text, size_t len)
{
	enum err err = disclosure_parse(&r->value, name, text, len);

	if (err == ERR_FORMAT && name == DISCLOSURE_FILES)
		return true;
	if (err != ERR_OK)
		return false;
	e->value_at[name] = (uint32_t)tile->values.len;
	e->value_len[name] = (uint32_t)r->value.len;
	buf_add(&tile->values, r->value.data, r->value.len);
	return buf_status(&tile->values) == ERR_OK;
}

static bool read_line(struct reader *r, struct found_tile *tile, struct found_entry *e, enum disclosure_name name)
{
	uint8_t hash[HASH_SIZE];
	enum disclosed state;
	const char *line;
	size_t len;

	if (line_reader_next(&r->lines, &line, &len) != ERR_OK ||
	    !verify_read_line(&line, &len, e->entry.seq, name, &state))
		return false;
	e->states[name] = (uint8_t)state;
	if (state != DISCLOSED)
		return true;
	hash_bytes(hash, line, len);
	if (memcmp(hash, e->entry.sd[name], HASH_SIZE) != 0 || !disclosure_has_form(r->decoded, name, line, len))
		return false;
	if (name == DISCLOSURE_FILES || (name == DISCLOSURE_BODY && audit_needs_body(&e->entry)))
		return keep_value(r, tile, e, name, line, len);
	return true;
}

static bool read_entry(struct reader *r, struct found_tile *tile, struct found_entry *e, const char *leaf, size_t len)
{
	struct fault ignored;

	memset(e->value_len, 0, sizeof e->value_len);
	if (entry_parse(&e->entry, leaf, len, &ignored) != ERR_OK)
		return false;
	hash_leaf(e->leaf, leaf, len);
	for (int i = 0; i < DISCLOSURE_COUNT; i++)
		if (e->entry.has[i] && !read_line(r, tile, e, (enum disclosure_name)i))
			return false;
	return true;
}

static bool read_entries(struct reader *r, struct found_tile *tile)
{
	const uint8_t *at = (const uint8_t *)r->entries.data, *end = at + r->entries.len;
	const char *line;
	size_t rest;

	for (unsigned i = 0; i < tile->width; i++) {
		size_t len = end - at >= 2 ? (size_t)at[0] << 8 | at[1] : SIZE_MAX;

		if (len > ENTRY_MAX || len > (size_t)(end - at) - 2 ||
		    !read_entry(r, tile, &tile->entries[i], (const char *)at + 2, len))
			return false;
		at += 2 + len;
	}
	return at == end && line_reader_next(&r->lines, &line, &rest) == ERR_MISSING;
}

static bool fits_hashes(const struct reader *r, const struct found_tile *tile)
{
	if (r->hashes.len != (size_t)tile->width * HASH_SIZE)
		return false;
	for (unsigned i = 0; i < tile->width; i++)
		if (memcmp(r->hashes.data + (size_t)i * HASH_SIZE, tile->entries[i].leaf, HASH_SIZE) != 0)
			return false;
	return true;
}

static bool read_tile(struct reader *r, struct found_tile *tile, uint64_t index)
{
	const struct bundle *bundle = r->ahead->bundle;
	char path[BUNDLE_PATH_SIZE];
	struct bundle_stream stream;

	tile->width = tile_width(r->ahead->size, index);
	buf_clear(&tile->values);
	tile_path(path, "entries", index, tile->width);
	if (bundle_read(bundle, path, TILE_BYTES_MAX, &r->entries) != ERR_OK)
		return false;
	tile_path(path, "0", index, tile->width);
	if (bundle_read(bundle, path, (size_t)TILE_WIDTH * HASH_SIZE, &r->hashes) != ERR_OK)
		return false;
	bundle_disclosures_path(path, index);
	if (bundle_stream_open(bundle, path, &stream) != ERR_OK)
		return false;
	line_reader_take(&r->lines, &stream);
	return read_entries(r, tile) && fits_hashes(r, tile);
}

/* ---- threads ---- */

static struct slot *slot_of(const struct ahead *a, uint64_t index)
{
	return &a->slots[index % a->slot_count];
}

/* NULL: there is no more to do. */
static struct slot *begin_tile(struct ahead *a, uint64_t *index)
{
	struct slot *slot = NULL;

	(void)pthread_mutex_lock(&a->lock);
	while (!a->is_stopped && a->next < a->end && a->next >= a->held + a->slot_count)
		(void)pthread_cond_wait(&a->has_room, &a->lock);
	if (!a->is_stopped && a->next < a->end) {
		*index = a->next++;
		slot = slot_of(a, *index);
	}
	(void)pthread_mutex_unlock(&a->lock);
	return slot;
}

static void end_tile(struct ahead *a, struct slot *slot, bool is_good)
{
	(void)pthread_mutex_lock(&a->lock);
	slot->is_good = is_good;
	slot->is_done = true;
	(void)pthread_cond_signal(&a->has_more);
	(void)pthread_mutex_unlock(&a->lock);
}

static void *go_ahead(void *context)
{
	struct reader r = {
		.ahead = context,
		.entries = {.cap = TILE_BYTES_MAX + 1},
		.hashes = {.cap = TILE_WIDTH * HASH_SIZE + 1},
		.value = {.cap = DISCLOSURE_MAX},
		.decoded = malloc(DISCLOSURE_MAX),
	};
	bool has_memory = line_reader_init(&r.lines, DISCLOSURE_LINE_MAX) == ERR_OK && r.decoded != NULL;
	struct slot *slot;
	uint64_t index;

	while ((slot = begin_tile(context, &index)) != NULL)
		end_tile(context, slot, has_memory && read_tile(&r, &slot->tile, index));
	line_reader_fini(&r.lines);
	free(r.decoded);
	buf_fini(&r.entries);
	buf_fini(&r.hashes);
	buf_fini(&r.value);
	return NULL;
}

struct ahead *ahead_start(const struct bundle *bundle, uint64_t size, uint64_t from, uint64_t to, unsigned jobs)
{
	unsigned wanted = jobs < JOBS_MAX ? jobs : JOBS_MAX;
	struct ahead *a;

	if (wanted < 2 || (a = calloc(1, sizeof *a)) == NULL)
		return NULL;
	*a = (struct ahead){.bundle = bundle, .size = size, .next = from, .held = from, .taken = from, .end = to};
	a->slot_count = wanted + SPARE_SLOTS;
	a->slots = calloc(a->slot_count, sizeof *a->slots);
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->has_room, NULL);
	(void)pthread_cond_init(&a->has_more, NULL);
	for (unsigned i = 0; a->slots != NULL && i < a->slot_count; i++)
		a->slots[i].tile.values.cap = VALUES_MAX;
	while (a->slots != NULL && a->thread_count < wanted &&
	       pthread_create(&a->threads[a->thread_count], NULL, go_ahead, a) == 0)
		a->thread_count++;
	if (a->thread_count > 0)
		return a;
	ahead_stop(a);
	return NULL;
}

const struct found_tile *ahead_take(struct ahead *a)
{
	struct slot *slot = slot_of(a, a->taken);

	(void)pthread_mutex_lock(&a->lock);
	if (a->held < a->taken) {
		slot_of(a, a->held)->is_done = false;
		a->held = a->taken;
		(void)pthread_cond_signal(&a->has_room);
	}
	while (!slot->is_done)
		(void)pthread_cond_wait(&a->has_more, &a->lock);
	a->taken++;
	(void)pthread_mutex_unlock(&a->lock);
	return slot->is_good ? &slot->tile : NULL;
}

void ahead_stop(struct ahead *a)
{
	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->lock);
	a->is_stopped = true;
	(void)pthread_cond_broadcast(&a->has_room);
	(void)pthread_mutex_unlock(&a->lock);
	for (unsigned i = 0; i < a->thread_count; i++)
		(void)pthread_join(a->threads[i], NULL);
	for (unsigned i = 0; a->slots != NULL && i < a->slot_count; i++)
		buf_fini(&a->slots[i].tile.values);
	free(a->slots);
	(void)pthread_mutex_destroy(&a->lock);
	(void)pthread_cond_destroy(&a->has_room);
	(void)pthread_cond_destroy(&a->has_more);
	free(a);
}
