#include "keeper/slots.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "ipc/methods.h"
#include "keeper/starting.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { RECORD = 4 + SLOT_KEY_SIZE };

static const int64_t patience_ns = INT64_C(60) * 1000000000;

enum err slots_open(struct slots *s, bool seals, struct fault *f)
{
	*s = (struct slots){.keys = sodium_malloc(sizeof *s->keys)};
	if (s->keys == NULL)
		return fault_set(f, ERR_NOMEM, "no memory for the keys of the panel's controller");
	sodium_memzero(s->keys, sizeof *s->keys);
	s->keys->seals = seals;
	slots_read(s);
	return ERR_OK;
}

void slots_close(struct slots *s)
{
	sodium_free(s->keys);
	*s = (struct slots){.keys = NULL};
}

/* ---- what the daemon left ---- */

/* Bytes read, −1: none can be. */
static ssize_t read_file(uint8_t *data, size_t size)
{
	char path[4096];
	ssize_t len;
	int fd;

	if (place(path, sizeof path, PANEL_KEYS_FILE) != ERR_OK)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		if (errno != ENOENT)
			diag(DIAG_ERROR, "%s: %s", path, strerror(errno));
		return -1;
	}
	len = read(fd, data, size);
	(void)close(fd);
	return len;
}

void slots_read(struct slots *s)
{
	uint8_t data[SLOT_KEYS * RECORD + 1];
	ssize_t len = read_file(data, sizeof data);
	unsigned count = (unsigned)len / RECORD;

	if (len >= 0 && (size_t)len < sizeof data && (unsigned)len % RECORD == 0) {
		const uint8_t *g = data + (size_t)(count > 0 ? count - 1 : 0) * RECORD;

		for (unsigned i = 0; i < count; i++)
			memcpy(s->keys->key[i], data + (size_t)i * RECORD + 4, SLOT_KEY_SIZE);
		sodium_memzero(s->keys->key[count], (SLOT_KEYS - count) * sizeof s->keys->key[0]);
		s->keys->kept = count;
		s->generation =
			count > 0 ? (uint32_t)g[0] << 24 | (uint32_t)g[1] << 16 | (uint32_t)g[2] << 8 | g[3] : 0;
		s->is_told = true;
	}
	sodium_memzero(data, sizeof data);
}

/* ---- waiting for it ---- */

/* Both have been blocked for the loop that begins later. */
static bool is_to_end(const struct timespec *pause)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	return sigtimedwait(&ends, NULL, pause) > 0;
}

enum err slots_await(struct slots *s, struct fault *f)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	int64_t end_ns = moment_now().boot_ns + patience_ns;

	if (s->is_told)
		return ERR_MISSING;
	/* At each start with sealing the panel answers later than the record is opened: nothing is wrong yet. */
	diag(DIAG_NOTICE, "the record goes on with a key that the panel's controller keeps; waiting for the panel, a "
			  "minute at most");
	while (!s->is_told && moment_now().boot_ns < end_ns) {
		if (is_to_end(&pause))
			return fault_set(f, ERR_BUSY, "ended while it waited for the panel's controller");
		starting_tell("waiting for the panel's controller", 0, 0);
		slots_read(s);
	}
	return s->is_told ? ERR_OK : ERR_TIMEOUT;
}

/* ---- what they are good for ---- */

static bool is_present(const struct slot_keys *keys, unsigned i)
{
	return keys->is_sealed && sodium_memcmp(keys->key[i], keys->present, SLOT_KEY_SIZE) == 0;
}

bool slots_hold(const struct slots *s)
{
	for (unsigned i = 0; i < s->keys->kept; i++)
		if (is_present(s->keys, i))
			return true;
	return false;
}

bool slots_have_fresh(const struct slots *s)
{
	return s->keys->kept > 0 && !is_present(s->keys, s->keys->kept - 1);
}
