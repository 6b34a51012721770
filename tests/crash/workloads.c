#include "workloads.h"

/* For what cannot fail, as no fault is injected there. */
static void must(struct life *l, enum err err)
{
	if (err != ERR_OK)
		longjmp(l->give_up, 1);
}

static void tidy(struct life *l)
{
	must(l, ledger_tidy(l->ledger));
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

const struct workload workloads[] = {
	{"single", run_single, CUT_LATER},
	{"groups", run_groups, CUT_LATER},
	{"rotation", run_rotation, CUT_LATER},
	{"mixed", run_mixed, CUT_LATER},
	{"restarts", run_restarts, CUT_LATER},
	{"creation", run_creation, CUT_FROM_THE_START},
	{"failed-syncs", run_failed_syncs, CUT_LATER},
	{"full", run_full, CUT_LATER},
};
const size_t workload_count = sizeof workloads / sizeof *workloads;
