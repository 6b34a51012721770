/* Lies that are signed: a writer (or a thief with its keys) that breaks one rule and signs the result properly. */
#include "ledger/audit.h"
#include "ledger/disclosure.h"

#include "check.h"

#include <sodium.h>

#define ORIGIN "city.example/k1/3"

/* What is done wrong while the log is made. */
enum lie {
	TRUTH,
	SEQ_JUMPS,
	PREV_OF_ANOTHER,
	TYPE_EPOCH_WITHOUT_EPOCH,
	EPOCH_WITHOUT_TYPE,
	EPOCH_SKIPPED,
	EPOCH_BACK,
	BOOT_WITHOUT_EPOCH,
	BOOT_SKIPPED,
	BOOT_BACK,
	FIRST_BOOT_TWO,
	FIRST_IS_NO_EPOCH,
	NO_BODY_AT_EPOCH,
	BODY_WITHHELD_AT_EPOCH,
	BODY_REDACTED,
	OTHER_ACT_AT_EPOCH,
	OTHER_CERTIFICATE_NAMED,
	OTHER_GENESIS_NAMED,
	CERTIFICATE_BY_IDENTITY_ALONE,
	CERTIFICATE_BY_STRANGER,
	CERTIFICATE_AFTER_ANOTHER,
	CERTIFICATE_OF_OTHER_NUMBER,
	CERTIFICATE_MISSING,
	CLOSING_BY_IDENTITY_ALONE,
	CLOSING_BY_NEXT_EPOCH,
	CLOSING_TOO_EARLY,
	CLOSING_OTHER_ROOT,
	CLOSING_MISSING,
	END_BY_IDENTITY_ALONE,
	END_BY_EARLIER_EPOCH,
	END_SIZE,
	END_ROOT,
	END_OTHER_ORIGIN,
	DISCLOSURE_CHANGED,
	DISCLOSURE_OTHER_NAME,
	DISCLOSURE_NO_ARRAY,
	REDACTED_SILENTLY,
	REDACTION_OTHER_DIGEST,
	REDACTION_OTHER_TYPE,
	REDACTION_WITHHELD,
	REDACTION_BY_ONE,
	REDACTION_EARLIER,
	LIES
};

struct maker {
	enum lie lie;
	struct signer identity, stranger, epochs[4];
	struct buf genesis, certificates[4], closings[4];
	struct buf end;
	uint8_t hashes[4][HASH_SIZE]; /* of the note that names epoch i */
	struct tree tree;
	uint8_t prev[HASH_SIZE];
	uint64_t boot, epoch;
	struct audit audit;
	struct fault fault;
	uint8_t text_digest[HASH_SIZE];
	const char *continues; /* a member of the first body, or NULL */
	/* Of a part: it is told twice, first to nobody, so that all leaf hashes and notes are there beforehand. */
	bool is_silent;
	const struct maker *beforehand;
	uint64_t from, to;
	uint8_t leaves[8][HASH_SIZE];
};

static enum err give(const struct buf *note, struct buf *out)
{
	if (note->len == 0)
		return ERR_MISSING;
	buf_add(out, note->data, note->len);
	return ERR_OK;
}

static const struct maker *knowing(const struct maker *m)
{
	return m->beforehand != NULL ? m->beforehand : m;
}

static enum err give_certificate(void *context, uint64_t epoch, struct buf *out)
{
	return epoch < 4 ? give(&knowing(context)->certificates[epoch], out) : ERR_MISSING;
}

static enum err give_closing(void *context, uint64_t epoch, struct buf *out)
{
	return give(&knowing(context)->closings[epoch], out);
}

static void hash_of_note(uint8_t out[HASH_SIZE], const struct buf *data)
{
	struct note note;

	assert_int_equal(note_parse(&note, data->data, data->len), ERR_OK);
	hash_bytes(out, note.text, note.text_len);
}

static void start(struct maker *m)
{
	struct audit_source source = {give_certificate, give_closing, m};
	uint8_t seed[SEED_SIZE] = {0};

	assert_int_not_equal(sodium_init(), -1);
	for (uint8_t i = 0; i < 4; i++) {
		seed[0] = i;
		assert_int_equal(signer_init(&m->epochs[i], ORIGIN, seed), ERR_OK);
	}
	seed[0] = 98;
	assert_int_equal(signer_init(&m->identity, ORIGIN, seed), ERR_OK);
	seed[0] = 99;
	assert_int_equal(signer_init(&m->stranger, ORIGIN, seed), ERR_OK);
	hash_bytes(m->prev, "", 0);
	genesis_format(&m->genesis, &m->identity, &m->epochs[1]);
	hash_of_note(m->hashes[1], &m->genesis);
	assert_int_equal(audit_begin(&m->audit, m->genesis.data, m->genesis.len, &source, NULL, &m->fault), ERR_OK);
	if (m->beforehand != NULL)
		audit_part(&m->audit, m->beforehand->tree.size);
}

static void stop(struct maker *m)
{
	audit_fini(&m->audit);
	signer_fini(&m->identity);
	signer_fini(&m->stranger);
	for (int i = 0; i < 4; i++) {
		signer_fini(&m->epochs[i]);
		buf_fini(&m->certificates[i]);
		buf_fini(&m->closings[i]);
	}
	buf_fini(&m->genesis);
	buf_fini(&m->end);
}

struct said {
	enum disclosure_name name;
	enum disclosed state;
	const char *value;
};

/* Shows an entry to the auditor. */
static enum err show(struct maker *m, const struct buf *leaf, const struct said *said, struct buf *texts, int count)
{
	enum err err = ERR_OK;

	if (m->is_silent)
		return ERR_OK;
	if (m->beforehand != NULL) {
		uint64_t seq = m->audit.tree.size;

		err = audit_place(&m->audit, m->beforehand->leaves[seq], &m->fault);
		if (err == ERR_OK && (seq < m->from || seq >= m->to)) {
			audit_skip(&m->audit);
			return ERR_OK;
		}
	}
	if (err == ERR_OK)
		err = audit_entry(&m->audit, leaf->data, leaf->len, &m->fault);
	for (int i = 0; i < count && err == ERR_OK; i++) {
		if (m->lie == DISCLOSURE_CHANGED && said[i].name == DISCLOSURE_TEXT)
			texts[i].data[20] ^= 1;
		err = audit_disclosure(&m->audit, said[i].name, said[i].state, texts[i].data, texts[i].len, &m->fault);
	}
	return err == ERR_OK ? audit_settle(&m->audit, &m->fault) : err;
}

/* Adds one entry as the writer would, and shows it. */
static enum err add(struct maker *m, struct entry e, const struct said *said, int count)
{
	static const uint8_t salt[SALT_SIZE] = {9};
	struct buf leaf = {0}, texts[2] = {{0}};
	enum err err;

	if (e.prev[0] == 0)
		memcpy(e.prev, m->prev, HASH_SIZE);
	for (int i = 0; i < count; i++) {
		enum disclosure_name in = said[i].name;

		if (m->lie == DISCLOSURE_OTHER_NAME && in == DISCLOSURE_TEXT)
			in = DISCLOSURE_BODY;
		assert_int_equal(
			disclosure_format(&texts[i], in, salt, said[i].value, strlen(said[i].value), &m->fault),
			ERR_OK);
		if (m->lie == DISCLOSURE_NO_ARRAY && in == DISCLOSURE_TEXT) {
			buf_clear(&texts[i]);
			buf_adds(&texts[i], "eyJhIjoxfXt7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7");
		}
		hash_bytes(e.sd[said[i].name], texts[i].data, texts[i].len);
		e.has[said[i].name] = true;
	}
	assert_int_equal(entry_format(&leaf, &e), ERR_OK);
	hash_leaf(m->prev, leaf.data, leaf.len);
	assert_true(m->tree.size < 8);
	memcpy(m->leaves[m->tree.size], m->prev, HASH_SIZE);
	tree_append(&m->tree, m->prev, NULL);
	err = show(m, &leaf, said, texts, count);
	if (e.has[DISCLOSURE_TEXT])
		memcpy(m->text_digest, e.sd[DISCLOSURE_TEXT], HASH_SIZE);
	buf_fini(&leaf);
	buf_fini(&texts[0]);
	buf_fini(&texts[1]);
	return err;
}

static struct entry entry_of(const struct maker *m, enum entry_type type)
{
	struct entry e = {.seq = m->tree.size, .boot = m->boot, .epoch = m->epoch, .via = VIA_CLI, .type = type};

	memcpy(e.who, "u1", 3);
	memcpy(e.about, "-", 2);
	return e;
}

static void sign_checkpoint(const struct maker *m, struct buf *out, struct checkpoint c, const struct signer *epoch,
			    bool by_identity)
{
	size_t text_len;

	checkpoint_format(out, m->lie == END_OTHER_ORIGIN && out == &m->end ? "city.example/k2/1" : ORIGIN, &c);
	text_len = out->len;
	buf_addc(out, '\n');
	if (epoch != NULL)
		signer_sign(epoch, out, text_len);
	if (by_identity)
		signer_sign(&m->identity, out, text_len);
}

static struct checkpoint checkpoint_now(const struct maker *m)
{
	struct checkpoint c = {.size = m->tree.size};

	tree_root(&m->tree, c.root);
	return c;
}

static void close_epoch(struct maker *m)
{
	struct checkpoint c = checkpoint_now(m);
	const struct signer *by = &m->epochs[m->epoch];

	if (m->lie == CLOSING_MISSING)
		return;
	if (m->lie == CLOSING_TOO_EARLY)
		c.size--;
	if (m->lie == CLOSING_OTHER_ROOT)
		c.root[0] ^= 1;
	if (m->lie == CLOSING_BY_IDENTITY_ALONE)
		by = NULL;
	if (m->lie == CLOSING_BY_NEXT_EPOCH)
		by = &m->epochs[m->epoch + 1];
	sign_checkpoint(m, &m->closings[m->epoch], c, by, true);
}

static void certify(struct maker *m, uint64_t epoch)
{
	const struct signer *by = &m->epochs[epoch - 1];
	const uint8_t *previous = m->hashes[epoch - 1];
	struct buf *note = &m->certificates[epoch];

	if (m->lie == CERTIFICATE_BY_STRANGER)
		by = &m->stranger;
	if (m->lie == CERTIFICATE_BY_IDENTITY_ALONE)
		by = &m->identity;
	if (m->lie == CERTIFICATE_AFTER_ANOTHER)
		previous = m->hashes[0];
	certificate_format(note, m->lie == CERTIFICATE_OF_OTHER_NUMBER ? epoch + 1 : epoch, &m->epochs[epoch], previous,
			   by, &m->identity);
	hash_of_note(m->hashes[epoch], note);
	if (m->lie == CERTIFICATE_MISSING)
		buf_clear(note);
}

static enum err begin_epoch(struct maker *m, uint64_t boot)
{
	char hash[BASE64_SIZE(HASH_SIZE)], body[640];
	struct said said = {DISCLOSURE_BODY, DISCLOSED, body};
	const char *member;
	struct entry e;

	if (m->epoch > 0) {
		close_epoch(m);
		certify(m, m->epoch + 1);
	}
	m->epoch++;
	m->boot = boot;
	e = entry_of(m, TYPE_EPOCH);
	if (m->epoch == 3) {
		e.epoch += m->lie == EPOCH_SKIPPED ? 1 : 0;
		e.epoch -= m->lie == EPOCH_BACK ? 1 : 0;
		e.boot += m->lie == BOOT_SKIPPED ? 2 : 0;
		e.boot -= m->lie == BOOT_BACK ? 1 : 0;
		if (m->lie == BODY_WITHHELD_AT_EPOCH)
			said.state = WITHHELD;
	}
	if (m->epoch == 1)
		e.boot += m->lie == FIRST_BOOT_TWO ? 1 : 0;
	member = m->epoch == 1 ? "genesis" : "certificate";
	base64_encode(
		hash,
		m->hashes[m->lie == (m->epoch == 1 ? OTHER_GENESIS_NAMED : OTHER_CERTIFICATE_NAMED) ? 0 : m->epoch],
		HASH_SIZE);
	(void)snprintf(body, sizeof body, "{\"act\":\"%s\",\"%s\":\"%s\"%s}",
		       m->lie == OTHER_ACT_AT_EPOCH ? "epoch.stop" : "epoch.start", member, hash,
		       m->epoch == 1 && m->continues != NULL ? m->continues : "");
	return add(m, e, &said, m->lie == NO_BODY_AT_EPOCH && m->epoch == 3 ? 0 : 1);
}

static enum err add_ordinary(struct maker *m)
{
	struct said said[] = {{DISCLOSURE_BODY, DISCLOSED, "{\"act\":\"a.b\"}"},
			      {DISCLOSURE_TEXT, DISCLOSED, "{\"act\":\"x\"}"}};
	struct entry e = entry_of(m, TYPE_INCIDENT);

	if (m->epoch == 2) {
		e.seq += m->lie == SEQ_JUMPS ? 1 : 0;
		if (m->lie == PREV_OF_ANOTHER)
			hash_bytes(e.prev, "another", 7);
		if (m->lie == TYPE_EPOCH_WITHOUT_EPOCH)
			e.type = TYPE_EPOCH;
		e.epoch += m->lie == EPOCH_WITHOUT_TYPE ? 1 : 0;
		e.boot += m->lie == BOOT_WITHOUT_EPOCH ? 1 : 0;
		if (m->lie >= REDACTED_SILENTLY)
			said[1].state = REDACTED;
		if (m->lie == BODY_REDACTED)
			said[0].state = REDACTED;
	}
	return add(m, e, said, 2);
}

static enum err add_redaction(struct maker *m, uint64_t seq)
{
	char digest[BASE64_SIZE(HASH_SIZE)], body[240];
	struct said said = {DISCLOSURE_BODY, m->lie == REDACTION_WITHHELD ? WITHHELD : DISCLOSED, body};

	if (m->lie == REDACTION_OTHER_DIGEST)
		m->text_digest[0] ^= 1;
	base64url_encode(digest, m->text_digest, HASH_SIZE);
	(void)snprintf(body, sizeof body,
		       "{\"act\":\"redaction\",\"seq\":%d,\"name\":\"text\",\"digest\":\"%s\",\"approved_by\":[%s]}",
		       (int)seq, digest, m->lie == REDACTION_BY_ONE ? "\"u1\",\"u1\",2" : "\"u1\",\"u2\"");
	return add(m, entry_of(m, m->lie == REDACTION_OTHER_TYPE ? TYPE_INCIDENT : TYPE_SYSTEM), &said, 1);
}

static enum err finish(struct maker *m)
{
	struct checkpoint c = checkpoint_now(m);
	const struct signer *by = &m->epochs[m->epoch];

	if (m->lie == END_BY_IDENTITY_ALONE)
		by = NULL;
	if (m->lie == END_BY_EARLIER_EPOCH)
		by = &m->epochs[m->epoch - 1];
	if (m->lie == END_SIZE)
		c.size++;
	if (m->lie == END_ROOT)
		c.root[5] ^= 1;
	sign_checkpoint(m, &m->end, c, by, true);
	if (m->is_silent)
		return ERR_OK;
	return audit_end(&m->audit, m->end.data, m->end.len, AUDIT_BOTH_SIGN, &m->fault);
}

/* Epoch 1 of two entries, epoch 2 after a restart, epoch 3 in the same boot. */
static enum err tell_it(struct maker *m, enum lie lie)
{
	uint64_t spoken;
	enum err err = ERR_OK;

	m->lie = lie;
	start(m);
	if (lie == FIRST_IS_NO_EPOCH) {
		m->boot = 1;
		m->epoch = 1;
		err = add_ordinary(m);
	}
	if (err == ERR_OK)
		err = begin_epoch(m, 1);
	if (err == ERR_OK)
		err = add_ordinary(m);
	if (err == ERR_OK)
		err = begin_epoch(m, 2);
	spoken = m->tree.size;
	if (err == ERR_OK && lie == REDACTION_EARLIER)
		err = add_redaction(m, spoken++ + 1);
	if (err == ERR_OK)
		err = add_ordinary(m);
	if (err == ERR_OK && lie > REDACTED_SILENTLY && lie != REDACTION_EARLIER)
		err = add_redaction(m, spoken);
	if (err == ERR_OK)
		err = begin_epoch(m, 2);
	return err == ERR_OK ? finish(m) : err;
}

static enum err tell(struct maker *m, enum lie lie)
{
	*m = (struct maker){0};
	return tell_it(m, lie);
}

/* The same, of which only the entries from `from` to `to` - 1 are shown. */
static enum err tell_part(struct maker *m, enum lie lie, uint64_t from, uint64_t to)
{
	struct maker beforehand = {.is_silent = true};
	enum err err;

	assert_int_equal(tell_it(&beforehand, lie), ERR_OK);
	*m = (struct maker){.beforehand = &beforehand, .from = from, .to = to};
	err = tell_it(m, lie);
	stop(&beforehand);
	m->beforehand = NULL;
	return err;
}

static void the_truth_is_good(void **state)
{
	struct maker m;

	(void)state;
	if (tell(&m, TRUTH) != ERR_OK)
		fail_msg("%s", m.fault.text);
	assert_int_equal(m.audit.counts[DISCLOSED], 7);
	stop(&m);
}

static void every_lie_is_bad_and_explained(void **state)
{
	(void)state;
	for (int lie = TRUTH + 1; lie < LIES; lie++) {
		struct maker m;

		if (tell(&m, (enum lie)lie) != ERR_CORRUPT)
			fail_msg("lie %d was believed", lie);
		assert_true(strlen(m.fault.text) > 20);
		stop(&m);
	}
}

static void a_redaction_makes_an_erasure_good(void **state)
{
	struct maker m;

	(void)state;
	/* A number beyond the lies: the text is redacted and nothing is wrong. */
	if (tell(&m, LIES) != ERR_OK)
		fail_msg("%s", m.fault.text);
	assert_int_equal(m.audit.counts[REDACTED], 1);
	stop(&m);
}

static void a_running_writer_lacks_only_the_identity(void **state)
{
	struct maker m;
	struct buf note = {0};

	(void)state;
	assert_int_equal(tell(&m, END_BY_IDENTITY_ALONE), ERR_CORRUPT);
	sign_checkpoint(&m, &note, checkpoint_now(&m), &m.epochs[3], false);
	assert_int_equal(audit_end(&m.audit, note.data, note.len, AUDIT_EPOCH_SIGNS, &m.fault), ERR_OK);
	assert_int_equal(audit_end(&m.audit, note.data, note.len, AUDIT_BOTH_SIGN, &m.fault), ERR_CORRUPT);
	buf_fini(&note);
	stop(&m);
}

static void genesis_must_fit_itself(void **state)
{
	struct maker m = {.lie = TRUTH};
	struct audit_source source = {give_certificate, give_closing, &m};
	struct buf note = {0};
	struct signer other;
	struct audit a;

	(void)state;
	start(&m);
	assert_int_equal(signer_init(&other, "city.example/k2/1", NULL), ERR_OK);
	genesis_format(&note, &m.identity, &other);
	assert_int_equal(audit_begin(&a, note.data, note.len, &source, NULL, &m.fault), ERR_CORRUPT);
	audit_fini(&a);
	buf_clear(&note);
	genesis_format(&note, &m.identity, &m.stranger);
	assert_int_equal(audit_begin(&a, note.data, note.len, &source, NULL, &m.fault), ERR_OK);
	audit_fini(&a);
	note.data[17] = 'x';
	assert_int_equal(audit_begin(&a, note.data, note.len, &source, NULL, &m.fault), ERR_CORRUPT);
	audit_fini(&a);
	buf_fini(&note);
	signer_fini(&other);
	stop(&m);
}

static void every_part_of_the_truth_is_good(void **state)
{
	(void)state;
	for (uint64_t from = 0; from < 5; from++) {
		for (uint64_t to = from + 1; to <= 5; to++) {
			struct maker m;

			if (tell_part(&m, TRUTH, from, to) != ERR_OK)
				fail_msg("%d to %d: %s", (int)from, (int)to, m.fault.text);
			assert_int_equal(m.audit.epoch, 3);
			assert_int_equal(m.audit.epoch_began, 4);
			assert_int_equal(m.audit.entries, to - from);
			stop(&m);
		}
	}
}

/* The rules about the first entry and about redactions are those that a part may not be able to check. */
static void every_lie_in_a_part_is_bad(void **state)
{
	(void)state;
	for (int lie = TRUTH + 1; lie < REDACTED_SILENTLY; lie++) {
		bool is_about_first = lie == FIRST_BOOT_TWO || lie == OTHER_GENESIS_NAMED;
		struct maker m;

		/* These end the tale before it has its notes. */
		if (lie == NO_BODY_AT_EPOCH || lie == FIRST_IS_NO_EPOCH)
			continue;
		if (tell_part(&m, (enum lie)lie, is_about_first ? 0 : 2, is_about_first ? 2 : 6) != ERR_CORRUPT)
			fail_msg("lie %d was believed", lie);
		assert_true(strlen(m.fault.text) > 20);
		stop(&m);
	}
}

/* Without a single entry the notes must still lead from the genesis to the head. */
static void lies_in_notes_are_bad_without_entries(void **state)
{
	(void)state;
	for (int lie = CERTIFICATE_BY_IDENTITY_ALONE; lie <= END_OTHER_ORIGIN; lie++) {
		struct maker m;

		if (tell_part(&m, (enum lie)lie, 1, 1) != ERR_CORRUPT)
			fail_msg("lie %d was believed", lie);
		assert_true(m.audit.file[0] != '\0');
		stop(&m);
	}
}

static void a_redaction_elsewhere_is_counted_apart(void **state)
{
	struct maker m;

	(void)state;
	/* The text of entry 3 is redacted by entry 4. */
	assert_int_equal(tell_part(&m, LIES, 2, 4), ERR_OK);
	assert_int_equal(m.audit.redacted_elsewhere, 1);
	stop(&m);
	assert_int_equal(tell_part(&m, LIES, 2, 5), ERR_OK);
	assert_int_equal(m.audit.redacted_elsewhere, 0);
	stop(&m);
}

static void another_entry_than_the_hash_is_bad(void **state)
{
	struct maker beforehand = {.is_silent = true}, m = {.beforehand = &beforehand, .from = 2, .to = 4};

	(void)state;
	assert_int_equal(tell_it(&beforehand, TRUTH), ERR_OK);
	beforehand.leaves[3][7] ^= 1;
	assert_int_equal(tell_it(&m, TRUTH), ERR_CORRUPT);
	assert_int_equal(m.audit.blamed, 3);
	stop(&m);
	stop(&beforehand);
}

/* ---- the logs before ---- */

#define HEAD "\"root\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\""
#define GENESIS "\"genesis\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\""

static enum err tell_continuing(struct maker *m, const char *continues)
{
	*m = (struct maker){.continues = continues};
	return tell_it(m, TRUTH);
}

static void a_log_may_continue_others(void **state)
{
	struct earlier_log *earlier;
	struct maker m;

	(void)state;
	assert_int_equal(tell_continuing(&m, ",\"continues\":[{\"origin\":\"city.example/k1/1\",\"size\":7," HEAD
					     "," GENESIS "},{\"origin\":\"city.example/k1/2\",\"size\":1," HEAD
					     "," GENESIS "}]"),
			 ERR_OK);
	assert_int_equal(m.audit.earlier.len, 2 * sizeof *earlier);
	earlier = (struct earlier_log *)(void *)m.audit.earlier.data;
	assert_string_equal(earlier[0].origin, "city.example/k1/1");
	assert_int_equal(earlier[0].head.size, 7);
	assert_string_equal(earlier[1].origin, "city.example/k1/2");
	stop(&m);
}

static void a_wrong_claim_to_continue_is_bad(void **state)
{
	static const char *const claims[] = {
		",\"continues\":{}",
		",\"continues\":\"city.example/k1/1\"",
		",\"continues\":[7]",
		",\"continues\":[{\"origin\":\"city.example/k1/3\",\"size\":7," HEAD "," GENESIS "}]",
		",\"continues\":[{\"origin\":\"city.example/k2/1\",\"size\":7," HEAD "," GENESIS "}]",
		",\"continues\":[{\"origin\":\"city.example/k1/0\",\"size\":7," HEAD "," GENESIS "}]",
		",\"continues\":[{\"origin\":\"city.example/k1/1\",\"size\":0," HEAD "," GENESIS "}]",
		",\"continues\":[{\"origin\":\"city.example/k1/1\",\"size\":\"7\"," HEAD "," GENESIS "}]",
		",\"continues\":[{\"origin\":\"city.example/k1/1\",\"size\":7," HEAD "}]",
		",\"continues\":[{\"origin\":\"city.example/k1/1\",\"size\":7,\"root\":\"AAAA\"," GENESIS "}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		struct maker m;

		if (tell_continuing(&m, claims[i]) != ERR_CORRUPT)
			fail_msg("believed: %s", claims[i]);
		assert_int_equal(m.audit.blamed, 0);
		stop(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_truth_is_good),
		cmocka_unit_test(every_lie_is_bad_and_explained),
		cmocka_unit_test(a_redaction_makes_an_erasure_good),
		cmocka_unit_test(a_running_writer_lacks_only_the_identity),
		cmocka_unit_test(genesis_must_fit_itself),
		cmocka_unit_test(every_part_of_the_truth_is_good),
		cmocka_unit_test(every_lie_in_a_part_is_bad),
		cmocka_unit_test(lies_in_notes_are_bad_without_entries),
		cmocka_unit_test(a_redaction_elsewhere_is_counted_apart),
		cmocka_unit_test(another_entry_than_the_hash_is_bad),
		cmocka_unit_test(a_log_may_continue_others),
		cmocka_unit_test(a_wrong_claim_to_continue_is_bad),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
