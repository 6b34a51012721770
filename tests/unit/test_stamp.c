/* What is read out of a time stamp authority's reply. The replies are those that the fuzzer begins with. */
#include "base/file.h"
#include "ledger/rfc3161.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

static struct buf granted, refused;

static int read_replies(void **state)
{
	struct fault f;

	(void)state;
	granted.cap = refused.cap = 65536;
	return file_read("tests/fuzz/corpus/stamp_reply/granted", 65536, &granted, &f) == ERR_OK &&
			       file_read("tests/fuzz/corpus/stamp_reply/refused", 65536, &refused, &f) == ERR_OK
		       ? 0
		       : -1;
}

static int drop_replies(void **state)
{
	(void)state;
	buf_fini(&granted);
	buf_fini(&refused);
	return 0;
}

static void a_stamp_says_of_what_and_when(void **state)
{
	/* SHA-256 of "x". */
	static const uint8_t imprint[] = {0x2d, 0x71, 0x16, 0x42, 0xb7, 0x26, 0xb0, 0x44, 0x01, 0x62, 0x7c,
					  0xa9, 0xfb, 0xac, 0x32, 0xf5, 0xc8, 0x53, 0x0f, 0xb1, 0x90, 0x3c,
					  0xc4, 0xdb, 0x02, 0x25, 0x87, 0x17, 0x92, 0x1a, 0x48, 0x81};
	struct stamp_reply r;

	(void)state;
	stamp_reply_read(&r, granted.data, granted.len);
	assert_int_equal(r.status, 0);
	assert_true(r.is_sha256 && r.has_nonce && r.is_signed);
	assert_memory_equal(r.imprint, imprint, sizeof imprint);
	assert_true(r.nonce == UINT64_C(0x9e9be32e17ea55b1));
	assert_int_equal(r.wall_ms, INT64_C(1795280465000));
}

static void a_refusal_says_why(void **state)
{
	struct stamp_reply r;

	(void)state;
	stamp_reply_read(&r, refused.data, refused.len);
	assert_int_equal(r.status, 2);
	assert_true(r.words_len > 0 && memcmp(r.words, "Message digest", 14) == 0);
	assert_false(r.is_signed || r.is_sha256 || r.has_nonce);
}

static void what_is_cut_or_longer_is_no_reply(void **state)
{
	const struct buf *const replies[] = {&granted, &refused};
	struct stamp_reply r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct buf longer = {0};

		for (size_t len = 0; len < replies[i]->len; len++) {
			stamp_reply_read(&r, replies[i]->data, len);
			assert_int_equal(r.status, STAMP_STATUS_NONE);
		}
		buf_add(&longer, replies[i]->data, replies[i]->len);
		buf_addc(&longer, '\0');
		stamp_reply_read(&r, longer.data, longer.len);
		assert_int_equal(r.status, STAMP_STATUS_NONE);
		buf_fini(&longer);
	}
}

/* Not every bit of the envelope is signed. Those that may change change nothing of what is recorded. */
static void a_changed_bit_changes_nothing_that_is_recorded(void **state)
{
	struct stamp_reply right, r;
	unsigned refused_bits = 0;

	(void)state;
	stamp_reply_read(&right, granted.data, granted.len);
	for (size_t bit = 0; bit < 8 * granted.len; bit++) {
		granted.data[bit / 8] ^= (char)(1 << bit % 8);
		stamp_reply_read(&r, granted.data, granted.len);
		granted.data[bit / 8] ^= (char)(1 << bit % 8);
		if (r.status > 1 || !r.is_signed) {
			refused_bits++;
			continue;
		}
		assert_memory_equal(r.imprint, right.imprint, sizeof r.imprint);
		assert_true(r.is_sha256 && r.has_nonce && r.nonce == right.nonce && r.wall_ms == right.wall_ms);
	}
	assert_true(refused_bits > 8 * granted.len * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stamp_says_of_what_and_when),
		cmocka_unit_test(a_refusal_says_why),
		cmocka_unit_test(what_is_cut_or_longer_is_no_reply),
		cmocka_unit_test(a_changed_bit_changes_nothing_that_is_recorded),
	};

	return cmocka_run_group_tests_name("stamp", tests, read_replies, drop_replies);
}
