/* The connection to the keeper, in the main thread: forwards news, takes orders.
 *
 * An event is sent until the keeper has answered that it is recorded, over every new connection again with the same
 * number; only then is it confirmed to the link thread. A keeper that has left a request unanswered for 5 s counts as
 * hung: the connection is closed and tried again after 0.1 s, doubling to 2 s. Nothing here blocks.
 */
#ifndef KANNUKI_PANEL_KEEPER_H
#define KANNUKI_PANEL_KEEPER_H

#include "ipc/client.h"
#include "panel/mail.h"
#include "uplink/local.h"

struct request {
	int id; /* 0: none unanswered */
	int64_t sent_ns;
};

struct keeper {
	struct mail *mail;   /* borrowed */
	struct local *local; /* borrowed; to be told what the record says is connected; NULL with a controller */
	struct client *client;
	uint32_t connection; /* counted, so that outcomes do not reach another keeper than asked */
	bool is_broken;      /* a send failed: to be closed at the end of the turn */
	int64_t now_ns;
	int64_t try_ns;
	int64_t pause_ns;
	bool trouble_said;

	bool hello_due;
	struct request hello;
	struct panel_identity controller; /* all zero until one was found */

	bool has_event;
	struct news event;
	struct request event_request;
	int64_t event_due_ns;
	bool refusal_said;

	bool has_witness; /* of this controller */
	bool witness_due;
	struct panel_witness witness;

	bool has_keys; /* they lie in the file */
	bool keys_due;

	bool has_picture; /* one that the keeper has not been sent */
	struct picture picture;
	struct request picture_request;
};

void keeper_init(struct keeper *k, struct mail *mail, struct local *local, int64_t now_ns);
void keeper_fini(struct keeper *k);
/* To poll for POLLIN; -1 without a connection. */
int keeper_fd(const struct keeper *k);
/* Does all that can be done now; returns when to come again at the latest. */
int64_t keeper_turn(struct keeper *k, int64_t now_ns) MUST_USE;

#endif
