/* Preloaded into a program: the wall clock is ahead by as many seconds as the file $STEPPED_CLOCK says, just now. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long status = syscall(SYS_clock_gettime, clock, now);
	const char *path = getenv("STEPPED_CLOCK");
	FILE *file = clock == CLOCK_REALTIME && path != NULL ? fopen(path, "re") : NULL;
	char text[32] = "";

	if (file != NULL) {
		if (fgets(text, sizeof text, file) != NULL)
			now->tv_sec += strtol(text, NULL, 10);
		(void)fclose(file);
	}
	return (int)status;
}
