/* A log that ended before the one that lives: what people wrote there is erased by the one that goes on. */
#ifndef KANNUKI_TESTS_CRASH_EARLIER_H
#define KANNUKI_TESTS_CRASH_EARLIER_H

#include "life.h"

/* Instead of life_create. It is made on real files, which the disk in memory then holds: no power is cut before. */
enum err earlier_create(struct life *l) MUST_USE;
/* The files beside the databases, for a worker's home. */
void earlier_copy_home(const struct home *to, const struct home *from);
/* A medium that is lost does not show its logs. */
void earlier_show(const struct life *l, unsigned medium);
/* Looks for the logs again, as whoever opens a ledger and whoever hears of a medium that came or went does; what the
   ledger says is erased is erased then. */
enum err earlier_find(struct life *l) MUST_USE;
void earlier_close(struct life *l);
/* Erases the text of one of their entries. */
enum err earlier_redact(struct life *l) MUST_USE;
/* Disposes of a case there and here. */
enum err earlier_dispose(struct life *l) MUST_USE;
/* What entries say is erased lies nowhere on these media; what they do not, lies there. */
bool earlier_is_as_recorded(struct life *l, unsigned media, struct finding *out);

#endif
