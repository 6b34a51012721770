#include "life.h"
#include "earlier.h"
#include "need.h"

#include "base/file.h"
#include "ledger/inside.h"
#include "ledger/pins.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *const database_names[MEDIA] = {"ledger.db", "mirror.db"};

/* ---- randomness that can be repeated ---- */

static struct dice library_dice;

static const char *library_name(void)
{
	return "dice";
}

static uint32_t library_random(void)
{
	return (uint32_t)dice_throw(&library_dice);
}

static void library_fill(void *const out, const size_t len)
{
	dice_fill(&library_dice, out, len);
}

static randombytes_implementation library = {
	.implementation_name = library_name,
	.random = library_random,
	.buf = library_fill,
};

/* ---- homes ---- */

static void insist(enum err err, const struct fault *f)
{
	if (err == ERR_OK)
		return;
	(void)printf("Bail out! %s: %s\n", err_name(err), f->text);
	exit(1);
}

void home_make(struct home *home, unsigned media)
{
	static const char *const names[MEDIA] = {"first", "second"};
	bool in_memory = access("/dev/shm", W_OK) == 0;

	*home = (struct home){.media = media};
	(void)snprintf(home->place, sizeof home->place, "%s/kannuki-crash-XXXXXX", in_memory ? "/dev/shm" : "/tmp");
	if (mkdtemp(home->place) == NULL) {
		perror(home->place);
		exit(1);
	}
	for (unsigned m = 0; m < MEDIA; m++)
		(void)snprintf(home->folders[m], sizeof home->folders[m], "%s/%s", home->place, names[m]);
	(void)snprintf(home->bundle, sizeof home->bundle, "%s/bundle", home->place);
}

static void make_keys_folder(const char *folder)
{
	char keys[160];
	struct fault f;

	(void)snprintf(keys, sizeof keys, "%s/keys", folder);
	insist(folder_make(keys, 0700, &f), &f);
}

const char *const home_keys[HOME_KEYS] = {"keys/identity", "keys/wrap"};

void home_copy_file(const struct home *to, const struct home *from, unsigned medium, const char *name)
{
	char path[160];
	struct buf data = {.cap = 4096};
	struct fault f;

	(void)snprintf(path, sizeof path, "%s/%s", from->folders[medium], name);
	insist(file_read(path, 4096, &data, &f), &f);
	(void)snprintf(path, sizeof path, "%s/%s", to->folders[medium], name);
	insist(file_create(path, data.data, data.len, 0600, &f), &f);
	buf_fini(&data);
}

void home_copy(struct home *to, const struct home *from)
{
	struct fault f;

	home_make(to, from->media);
	memcpy(to->code, from->code, sizeof to->code);
	for (unsigned m = 0; m < to->media; m++) {
		make_keys_folder(to->folders[m]);
		for (size_t i = 0; i < HOME_KEYS; i++)
			home_copy_file(to, from, m, home_keys[i]);
	}
	to->has_earlier = from->has_earlier;
	earlier_copy_home(to, from);
	if (to->media == MEDIA)
		insist(media_pair(to->folders[0], to->folders[1], &f), &f);
}

void home_remove(const struct home *home)
{
	struct fault f;

	insist(folder_remove(home->place, &f), &f);
}

unsigned life_present(const struct life *l)
{
	unsigned bits = 0;

	for (unsigned m = 0; m < l->home.media; m++)
		bits |= l->disk->is_lost[m] ? 0U : 1U << m;
	return bits;
}

const char *life_folder(const struct life *l)
{
	bool is_first = !l->disk->is_lost[0] && disk_find(l->disk, 0, database_names[0]) != NULL;

	return l->home.folders[is_first || l->disk->is_lost[1] ? 0 : 1];
}

/* Who looks for a database's file before opening it sees a real, empty one. */
static void show_file(struct life *l, unsigned medium)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", l->home.folders[medium], database_names[medium]);
	if (l->disk->is_lost[medium] || disk_find(l->disk, medium, database_names[medium]) == NULL) {
		(void)unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
}

static void show_files(struct life *l)
{
	for (unsigned m = 0; m < MEDIA && m < l->home.media; m++)
		show_file(l, m);
}

static void forget_orphans(struct life *l)
{
	char path[160];

	for (unsigned m = 0; m < l->home.media; m++) {
		(void)snprintf(path, sizeof path, "%s/orphans", l->home.folders[m]);
		insist(folder_remove(path, &l->fault), &l->fault);
	}
}

/* ---- truth ---- */

void truth_copy(struct truth *to, const struct truth *from, uint64_t size)
{
	*to = (struct truth){.count = size, .room = size + 16, .lives = from->lives + 1};
	to->known = need(NULL, to->room * sizeof *to->known);
	memcpy(to->known, from->known, size * sizeof *to->known);
	for (size_t i = 0; i < from->erased_count; i++)
		if (from->erased[i].size <= size)
			to->erased[to->erased_count++] = from->erased[i];
	memcpy(to->earlier, from->earlier, sizeof to->earlier);
	to->earlier_count = from->earlier_count;
}

void truth_fini(struct truth *t)
{
	free(t->known);
	free(t->promises);
	free(t->stretches);
	*t = (struct truth){0};
}

/* Whom of those who had it then a promise still binds. */
static unsigned bound(const struct truth *t, const struct promise *promise, size_t at)
{
	unsigned holders = promise->holders;

	for (size_t i = 0; i < t->blank_count; i++)
		if (promise->at < t->blanks[i].at && t->blanks[i].at <= at)
			holders &= ~(1U << t->blanks[i].medium);
	return holders;
}

uint64_t truth_promised(const struct truth *t, size_t at, unsigned media)
{
	uint64_t size = 0;

	for (size_t i = 0; i < t->promise_count && t->promises[i].at <= at; i++)
		if ((bound(t, &t->promises[i], at) & media) != 0)
			size = t->promises[i].size;
	return size;
}

unsigned truth_blank(const struct truth *t, size_t at)
{
	unsigned blank = 0, filled = 0;

	for (size_t i = 0; i < t->blank_count; i++)
		blank |= t->blanks[i].at <= at ? 1U << t->blanks[i].medium : 0U;
	for (size_t i = 0; i < t->promise_count && t->promises[i].at <= at; i++)
		filled |= bound(t, &t->promises[i], at);
	return blank & ~filled;
}

void truth_promise(struct truth *t, struct promise promise)
{
	if (t->promise_count == t->promise_room) {
		t->promise_room = t->promise_room * 2 + 64;
		t->promises = need(t->promises, t->promise_room * sizeof *t->promises);
	}
	t->promises[t->promise_count++] = promise;
}

static void add_stretch(struct truth *t, struct stretch stretch)
{
	if (t->stretch_count == t->stretch_room) {
		t->stretch_room = t->stretch_room * 2 + 64;
		t->stretches = need(t->stretches, t->stretch_room * sizeof *t->stretches);
	}
	t->stretches[t->stretch_count++] = stretch;
}

static enum err learn(void *context, const struct record *r)
{
	struct truth *t = context;

	if (t->count == t->room) {
		t->room = t->room * 2 + 64;
		t->known = need(t->known, t->room * sizeof *t->known);
	}
	memcpy(t->known[t->count].leaf, r->leaf, HASH_SIZE);
	(void)snprintf(t->known[t->count].idem, IDEM_TEXT, "%s", r->idem != NULL ? r->idem : "");
	t->known[t->count].has_text = r->text != NULL;
	t->count++;
	return ERR_OK;
}

enum err life_promise(struct life *l)
{
	struct truth *t = &l->truth;
	uint64_t size = ledger_head(l->ledger).size;
	struct disk_fault faults[MEDIA];
	enum err err;

	/* It has been acknowledged, so looking at it must not fail. */
	memcpy(faults, l->disk->fault, sizeof faults);
	memset(l->disk->fault, 0, sizeof faults);
	need_depth++;
	err = ledger_read(l->ledger, t->count, size, learn, t, &l->fault);
	need_depth--;
	memcpy(l->disk->fault, faults, sizeof faults);
	if (err != ERR_OK)
		return err;
	if (t->count != size)
		return fault_set(&l->fault, ERR_CORRUPT, "the head has %llu entries, %zu can be read",
				 (unsigned long long)size, t->count);
	truth_promise(t, (struct promise){l->disk->op_count, size, life_holders(l)});
	return ERR_OK;
}

/* ---- a life ---- */

void life_begin(struct life *l, const struct home *home, struct disk *disk, uint64_t seed)
{
	*l = (struct life){.home = *home, .disk = disk, .dice = dice_of(seed, 2)};
	(void)randombytes_set_implementation(&library);
	media_without_threads = true;
	library_dice = dice_of(seed, 3);
	disk_mount(disk);
	forget_orphans(l);
	show_files(l);
}

unsigned life_holders(const struct life *l)
{
	struct medium_info media[LEDGER_MEDIA];
	unsigned bits = 0;

	ledger_media(l->ledger, media);
	for (unsigned m = 0; m < LEDGER_MEDIA; m++)
		bits |= media[m].state == MEDIUM_GOOD ? 1U << m : 0U;
	return bits;
}

void life_end(struct life *l)
{
	life_close(l);
	truth_fini(&l->truth);
}

struct moment life_now(struct life *l)
{
	int64_t now = l->truth.lives * LIFE_NS + l->clock++;

	return (struct moment){.boot_ns = now,
			       .wall_ms = INT64_C(1795133553123) + now / 1000000,
			       .uncertain_ms = 250,
			       .source = WALL_NTP};
}

enum err life_create(struct life *l)
{
	enum err err = ledger_create(l->home.folders[0], l->home.media == MEDIA ? l->home.folders[1] : NULL,
				     LIFE_ORIGIN, life_now(l), l->home.code, &l->fault);

	for (unsigned m = 0; m < l->home.media && err == ERR_OK; m++)
		disk_sync_folder(l->disk, m);
	show_files(l);
	return err;
}

enum err life_open(struct life *l)
{
	enum err err = ledger_open(life_folder(l), life_now(l), &l->ledger, &l->fault);

	if (err == ERR_OK)
		err = earlier_find(l);
	return err == ERR_OK ? life_promise(l) : err;
}

void life_close(struct life *l)
{
	earlier_close(l);
	ledger_close(l->ledger);
	l->ledger = NULL;
}

/* A text of up to 6,000 bytes, so that entries differ in how many pages they need. */
static void throw_text(struct life *l, char text[6003])
{
	size_t len = dice_below(&l->dice, 4) == 0 ? dice_below(&l->dice, 6000) : dice_below(&l->dice, 200);

	text[0] = '"';
	memset(text + 1, 'a' + (int)dice_below(&l->dice, 26), len);
	text[len + 1] = '"';
	text[len + 2] = '\0';
}

enum err life_stage(struct life *l)
{
	char idem[IDEM_TEXT], body[64], about[16], text[6003];
	struct draft draft = {
		.who = "u1", .via = "cli", .type = "incident", .about = about, .idem = idem, .body = body};

	l->acts++;
	(void)snprintf(idem, sizeof idem, "%016llx%016llx", (unsigned long long)dice_throw(&l->dice),
		       (unsigned long long)l->acts);
	(void)snprintf(body, sizeof body, "{\"act\":\"test.entry\",\"number\":%llu}", (unsigned long long)l->acts);
	(void)snprintf(about, sizeof about, "2026-%03d", (int)dice_below(&l->dice, 3));
	if (dice_below(&l->dice, 3) == 0) {
		throw_text(l, text);
		draft.text = text;
	}
	return ledger_add(l->ledger, &draft, life_now(l), NULL, NULL, &l->fault);
}

/* What happened since `from` happened on both media at once, if both were good all the time. */
static enum err settle(struct life *l, size_t from, unsigned holders, enum err err)
{
	if (holders == 3U && life_holders(l) == holders)
		add_stretch(&l->truth, (struct stretch){from, l->disk->op_count});
	return err == ERR_OK ? life_promise(l) : err;
}

enum err life_commit(struct life *l)
{
	size_t from = l->disk->op_count;
	unsigned holders = life_holders(l);

	return settle(l, from, holders, ledger_commit(l->ledger, life_now(l), &l->fault));
}

enum err life_append(struct life *l, unsigned group)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < group && err == ERR_OK; i++)
		err = life_stage(l);
	return err == ERR_OK ? life_commit(l) : err;
}

enum err life_rotate(struct life *l)
{
	size_t from = l->disk->op_count;
	unsigned holders = life_holders(l);

	return settle(l, from, holders, ledger_rotate(l->ledger, life_now(l), &l->fault));
}

enum err life_tidy(struct life *l)
{
	size_t from = l->disk->op_count;
	unsigned holders = life_holders(l);

	enum err err = ledger_tidy(l->ledger);

	if (err != ERR_OK)
		(void)fault_set(&l->fault, err, "the ledger could not be tidied");
	return settle(l, from, holders, err);
}

/* ---- witnesses and stamps ---- */

static const struct actor actor = {"u1", "cli"};

static void make_witness(struct signer *secret, struct note_key *key)
{
	uint8_t seed[SEED_SIZE] = {9};

	insist(signer_init(secret, "unused", seed), &(struct fault){.text = "no signer"});
	insist(witness_key_make(key, "witness.example/w", secret->key.key), &(struct fault){.text = "no witness"});
}

enum err life_trust(struct life *l)
{
	size_t from = l->disk->op_count;
	unsigned holders = life_holders(l);
	struct buf policy = {.cap = NOTE_MAX};
	struct note_key key;
	struct signer secret;
	char vkey[VKEY_SIZE];
	enum err err;

	make_witness(&secret, &key);
	vkey_format(vkey, &l->ledger->genesis.identity);
	buf_addf(&policy, "log %s\n", vkey);
	vkey_format(vkey, &key);
	buf_addf(&policy, "witness w %s\nquorum w\n", vkey);
	err = policy_set(l->ledger, &actor, policy.data, policy.len, life_now(l), &l->fault);
	buf_fini(&policy);
	return settle(l, from, holders, err);
}

static void cosign(struct buf *out, const struct buf *request)
{
	const char *text = strstr(request->data, "\n\n") + 2;
	struct note_key key;
	struct signer secret;
	struct note note;

	make_witness(&secret, &key);
	insist(note_parse(&note, text, request->len - (size_t)(text - request->data)),
	       &(struct fault){.text = "a request without a note"});
	note_cosign_line(out, note.text, note.text_len, &key, 1790000000, secret.secret);
}

enum err life_witness(struct life *l)
{
	size_t from = l->disk->op_count;
	unsigned holders = life_holders(l);
	struct buf request = {.cap = PIN_FILE_MAX}, answer = {.cap = NOTE_MAX};
	struct cosigned taken;
	enum err err = settle(l, from, holders,
			      witness_request(l->ledger, WITNESS_SEEN_BEFORE, life_now(l), &request, &l->fault));

	if (err == ERR_OK) {
		cosign(&answer, &request);
		from = l->disk->op_count;
		holders = life_holders(l);
		err = settle(
			l, from, holders,
			witness_accept(l->ledger, &actor, answer.data, answer.len, life_now(l), &taken, &l->fault));
	}
	buf_fini(&answer);
	buf_fini(&request);
	return err;
}

enum err life_ask_stamp(struct life *l)
{
	size_t from = l->disk->op_count;
	unsigned holders = life_holders(l);
	struct buf query = {.cap = PIN_FILE_MAX};
	enum err err = stamp_request(l->ledger, life_now(l), &query, &l->fault);

	buf_fini(&query);
	return settle(l, from, holders, err);
}

/* ---- erasing ---- */

static bool lies_in(const struct content *c, const uint8_t bytes[ERASED_BYTES])
{
	return c->len > 0 && memmem(c->data, c->len, bytes, ERASED_BYTES) != NULL;
}

unsigned life_lies_on(const struct life *l, const struct erased *erased)
{
	unsigned media = 0;

	for (unsigned n = 0; n < l->disk->file_count; n++) {
		const struct file *file = &l->disk->files[n];

		if (file->is_linked && lies_in(&file->content, erased->sealed))
			media |= 1U << file->medium;
	}
	return media;
}

const struct erased *life_find_erased(const struct life *l, unsigned media)
{
	const struct truth *t = &l->truth;

	for (size_t i = 0; i < t->erased_count; i++)
		if ((life_lies_on(l, &t->erased[i]) & media) != 0)
			return &t->erased[i];
	return NULL;
}

enum err life_expect_erased(struct life *l)
{
	const struct erased *erased = life_find_erased(l, life_holders(l));

	if (erased == NULL)
		return ERR_OK;
	return fault_set(&l->fault, ERR_STATE, "the text of entry %llu was erased and still lies on a medium",
			 (unsigned long long)erased->seq);
}

/* The beginning of the sealed text as it lies on the medium. */
static bool fetch_sealed(struct life *l, uint64_t seq, uint8_t out[ERASED_BYTES])
{
	sqlite3_stmt *row = NULL;
	bool good = store_entries(media_store(&l->ledger->media), seq, seq + 1, &row) == ERR_OK &&
		    store_next(row) == ERR_OK;

	if (good) {
		struct blob sealed = row_blob(row, ROW_DISCLOSURES + DISCLOSURE_TEXT);

		good = sealed.len >= ERASED_BYTES;
		if (good)
			memcpy(out, sealed.data, ERASED_BYTES);
	}
	(void)sqlite3_finalize(row);
	return good;
}

const struct redaction life_why = {
	.who = "u1", .via = "cli", .authority = "ordinance 12", .reason = "asked for", .approved_by = {"u1", "u2"}};

enum err life_redact(struct life *l)
{
	struct truth *t = &l->truth;
	struct erased erased = {.seq = dice_below(&l->dice, t->count)};
	enum err err;

	for (size_t tried = 0; tried < t->count && !t->known[erased.seq].has_text; tried++)
		erased.seq = (erased.seq + 1) % t->count;
	if (!t->known[erased.seq].has_text || t->erased_count == ERASED_MAX ||
	    !fetch_sealed(l, erased.seq, erased.sealed))
		return ERR_OK;
	err = ledger_redact(l->ledger, erased.seq, "text", &life_why, life_now(l), &l->fault);
	t->known[erased.seq].has_text = false;
	if (err == ERR_OK)
		err = life_promise(l);
	erased.size = t->count;
	if (err == ERR_OK)
		t->erased[t->erased_count++] = erased;
	return err == ERR_OK ? life_expect_erased(l) : err;
}

enum err life_pull(struct life *l, unsigned medium)
{
	disk_pull(l->disk, medium, dice_throw(&l->dice));
	return earlier_find(l);
}

void life_put_blank(struct life *l, unsigned medium)
{
	l->truth.blanks[l->truth.blank_count++ % BLANKS_MAX] = (struct blank){l->disk->op_count + 1, medium};
	disk_wipe(l->disk, medium);
	disk_put_back(l->disk, medium);
}

static enum err take_in(struct life *l, enum rejoin_how how)
{
	bool done = false;
	enum err err = ERR_OK;

	show_files(l);
	while (err == ERR_OK && !done)
		err = ledger_rejoin(l->ledger, how, 0, &done, &l->fault);
	show_files(l);
	if (err == ERR_OK)
		err = earlier_find(l);
	if (err == ERR_OK)
		err = life_promise(l);
	if (err == ERR_OK)
		err = life_expect_erased(l);
	if (err == ERR_OK)
		err = ledger_note_media(l->ledger, life_now(l), &l->fault);
	return err == ERR_OK ? life_commit(l) : err;
}

enum err life_rejoin(struct life *l)
{
	return take_in(l, REJOIN_AS_IT_IS);
}

enum err life_repair(struct life *l)
{
	return take_in(l, REJOIN_ANEW);
}
