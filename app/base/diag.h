/* Diagnostics: lines on stderr with a journald level prefix. They may be lost; the ledger is elsewhere. */
#ifndef KANNUKI_BASE_DIAG_H
#define KANNUKI_BASE_DIAG_H

#include "base/bytes.h"

enum diag_level { DIAG_ERROR = 3, DIAG_WARNING = 4, DIAG_NOTICE = 5, DIAG_INFO = 6 };

/* The program's name stands before each line. */
void diag_start(const char *program);
/* Control characters and invalid bytes are written as \xNN; one call is one line. */
void diag(enum diag_level level, const char *format, ...) PRINTF_LIKE(2, 3);
/* Adds the last lines of this program, as they were written. */
void diag_recall(struct buf *out);

#endif
