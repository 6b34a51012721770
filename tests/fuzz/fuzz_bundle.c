/* The bundle of the worked example with one file replaced: never a crash, and good only with the right bytes.
 * An input is one byte, the number of the file below, and what stands in its place. The seeds are the right bytes.
 */
#include "base/file.h"
#include "ledger/verdict.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *const names[] = {"checkpoint",         "checkpoint.log", "genesis.note",         "policy",
				    "epochs/2.note",      "checkpoints/1",  "tile/entries/000.p/3", "tile/0/000.p/3",
				    "disclosures/0.jsonl"};
enum { FILES = sizeof names / sizeof *names };
static struct buf right[FILES];
static char folder[] = "/dev/shm/kannuki-fuzz-XXXXXX";

static void put(int index, const void *data, size_t len)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", folder, names[index]);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0)
		abort();
}

static void clean(void)
{
	(void)!folder_remove(folder, NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[PATH_MAX];

	(void)argc;
	(void)argv;
	if (mkdtemp(folder) == NULL)
		abort();
	for (int i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof path, "tests/fuzz/corpus/bundle/%d", i);
		if (file_read(path, 1 << 16, &right[i], NULL) != ERR_OK)
			abort();
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		*strrchr(path, '/') = '\0';
		if (folder_make(path, 0700, NULL) != ERR_OK)
			abort();
		put(i, right[i].data + 1, right[i].len - 1);
	}
	return atexit(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct known known = {.code = "SE2C2AGGMPJVMOJWGLNRIUNQ"};
	struct verify_way alone = {.jobs = 1}, together = {.jobs = 2};
	static struct verdict v, again;
	int index;
	bool same;

	if (len == 0)
		return 0;
	index = data[0] % FILES;
	same = len == right[index].len && memcmp(data + 1, right[index].data + 1, len - 1) == 0;
	put(index, data + 1, len - 1);
	bundle_verify(&v, folder, &known, &alone);
	bundle_verify(&again, folder, &known, &together);
	if (memcmp(&v, &again, sizeof v) != 0)
		abort();
	/* Lines of unknown witnesses may follow the log's own in the checkpoint. */
	if (same ? v.kind != VERDICT_GOOD : v.kind == VERDICT_GOOD && !(index == 0 && v.witness_lines > 0))
		abort();
	if (v.kind == VERDICT_BAD && (v.fault.text[0] == '\0' || (!v.has_entry && v.file[0] == '\0')))
		abort();
	put(index, right[index].data + 1, right[index].len - 1);
	return 0;
}
