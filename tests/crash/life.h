/* A ledger that lives on a disk in memory, and what it promised: every entry that it ever acknowledged.
 *
 * The acts of a workload run against a life; each acknowledgement becomes a promise that names the instant. When
 * power returns another life begins on what is left, and life_prove looks whether the promises were kept.
 */
#ifndef KANNUKI_TESTS_CRASH_LIFE_H
#define KANNUKI_TESTS_CRASH_LIFE_H

#include "disk.h"

#include "ledger/ledger.h"

#include <setjmp.h>

enum { IDEM_TEXT = 33, ERASED_MAX = 64, EARLIER_MAX = 40, BLANKS_MAX = 16, ERASED_BYTES = 24 };

struct acknowledged {
	uint8_t leaf[HASH_SIZE];
	char idem[IDEM_TEXT]; /* empty: none */
	bool has_text;
};

/* From operation `at` on a medium was a blank one. */
struct blank {
	size_t at;
	unsigned medium;
};

/* A text that was erased when `size` entries had been acknowledged: what lay on the medium must be nowhere. */
struct erased {
	uint64_t seq, size;
	uint8_t sealed[ERASED_BYTES];
	bool is_key;    /* of a case, and no text: `seq` means nothing */
	char about[65]; /* the case; of what lies in the log before alone */
};

/* When `at` operations of the disk had happened, `size` entries had been acknowledged, and these media had them. */
struct promise {
	size_t at;
	uint64_t size;
	unsigned holders; /* bits */
};

/* Operations that two media did at the same time: any of one may come before any of the other. */
struct stretch {
	size_t from, to;
};

struct truth {
	struct acknowledged *known;
	struct promise *promises;
	struct stretch *stretches;
	size_t count, room, promise_count, promise_room, stretch_count, stretch_room;
	int64_t lives; /* before this one */
	struct erased erased[ERASED_MAX];
	struct blank blanks[BLANKS_MAX];
	size_t erased_count, blank_count;
	struct erased earlier[EARLIER_MAX]; /* texts and keys of the log before this one, erased or not */
	size_t earlier_count;
};

struct home {
	char place[64], folders[MEDIA][96], bundle[96];
	unsigned media;   /* how many the ledger has */
	bool has_earlier; /* a log ended before this one */
	char code[GENESIS_CODE_CHARS + 1];
};

enum { LIFE_NS = 1000000000 };
#define LIFE_ORIGIN "city.example/k0001/1"

struct life {
	struct home home;
	struct disk *disk;
	struct ledger *ledger;
	struct past *past; /* where a log ended before this one */
	struct truth truth;
	struct dice dice;
	uint64_t acts;      /* makes each idem another */
	bool may_conflict;  /* two media may have gone different ways: to say so is right too */
	bool must_conflict; /* they have, and both were acknowledged */
	unsigned blank;     /* media that need not be used, as nobody has said that they may be filled */
	int64_t clock;
	struct fault fault;
	jmp_buf give_up; /* where a workload goes when what cannot fail has failed */
};

/* What is wrong: one word for machines ("lost", "fork", "refused" …) and the story. */
struct finding {
	char word[16];
	char text[600];
};

/* The keys lie in real files; a worker's home has copies of them. */
void home_make(struct home *home, unsigned media);
void home_copy(struct home *to, const struct home *from);
/* `name` is a path below the medium's folder, which is there. */
void home_copy_file(const struct home *to, const struct home *from, unsigned medium, const char *name);
enum { HOME_KEYS = 2 };
extern const char *const home_keys[HOME_KEYS];
void home_remove(const struct home *home);

/* `disk` is mounted; all randomness, the library's too, comes from `seed` from now on. Media that the disk has lost
   are not there. */
void life_begin(struct life *l, const struct home *home, struct disk *disk, uint64_t seed);
void life_end(struct life *l);
void truth_copy(struct truth *to, const struct truth *from, uint64_t size);
void truth_fini(struct truth *t);
/* How many entries had been acknowledged before operation `at`, so that one of these media must have them. */
uint64_t truth_promised(const struct truth *t, size_t at, unsigned media);
/* Bits of the media that were blank then, and not yet filled. */
unsigned truth_blank(const struct truth *t, size_t at);
void truth_promise(struct truth *t, struct promise promise);

/* Acts. What was acknowledged is promised; what failed is left to the caller. */
enum err life_create(struct life *l) MUST_USE;
enum err life_open(struct life *l) MUST_USE;
void life_close(struct life *l);
enum err life_stage(struct life *l) MUST_USE;
enum err life_commit(struct life *l) MUST_USE;
enum err life_append(struct life *l, unsigned group) MUST_USE;
enum err life_rotate(struct life *l) MUST_USE;
enum err life_tidy(struct life *l) MUST_USE;
/* A pulled medium comes back as a blank one, and is filled because somebody says so. */
void life_put_blank(struct life *l, unsigned medium);
enum err life_repair(struct life *l) MUST_USE;
/* A policy that names the witness; the witness is asked, and its answer is taken; an authority is asked for a stamp. */
enum err life_trust(struct life *l) MUST_USE;
enum err life_witness(struct life *l) MUST_USE;
enum err life_ask_stamp(struct life *l) MUST_USE;
/* Erases the text of an entry, if any has one. */
enum err life_redact(struct life *l) MUST_USE;
/* An erased text that still lies on one of these media, or NULL. */
const struct erased *life_find_erased(const struct life *l, unsigned media);
/* Bits of the media that hold the bytes. */
unsigned life_lies_on(const struct life *l, const struct erased *erased);
enum err life_expect_erased(struct life *l) MUST_USE;
extern const struct redaction life_why;
/* A medium is taken out, and whoever reads the logs before this one hears of it. */
enum err life_pull(struct life *l, unsigned medium) MUST_USE;
/* A lost medium is there again and takes part. */
enum err life_rejoin(struct life *l) MUST_USE;
/* Everything up to the head has been acknowledged now. */
enum err life_promise(struct life *l) MUST_USE;
/* Clocks of later lives run ahead of all that was read in earlier ones. */
struct moment life_now(struct life *l);

/* Opens the ledger on what is left, compares it with the truth, and goes on recording. `opening_ns` gets the CPU time
   that opening took. False: `out` says which promise was broken. The ledger is closed again. */
enum export_too { EXPORT_NOT, EXPORT_TOO };
bool life_prove(struct life *l, enum export_too export_too, int64_t *opening_ns, struct finding *out);
/* Where to open the ledger: a medium that is there and not blank. */
const char *life_folder(const struct life *l);
/* Bits of the media that are good now. */
unsigned life_holders(const struct life *l);
/* Does the medium that was missing in this life say on `disk` that it went on alone? */
bool life_other_says_alone(const struct life *l, const struct disk *disk);
/* Bits of the media that are there. */
unsigned life_present(const struct life *l);
extern const char *const database_names[MEDIA];

#endif
