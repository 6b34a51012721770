#include "need.h"

#include <stdio.h>
#include <stdlib.h>

static void *there(void *memory)
{
	if (memory == NULL) {
		(void)puts("Bail out! no memory");
		exit(1);
	}
	return memory;
}

void *need(void *old, size_t size)
{
	return there(realloc(old, size > 0 ? size : 1));
}

void *need_zeros(size_t count, size_t size)
{
	return there(calloc(count, size));
}
