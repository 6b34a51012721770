/* The stored files that disclosed entries name, each copied once, hashed on the way. */
#include "ledger/export_inside.h"

#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names ---- */

static uint32_t *slot_of(const struct blob_names *names, const uint8_t hash[HASH_SIZE])
{
	uint64_t at;

	memcpy(&at, hash, sizeof at);
	for (;; at++) {
		uint32_t *slot = &names->slots[at % names->slot_count];

		if (*slot == 0 || memcmp(names->hashes[*slot - 1], hash, HASH_SIZE) == 0)
			return slot;
	}
}

/* Room for twice as many; half of the slots stay empty, so that looking up ends soon. */
static enum err grow(struct blob_names *names)
{
	size_t room = names->room != 0 ? names->room * 2 : 64;
	void *hashes = room < UINT32_MAX / 4 ? realloc(names->hashes, room * HASH_SIZE) : NULL;
	uint32_t *slots = hashes != NULL ? calloc(room * 2, sizeof *slots) : NULL;

	if (hashes != NULL)
		names->hashes = hashes;
	if (slots == NULL)
		return ERR_NOMEM;
	free(names->slots);
	names->slots = slots;
	names->slot_count = room * 2;
	names->room = room;
	for (size_t i = 0; i < names->count; i++)
		*slot_of(names, names->hashes[i]) = (uint32_t)i + 1;
	return ERR_OK;
}

static enum err add_name(struct blob_names *names, const uint8_t hash[HASH_SIZE])
{
	enum err err = names->count == names->room ? grow(names) : ERR_OK;
	uint32_t *slot;

	if (err != ERR_OK)
		return err;
	slot = slot_of(names, hash);
	if (*slot != 0)
		return ERR_OK;
	memcpy(names->hashes[names->count++], hash, HASH_SIZE);
	*slot = (uint32_t)names->count;
	return ERR_OK;
}

/* What names no file by a hash names no file that could be here. */
enum err blob_names_add(struct blob_names *names, const char *files, size_t len)
{
	json_t *array = json_loadb(files, len, 0, NULL), *file;
	enum err err = ERR_OK;
	size_t i;

	json_array_foreach (array, i, file) {
		const char *hex = json_string_value(json_object_get(file, "sha256"));
		uint8_t hash[HASH_SIZE];
		size_t size = sizeof hash;

		if (err == ERR_OK && hex != NULL && strspn(hex, "0123456789abcdef") == FILE_HASH_CHARS &&
		    hex_decode(hash, &size, hex, strlen(hex)) == ERR_OK)
			err = add_name(names, hash);
	}
	json_decref(array);
	return err;
}

void blob_names_fini(struct blob_names *names)
{
	free(names->hashes);
	free(names->slots);
	*names = (struct blob_names){0};
}

/* ---- copying ---- */

void copying_fini(struct copying *c)
{
	uint8_t unused[HASH_SIZE];

	if (c->hasher != NULL)
		hasher_end(c->hasher, unused);
	age_free(c->age);
	if (c->fd >= 0)
		(void)close(c->fd);
	if (c->second >= 0)
		(void)close(c->second);
	*c = (struct copying){.next = c->next, .fd = -1, .second = -1};
}

static enum err unreadable(const struct export *x, int number)
{
	return fault_set(x->f, err_from_errno(number), _("the stored file %s cannot be read: %s"), x->copying.name,
			 strerror(number));
}

static enum err write_encrypted(void *context, const void *data, size_t len)
{
	struct export *x = context;

	return outlet_add(&x->outlet, data, len, x->f);
}

/* What has gone out cannot be taken back. */
static enum err begin_copy(struct export *x)
{
	bool is_encrypted = x->options.recipient_count > 0;
	char path[BUNDLE_PATH_SIZE];
	struct stat about = {0};
	uint64_t size;
	enum err err;

	if (fstat(x->copying.fd, &about) != 0 || lseek(x->copying.fd, 0, SEEK_SET) != 0)
		return unreadable(x, errno);
	if (!S_ISREG(about.st_mode))
		return unreadable(x, EINVAL);
	x->copying.is_judging = false;
	x->copying.hasher = hasher_new();
	/* Encrypted it is larger by a header, and by 16 bytes for each 64 KiB. */
	size = (uint64_t)about.st_size;
	(void)snprintf(path, sizeof path, is_encrypted ? "blobs/%s.age" : "blobs/%s", x->copying.name);
	err = outlet_begin(&x->outlet, path, is_encrypted ? size + size / 1024 + AGE_CHUNK : size, x->f);
	if (err == ERR_OK && is_encrypted) {
		err = age_begin(&x->copying.age, x->recipients, x->options.recipient_count, write_encrypted, x);
		if (err == ERR_NOMEM || err == ERR_CRYPTO)
			err = fault_set(x->f, err, _("the stored file %s cannot be encrypted"), x->copying.name);
	}
	return err;
}

static bool hash_fits(struct export *x)
{
	uint8_t hash[HASH_SIZE];

	hasher_end(x->copying.hasher, hash);
	x->copying.hasher = NULL;
	return memcmp(hash, x->blobs.hashes[x->copying.next], HASH_SIZE) == 0;
}

/* Where both media have it, the first one's is read before it is copied: if it is damaged, the second one's is taken.
 */
static enum err begin_file(struct export *x)
{
	const struct medium *m = x->ledger->media.m;
	enum err err, second;

	hex_encode(x->copying.name, x->blobs.hashes[x->copying.next], HASH_SIZE);
	second = blob_open(&m[1], x->copying.name, &x->copying.second);
	err = blob_open(&m[0], x->copying.name, &x->copying.fd);
	if (err != ERR_OK && second != ERR_OK)
		return err == ERR_MISSING ? second
					  : fault_set(x->f, err, _("the stored file %s cannot be read: %s"),
						      x->copying.name, err_name(err));
	if (err != ERR_OK) {
		x->copying.fd = x->copying.second;
		x->copying.second = -1;
	}
	x->copying.is_judging = x->copying.second >= 0;
	if (!x->copying.is_judging)
		return begin_copy(x);
	x->copying.hasher = hasher_new();
	return ERR_OK;
}

static enum err end_judging(struct export *x, bool fits)
{
	if (!fits) {
		(void)close(x->copying.fd);
		x->copying.fd = x->copying.second;
		x->copying.second = -1;
	}
	return begin_copy(x);
}

static enum err end_copy(struct export *x)
{
	enum err err = x->copying.age != NULL ? age_end(x->copying.age) : ERR_OK;

	if (err == ERR_OK)
		err = outlet_end(&x->outlet, x->f);
	if (err != ERR_OK)
		return err;
	if (!hash_fits(x))
		return fault_set(
			x->f, ERR_CORRUPT,
			_("the stored file %s was changed: it does not hash to its name. Put it back from a copy, "
			  "or export without files"),
			x->copying.name);
	copying_fini(&x->copying);
	x->copying.next++;
	return ERR_OK;
}

static enum err copy_some(struct export *x)
{
	uint8_t chunk[AGE_CHUNK];
	ssize_t got;

	do
		got = read(x->copying.fd, chunk, sizeof chunk);
	while (got < 0 && errno == EINTR);
	if (got <= 0 && x->copying.is_judging)
		return end_judging(x, hash_fits(x) && got == 0);
	if (got < 0)
		return unreadable(x, errno);
	if (got == 0)
		return end_copy(x);
	hasher_add(x->copying.hasher, chunk, (size_t)got);
	if (x->copying.is_judging)
		return ERR_OK;
	if (x->copying.age != NULL)
		return age_add(x->copying.age, chunk, (size_t)got);
	return outlet_add(&x->outlet, chunk, (size_t)got, x->f);
}

enum err export_blobs(struct export *x, bool *done)
{
	enum err err;

	*done = x->copying.next == x->blobs.count;
	if (*done)
		return ERR_OK;
	if (x->copying.fd >= 0)
		return copy_some(x);
	err = begin_file(x);
	if (err != ERR_MISSING)
		return err;
	x->copying.next++;
	x->blobs_absent++;
	return ERR_OK;
}
