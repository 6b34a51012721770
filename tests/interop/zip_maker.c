/* Makes ZIP files with the box's writer that no log would grow to within a test:
 *
 *   zip-maker many OUT    70,000 members
 *   zip-maker far OUT     three members beyond 5 GiB, with a hole before them
 */
#include "ledger/zip_write.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum err add(struct zip_writer *zip, unsigned number, uint64_t at_most)
{
	char name[32];
	enum err err;

	(void)snprintf(name, sizeof name, "folder/%u", number);
	err = zip_write_begin(zip, name, at_most);
	if (err == ERR_OK)
		err = zip_write_add(zip, name, strlen(name));
	return err == ERR_OK ? zip_write_end(zip) : err;
}

static enum err make(struct zip_writer *zip, int fd, const char *kind)
{
	enum err err = ERR_OK;

	if (strcmp(kind, "many") == 0) {
		for (unsigned i = 0; i < 70000 && err == ERR_OK; i++)
			err = add(zip, i, 32);
		return err;
	}
	zip->offset = UINT64_C(5) << 30;
	if (lseek(fd, (off_t)zip->offset, SEEK_SET) < 0)
		return ERR_IO;
	err = add(zip, 0, 32);
	if (err == ERR_OK)
		err = add(zip, 1, UINT64_MAX);
	return err == ERR_OK ? add(zip, 2, 32) : err;
}

int main(int argc, char **argv)
{
	struct zip_writer zip;
	char spare[4096];
	enum err err;
	int fd;

	if (argc != 3)
		return 2;
	(void)snprintf(spare, sizeof spare, "%.4000s.spare", argv[2]);
	fd = open(argv[2], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || zip_write_open(&zip, fd, spare) != ERR_OK)
		return 1;
	err = make(&zip, fd, argv[1]);
	if (err == ERR_OK)
		err = zip_write_finish(&zip);
	zip_write_close(&zip);
	return close(fd) == 0 && err == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
