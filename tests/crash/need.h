/* Memory that is there, or the harness ends. */
#ifndef KANNUKI_TESTS_CRASH_NEED_H
#define KANNUKI_TESTS_CRASH_NEED_H

#include <stddef.h>

/* realloc; `old` may be NULL. What is new is not zero. */
__attribute__((returns_nonnull)) void *need(void *old, size_t size);
__attribute__((returns_nonnull)) void *need_zeros(size_t count, size_t size);

/* Not 0: the harness itself is at work, and nothing is made to fail for it. */
extern int need_depth;

#endif
