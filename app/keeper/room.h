/* When a change of the room on the media is worth an entry: at once when it gets worse, and when it has been better for
 * ten minutes.
 */
#ifndef KANNUKI_KEEPER_ROOM_H
#define KANNUKI_KEEPER_ROOM_H

#include "ledger/ledger.h"

struct room {
	enum space_level told;
	bool is_better; /* than told, since: */
	int64_t since_ns;
};

/* True: tell it now; `told` is the new level then. */
bool room_look(struct room *r, enum space_level level, int64_t now_ns);

const char *room_word(enum space_level level);
/* SPACE_GOOD for any other word. */
enum space_level room_level(const char *word);

#endif
