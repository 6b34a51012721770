/* A bundle on its way out: its files go into OUT.part, a folder or a ZIP, one after another. It gets its name only when
 * it is whole and synced, so what is called OUT is whole, and OUT.part is what an interruption left.
 */
#ifndef KANNUKI_LEDGER_OUTLET_H
#define KANNUKI_LEDGER_OUTLET_H

#include "base/bytes.h"
#include "ledger/zip_write.h"

#include <limits.h>

enum outlet_form { OUTLET_FOLDER, OUTLET_ZIP };

struct outlet {
	char out[PATH_MAX], part[PATH_MAX];
	enum outlet_form form;
	int folder; /* the folder, from its beginning: so it hears of everything that could not be written */
	int fd;     /* the file that is open, or the ZIP */
	struct zip_writer zip;
	int told; /* by the thread that syncs; -1 while none does */
	bool is_open, is_whole;
};

/* Clears what an interrupted one left. ERR_EXISTS: OUT is already there. The caller ends it with outlet_close. */
enum err outlet_open(struct outlet *o, const char *out, enum outlet_form form, struct fault *f) MUST_USE;

/* One file at a time; `at_most` as in zip_write_begin. The folders above it are made. */
enum err outlet_begin(struct outlet *o, const char *name, uint64_t at_most, struct fault *f) MUST_USE;
enum err outlet_add(struct outlet *o, const void *data, size_t len, struct fault *f) MUST_USE;
enum err outlet_end(struct outlet *o, struct fault *f) MUST_USE;
enum err outlet_put(struct outlet *o, const char *name, const struct buf *data, struct fault *f) MUST_USE;

/* Makes it durable and gives it its name. However long the disk takes, a call returns after about `wait_ms`: a thread
   waits for the disk. Call it until *done. */
enum err outlet_finish(struct outlet *o, int wait_ms, bool *done, struct fault *f) MUST_USE;
/* Removes what has not got its name. */
void outlet_close(struct outlet *o);

#endif
