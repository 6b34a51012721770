/* Verdicts on parts of a log, with proofs and witnesses, and with what an auditor brings from outside. */
#include "base/file.h"
#include "ledger/inside.h"
#include "ledger/verdict.h"

#include "ledger_support.h"

#include <fts.h>
#include <sodium.h>

enum { SIZE = 604, FLIPS_PER_FILE = 24 };

/* In one commit. */
static void add_many(struct bench *b, int count)
{
	struct draft draft = {
		.who = "u1", .via = "cli", .type = "system", .about = "-", .body = "{\"act\":\"test.entry\"}"};

	for (int i = 0; i < count; i++)
		must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

/* Closing checkpoints at 203, 405 and (the head) 604 entries, or nearby. */
static void make_log(struct bench *b)
{
	open_ledger(b);
	for (int i = 0; i < 3; i++) {
		add_many(b, 199);
		must(ledger_rotate(b->ledger, test_now(), &b->fault), &b->fault);
	}
}

static struct verdict judge(const char *path, struct known known)
{
	static struct verdict v;

	bundle_verify(&v, path, &known, NULL);
	return v;
}

static void expect(const struct verdict *v, enum verdict_kind kind, const char *said)
{
	if (v->kind != kind)
		fail_msg("verdict %d, expected %d: %s", v->kind, kind, v->fault.text);
	if (said != NULL && strstr(v->fault.text, said) == NULL)
		fail_msg("said without '%s': %s", said, v->fault.text);
}

static void path_of(char out[192], const struct bench *b, const char *name)
{
	(void)snprintf(out, 192, "%s/%s", b->bundle, name);
}

static void read_file(const struct bench *b, const char *name, struct buf *out)
{
	struct fault f;
	char path[192];

	path_of(path, b, name);
	must(file_read(path, 1 << 22, out, &f), &f);
}

static void write_file(const struct bench *b, const char *name, const void *data, size_t len)
{
	char path[192], folder[192];
	struct fault f;
	FILE *file;

	path_of(path, b, name);
	(void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	must(folder_make(folder, 0700, &f), &f);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct bench *b, const char *name)
{
	char path[192];

	path_of(path, b, name);
	assert_int_equal(unlink(path), 0);
}

/* The same for all files: what `change` makes of one of them must be bad. */
static void each_file(const struct bench *b, struct known known, void (*change)(struct buf *data, unsigned turn),
		      unsigned turns)
{
	char *const paths[] = {strdup(b->bundle), NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *item;

	assert_non_null(tree);
	while ((item = fts_read(tree)) != NULL) {
		/* The policy of a part cannot be compared with entries that are not there. */
		if (item->fts_info != FTS_F || strcmp(item->fts_name, "README.txt") == 0 ||
		    strcmp(item->fts_name, "policy") == 0)
			continue;
		for (unsigned turn = 0; turn < turns; turn++) {
			const char *name = item->fts_path + strlen(b->bundle) + 1;
			struct buf right = {0}, wrong = {0};
			struct verdict v;

			read_file(b, name, &right);
			buf_add(&wrong, right.data, right.len);
			change(&wrong, turn);
			write_file(b, name, wrong.data, wrong.len);
			v = judge(b->bundle, known);
			if (v.kind != VERDICT_BAD)
				fail_msg("%s, turn %u: verdict %d: %s", name, turn, v.kind, v.fault.text);
			assert_true(v.has_entry || v.file[0] != '\0');
			write_file(b, name, right.data, right.len);
			buf_fini(&right);
			buf_fini(&wrong);
		}
	}
	(void)fts_close(tree);
	free(paths[0]);
}

static void flip(struct buf *data, unsigned turn)
{
	uint32_t at = (uint32_t)(data->len + turn) * 2654435761u;

	at = turn == 0 ? 0 : turn == 1 ? (uint32_t)data->len - 1 : (at ^ at >> 15) % (uint32_t)data->len;
	data->data[at] = (char)(data->data[at] ^ (1 << turn % 8));
}

static void cut_or_lengthen(struct buf *data, unsigned turn)
{
	if (turn == 0)
		data->len--;
	else if (turn == 1)
		data->len = 0;
	else
		buf_addc(data, '\n');
}

/* ---- parts ---- */

static void make_part(struct bench *b)
{
	struct export_options options = {.from = 300, .to = 310};

	make_log(b);
	export_bundle(b, &options);
}

static void a_part_is_good(void **state)
{
	struct bench *b = *state;
	struct verdict v;

	make_part(b);
	v = judge(b->bundle, (struct known){.code = b->code});
	expect(&v, VERDICT_GOOD, NULL);
	assert_true(v.is_part);
	assert_int_equal(v.from, 256);
	assert_int_equal(v.to, 512);
	assert_int_equal(v.entries, 256);
	assert_true(v.checkpoint.size > 512);
	assert_true(v.epochs >= 4);
	v = judge(b->bundle, (struct known){0});
	expect(&v, VERDICT_UNKNOWN, NULL);
}

static void each_changed_byte_of_a_part_is_bad(void **state)
{
	struct bench *b = *state;
	struct known known = {.code = b->code};
	struct verdict v;

	make_part(b);
	each_file(b, known, flip, FLIPS_PER_FILE);
	each_file(b, known, cut_or_lengthen, 3);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
}

static void what_is_missing_or_too_much_in_a_part_is_bad(void **state)
{
	static const char *const parts[] = {"policy",           "range",
					    "tile/0/000",       "tile/0/001",
					    "tile/entries/001", "disclosures/1.jsonl",
					    "epochs/2.note",    "epochs/4.note",
					    "checkpoints/1",    "checkpoints/3"};
	static const char *const strays[] = {"tile/entries/000", "disclosures/0.jsonl", "disclosures/2.jsonl",
					     "epochs/9.note",    "checkpoints/9",       "proofs/9999.tlog-proof",
					     "proofs/x",         "witnessed/9999",      "witnessed/0",
					     "witnessed/7",      "witnessed/a/b"};
	struct bench *b = *state;
	struct known known = {.code = b->code};
	struct verdict v;

	make_part(b);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct buf data = {0};

		read_file(b, parts[i], &data);
		remove_file(b, parts[i]);
		v = judge(b->bundle, known);
		expect(&v, VERDICT_BAD, NULL);
		write_file(b, parts[i], data.data, data.len);
		buf_fini(&data);
	}
	for (size_t i = 0; i < sizeof strays / sizeof *strays; i++) {
		write_file(b, strays[i], "x", 1);
		v = judge(b->bundle, known);
		expect(&v, VERDICT_BAD, strays[i]);
		assert_string_equal(v.file, strays[i]);
		remove_file(b, strays[i]);
	}
}

/* The first of several bad files in the order of their names, wherever they lie on the disk. */
static void the_first_bad_file_is_named(void **state)
{
	static const char *const orders[][3] = {{"epochs/77.note", "checkpoints/77", "witnessed/7"},
						{"witnessed/7", "epochs/77.note", "checkpoints/77"},
						{"checkpoints/77", "witnessed/7", "epochs/77.note"}};
	struct bench *b = *state;
	struct verdict v;

	make_part(b);
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			write_file(b, orders[i][j], "x", 1);
		v = judge(b->bundle, (struct known){.code = b->code});
		expect(&v, VERDICT_BAD, "checkpoints/77");
		assert_string_equal(v.file, "checkpoints/77");
		for (int j = 0; j < 3; j++)
			remove_file(b, orders[i][j]);
	}
}

/* Another range over the same files, and a whole bundle that says it is a part. */
static void a_false_range_is_bad(void **state)
{
	static const char *const ranges[] = {"from 0\nto 256\n", "from 256\nto 512", "from 0\nto 512\n",
					     "from 512\nto 768\n", "from 256\nto 300\n"};
	struct bench *b = *state;
	struct known known = {.code = b->code};
	struct export_options everything = {0};
	struct verdict v;

	make_part(b);
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		write_file(b, "range", ranges[i], strlen(ranges[i]));
		v = judge(b->bundle, known);
		expect(&v, VERDICT_BAD, NULL);
	}
	(void)snprintf(b->bundle, sizeof b->bundle, "%s/whole", b->place);
	export_bundle(b, &everything);
	write_file(b, "range", "from 256\nto 512\n", 16);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "disclosures/0.jsonl");
}

/* ---- proofs ---- */

static void proofs_are_checked(void **state)
{
	static const uint64_t seqs[] = {0, 255, 256, 600};
	struct export_options options = {.prove = seqs, .prove_count = 4};
	struct bench *b = *state;
	struct known known = {.code = b->code};
	struct buf proof = {0}, wrong = {0};
	struct verdict v;

	make_log(b);
	export_bundle(b, &options);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.proofs, 4);
	read_file(b, "proofs/255.tlog-proof", &proof);
	for (unsigned turn = 0; turn < 200; turn++) {
		buf_clear(&wrong);
		buf_add(&wrong, proof.data, proof.len);
		flip(&wrong, turn);
		write_file(b, "proofs/255.tlog-proof", wrong.data, wrong.len);
		v = judge(b->bundle, known);
		expect(&v, VERDICT_BAD, "proofs/255.tlog-proof");
	}
	write_file(b, "proofs/254.tlog-proof", proof.data, proof.len);
	write_file(b, "proofs/255.tlog-proof", proof.data, proof.len);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "proofs/254.tlog-proof");
	buf_fini(&proof);
	buf_fini(&wrong);
}

/* ---- pins ---- */

static struct kept_checkpoint kept_of(const char *path)
{
	struct kept_checkpoint kept;
	struct fault f;

	must(kept_checkpoint_read(&kept, path, &f), &f);
	return kept;
}

static void an_older_checkpoint_pins_the_entries_before_it(void **state)
{
	struct bench *b = *state;
	struct known known = {.code = b->code};
	struct export_options everything = {0}, part = {.from = 512, .to = 0}, zip = {.as_zip = true};
	char older[96], newer[96], packed[96], path[192];
	struct kept_checkpoint kept;
	struct verdict v;

	make_log(b);
	memcpy(older, b->bundle, sizeof older);
	export_bundle(b, &everything);
	add_entries(b, 5);
	(void)snprintf(newer, sizeof newer, "%s/newer", b->place);
	memcpy(b->bundle, newer, sizeof newer);
	export_bundle(b, &everything);
	(void)snprintf(packed, sizeof packed, "%s/newer.zip", b->place);
	memcpy(b->bundle, packed, sizeof packed);
	export_bundle(b, &zip);

	known.since = &kept;
	kept = kept_of(older);
	v = judge(newer, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.since, kept.checkpoint.size);
	(void)snprintf(path, sizeof path, "%s/checkpoints/2", older);
	kept = kept_of(path);
	v = judge(newer, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_true(v.since > 0 && v.since < SIZE);

	kept = kept_of(packed);
	v = judge(packed, known);
	expect(&v, VERDICT_GOOD, NULL);
	v = judge(older, known);
	expect(&v, VERDICT_BAD, "its end was cut off");
	assert_false(v.has_entry);
	assert_string_equal(v.file, "");
	assert_int_equal(v.since, 0);

	kept = kept_of(older);
	kept.checkpoint.root[9] ^= 1;
	v = judge(newer, known);
	expect(&v, VERDICT_BAD, "not those of the checkpoint you kept");
	kept = kept_of(older);
	kept.checkpoint.size--;
	v = judge(newer, known);
	expect(&v, VERDICT_BAD, "not those of the checkpoint you kept");
	kept.checkpoint.size = 0;
	v = judge(newer, known);
	expect(&v, VERDICT_BAD, NULL);
	kept = kept_of(older);
	kept.origin[0] = 'x';
	v = judge(newer, known);
	expect(&v, VERDICT_BAD, "of another log");

	/* A part is pinned as the whole is. */
	(void)snprintf(b->bundle, sizeof b->bundle, "%s/part", b->place);
	export_bundle(b, &part);
	kept = kept_of(older);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.since, kept.checkpoint.size);
	kept.checkpoint.root[9] ^= 1;
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "not those of the checkpoint you kept");
}

static void what_was_not_kept_cannot_be_brought(void **state)
{
	struct bench *b = *state;
	struct kept_checkpoint kept;
	struct fault f;
	char path[192];

	(void)snprintf(path, sizeof path, "%s/empty", b->place);
	must(folder_make(path, 0700, &f), &f);
	assert_int_not_equal(kept_checkpoint_read(&kept, path, &f), ERR_OK);
	assert_int_not_equal(kept_checkpoint_read(&kept, "/no/such/file", &f), ERR_OK);
	(void)snprintf(path, sizeof path, "%s/text", b->place);
	must(file_create(path, "hello\n", 6, 0600, &f), &f);
	assert_int_not_equal(kept_checkpoint_read(&kept, path, &f), ERR_OK);
	assert_non_null(strstr(f.text, path));
}

static void a_code_on_paper_pins_too(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct paper_code code;
	struct known known = {.code = b->code, .paper = &code};
	char path[192], written[PAPER_CODE_SIZE];
	struct kept_checkpoint kept;
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	path_of(path, b, "checkpoints/2");
	kept = kept_of(path);
	paper_code_format(written, kept.origin, &kept.checkpoint);
	assert_int_equal(paper_code_parse(&code, written, strlen(written)), ERR_OK);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.paper, kept.checkpoint.size);
	code.size++;
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "not those of the code on paper");
	code.size = 100000;
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "its end was cut off");
	code.size = 0;
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, NULL);
}

/* ---- witnesses ---- */

static struct signer witness_signer;
static struct note_key witness;
static struct policy policy;

static void make_policy(const char *log_vkey, const char *rest)
{
	static const uint8_t seed[SEED_SIZE] = {77};
	char vkey[VKEY_SIZE];
	struct buf text = {0};
	struct fault f;

	must(signer_init(&witness_signer, "witness.example", seed), &f);
	must(witness_key_make(&witness, "witness.example", witness_signer.key.key), &f);
	vkey_format(vkey, &witness);
	buf_addf(&text, "log %s\nwitness W %s\n%s", log_vkey, vkey, rest);
	must(policy_parse(&policy, text.data, text.len, &f), &f);
	buf_fini(&text);
}

/* The note in `from` with a line of the witness, as `to`. */
static void witness_signs(const struct bench *b, const char *from, const char *to)
{
	struct buf data = {0};
	struct note note;

	read_file(b, from, &data);
	assert_int_equal(note_parse(&note, data.data, data.len), ERR_OK);
	note_cosign_line(&data, note.text, note.text_len, &witness, 1800000000, witness_signer.secret);
	write_file(b, to, data.data, data.len);
	buf_fini(&data);
}

static void witnessed_name(char out[64], const struct bench *b, const char *closing)
{
	char path[192];

	path_of(path, b, closing);
	(void)snprintf(out, 64, "witnessed/%d", (int)kept_of(path).checkpoint.size);
}

static void witnesses_are_trusted_by_a_policy_from_outside(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	char vkey[VKEY_SIZE], name[64];
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	vkey_format(vkey, &b->ledger->genesis.identity);
	make_policy(vkey, "quorum W\n");
	known.policy = &policy;
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "as many witnesses");
	assert_string_equal(v.file, "");

	witnessed_name(name, b, "checkpoints/2");
	witness_signs(b, "checkpoints/2", name);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.witnessed, atoi(name + 10));
	assert_int_equal(v.witness_sizes[0], v.witnessed);
	assert_int_equal(v.witness_lines, 0);
	known.policy = NULL;
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.witnessed, 0);
	assert_int_equal(v.witness_lines, 1);

	known.policy = &policy;
	witness_signs(b, "checkpoint.log", "checkpoint");
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.witnessed, v.checkpoint.size);
	signer_fini(&witness_signer);
}

static void a_wrong_line_of_a_known_witness_is_bad_wherever_it_stands(void **state)
{
	static const char *const closings[] = {"checkpoints/1", "checkpoint.log"};
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code, .policy = &policy};
	char vkey[VKEY_SIZE], name[64];
	struct buf data = {0};
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	vkey_format(vkey, &b->ledger->genesis.identity);
	make_policy(vkey, "quorum none\n");
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	for (int i = 0; i < 2; i++) {
		witnessed_name(name, b, closings[i]);
		witness_signs(b, closings[i], name);
		v = judge(b->bundle, known);
		expect(&v, VERDICT_GOOD, NULL);
		/* Rightly signed, but another text. */
		read_file(b, closings[i], &data);
		note_cosign_line(&data, "x\n", 2, &witness, 1800000000, witness_signer.secret);
		write_file(b, name, data.data, data.len);
		v = judge(b->bundle, known);
		expect(&v, VERDICT_BAD, name);
		remove_file(b, name);
	}
	witness_signs(b, "checkpoint.log", "checkpoint");
	read_file(b, "checkpoint", &data);
	/* The last character before the padding carries bits of the signature. */
	data.data[data.len - 8] = data.data[data.len - 8] == 'A' ? 'B' : 'A';
	write_file(b, "checkpoint", data.data, data.len);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "checkpoint: the signature of the witness witness.example is wrong");
	assert_string_equal(v.file, "checkpoint");
	buf_fini(&data);
	signer_fini(&witness_signer);
}

static void a_witnessed_checkpoint_is_one_of_the_log(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	char vkey[VKEY_SIZE], name[64];
	struct buf data = {0};
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	vkey_format(vkey, &b->ledger->genesis.identity);
	make_policy(vkey, "quorum W\n");
	witnessed_name(name, b, "checkpoints/2");
	/* Without a line of a witness; of another size; after one signature only. */
	read_file(b, "checkpoints/2", &data);
	write_file(b, name, data.data, data.len);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, name);
	witness_signs(b, "checkpoints/1", name);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, name);
	witness_signs(b, "checkpoints/2", name);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	witness_signs(b, "checkpoints/2", "witnessed/100");
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "witnessed/100");
	buf_fini(&data);
	signer_fini(&witness_signer);
}

static void a_policy_of_another_log_is_bad(void **state)
{
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code, .policy = &policy};
	char vkey[VKEY_SIZE];
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	/* The epoch's key is named like the log, but it is not what stays the same. */
	vkey_format(vkey, &b->ledger->genesis.epoch);
	make_policy(vkey, "quorum none\n");
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "the policy given is of another log");
	signer_fini(&witness_signer);
}

/* ---- the policy in the log ---- */

static void set_policy(struct bench *b, const char *body)
{
	struct draft draft = {.who = "u1", .via = "cli", .type = "system", .about = "-", .body = body};

	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
}

static void the_policy_file_follows_the_log(void **state)
{
	static const char first[] = "quorum none\n", second[] = "# 二つ目\nquorum none\n";
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct buf data = {0};
	struct verdict v;

	open_ledger(b);
	set_policy(b, "{\"act\":\"policy.set\",\"policy\":\"quorum none\\n\"}");
	set_policy(b, "{\"act\":\"policy.set\",\"policy\":\"# 二つ目\\nquorum none\\n\"}");
	set_policy(b, "{\"act\":\"policy.set\",\"policy\":7}");
	add_entries(b, 3);
	export_bundle(b, &everything);
	write_file(b, "policy", second, sizeof second - 1);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	write_file(b, "policy", first, sizeof first - 1);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "policy");
	bundle_policy(&data, &b->ledger->genesis.identity);
	write_file(b, "policy", data.data, data.len);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_BAD, "policy");
	buf_fini(&data);
}

/* ---- which one is named ---- */

/* Where entry `seq` begins in its tile, with its length. */
static size_t place_in(const struct buf *tile, uint64_t seq)
{
	size_t at = 0;

	for (uint64_t i = 0; i < seq % TILE_WIDTH; i++)
		at += 2 + ((size_t)(uint8_t)tile->data[at] << 8 | (uint8_t)tile->data[at + 1]);
	return at;
}

/* Of the level "entries" or "0", with the entry `seq`. */
static void tile_with(char out[TILE_PATH_SIZE], const char *level, uint64_t seq, uint64_t size)
{
	tile_path(out, level, seq / TILE_WIDTH, tile_width(size, seq / TILE_WIDTH));
}

/* A changed word that leaves the form of the entry as it was. */
static void the_changed_entry_is_named(void **state)
{
	/* Around the ends of tiles and of epochs. */
	static const uint64_t seqs[] = {0,   1,   100, 199, 200, 201, 202, 253, 254, 255, 256, 257,
					400, 401, 402, 403, 404, 405, 510, 511, 512, 513, 600, 603};
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	v = judge(b->bundle, known);
	for (size_t i = 0; i <= sizeof seqs / sizeof *seqs; i++) {
		uint64_t seq = i < sizeof seqs / sizeof *seqs ? seqs[i] : v.checkpoint.size - 1;
		char name[TILE_PATH_SIZE];
		struct buf tile = {0};
		struct verdict wrong;
		char *word;

		tile_with(name, "entries", seq, v.checkpoint.size);
		read_file(b, name, &tile);
		word = strstr(tile.data + place_in(&tile, seq) + 2, "\nmono ") + 6;
		*word = *word == '1' ? '2' : '1';
		write_file(b, name, tile.data, tile.len);
		wrong = judge(b->bundle, known);
		expect(&wrong, VERDICT_BAD, "it was changed");
		if (!wrong.has_entry || wrong.entry != seq)
			fail_msg("changed entry %d, named %d", (int)seq, (int)wrong.entry);
		*word = *word == '1' ? '2' : '1';
		write_file(b, name, tile.data, tile.len);
		buf_fini(&tile);
	}
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
}

/* And the tile, where every entry is as it was signed; or the entry, where its `prev` was changed. */
static void the_changed_tile_is_named(void **state)
{
	static const uint64_t seqs[] = {0, 100, 254, 255, 256, 511, 512, 600};
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct verdict v;

	make_log(b);
	export_bundle(b, &everything);
	v = judge(b->bundle, known);
	for (size_t i = 0; i <= sizeof seqs / sizeof *seqs; i++) {
		uint64_t seq = i < sizeof seqs / sizeof *seqs ? seqs[i] : v.checkpoint.size - 1;
		char name[TILE_PATH_SIZE];
		struct buf tile = {0};
		struct verdict wrong;
		char *prev, was;

		tile_with(name, "0", seq, v.checkpoint.size);
		read_file(b, name, &tile);
		tile.data[seq % TILE_WIDTH * HASH_SIZE] ^= 1;
		write_file(b, name, tile.data, tile.len);
		wrong = judge(b->bundle, known);
		expect(&wrong, VERDICT_BAD, name);
		assert_string_equal(wrong.file, name);
		tile.data[seq % TILE_WIDTH * HASH_SIZE] ^= 1;
		write_file(b, name, tile.data, tile.len);

		tile_with(name, "entries", seq, v.checkpoint.size);
		read_file(b, name, &tile);
		prev = strstr(tile.data + place_in(&tile, seq) + 2, "\nprev ") + 6;
		was = *prev;
		*prev = was == 'A' ? 'B' : 'A';
		write_file(b, name, tile.data, tile.len);
		wrong = judge(b->bundle, known);
		expect(&wrong, VERDICT_BAD, NULL);
		assert_true(wrong.has_entry);
		assert_int_equal(wrong.entry, seq);
		*prev = was;
		write_file(b, name, tile.data, tile.len);
		buf_fini(&tile);
	}
}

/* ---- what is only reported ---- */

static void what_cannot_be_checked_is_counted(void **state)
{
	static const char abc[] = "blobs/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.age";
	struct draft draft = {
		.who = "u12",
		.via = "serial",
		.type = "incident",
		.about = "2026-007",
		.body = "{\"act\":\"incident.noted\"}",
		.files = "[{\"name\":\"a.log\",\"size\":3,\"type\":\"text/plain\",\"sha256\":\"ba7816bf8f01cfea4141"
			 "40de5dae2223b00361a396177a9cb410ff61f20015ad\"}]"};
	struct bench *b = *state;
	struct export_options everything = {0};
	struct known known = {.code = b->code};
	struct verdict v;

	open_ledger(b);
	must(ledger_add(b->ledger, &draft, test_now(), NULL, NULL, &b->fault), &b->fault);
	must(ledger_commit(b->ledger, test_now(), &b->fault), &b->fault);
	export_bundle(b, &everything);
	v = judge(b->bundle, known);
	assert_int_equal(v.blobs_absent, 1);
	write_file(b, abc, "age-encryption.org/v1", 21);
	write_file(b, "checkpoint-1.tsr", "x", 1);
	v = judge(b->bundle, known);
	expect(&v, VERDICT_GOOD, NULL);
	assert_int_equal(v.blobs_encrypted, 1);
	assert_int_equal(v.blobs_absent, 0);
	assert_int_equal(v.stamps, 1);
	assert_int_equal(v.foreign_files, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LEDGER(a_part_is_good),
		WITH_LEDGER(each_changed_byte_of_a_part_is_bad),
		WITH_LEDGER(what_is_missing_or_too_much_in_a_part_is_bad),
		WITH_LEDGER(the_first_bad_file_is_named),
		WITH_LEDGER(a_false_range_is_bad),
		WITH_LEDGER(proofs_are_checked),
		WITH_LEDGER(an_older_checkpoint_pins_the_entries_before_it),
		WITH_LEDGER(what_was_not_kept_cannot_be_brought),
		WITH_LEDGER(a_code_on_paper_pins_too),
		WITH_LEDGER(witnesses_are_trusted_by_a_policy_from_outside),
		WITH_LEDGER(a_wrong_line_of_a_known_witness_is_bad_wherever_it_stands),
		WITH_LEDGER(a_witnessed_checkpoint_is_one_of_the_log),
		WITH_LEDGER(a_policy_of_another_log_is_bad),
		WITH_LEDGER(the_policy_file_follows_the_log),
		WITH_LEDGER(the_changed_entry_is_named),
		WITH_LEDGER(the_changed_tile_is_named),
		WITH_LEDGER(what_cannot_be_checked_is_counted),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
