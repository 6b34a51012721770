/* Any bytes as a ZIP file: never a crash, and what is believed is whole: every member can be found by its name, lies
 * before the directory and beside all others, and together they fill the file up to it.
 */
#include "ledger/zip_read.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void demand(int good)
{
	if (!good)
		abort();
}

static void look_at_all(const struct zip *z, uint8_t *used)
{
	static struct zip_member member, found;
	uint64_t at = z->directory, count = 0;

	while (zip_next(z, &at, &member) == ERR_OK) {
		demand(zip_find(z, member.name, &found) == ERR_OK && found.at == member.at &&
		       found.size == member.size);
		demand(member.size <= z->directory && member.at <= z->directory - member.size);
		for (uint64_t i = member.at; i < member.at + member.size; i++)
			demand(used[i]++ == 0);
		demand(strstr(member.name, "..") == NULL && member.name[0] != '/' && member.name[0] != '\0');
		count++;
	}
	demand(at == z->end && count == z->members);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("zip", MFD_CLOEXEC);
	uint8_t *used = calloc(1, len + 1);
	struct fault fault = {0};
	struct zip z;

	demand(sodium_init() >= 0 && fd >= 0 && used != NULL && write(fd, data, len) == (ssize_t)len);
	if (zip_is_one(fd)) {
		enum err err = zip_open(&z, fd, &fault);

		demand(err == ERR_OK || ((err == ERR_CORRUPT || err == ERR_FORMAT) && fault.text[0] != '\0'));
		demand(err != ERR_CORRUPT || z.blamed[0] != '\0');
		if (err == ERR_OK) {
			look_at_all(&z, used);
			zip_close(&z);
		}
	}
	free(used);
	(void)close(fd);
	return 0;
}
