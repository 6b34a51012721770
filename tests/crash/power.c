#include "power.h"
#include "need.h"

#include <stdlib.h>

const char *const fate_names[FATES] = {"kept", "lost", "reordered", "torn", "trashed", "smeared"};

void power_init(struct power *p, const struct disk *start, const struct disk *log, uint64_t seed)
{
	*p = (struct power){.log = log, .doubt = dice_of(seed, 1)};
	disk_copy(&p->safe, start);
}

void power_copy(struct power *to, const struct power *from)
{
	*to = *from;
	disk_copy(&to->safe, &from->safe);
	to->waiting = need(NULL, (from->count + 1) * sizeof *to->waiting);
	to->room = from->count + 1;
	if (from->count > 0)
		memcpy(to->waiting, from->waiting, from->count * sizeof *to->waiting);
}

void power_fini(struct power *p)
{
	disk_fini(&p->safe);
	free(p->waiting);
}

/* ---- playing ---- */

static void wait_for_sync(struct power *p, size_t op)
{
	if (p->count == p->room) {
		p->room = p->room * 2 + 16;
		p->waiting = need(p->waiting, p->room * sizeof *p->waiting);
	}
	p->waiting[p->count++] = op;
}

static bool is_of_folder(const struct op *op)
{
	return op->kind == OP_CREATE || op->kind == OP_DELETE;
}

static void apply(struct disk *d, const struct op *op)
{
	struct file *file = &d->files[op->file];

	if (is_of_folder(op))
		file->is_linked = op->kind == OP_CREATE;
	else if (op->kind == OP_WRITE)
		content_write(&file->content, op->offset, op->data, op->len);
	else
		content_truncate(&file->content, op->offset);
}

/* Is it this operation that the sync is about? */
static bool is_settled(const struct op *sync, const struct op *op)
{
	if (sync->kind == OP_SYNC_FOLDER)
		return is_of_folder(op) && op->medium == sync->medium;
	return !is_of_folder(op) && op->file == sync->file;
}

/* Of what a failed sync was about, some arrived and the rest never will. */
static void settle(struct power *p, const struct op *sync)
{
	size_t left = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct op *op = &p->log->ops[p->waiting[i]];

		if (!is_settled(sync, op))
			p->waiting[left++] = p->waiting[i];
		else if (sync->kind != OP_SYNC_FAILED || dice_below(&p->doubt, 2) == 0)
			apply(&p->safe, op);
	}
	p->count = left;
}

static void add_file(struct power *p, const struct op *op)
{
	struct file *file = &p->safe.files[op->file];

	*file = (struct file){.medium = op->medium};
	memcpy(file->name, p->log->files[op->file].name, DISK_NAME);
	if (op->file >= p->safe.file_count)
		p->safe.file_count = op->file + 1;
}

/* What was found when the medium was put back is what it held since it was pulled. */
static void pull(struct power *p, size_t at)
{
	unsigned medium = p->log->ops[at].medium;
	size_t left = 0;

	for (size_t i = 0; i < p->count; i++)
		if (p->log->ops[p->waiting[i]].medium != medium)
			p->waiting[left++] = p->waiting[i];
	p->count = left;
	while (++at < p->log->op_count && p->log->ops[at].kind == OP_FOUND) {
		const struct op *op = &p->log->ops[at];
		struct file *file = &p->safe.files[op->file];

		file->is_linked = op->offset != 0;
		content_truncate(&file->content, 0);
		content_write(&file->content, 0, op->data, op->len);
	}
}

void power_play(struct power *p, size_t at)
{
	const struct op *op = &p->log->ops[at];

	if (op->kind == OP_CREATE)
		add_file(p, op);
	if (op->kind == OP_SYNC || op->kind == OP_SYNC_FAILED || op->kind == OP_SYNC_FOLDER)
		settle(p, op);
	else if (op->kind == OP_PULL)
		pull(p, at);
	else if (op->kind != OP_FOUND)
		wait_for_sync(p, at);
}

/* ---- cutting ---- */

struct storm {
	enum fate fate;
	struct dice dice;
	size_t sector;
	size_t names_kept[MEDIA]; /* of creations and deletions */
};

static void trash(struct storm *s, struct file *file, size_t from, size_t to)
{
	uint8_t garbage[4096];

	if (s->fate == FATE_SMEARED) {
		size_t end = (to + s->sector - 1) / s->sector * s->sector;

		from = from / s->sector * s->sector;
		to = end < file->content.len ? end : to;
	}
	dice_fill(&s->dice, garbage, to - from);
	content_write(&file->content, from, garbage, to - from);
}

static void tear(struct storm *s, struct disk *d, const struct op *op)
{
	struct file *file = &d->files[op->file];
	size_t end = op->offset + op->len, next;

	for (size_t at = op->offset; at < end; at = next) {
		uint64_t eye = dice_below(&s->dice, 4);

		next = (at / s->sector + 1) * s->sector;
		if (next > end)
			next = end;
		if (eye < 2)
			content_write(&file->content, at, op->data + (at - op->offset), next - at);
		else if (eye == 2 && s->fate != FATE_TORN)
			trash(s, file, at, next);
	}
}

static void meet_fate(struct storm *s, struct disk *d, const struct op *op)
{
	bool arrives;

	if (is_of_folder(op)) {
		arrives = s->names_kept[op->medium] > 0;
		s->names_kept[op->medium] -= arrives;
	} else if (s->fate == FATE_KEPT || s->fate == FATE_LOST) {
		arrives = s->fate == FATE_KEPT;
	} else if (op->kind == OP_WRITE && s->fate != FATE_REORDERED) {
		tear(s, d, op);
		return;
	} else {
		arrives = dice_below(&s->dice, 2) == 0;
	}
	if (arrives)
		apply(d, op);
}

static void throw_names(const struct power *p, struct storm *s)
{
	size_t names[MEDIA] = {0};

	for (size_t i = 0; i < p->count; i++)
		names[p->log->ops[p->waiting[i]].medium] += is_of_folder(&p->log->ops[p->waiting[i]]);
	for (unsigned m = 0; m < MEDIA; m++)
		s->names_kept[m] = s->fate == FATE_KEPT   ? names[m]
				   : s->fate == FATE_LOST ? 0
							  : dice_below(&s->dice, names[m] + 1);
}

void power_cut(const struct power *p, enum fate fate, struct dice dice, struct disk *out)
{
	struct storm s = {.fate = fate, .dice = dice};

	s.sector = dice_below(&s.dice, 2) == 0 ? 512 : 4096;
	throw_names(p, &s);
	disk_copy(out, &p->safe);
	out->dice.state = dice_throw(&s.dice);
	for (size_t i = 0; i < p->count; i++)
		meet_fate(&s, out, &p->log->ops[p->waiting[i]]);
}

/* ---- pulling ---- */

static void find(struct disk *d, unsigned number, const struct file *found)
{
	struct file *file = &d->files[number];
	struct op op = {OP_FOUND, file->medium, number, found->is_linked, found->content.len, NULL};

	file->is_linked = found->is_linked;
	content_truncate(&file->content, 0);
	content_write(&file->content, 0, found->content.data, found->content.len);
	op.data = need(NULL, op.len);
	if (op.len > 0)
		memcpy(op.data, found->content.data, op.len);
	disk_note(d, op);
}

void disk_pull(struct disk *d, unsigned medium, uint64_t seed)
{
	struct dice dice = dice_of(seed, 5);
	struct disk nothing = {0}, found;
	struct power power;

	power_init(&power, &nothing, d, seed);
	for (size_t i = 0; i < d->op_count; i++)
		power_play(&power, i);
	power_cut(&power, (enum fate)dice_below(&dice, FATES), dice, &found);
	power_fini(&power);
	disk_note(d, (struct op){.kind = OP_PULL, .medium = medium});
	for (unsigned i = 0; i < d->file_count; i++)
		if (d->files[i].medium == medium)
			find(d, i, &found.files[i]);
	disk_fini(&found);
	d->is_lost[medium] = true;
}

void disk_wipe(struct disk *d, unsigned medium)
{
	static const struct file nothing;

	disk_note(d, (struct op){.kind = OP_PULL, .medium = medium});
	for (unsigned i = 0; i < d->file_count; i++)
		if (d->files[i].medium == medium)
			find(d, i, &nothing);
}

/* ---- telling disks apart ---- */

static uint64_t mix(uint64_t sum, const uint8_t *data, size_t len)
{
	uint64_t word;

	for (; len >= sizeof word; data += sizeof word, len -= sizeof word) {
		memcpy(&word, data, sizeof word);
		sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
		sum ^= sum >> 32;
	}
	for (; len > 0; data++, len--)
		sum = (sum ^ *data) * UINT64_C(0x9fb21c651e98df25);
	return sum ^ (sum >> 29);
}

uint64_t disk_number(const struct disk *d)
{
	uint64_t sum = 1;

	for (unsigned i = 0; i < d->file_count; i++) {
		const struct file *file = &d->files[i];

		if (!file->is_linked)
			continue;
		sum = mix(sum + file->medium, (const uint8_t *)file->name, strlen(file->name));
		sum = mix(sum + file->content.len, file->content.data, file->content.len);
	}
	return sum;
}
