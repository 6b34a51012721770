/* Reading a database where nothing can be written. SQLite needs its log file, and needs to write beside it; so both are
 * copied to where there is room, and opened there.
 */
#include "ledger/store.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err cannot(const char *path, struct fault *f)
{
	return fault_set(
		f, err_from_errno(errno),
		_("%s: cannot be copied, which is needed to read a ledger where nothing can be written: %s. Set "
		  "TMPDIR to a folder with room"),
		path, strerror(errno));
}

static enum err copy(const char *from, const char *to, struct fault *f)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	enum err err = ERR_OK;
	ssize_t sent = 1;

	if (in < 0)
		return errno == ENOENT ? ERR_OK : cannot(from, f);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		err = cannot(from, f);
	while (err == ERR_OK && sent > 0) {
		sent = sendfile(out, in, NULL, 1 << 20);
		if (sent < 0)
			err = cannot(from, f);
	}
	(void)close(in);
	if (out >= 0)
		(void)close(out);
	return err;
}

enum err store_open_unwritable(struct store *s, const char *path, struct fault *f)
{
	const char *temporary = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): read before there are threads */
	char folder[PATH_MAX - 64], copied[PATH_MAX], log[PATH_MAX], copied_log[PATH_MAX + 8];
	enum err err;

	if ((size_t)snprintf(folder, sizeof folder, "%s/kannuki-XXXXXX", temporary != NULL ? temporary : "/var/tmp") >=
		    sizeof folder ||
	    (size_t)snprintf(log, sizeof log, "%s-wal", path) >= sizeof log)
		return fault_set(f, ERR_RANGE, _("%s: the path is too long"), path);
	if (mkdtemp(folder) == NULL)
		return cannot(path, f);
	(void)snprintf(copied, sizeof copied, "%s/ledger.db", folder);
	(void)snprintf(copied_log, sizeof copied_log, "%s-wal", copied);
	err = copy(path, copied, f);
	if (err == ERR_OK)
		err = copy(log, copied_log, f);
	if (err == ERR_OK)
		err = store_open(s, copied, STORE_READ, f);
	(void)!folder_remove(folder, NULL);
	return err;
}
