/* Every stored file of a medium is read and hashed: when the medium is filled, scrubbed or checked. */
#include "ledger/blobs.h"

#include "base/text.h"
#include "ledger/bundle.h"
#include "ledger/inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 65536 };

/* A file is first read where it should be, then, if it is wrong there, on the other medium while it is copied. */
struct blob_walk {
	struct ledger *ledger;
	const struct medium *on;
	uint64_t from;
	enum blob_care care;
	char name[FILE_HASH_CHARS + 1];
	uint64_t seq;
	int fd; /* being read, or −1: the next name is looked for */
	bool is_copying;
	struct hasher *hasher;
	struct part part;
	struct fault fault; /* what is wrong with it on this medium */
};

enum err blob_walk_begin(struct ledger *l, const struct medium *on, uint64_t from, enum blob_care care,
			 struct blob_walk **out, struct fault *f)
{
	struct blob_walk *w = calloc(1, sizeof *w);

	if (w == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	*w = (struct blob_walk){.ledger = l, .on = on, .from = from, .care = care, .fd = -1, .part = {.fd = -1}};
	*out = w;
	return ERR_OK;
}

static void leave_file(struct blob_walk *w)
{
	uint8_t unused[HASH_SIZE];

	if (w->hasher != NULL)
		hasher_end(w->hasher, unused);
	w->hasher = NULL;
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
	w->is_copying = false;
	part_fini(&w->part);
}

void blob_walk_end(struct blob_walk *w)
{
	if (w == NULL)
		return;
	leave_file(w);
	free(w);
}

/* The next name after w->name in the table. ERR_MISSING: that was the last. */
static enum err next_name(struct blob_walk *w, struct fault *f)
{
	struct store *s = media_store(&w->ledger->media);
	uint8_t last[HASH_SIZE];
	size_t len = sizeof last;
	struct blob key = {"", 0}, found;
	enum err err;

	if (w->name[0] != '\0' && hex_decode(last, &len, w->name, FILE_HASH_CHARS) == ERR_OK)
		key = (struct blob){last, len};
	err = store_row(s, STORE_NEXT_BLOB, (int64_t)w->from, &key);
	if (err != ERR_OK)
		return err == ERR_MISSING ? err : store_fault(s, err, _("reading"), f);
	found = store_blob(s, STORE_NEXT_BLOB, 0);
	w->seq = (uint64_t)store_integer(s, STORE_NEXT_BLOB, 1);
	if (found.len == HASH_SIZE)
		hex_encode(w->name, found.data, HASH_SIZE);
	store_done(s, STORE_NEXT_BLOB);
	return found.len == HASH_SIZE ? ERR_OK : fault_set(f, ERR_CORRUPT, _("the list of stored files is damaged"));
}

static void tell_finding(const struct blob_walk *w, bool is_mended, blob_listener *tell, void *context)
{
	struct blob_finding finding = {.seq = w->seq, .name = w->name, .is_mended = is_mended, .fault = w->fault};

	/* It may have been erased while it was read. */
	if (tell != NULL && blob_is_named(media_store(&w->ledger->media), w->name))
		tell(context, &finding);
}

static void note_wrong(struct blob_walk *w, const char *what)
{
	(void)!fault_set(&w->fault, ERR_CORRUPT, _("%s: the stored file %s of entry %llu %s"), w->on->folder, w->name,
			 (unsigned long long)w->seq, what);
}

static const struct medium *other_medium(const struct blob_walk *w)
{
	const struct medium *m = w->ledger->media.m;

	for (int i = 0; i < MEDIA_MAX; i++)
		if (&m[i] != w->on && m[i].state == MEDIUM_GOOD)
			return &m[i];
	return NULL;
}

/* On this medium it is wrong. */
static enum err turn_to_other(struct blob_walk *w, blob_listener *tell, void *context, struct fault *f)
{
	const struct medium *other = other_medium(w);

	leave_file(w);
	if (w->care == BLOBS_LOOK || other == NULL || blob_open(other, w->name, &w->fd) != ERR_OK) {
		tell_finding(w, false, tell, context);
		return ERR_OK;
	}
	w->is_copying = true;
	w->hasher = hasher_new();
	return part_begin(&w->part, w->on->folder, f);
}

static enum err begin_file(struct blob_walk *w, blob_listener *tell, void *context, struct fault *f)
{
	if (blob_open(w->on, w->name, &w->fd) != ERR_OK) {
		note_wrong(w, _("is missing"));
		return turn_to_other(w, tell, context, f);
	}
	w->hasher = hasher_new();
	return ERR_OK;
}

static bool hash_fits(struct blob_walk *w)
{
	uint8_t hash[HASH_SIZE];
	char name[FILE_HASH_CHARS + 1];

	hasher_end(w->hasher, hash);
	w->hasher = NULL;
	hex_encode(name, hash, HASH_SIZE);
	return strcmp(name, w->name) == 0;
}

static enum err end_file(struct blob_walk *w, blob_listener *tell, void *context, struct fault *f)
{
	bool fits = hash_fits(w);
	enum err err = ERR_OK;

	if (!w->is_copying && !fits) {
		note_wrong(w, _("was changed"));
		return turn_to_other(w, tell, context, f);
	}
	if (w->is_copying) {
		/* What was erased meanwhile must not come back. */
		if (fits && blob_is_named(media_store(&w->ledger->media), w->name))
			err = part_end(&w->part, w->name, f);
		if (err == ERR_OK)
			tell_finding(w, fits, tell, context);
	}
	leave_file(w);
	return err;
}

static enum err read_piece(struct blob_walk *w, blob_listener *tell, void *context, struct fault *f)
{
	char piece[PIECE];
	ssize_t got = read(w->fd, piece, sizeof piece);

	if (got < 0 && errno == EINTR)
		return ERR_OK;
	if (got > 0) {
		hasher_add(w->hasher, piece, (size_t)got);
		return w->is_copying ? part_add(&w->part, piece, (size_t)got, f) : ERR_OK;
	}
	if (got == 0)
		return end_file(w, tell, context, f);
	if (w->is_copying) {
		tell_finding(w, false, tell, context);
		leave_file(w);
		return ERR_OK;
	}
	note_wrong(w, _("cannot be read"));
	return turn_to_other(w, tell, context, f);
}

enum err blob_walk_step(struct blob_walk *w, blob_listener *tell, void *context, bool *done, struct fault *f)
{
	enum err err;

	*done = false;
	if (w->fd >= 0) {
		err = read_piece(w, tell, context, f);
	} else {
		err = next_name(w, f);
		*done = err != ERR_OK;
		if (err == ERR_MISSING)
			return ERR_OK;
		if (err == ERR_OK)
			err = begin_file(w, tell, context, f);
	}
	if (err != ERR_OK)
		leave_file(w);
	return err;
}
