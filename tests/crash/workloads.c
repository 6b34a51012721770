#include "workloads.h"
#include "earlier.h"

/* For what cannot fail, as no fault is injected there. */
static void must(struct life *l, enum err err)
{
	if (err != ERR_OK)
		longjmp(l->give_up, 1);
}

static void tidy(struct life *l)
{
	must(l, life_tidy(l));
}

static void run_single(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 24; i++) {
		must(l, life_append(l, 1));
		if (i == 15)
			tidy(l);
	}
}

static void run_groups(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 9; i++)
		must(l, life_append(l, 2 + (unsigned)dice_below(&l->dice, 12)));
}

static void run_rotation(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 12; i++) {
		must(l, life_rotate(l));
		if (i % 3 == 1)
			must(l, life_append(l, 1));
		if (i == 7)
			tidy(l);
	}
}

/* Anything may follow anything: the seed decides. */
static void run_mixed(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 20; i++) {
		switch (dice_below(&l->dice, 6)) {
		case 0:
			must(l, life_rotate(l));
			break;
		case 1:
			tidy(l);
			break;
		case 2:
			must(l, life_stage(l));
			ledger_abandon(l->ledger);
			break;
		case 3:
			must(l, life_append(l, 1 + (unsigned)dice_below(&l->dice, 6)));
			break;
		default:
			must(l, life_append(l, 1));
			break;
		}
	}
}

static void run_restarts(struct life *l)
{
	for (int i = 0; i < 7; i++) {
		must(l, life_open(l));
		must(l, life_append(l, 1 + (unsigned)i % 3));
		life_close(l);
	}
}

/* The ledger's making, its first opening and its first entry. */
static void run_creation(struct life *l)
{
	must(l, life_open(l));
	must(l, life_append(l, 1));
	life_close(l);
}

/* Records until the medium refuses; then the program is started again, as it tells people to. */
static void run_failed_syncs(struct life *l)
{
	for (int i = 0; i < 6; i++) {
		struct disk_fault fault = {.at = dice_below(&l->dice, 5), .times = 1, .only_syncs = true};

		must(l, life_open(l));
		disk_set_fault(l->disk, 0, fault);
		for (int n = 0; n < 6; n++)
			if (life_append(l, 1) != ERR_OK)
				ledger_abandon(l->ledger);
		disk_set_fault(l->disk, 0, (struct disk_fault){0});
		life_close(l);
	}
}

/* No room for what is to be written next, until somebody makes room. */
static void run_full(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 8; i++) {
		must(l, life_append(l, 1));
		l->disk->room[0] = disk_used(l->disk, 0) + dice_below(&l->dice, 20000);
		for (int n = 0; n < 6; n++)
			if (life_append(l, 1 + (unsigned)n) != ERR_OK)
				ledger_abandon(l->ledger);
		l->disk->room[0] = 0;
	}
}

/* One medium is pulled, the other goes on alone, and the first one comes back; then the other way round. */
static void run_pulled(struct life *l)
{
	must(l, life_open(l));
	for (unsigned i = 0; i < 4; i++) {
		unsigned pulled = (unsigned)dice_below(&l->dice, 2);

		must(l, life_append(l, 1 + i % 2));
		disk_pull(l->disk, pulled, dice_throw(&l->dice));
		must(l, life_append(l, 1));
		if (i == 2)
			must(l, life_rotate(l));
		must(l, life_append(l, 2));
		disk_put_back(l->disk, pulled);
		must(l, life_rejoin(l));
	}
	must(l, life_append(l, 1));
}

/* The program starts with one medium, and later with both. */
static void run_absent(struct life *l)
{
	must(l, life_open(l));
	for (unsigned i = 0; i < 4; i++) {
		unsigned absent = (unsigned)dice_below(&l->dice, 2);

		must(l, life_append(l, 1));
		life_close(l);
		disk_pull(l->disk, absent, dice_throw(&l->dice));
		for (int n = 0; n < 2; n++) {
			must(l, life_open(l));
			must(l, life_append(l, 1));
			life_close(l);
		}
		disk_put_back(l->disk, absent);
		must(l, life_open(l));
	}
}

/* A sync of one medium fails now and then; the other one goes on. */
static void run_mirror_fails(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 5; i++) {
		unsigned failing = (unsigned)dice_below(&l->dice, 2);

		disk_set_fault(l->disk, failing,
			       (struct disk_fault){.at = dice_below(&l->dice, 3), .times = 1, .only_syncs = true});
		for (int n = 0; n < 3; n++)
			must(l, life_append(l, 1));
		disk_set_fault(l->disk, failing, (struct disk_fault){0});
		must(l, life_rejoin(l));
	}
}

/* The mirror is full; the first medium goes on; room is made. */
static void run_mirror_full(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 4; i++) {
		unsigned full = (unsigned)dice_below(&l->dice, 2);

		l->disk->room[full] = disk_used(l->disk, full) + dice_below(&l->dice, 20000);
		for (int n = 0; n < 3; n++)
			must(l, life_append(l, 2));
		l->disk->room[full] = 0;
		must(l, life_rejoin(l));
	}
}

/* A medium is exchanged for a blank one, which is filled when somebody says so. */
static void run_repaired(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 3; i++) {
		unsigned pulled = (unsigned)dice_below(&l->dice, 2);

		must(l, life_append(l, 2));
		disk_pull(l->disk, pulled, dice_throw(&l->dice));
		must(l, life_append(l, 1));
		life_put_blank(l, pulled);
		must(l, life_append(l, 1));
		must(l, life_repair(l));
	}
	must(l, life_append(l, 1));
}

static void run_erasing(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 7; i++) {
		must(l, life_append(l, 5));
		must(l, life_redact(l));
		if (i % 3 == 1)
			tidy(l);
	}
}

/* Something is erased while one medium is away; when it comes back it must not bring it along. */
static void run_erasing_away(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 4; i++) {
		unsigned away = (unsigned)dice_below(&l->dice, 2);

		must(l, life_append(l, 6));
		disk_pull(l->disk, away, dice_throw(&l->dice));
		must(l, life_append(l, 1));
		must(l, life_redact(l));
		disk_put_back(l->disk, away);
		must(l, life_rejoin(l));
		must(l, life_redact(l));
	}
}

/* What is erased lies in the log before this one, in a copy on each medium; now and then one of them is away. */
static void run_erasing_earlier(struct life *l)
{
	must(l, life_open(l));
	for (int i = 0; i < 6; i++) {
		unsigned away = (unsigned)dice_below(&l->dice, 2);

		must(l, life_append(l, 1));
		must(l, earlier_redact(l));
		if (i == 3)
			must(l, earlier_dispose(l));
		if (i % 2 == 0)
			continue;
		must(l, life_pull(l, away));
		must(l, i == 5 ? earlier_dispose(l) : earlier_redact(l));
		disk_put_back(l->disk, away);
		must(l, life_rejoin(l));
	}
}

/* Each answer of a witness is one transaction with the entry that says so; each question ends an epoch. */
static void run_pinned(struct life *l)
{
	must(l, life_open(l));
	must(l, life_append(l, 2));
	must(l, life_trust(l));
	for (int i = 0; i < 4; i++) {
		must(l, life_append(l, 1 + (unsigned)i % 2));
		must(l, life_witness(l));
		must(l, life_ask_stamp(l));
		if (i == 2)
			tidy(l);
	}
}

const struct workload workloads[] = {
	{"single", run_single, 1, CUT_LATER},
	{"groups", run_groups, 1, CUT_LATER},
	{"rotation", run_rotation, 1, CUT_LATER},
	{"mixed", run_mixed, 1, CUT_LATER},
	{"restarts", run_restarts, 1, CUT_LATER},
	{"creation", run_creation, 1, CUT_FROM_THE_START},
	{"failed-syncs", run_failed_syncs, 1, CUT_LATER},
	{"full", run_full, 1, CUT_LATER},
	{"erasing", run_erasing, 1, CUT_LATER},
	{"pinned", run_pinned, 1, CUT_LATER},
	{"mirrored", run_mixed, 2, CUT_LATER},
	{"mirrored-restarts", run_restarts, 2, CUT_LATER},
	{"pulled", run_pulled, 2, CUT_LATER},
	{"absent", run_absent, 2, CUT_LATER},
	{"mirror-fails", run_mirror_fails, 2, CUT_LATER},
	{"mirror-full", run_mirror_full, 2, CUT_LATER},
	{"repaired", run_repaired, 2, CUT_LATER},
	{"mirrored-erasing", run_erasing, 2, CUT_LATER},
	{"erasing-away", run_erasing_away, 2, CUT_LATER},
	{"erasing-earlier", run_erasing_earlier, 2, CUT_AFTER_ANOTHER},
	{"mirrored-pinned", run_pinned, 2, CUT_LATER},
};
const size_t workload_count = sizeof workloads / sizeof *workloads;
