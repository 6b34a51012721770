#include "uplink/pins.h"

#include "uplink/wiring.h"

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void pins_wait(int bell, int fd, int64_t until_ns)
{
	struct pollfd ready[] = {{.fd = bell, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	struct timespec now, left = {0};
	int64_t left_ns;
	uint64_t times;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left_ns = until_ns - now.tv_sec * INT64_C(1000000000) - now.tv_nsec;
	if (left_ns > 0)
		left = (struct timespec){.tv_sec = left_ns / 1000000000, .tv_nsec = (long)(left_ns % 1000000000)};
	(void)ppoll(ready, 2, &left, NULL);
	if (ready[0].revents != 0)
		(void)!read(bell, &times, sizeof times);
}

bool wiring_inverts(const struct wiring *wiring, const char *name)
{
	for (unsigned i = 0; i < wiring->inverted_count; i++)
		if (strcmp(wiring->inverted[i], name) == 0)
			return true;
	return false;
}
