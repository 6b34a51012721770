#include "ledger/past.h"

#include "base/diag.h"
#include "base/text.h"
#include "ledger/inside.h"
#include "ledger/space.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARCHIVES_MAX = 64, PIECES_MAX = 3 * ARCHIVES_MAX, COPIES_MAX = 2 * MEDIA_MAX, BEGUN_SEQ = LINEAGE_ENTRIES - 1 };

/* Entries whose numbers follow one another; each copy has all of them. */
struct piece {
	uint64_t first, count; /* numbers */
	uint64_t from;         /* the place of the first in its log */
	struct ledger *copies[COPIES_MAX];
	unsigned copies_count;
};

struct past {
	struct ledger *archives[ARCHIVES_MAX];
	unsigned archives_count;
	struct piece pieces[PIECES_MAX]; /* newest first */
	unsigned pieces_count;
	uint64_t size, missing;
};

/* ---- what a log says of those before it ---- */

static bool read_head(struct checkpoint *out, const json_t *object)
{
	const char *root = json_string_value(json_object_get(object, "root"));
	json_int_t size = json_integer_value(json_object_get(object, "size"));
	size_t len = HASH_SIZE;

	out->size = (uint64_t)size;
	return root != NULL && size > 0 && strlen(root) == BASE64_SIZE(HASH_SIZE) - 1 &&
	       base64_decode(out->root, &len, root, strlen(root)) == ERR_OK && len == HASH_SIZE;
}

static enum err read_heads(struct lineage *line, const json_t *continues)
{
	const json_t *object;
	size_t i;

	json_array_foreach (continues, i, object) {
		if (i >= MEDIA_MAX || !read_head(&line->heads[i], object))
			return ERR_CORRUPT;
		line->count++;
	}
	return ERR_OK;
}

static uint64_t count_in(const json_t *body, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(body, key));

	return value > 0 ? (uint64_t)value : 0;
}

static enum err take_line(void *context, const struct record *r)
{
	struct lineage *line = context;
	json_t *body = r->body != NULL ? json_loads(r->body, 0, NULL) : NULL;
	const char *act = json_string_value(json_object_get(body, "act"));
	enum err err = ERR_OK;

	if (r->seq == 0) {
		err = read_heads(line, json_object_get(body, "continues"));
	} else if (r->seq == BEGUN_SEQ && act != NULL && strcmp(act, "incarnation.begun") == 0) {
		line->before = count_in(body, "before");
		line->common = count_in(body, "common");
	}
	json_decref(body);
	return err;
}

/* How many entries the logs just before this one have together. */
static uint64_t sum(const struct lineage *line)
{
	uint64_t all = line->common;

	for (unsigned i = 0; i < line->count; i++)
		all += line->heads[i].size - line->common;
	return all;
}

static bool is_possible(const struct lineage *line)
{
	if (line->count == 0)
		return line->before == 0;
	for (unsigned i = 0; i < line->count; i++)
		if (line->common > line->heads[i].size)
			return false;
	return sum(line) <= line->before && (line->count > 1 || line->common == line->heads[0].size);
}

enum err lineage_read(struct ledger *l, struct lineage *out, struct fault *f)
{
	struct lineage line = {.before = 0};
	enum err err = ledger_read(l, 0, LINEAGE_ENTRIES, take_line, &line, f);

	if (err == ERR_CORRUPT || (err == ERR_OK && !is_possible(&line)))
		return fault_set(f, ERR_CORRUPT, _("the first entries do not say what the logs before this one held"));
	if (err == ERR_OK)
		*out = line;
	return err;
}

/* ---- finding them ---- */

static void open_archives(struct past *p, const char *folder)
{
	char path[PATH_MAX];
	struct fault f;

	for (unsigned n = 1; ledger_earlier_path(folder, n, path, sizeof path) == ERR_OK; n++) {
		if (p->archives_count == ARCHIVES_MAX)
			return;
		if (ledger_open_readonly(path, &p->archives[p->archives_count], &f) == ERR_OK)
			p->archives_count++;
		else
			diag(DIAG_ERROR, "%s", f.text);
	}
}

static void add_copies(struct past *p, struct piece *piece, const struct checkpoint *head)
{
	for (unsigned i = 0; i < p->archives_count && piece->copies_count < COPIES_MAX; i++) {
		struct checkpoint_info at = ledger_head(p->archives[i]);

		if (at.size == head->size && memcmp(at.root, head->root, HASH_SIZE) == 0)
			piece->copies[piece->copies_count++] = p->archives[i];
	}
}

static struct piece *add_piece(struct past *p, uint64_t first, uint64_t count, uint64_t from)
{
	struct piece *piece = &p->pieces[p->pieces_count++];

	*piece = (struct piece){.first = first, .count = count, .from = from};
	return piece;
}

/* The logs just before one whose entry 0 has the number `end`. NULL: none of them is here. */
static struct ledger *add_logs(struct past *p, const struct lineage *line, uint64_t end)
{
	uint64_t first = end;
	struct piece *common;

	for (unsigned i = line->count; i-- > 0;) {
		uint64_t count = line->heads[i].size - line->common;

		first -= count;
		add_copies(p, add_piece(p, first, count, line->common), &line->heads[i]);
	}
	common = add_piece(p, first - line->common, line->common, 0);
	for (unsigned i = 0; i < line->count; i++)
		add_copies(p, common, &line->heads[i]);
	return common->copies[0];
}

static void count_missing(struct past *p, uint64_t unknown)
{
	p->missing = unknown;
	for (unsigned i = 0; i < p->pieces_count; i++)
		if (p->pieces[i].copies_count == 0)
			p->missing += p->pieces[i].count;
}

static enum err find_all(struct past *p, struct ledger *l, struct fault *f)
{
	struct lineage line = {.before = 0};
	enum err err = lineage_read(l, &line, f);
	uint64_t end;

	if (err != ERR_OK)
		return err;
	p->size = end = line.before;
	while (l != NULL && line.count > 0 && p->pieces_count + MEDIA_MAX < PIECES_MAX) {
		l = add_logs(p, &line, end);
		end -= sum(&line);
		/* One that is damaged must not keep the present one from being written. */
		if (l != NULL && (lineage_read(l, &line, f) != ERR_OK || line.before != end))
			break;
	}
	count_missing(p, end);
	return ERR_OK;
}

enum err past_open(struct ledger *l, struct past **out, struct fault *f)
{
	struct past *p = calloc(1, sizeof *p);
	enum err err;

	if (p == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	for (int i = 0; i < MEDIA_MAX; i++)
		if (l->media.m[i].folder != NULL)
			open_archives(p, l->media.m[i].folder);
	err = find_all(p, l, f);
	if (err != ERR_OK) {
		past_close(p);
		return err;
	}
	if (!l->is_readonly)
		past_settle(p, l);
	*out = p;
	return ERR_OK;
}

void past_forget(struct past *p)
{
	for (unsigned i = 0; i < p->archives_count; i++)
		ledger_close(p->archives[i]);
	p->archives_count = 0;
	p->pieces_count = 0;
	p->missing = p->size;
}

void past_close(struct past *p)
{
	if (p == NULL)
		return;
	past_forget(p);
	free(p);
}

uint64_t past_size(const struct past *p)
{
	return p->size;
}

uint64_t past_missing(const struct past *p)
{
	return p->missing;
}

struct ledger *past_log(const struct past *p, unsigned index)
{
	return index < p->archives_count ? p->archives[index] : NULL;
}

/* ---- what one medium lacks ---- */

static bool same_head(const struct ledger *a, const struct ledger *b)
{
	return a->head.size == b->head.size && memcmp(a->head.root, b->head.root, HASH_SIZE) == 0;
}

static bool is_below(const struct ledger *archive, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(archive->folder, folder, len) == 0 && archive->folder[len] == '/';
}

static bool holds(const struct past *p, const char *folder, const struct ledger *archive)
{
	for (unsigned i = 0; i < p->archives_count; i++)
		if (is_below(p->archives[i], folder) && same_head(p->archives[i], archive))
			return true;
	return false;
}

/* The number after the last one that is there. */
static unsigned next_number(const char *folder)
{
	char path[PAST_PATH_SIZE];
	unsigned n = 1;

	while (ledger_earlier_path(folder, n, path, sizeof path) == ERR_OK)
		n++;
	return n;
}

static unsigned add_lacking(const struct past *p, const char *folder, const char *other, unsigned count,
			    struct lacking out[PAST_LACKING_MAX])
{
	unsigned number = next_number(folder);
	struct space space;

	space_measure(folder, &space);
	for (unsigned i = 0; i < p->archives_count && count < PAST_LACKING_MAX; i++) {
		struct lacking *one = &out[count];

		if (!is_below(p->archives[i], other) || holds(p, folder, p->archives[i]))
			continue;
		if ((size_t)snprintf(one->from, sizeof one->from, "%s", p->archives[i]->folder) >= sizeof one->from ||
		    (size_t)snprintf(one->to, sizeof one->to, "%s/incarnations/%u", folder, number) >= sizeof one->to)
			continue;
		one->free_bytes = space.free_bytes;
		number++;
		count++;
	}
	return count;
}

unsigned past_lacking(const struct past *p, const struct ledger *l, struct lacking out[PAST_LACKING_MAX])
{
	const struct medium *m = l->media.m;
	unsigned count = 0;

	if (m[0].folder == NULL || m[1].folder == NULL || media_is_alone(&l->media))
		return 0;
	for (int i = 0; i < MEDIA_MAX; i++)
		count = add_lacking(p, m[i].folder, m[1 - i].folder, count, out);
	return count;
}

/* ---- reading ---- */

struct numbering {
	const struct piece *piece;
	record_taker *take;
	void *context;
	uint64_t next; /* number */
	enum err taken;
};

static enum err take_numbered(void *context, const struct record *record)
{
	struct numbering *n = context;
	struct record numbered = *record;

	numbered.seq = record->seq - n->piece->from + n->piece->first;
	n->next = numbered.seq + 1;
	n->taken = n->take(n->context, &numbered);
	return n->taken;
}

/* What one copy cannot give is taken from the next. */
static enum err read_piece(struct numbering *n, uint64_t to, struct fault *f)
{
	const struct piece *piece = n->piece;
	enum err err = ERR_OK;

	for (unsigned i = 0; i < piece->copies_count; i++) {
		err = ledger_read(piece->copies[i], n->next - piece->first + piece->from,
				  to - piece->first + piece->from, take_numbered, n, f);
		if (err == ERR_OK || n->taken != ERR_OK)
			return err;
	}
	return err;
}

enum err past_read(struct past *p, uint64_t from, uint64_t to, record_taker *take, void *context, struct fault *f)
{
	enum err err = ERR_OK;

	for (unsigned i = p->pieces_count; i-- > 0 && err == ERR_OK;) {
		const struct piece *piece = &p->pieces[i];
		uint64_t end = piece->first + piece->count;
		struct numbering n = {.piece = piece, .take = take, .context = context};

		n.next = from > piece->first ? from : piece->first;
		end = to < end ? to : end;
		if (n.next < end)
			err = read_piece(&n, end, f);
	}
	return err;
}

static enum err take_after(void *context, const struct record *record)
{
	const struct numbering *n = context;
	struct record numbered = *record;

	numbered.seq += n->next;
	return n->take(n->context, &numbered);
}

enum err past_read_on(struct past *p, struct ledger *l, uint64_t from, uint64_t to, record_taker *take, void *context,
		      struct fault *f)
{
	struct numbering n = {.take = take, .context = context, .next = p->size};
	enum err err = from < p->size ? past_read(p, from, to, take, context, f) : ERR_OK;

	if (err != ERR_OK || to <= p->size)
		return err;
	return ledger_read(l, from > p->size ? from - p->size : 0, to - p->size, take_after, &n, f);
}

enum err past_find_idem(struct past *p, const char *idem, uint64_t *number)
{
	for (unsigned i = 0; i < p->pieces_count; i++) {
		const struct piece *piece = &p->pieces[i];

		for (unsigned k = 0; k < piece->copies_count; k++) {
			uint64_t seq = 0;

			if (ledger_find_idem(piece->copies[k], idem, &seq, NULL) != ERR_OK || seq < piece->from ||
			    seq - piece->from >= piece->count)
				continue;
			*number = seq - piece->from + piece->first;
			return ERR_OK;
		}
	}
	return ERR_MISSING;
}

struct ledger *past_find(const struct past *p, uint64_t number, uint64_t *seq)
{
	for (unsigned i = 0; i < p->pieces_count; i++) {
		const struct piece *piece = &p->pieces[i];

		if (number < piece->first || number - piece->first >= piece->count || piece->copies_count == 0)
			continue;
		*seq = number - piece->first + piece->from;
		return piece->copies[0];
	}
	return NULL;
}

const char *past_locate(const struct past *p, uint64_t number, uint64_t *seq)
{
	const struct ledger *archive = past_find(p, number, seq);

	return archive != NULL ? ledger_origin(archive) : NULL;
}
