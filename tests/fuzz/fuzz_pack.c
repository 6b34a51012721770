/* Any bytes in place of one file of a pack: it loads, or it is refused with "file:line: …". The first byte says which
   file; the rest is its new content. */
#include "base/file.h"
#include "procedure/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {"pack.yaml", "checklist.csv", "questions.csv", "forms/youshiki13.yaml"};
enum { FILES = sizeof files / sizeof files[0] };
static struct buf originals[FILES];
static char folder[64];

static void write_file(const char *file, const void *data, size_t len)
{
	char path[128];
	FILE *out;

	(void)snprintf(path, sizeof path, "%s/%s", folder, file);
	out = fopen(path, "wb");
	if (out == NULL || fwrite(data, 1, len, out) != len || fclose(out) != 0)
		abort();
}

static void drop_folder(void)
{
	char path[128];

	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		(void)unlink(path);
		buf_fini(&originals[i]);
	}
	(void)snprintf(path, sizeof path, "%s/forms", folder);
	(void)rmdir(path);
	(void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[128];

	(void)argc;
	(void)argv;
	(void)snprintf(folder, sizeof folder, "/tmp/kannuki-fuzz-XXXXXX");
	if (mkdtemp(folder) == NULL)
		abort();
	(void)snprintf(path, sizeof path, "%s/forms", folder);
	if (folder_make(path, 0700, NULL) != ERR_OK)
		abort();
	for (size_t i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof path, "app/procedure/packs/otari/%s", files[i]);
		if (file_read(path, SIZE_MAX / 2, &originals[i], NULL) != ERR_OK)
			abort();
		write_file(files[i], originals[i].data, originals[i].len);
	}
	return atexit(drop_folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = {ERR_OK, ""};
	struct pack *pack = NULL;
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % FILES;
	write_file(files[which], data + 1, size - 1);
	if (pack_load(folder, &pack, &fault) != ERR_OK) {
		if (pack != NULL || strstr(fault.text, folder) == NULL)
			abort();
	} else if (strlen(pack_hash(pack)) != 64) {
		abort();
	}
	pack_free(pack);
	write_file(files[which], originals[which].data, originals[which].len);
	return 0;
}
