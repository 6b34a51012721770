/* Files that came along with an act: stored before the act is recorded, one request after the other, by a thread of
 * their own. Nothing that comes from a front end is looked at, read or closed on the loop: it may take for ever.
 *
 *   request ─► queue ─► thread: copy and hash ─► loop: is everything still as it was? ─► the act ─► its entry
 *                            └─ the asker goes, the ledger closes: broken off, and nothing is left
 */
#ifndef KANNUKI_KEEPER_INTAKE_H
#define KANNUKI_KEEPER_INTAKE_H

#include "keeper/keeper.h"

/* Goes on with the request: `files` is the list to be recorded, borrowed. */
typedef void intake_done(struct keeper *k, const struct request *r, const struct session *session, json_t *files);

/* Takes over what came along with `r`, or refuses. */
void intake_begin(struct keeper *k, const struct request *r, const struct session *session, json_t *named,
		  intake_done *go_on);
/* Whoever asked on this connection waits no more. */
void intake_gone(struct keeper *k, uint64_t connection);
/* The ledger closes: what is under way is refused. */
void intake_let_go(struct keeper *k);
void intake_end(struct keeper *k);

#endif
