/* What the keeper itself must know from the ledger, beside the book of cases: a small fold over the same records. */
#ifndef KANNUKI_KEEPER_RECALL_H
#define KANNUKI_KEEPER_RECALL_H

#include "ledger/ledger.h"

#include <stdbool.h>

enum { RECALL_FAILED_MAX = 32 };

/* Refused logins of one account through one kind of peer, since the last one that was not. */
struct failed_logins {
	char account[65], via[16]; /* "": a free place */
	uint64_t times, boot;
	struct moment at; /* of the last */
};

struct recall {
	struct failed_logins failed[RECALL_FAILED_MAX];
	uint64_t boot; /* of the newest record */
	/* How far the wall clock is ahead of CLOCK_BOOTTIME, as far as the record tells; it moves only by a step. */
	bool has_offset;
	int64_t offset_ms;
	char boot_id[64]; /* of the kernel that the offset belongs to */
	bool is_set_up;   /* setup.done was seen */
	char organisation[257];
	char pack[65];
	char pack_hash[65];   /* as it was used last */
	char config_hash[65]; /* the same of kannuki.yaml; "": not recorded yet */
	/* The newest incarnation that is not the first, and whether somebody has put its genesis code on paper. */
	char incarnation_why[65]; /* "": this log is the first */
	int64_t incarnation_wall_ms;
	bool incarnation_is_noted;
	/* What the panel's controller has seen of the log, as it was compared last, and which one. */
	char seen_verdict[65], seen_by[17];
	char room[16];   /* the level that was told last; "": none was */
	bool is_flooded; /* by the panel's events */
	/* Maintenance of the panel, as long as nobody has ended it. */
	bool is_in_maintenance;
	struct moment maintenance_begun;
	uint64_t maintenance_boot;
	int64_t maintenance_s; /* how long at most */
	/* The newest permit to restore as long as nothing has become of it. */
	bool permit_is_open;
	char permit_about[65];
	int64_t permit_ns; /* CLOCK_BOOTTIME when it was given */
	uint64_t permit_boot;
};

/* How long ago something of the record happened: by CLOCK_BOOTTIME, across a restart of the machine by the wall clock;
   −1: not known. */
int64_t recall_age_ms(const struct recall *r, uint64_t boot, const struct moment *at, const struct moment *now);
int64_t clock_offset_ms(const struct moment *at);
void recall_apply(struct recall *r, const struct record *record);

#endif
