/* What must be true of a ledger when power has returned. */
#include "earlier.h"

#include "base/file.h"
#include "ledger/verdict.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static bool found(struct finding *out, const char *word, const char *format, ...) PRINTF_LIKE(3, 4);

static bool found(struct finding *out, const char *word, const char *format, ...)
{
	va_list list;

	(void)snprintf(out->word, sizeof out->word, "%s", word);
	va_start(list, format);
	(void)vsnprintf(out->text, sizeof out->text, format, list);
	va_end(list);
	return false;
}

static int64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- nothing lost, no fork ---- */

struct comparison {
	const struct truth *truth;
	uint64_t next;
	struct finding *out;
};

static enum err compare(void *context, const struct record *r)
{
	struct comparison *c = context;
	const struct acknowledged *known = &c->truth->known[c->next];

	if (r->seq != c->next || memcmp(r->leaf, known->leaf, HASH_SIZE) != 0 ||
	    strcmp(r->idem != NULL ? r->idem : "", known->idem) != 0) {
		/* Written after power returned: nothing stood in this place. */
		bool is_new = r->at.boot_ns >= c->truth->lives * LIFE_NS;

		(void)found(c->out, is_new ? "lost" : "fork", "entry %llu is another than was acknowledged",
			    (unsigned long long)c->next);
		return ERR_STATE;
	}
	c->next++;
	return ERR_OK;
}

static bool nothing_is_lost(struct life *l, struct finding *out)
{
	struct comparison c = {.truth = &l->truth, .out = out};
	uint64_t promised = l->truth.count, size = ledger_head(l->ledger).size;
	enum err err = ledger_read(l->ledger, 0, promised, compare, &c, &l->fault);

	if (err == ERR_STATE)
		return false;
	if (err != ERR_OK)
		return found(out, "unreadable", "%s", l->fault.text);
	if (c.next != promised || size < promised)
		return found(out, "lost", "%llu entries were acknowledged, %llu are there",
			     (unsigned long long)promised, (unsigned long long)(c.next < promised ? c.next : size));
	return true;
}

/* Who survived without having been acknowledged is, now that the ledger is open. */
static bool the_rest_is_promised(struct life *l, struct finding *out)
{
	return life_promise(l) == ERR_OK ? true : found(out, "unreadable", "%s", l->fault.text);
}

static bool retries_are_known(struct life *l, uint64_t promised, struct finding *out)
{
	for (uint64_t i = 0; i < promised; i++) {
		const struct acknowledged *known = &l->truth.known[i];
		uint8_t leaf[HASH_SIZE];
		uint64_t seq;

		if (known->idem[0] == '\0')
			continue;
		if (ledger_find_idem(l->ledger, known->idem, &seq, leaf) != ERR_OK || seq != i ||
		    memcmp(leaf, known->leaf, HASH_SIZE) != 0)
			return found(out, "idem", "the retry key of entry %llu is not known any more",
				     (unsigned long long)i);
	}
	return true;
}

/* ---- it goes on ---- */

static bool it_goes_on(struct life *l, struct finding *out)
{
	if (life_append(l, 1) != ERR_OK || life_append(l, 2) != ERR_OK)
		return found(out, "append", "%s", l->fault.text);
	if (ledger_check(l->ledger, &l->fault) != ERR_OK)
		return found(out, "check", "%s", l->fault.text);
	return true;
}

static bool it_can_be_taken_away(struct life *l, struct finding *out)
{
	struct known known = {.code = l->home.code};
	struct export_options everything = {0};
	struct export *x = NULL;
	struct verdict v;
	bool done = false;
	enum err err = folder_remove(l->home.bundle, &l->fault);

	if (err == ERR_OK)
		err = export_begin(l->ledger, l->home.bundle, &everything, life_now(l), &x, &l->fault);
	while (err == ERR_OK && !done)
		err = export_step(x, INT64_MAX / 2, &done, &l->fault);
	export_end(x);
	if (err != ERR_OK)
		return found(out, "export", "%s", l->fault.text);
	bundle_verify(&v, l->home.bundle, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		return found(out, "export", "the bundle is not good: %s", v.fault.text);
	return true;
}

/* ---- what lies in the file ---- */

/* The number that a query gives; −1 when it cannot be asked. */
static int64_t ask(sqlite3 *db, const char *query)
{
	sqlite3_stmt *statement = NULL;
	int64_t answer = -1;

	if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		answer = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return answer;
}

static bool erased_is_gone(const struct life *l, unsigned media, struct finding *out)
{
	const struct erased *erased = life_find_erased(l, media);

	return erased == NULL
		       ? true
		       : found(out, "erased", "the text of entry %llu is there again", (unsigned long long)erased->seq);
}

static sqlite3 *look_into(const struct life *l, unsigned medium)
{
	char path[160];
	sqlite3 *db = NULL;

	(void)snprintf(path, sizeof path, "%s/%s", l->home.folders[medium], database_names[medium]);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		(void)ask(db, "PRAGMA locking_mode = EXCLUSIVE");
	return db;
}

static bool only_the_next_secret_is_kept(sqlite3 *db, uint64_t epoch, struct finding *out)
{
	int64_t secrets = ask(db, "SELECT count(*) FROM secrets"), oldest = ask(db, "SELECT min(epoch) FROM secrets");

	if (secrets != 1 || oldest != (int64_t)epoch + 1)
		return found(out, "secret", "epoch %llu runs, and %lld secrets are stored, the oldest of epoch %lld",
			     (unsigned long long)epoch, (long long)secrets, (long long)oldest);
	return true;
}

/* A body's first words stand in it from character 45 on, in base64url; COSIGNED is {"act":"witness.cosigned. */
#define COSIGNED "eyJhY3QiOiJ3aXRuZXNzLmNvc2lnbmVk"

static bool cosignatures_are_those_recorded(sqlite3 *db, struct finding *out)
{
	int64_t recorded =
		ask(db, "SELECT count(*) FROM entries WHERE substr(body, 45, 32) = CAST('" COSIGNED "' AS BLOB)");
	int64_t stored = ask(db, "SELECT count(*) FROM cosignatures");

	if (recorded != stored)
		return found(out, "pinned", "%lld cosignatures were recorded, %lld are stored", (long long)recorded,
			     (long long)stored);
	return true;
}

static bool rows_agree(sqlite3 *a, sqlite3 *b, const char *query)
{
	sqlite3_stmt *rows[MEDIA] = {NULL, NULL};
	bool same = sqlite3_prepare_v2(a, query, -1, &rows[0], NULL) == SQLITE_OK &&
		    sqlite3_prepare_v2(b, query, -1, &rows[1], NULL) == SQLITE_OK;
	int code = SQLITE_ROW;

	while (same && code == SQLITE_ROW) {
		code = sqlite3_step(rows[0]);
		same = sqlite3_step(rows[1]) == code;
		for (int i = 0; same && code == SQLITE_ROW && i < sqlite3_column_count(rows[0]); i++) {
			int len = sqlite3_column_bytes(rows[0], i);

			same = sqlite3_column_bytes(rows[1], i) == len &&
			       (len == 0 || memcmp(sqlite3_column_blob(rows[0], i), sqlite3_column_blob(rows[1], i),
						   (size_t)len) == 0);
		}
	}
	(void)sqlite3_finalize(rows[0]);
	(void)sqlite3_finalize(rows[1]);
	return same && code == SQLITE_DONE;
}

static bool media_agree(sqlite3 *const db[MEDIA], struct finding *out)
{
	static const char *const queries[] = {
		"SELECT seq, leaf, idem, body, files, person, text FROM entries ORDER BY seq",
		"SELECT size, note, peaks FROM head",
		"SELECT epoch, certificate, closing FROM epochs ORDER BY epoch",
		"SELECT epoch, sealed FROM secrets",
		"SELECT about, sealed FROM cases ORDER BY about",
		"SELECT generation, alone, filling FROM medium",
		"SELECT size, line FROM cosignatures ORDER BY size, line",
		"SELECT epoch, nonce FROM asked ORDER BY epoch",
	};

	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		if (!rows_agree(db[0], db[1], queries[i]))
			return found(out, "mirror", "the media differ: %s", queries[i]);
	return true;
}

static bool files_are_right(const struct life *l, uint64_t epoch, unsigned holders, struct finding *out)
{
	sqlite3 *db[MEDIA] = {NULL, NULL};
	bool good = true;

	for (unsigned m = 0; m < MEDIA; m++) {
		if ((holders & 1U << m) == 0)
			continue;
		db[m] = look_into(l, m);
		good = good && only_the_next_secret_is_kept(db[m], epoch, out) &&
		       cosignatures_are_those_recorded(db[m], out);
	}
	if (good && holders == 3U)
		good = media_agree(db, out);
	(void)sqlite3_close(db[0]);
	(void)sqlite3_close(db[1]);
	return good;
}

/* ---- all of it ---- */

/* A medium that was being filled does not pretend to be whole when the one it was filled from is gone. */
static bool is_being_filled(const struct life *l)
{
	unsigned present = life_present(l);
	sqlite3 *db;
	bool answer;

	if (present == 3U || l->home.media == 1)
		return false;
	db = look_into(l, present == 1U ? 0 : 1);
	answer = ask(db, "SELECT filling FROM medium") == 1;
	(void)sqlite3_close(db);
	return answer;
}

bool life_other_says_alone(const struct life *l, const struct disk *disk)
{
	unsigned present = life_present(l);
	struct disk copy;
	sqlite3 *db;
	bool answer;

	if (present == 3U || l->home.media == 1)
		return false;
	disk_copy(&copy, disk);
	disk_mount(&copy);
	db = look_into(l, present == 1U ? 1 : 0);
	answer = ask(db, "SELECT alone FROM medium") == 1;
	(void)sqlite3_close(db);
	disk_mount(l->disk);
	disk_fini(&copy);
	return answer;
}

/* Is it right to refuse? */
static bool may_refuse(const struct life *l, uint64_t promised, enum err err)
{
	if (l->fault.text[0] == '\0')
		return false;
	/* A ledger whose making was never answered may be missing or half there. */
	return promised == 0 || (err == ERR_STATE && (l->may_conflict || is_being_filled(l)));
}

static bool all_are_in_use(const struct life *l, struct finding *out)
{
	struct medium_info media[LEDGER_MEDIA];
	unsigned good = life_holders(l);

	ledger_media(l->ledger, media);
	if ((good | l->blank) != (life_present(l) | l->blank))
		return found(out, "mirror", "a medium that is there is not used: %s",
			     media[(good & 1U) != 0 ? 1 : 0].why);
	return true;
}

/* It refuses to go on by itself, but tells what the log was, and what it has of it is right. */
static bool half_is_right(struct life *l, uint64_t promised, struct finding *out)
{
	struct comparison c = {.truth = &l->truth, .out = out};
	enum err err = ledger_open_readonly(life_folder(l), &l->ledger, &l->fault);

	if (err != ERR_OK)
		return found(out, "half", "%s", l->fault.text);
	err = ledger_read(l->ledger, 0, promised, compare, &c, &l->fault);
	life_close(l);
	return err == ERR_OK || err == ERR_STATE ? err == ERR_OK : found(out, "half", "%s", l->fault.text);
}

bool life_prove(struct life *l, enum export_too export_too, int64_t *opening_ns, struct finding *out)
{
	uint64_t promised = l->truth.count, epoch;
	unsigned holders;
	int64_t start = cpu_ns();
	enum err err = ledger_open(life_folder(l), life_now(l), &l->ledger, &l->fault);
	bool good;

	*opening_ns = cpu_ns() - start;
	if (err != ERR_OK && !may_refuse(l, promised, err))
		return found(out, "refused", "%s", l->fault.text);
	if (err != ERR_OK)
		return l->may_conflict || !is_being_filled(l) || half_is_right(l, promised, out);
	if (l->must_conflict)
		return found(out, "fork", "two media that went different ways were brought together");
	if (earlier_find(l) != ERR_OK)
		return found(out, "refused", "%s", l->fault.text);
	good = nothing_is_lost(l, out) && all_are_in_use(l, out) && the_rest_is_promised(l, out) &&
	       retries_are_known(l, promised, out) && it_goes_on(l, out) &&
	       (export_too == EXPORT_NOT || it_can_be_taken_away(l, out)) &&
	       earlier_is_as_recorded(l, life_holders(l), out);
	epoch = ledger_head(l->ledger).epoch;
	holders = life_holders(l);
	life_close(l);
	good = good && erased_is_gone(l, holders, out) && files_are_right(l, epoch, holders, out);
	if (good && *opening_ns > INT64_C(2000000000))
		return found(out, "slow", "opening took %lld ms", (long long)(*opening_ns / 1000000));
	return good;
}
