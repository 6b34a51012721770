/* The simulated board's page: HTTP on 127.0.0.1, for the browser of whoever sits there.
 *
 *   GET /       the page
 *   POST /do    one line for control_do, which answers; only with the header X-Kannuki, which no other site's page can
 *               send here
 *
 * One request for each connection.
 */
#ifndef KANNUKI_SIMULATOR_WEB_H
#define KANNUKI_SIMULATOR_WEB_H

#include "board/simulator/board.h"

#include "base/err.h"

#include <poll.h>

enum { WEB_CLIENTS = 8, WEB_FDS = 1 + WEB_CLIENTS, WEB_REQUEST = 4096 };

struct web {
	int listener; /* -1: none */
	const char *page;
	struct web_client {
		int fd; /* -1: free */
		size_t length;
		char request[WEB_REQUEST];
	} clients[WEB_CLIENTS];
};

void web_init(struct web *w);
void web_fini(struct web *w);
/* Serves the file `page` (borrowed) on `port`; 0: nothing is served. */
enum err web_open(struct web *w, int port, const char *page, struct fault *f);

/* What to wait for, and what to do when it has come. */
void web_watch(const struct web *w, struct pollfd fds[WEB_FDS]);
void web_serve(struct web *w, const struct pollfd fds[WEB_FDS], struct board *b);

#endif
