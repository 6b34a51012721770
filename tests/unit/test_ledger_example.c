/* The worked example of docs/formats/ledger.md: every byte of it is made here again and compared with the page. */
#include "base/file.h"
#include "ledger/bundle.h"
#include "ledger/disclosure.h"
#include "ledger/verdict.h"

#include "ledger_support.h"

#include <sodium.h>

/* The three entries of the example, and the bundle they make. */
struct example {
	struct signer identity, epoch1, epoch2;
	struct tree tree;
	uint8_t prev[HASH_SIZE];
	uint8_t leaves[3][HASH_SIZE];
	struct buf page, tile, lines, genesis, certificate, closing, checkpoint;
	uint8_t genesis_hash[HASH_SIZE], certificate_hash[HASH_SIZE];
};

static void seeded(struct signer *s, uint8_t fill)
{
	uint8_t seed[SEED_SIZE];

	memset(seed, fill, sizeof seed);
	assert_int_equal(signer_init(s, "city.example/k0001/1", seed), ERR_OK);
}

static void block(struct example *x, const char *title, const struct buf *text)
{
	assert_int_equal(buf_status(text), ERR_OK);
	buf_addf(&x->page, "%s\n\n```\n%s```\n\n", title, text->data);
}

static void note_hash(uint8_t out[HASH_SIZE], const struct buf *note)
{
	struct note parsed;

	assert_int_equal(note_parse(&parsed, note->data, note->len), ERR_OK);
	hash_bytes(out, parsed.text, parsed.text_len);
}

static void add_disclosure(struct example *x, struct entry *e, enum disclosure_name name, uint8_t salt_fill,
			   const char *value)
{
	char head[LINE_HEAD_SIZE];
	uint8_t salt[SALT_SIZE];
	struct buf text = {0};
	struct fault f;

	memset(salt, salt_fill, sizeof salt);
	must(disclosure_format(&text, name, salt, value, strlen(value), &f), &f);
	hash_bytes(e->sd[name], text.data, text.len);
	e->has[name] = true;
	(void)disclosure_line_head(head, e->seq, name);
	buf_addf(&x->lines, "%s\"disclosure\":\"%s\"}\n", head, text.data);
	buf_addf(&x->page, "Disclosure `%s` is `[\"", disclosure_names[name]);
	buf_fini(&text);
	{
		char chars[BASE64_SIZE(SALT_SIZE)];

		base64url_encode(chars, salt, sizeof salt);
		buf_addf(&x->page, "%s\",\"%s\",%s]` in base64url.\n\n", chars, disclosure_names[name], value);
	}
}

static void add_entry(struct example *x, struct entry *e, const char *title)
{
	struct buf text = {0};
	char leaf[BASE64_SIZE(HASH_SIZE)];

	memcpy(e->prev, x->prev, HASH_SIZE);
	assert_int_equal(entry_format(&text, e), ERR_OK);
	buf_addc(&x->tile, (char)(text.len >> 8));
	buf_addc(&x->tile, (char)text.len);
	buf_add(&x->tile, text.data, text.len);
	hash_leaf(x->prev, text.data, text.len);
	memcpy(x->leaves[e->seq], x->prev, HASH_SIZE);
	tree_append(&x->tree, x->prev, NULL);
	block(x, title, &text);
	base64_encode(leaf, x->prev, HASH_SIZE);
	buf_addf(&x->page, "%zu bytes; leaf hash `%s`.\n\n", text.len, leaf);
	buf_fini(&text);
}

static struct entry entry_at(uint64_t seq, uint64_t epoch, const char *who, enum entry_type type, const char *about)
{
	struct entry e = {.seq = seq, .boot = epoch, .epoch = epoch, .via = VIA_KEEPER, .type = type};

	e.at = (struct moment){.boot_ns = 123000000 + (int64_t)seq,
			       .wall_ms = INT64_C(1795133553123) + (int64_t)seq * 1000,
			       .uncertain_ms = 250,
			       .source = WALL_NTP};
	(void)snprintf(e.who, sizeof e.who, "%s", who);
	(void)snprintf(e.about, sizeof e.about, "%s", about);
	return e;
}

static void sign_checkpoint(struct example *x, struct buf *out, const struct signer *epoch)
{
	struct checkpoint checkpoint = {.size = x->tree.size};
	size_t text_len;

	tree_root(&x->tree, checkpoint.root);
	checkpoint_format(out, "city.example/k0001/1", &checkpoint);
	text_len = out->len;
	buf_addc(out, '\n');
	signer_sign(epoch, out, text_len);
	signer_sign(&x->identity, out, text_len);
}

static void make_genesis(struct example *x)
{
	char hash[BASE64_SIZE(HASH_SIZE)], code[GENESIS_CODE_CHARS + 1];

	seeded(&x->identity, 0);
	seeded(&x->epoch1, 1);
	seeded(&x->epoch2, 2);
	hash_bytes(x->prev, "", 0);
	genesis_format(&x->genesis, &x->identity, &x->epoch1);
	note_hash(x->genesis_hash, &x->genesis);
	base64_encode(hash, x->genesis_hash, HASH_SIZE);
	genesis_code(code, GENESIS_CODE_CHARS, x->genesis_hash);
	block(x, "`genesis.note`:", &x->genesis);
	buf_addf(&x->page, "Its hash is `%s`, the code for paper `%s`.\n\n", hash, code);
}

static void add_epoch_start(struct example *x, uint64_t seq, uint64_t epoch, const char *member,
			    const uint8_t hash[HASH_SIZE], const char *title)
{
	struct entry e = entry_at(seq, epoch, "system", TYPE_EPOCH, "-");
	char text[BASE64_SIZE(HASH_SIZE)], body[128];

	base64_encode(text, hash, HASH_SIZE);
	(void)snprintf(body, sizeof body, "{\"act\":\"epoch.start\",\"%s\":\"%s\"}", member, text);
	add_disclosure(x, &e, DISCLOSURE_BODY, (uint8_t)(0x10 + seq), body);
	add_entry(x, &e, title);
}

static void add_note(struct example *x)
{
	struct entry e = entry_at(1, 1, "u12", TYPE_INCIDENT, "2026-007");

	e.via = VIA_SERIAL;
	e.has_idem = true;
	memset(e.idem, 0xab, sizeof e.idem);
	add_disclosure(x, &e, DISCLOSURE_BODY, 0x11, "{\"act\":\"incident.noted\"}");
	add_disclosure(x, &e, DISCLOSURE_TEXT, 0x21, "\"端末のLANケーブルを抜いた\"");
	add_entry(x, &e, "Entry 1:");
}

static void make_example(struct example *x)
{
	assert_int_not_equal(sodium_init(), -1);
	make_genesis(x);
	add_epoch_start(x, 0, 1, "genesis", x->genesis_hash, "Entry 0:");
	add_note(x);
	sign_checkpoint(x, &x->closing, &x->epoch1);
	certificate_format(&x->certificate, 2, &x->epoch2, x->genesis_hash, &x->epoch1, &x->identity);
	note_hash(x->certificate_hash, &x->certificate);
	block(x, "Epoch 1 ends here. `checkpoints/1`:", &x->closing);
	block(x, "`epochs/2.note`:", &x->certificate);
	add_epoch_start(x, 2, 2, "certificate", x->certificate_hash, "Entry 2:");
	sign_checkpoint(x, &x->checkpoint, &x->epoch2);
	block(x, "`checkpoint.log`, and `checkpoint` too, as no witness has signed:", &x->checkpoint);
	block(x, "`disclosures/0.jsonl`:", &x->lines);
	buf_adds(&x->page,
		 "`tile/0/000.p/3` holds the three leaf hashes, 96 bytes; `tile/entries/000.p/3` the three entries, "
		 "each after its length\nin two bytes.\n");
}

static void drop_example(struct example *x)
{
	struct buf *const all[] = {&x->page,        &x->tile,    &x->lines,     &x->genesis,
				   &x->certificate, &x->closing, &x->checkpoint};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		buf_fini(all[i]);
	signer_fini(&x->identity);
	signer_fini(&x->epoch1);
	signer_fini(&x->epoch2);
}

static void the_page_shows_these_bytes(void **state)
{
	struct example x = {0};
	struct buf page = {0};
	struct fault f;

	(void)state;
	make_example(&x);
	must(file_read("docs/formats/ledger.md", 1 << 20, &page, &f), &f);
	if (strstr(page.data, x.page.data) == NULL) {
		(void)fputs(x.page.data, stderr);
		fail_msg("docs/formats/ledger.md does not show the example as it is above");
	}
	buf_fini(&page);
	drop_example(&x);
}

static void put(const char *folder, const char *name, const void *data, size_t len)
{
	char path[160], parent[160];
	struct fault f;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	(void)snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(path, '/') - path), path);
	must(folder_make(parent, 0700, &f), &f);
	must(file_create(path, data, len, 0600, &f), &f);
}

static void the_bytes_of_the_page_are_a_good_bundle(void **state)
{
	char folder[] = "/tmp/kannuki-example-XXXXXX", code[GENESIS_CODE_CHARS + 1];
	struct known known = {.code = code};
	struct example x = {0};
	struct buf policy = {0};
	struct verdict v;
	struct fault f;

	(void)state;
	make_example(&x);
	assert_non_null(mkdtemp(folder));
	bundle_policy(&policy, &x.identity.key);
	put(folder, "genesis.note", x.genesis.data, x.genesis.len);
	put(folder, "epochs/2.note", x.certificate.data, x.certificate.len);
	put(folder, "checkpoints/1", x.closing.data, x.closing.len);
	put(folder, "checkpoint", x.checkpoint.data, x.checkpoint.len);
	put(folder, "checkpoint.log", x.checkpoint.data, x.checkpoint.len);
	put(folder, "policy", policy.data, policy.len);
	put(folder, "tile/entries/000.p/3", x.tile.data, x.tile.len);
	put(folder, "tile/0/000.p/3", x.leaves, sizeof x.leaves);
	put(folder, "disclosures/0.jsonl", x.lines.data, x.lines.len);
	genesis_code(code, GENESIS_CODE_CHARS, x.genesis_hash);
	bundle_verify(&v, folder, &known, NULL);
	if (v.kind != VERDICT_GOOD)
		fail_msg("%s", v.fault.text);
	must(folder_remove(folder, &f), &f);
	buf_fini(&policy);
	drop_example(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_shows_these_bytes),
		cmocka_unit_test(the_bytes_of_the_page_are_a_good_bundle),
	};

	return cmocka_run_group_tests_name("ledger_example", tests, NULL, NULL);
}
