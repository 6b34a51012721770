#include "keeper/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static const enum peer kinds[] = {PEER_PANEL, PEER_WEB, PEER_CONSOLE, PEER_CLI};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static enum err take_held(struct server *s, enum peer peer, int fd, enum sockets_use use, struct fault *f)
{
	int own = use == SOCKETS_FOR_GOOD ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	enum err err;

	if (own < 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", peer_name(peer), strerror(errno));
	err = server_take_listener(s, peer, own, f);
	if (err != ERR_OK && use == SOCKETS_FOR_NOW)
		(void)close(own);
	return err;
}

enum err sockets_take(struct server *s, const struct config *config, unsigned peers, enum sockets_use use,
		      struct fault *f)
{
	char **names = NULL;
	int count = sd_listen_fds_with_names(use == SOCKETS_FOR_GOOD, &names);
	enum err err = ERR_OK;
	uid_t uid;

	for (size_t i = 0; i < KINDS; i++)
		if (config_user(config, peer_name(kinds[i]), &uid))
			server_permit(s, kinds[i], uid);
	for (int i = 0; i < count; i++) {
		enum peer peer = peer_by_name(names[i]);

		if (err == ERR_OK && (use == SOCKETS_FOR_GOOD || (peers & (unsigned)peer) != 0))
			err = take_held(s, peer, SD_LISTEN_FDS_START + i, use, f);
		free(names[i]);
	}
	free(names);
	for (size_t i = 0; count <= 0 && i < KINDS && err == ERR_OK; i++)
		if ((peers & (unsigned)kinds[i]) != 0)
			err = server_listen(s, kinds[i], f);
	return err;
}
