#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

const char *err_name(enum err err)
{
	static const char *const names[ERR_COUNT] = {
		[ERR_OK] = "ok",       [ERR_IO] = "io",           [ERR_NOMEM] = "nomem",     [ERR_FORMAT] = "format",
		[ERR_RANGE] = "range", [ERR_MISSING] = "missing", [ERR_EXISTS] = "exists",   [ERR_CRYPTO] = "crypto",
		[ERR_FULL] = "full",   [ERR_BUSY] = "busy",       [ERR_TIMEOUT] = "timeout", [ERR_DENIED] = "denied",
		[ERR_STATE] = "state", [ERR_CORRUPT] = "corrupt",
	};

	return (unsigned)err < ERR_COUNT ? names[err] : "unknown";
}

enum err err_from_errno(int number)
{
	switch (number) {
	case 0:
		return ERR_OK;
	case ENOMEM:
		return ERR_NOMEM;
	case ENOENT:
		return ERR_MISSING;
	case EEXIST:
		return ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	case EAGAIN:
	case EBUSY:
		return ERR_BUSY;
	case ETIMEDOUT:
		return ERR_TIMEOUT;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

enum err fault_set(struct fault *f, enum err err, const char *format, ...)
{
	va_list args;

	if (f == NULL)
		return err;
	f->err = err;
	va_start(args, format);
	(void)vsnprintf(f->text, sizeof f->text, format, args);
	va_end(args);
	return err;
}
