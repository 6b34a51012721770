/* The file of settings that a fuzz target writes and has read: one of its own for each process. */
#ifndef KANNUKI_TESTS_FUZZ_SETTINGS_FILE_H
#define KANNUKI_TESTS_FUZZ_SETTINGS_FILE_H

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char settings_path[64];

static void settings_forget(void)
{
	(void)unlink(settings_path);
}

static const char *settings_write(const uint8_t *data, size_t size)
{
	FILE *out;

	if (settings_path[0] == '\0') {
		(void)snprintf(settings_path, sizeof settings_path, "/dev/shm/kannuki-fuzz-%d.yaml", (int)getpid());
		(void)atexit(settings_forget);
	}
	out = fopen(settings_path, "wb");
	if (out == NULL || fwrite(data, 1, size, out) != size || fclose(out) != 0)
		abort();
	return settings_path;
}

/* A refusal names the file, so that a person knows where to look. */
static void settings_refused(const struct fault *f)
{
	if (strstr(f->text, settings_path) == NULL)
		abort();
}

#endif
