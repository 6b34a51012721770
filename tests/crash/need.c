#include "need.h"

#include <stdio.h>
#include <stdlib.h>

int need_depth;

static void *there(void *memory)
{
	need_depth--;
	if (memory == NULL) {
		(void)puts("Bail out! no memory");
		exit(1);
	}
	return memory;
}

void *need(void *old, size_t size)
{
	need_depth++;
	return there(realloc(old, size > 0 ? size : 1));
}

void *need_zeros(size_t count, size_t size)
{
	need_depth++;
	return there(calloc(count, size));
}
