#include "keeper/starting.h"

#include "base/diag.h"
#include "keeper/sockets.h"

#include <systemd/sd-daemon.h>

static struct {
	const struct config *config; /* NULL: not starting */
	sd_event *event;
	struct server *server;
	uint64_t percent;
} now;

static void on_request(void *context, const struct request *r)
{
	(void)context;
	server_refuse(now.server, r->ticket, "starting", json_pack("{s:I}", "percent", (json_int_t)now.percent));
}

static void on_gone(void *context, uint64_t connection)
{
	(void)context;
	(void)connection;
}

static void close_sockets(void)
{
	server_free(now.server);
	now.server = NULL;
	now.event = sd_event_unref(now.event);
}

static bool open_sockets(void)
{
	const struct server_hooks hooks = {.request = on_request, .gone = on_gone};
	struct fault f = {.text = "out of memory"};

	if (sd_event_new(&now.event) >= 0 && server_new(now.event, &hooks, &now.server) == ERR_OK &&
	    sockets_take(now.server, now.config, PEER_PEOPLE, SOCKETS_FOR_NOW, &f) == ERR_OK)
		return true;
	diag(DIAG_WARNING, "nobody can be told how far the start is: %s", f.text);
	close_sockets();
	now.config = NULL;
	return false;
}

void starting_begin(const struct config *config)
{
	now.config = config;
	now.percent = 0;
}

void starting_end(void)
{
	close_sockets();
	now.config = NULL;
}

void starting_tell(const char *what, uint64_t done, uint64_t total)
{
	now.percent = total > 0 ? done * 100 / total : 0;
	(void)sd_notifyf(0, "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000\nSTATUS=%s, %llu %%", what,
			 (unsigned long long)now.percent);
	if (now.config == NULL || (now.server == NULL && !open_sockets()))
		return;
	while (sd_event_run(now.event, 0) > 0)
		;
}
