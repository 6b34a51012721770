#include "base/bytes.h"

#include "check.h"

static void a_buffer_grows_to_its_cap_and_remembers_failure(void **state)
{
	struct buf b = {.cap = 10};

	(void)state;
	buf_adds(&b, "12345");
	buf_addc(&b, '6');
	buf_addf(&b, "%d", 78);
	assert_string_equal(b.data, "12345678");
	buf_addf(&b, "%s", "9ab");
	assert_int_equal(buf_status(&b), ERR_FULL);
	buf_adds(&b, "9");
	assert_int_equal(buf_status(&b), ERR_FULL);
	assert_string_equal(b.data, "12345678");
	assert_null(buf_take(&b));
	buf_clear(&b);
	buf_adds(&b, "0123456789");
	assert_int_equal(buf_status(&b), ERR_OK);
	assert_int_equal(b.len, 10);
	buf_fini(&b);
}

static void taking_gives_the_text_away(void **state)
{
	struct buf b = {0};
	char *text;

	(void)state;
	text = buf_take(&b);
	assert_string_equal(text, "");
	free(text);
	buf_adds(&b, "abc");
	text = buf_take(&b);
	assert_string_equal(text, "abc");
	assert_int_equal(b.len, 0);
	free(text);
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%d ", i);
	assert_int_equal(b.len, 3890);
	buf_clear(&b);
	buf_addn(&b, 0);
	buf_addn(&b, 1970);
	buf_addn(&b, UINT64_MAX);
	assert_string_equal(b.data, "0197018446744073709551615");
	buf_fini(&b);
}

/* RFC 4648 section 10. */
static const struct {
	const char *bytes, *base64, *base64url, *base32, *hex;
} vectors[] = {
	{"", "", "", "", ""},
	{"f", "Zg==", "Zg", "MY", "66"},
	{"fo", "Zm8=", "Zm8", "MZXQ", "666f"},
	{"foo", "Zm9v", "Zm9v", "MZXW6", "666f6f"},
	{"foob", "Zm9vYg==", "Zm9vYg", "MZXW6YQ", "666f6f62"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE", "MZXW6YTB", "666f6f6261"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"},
	{"\xff\xfe\xfb", "//77", "__77", "777PW", "fffefb"},
};

static void the_encodings_of_the_rfc(void **state)
{
	char text[64], bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		size_t len = strlen(vectors[i].bytes), got = sizeof bytes;

		base64_encode(text, vectors[i].bytes, len);
		assert_string_equal(text, vectors[i].base64);
		base64url_encode(text, vectors[i].bytes, len);
		assert_string_equal(text, vectors[i].base64url);
		base32_encode(text, vectors[i].bytes, len);
		assert_string_equal(text, vectors[i].base32);
		hex_encode(text, vectors[i].bytes, len);
		assert_string_equal(text, vectors[i].hex);
		assert_int_equal(base64_decode(bytes, &got, vectors[i].base64, strlen(vectors[i].base64)), ERR_OK);
		assert_int_equal(got, len);
		assert_memory_equal(bytes, vectors[i].bytes, len);
		got = sizeof bytes;
		assert_int_equal(base64url_decode(bytes, &got, vectors[i].base64url, strlen(vectors[i].base64url)),
				 ERR_OK);
		assert_int_equal(got, len);
		assert_memory_equal(bytes, vectors[i].bytes, len);
		got = sizeof bytes;
		assert_int_equal(hex_decode(bytes, &got, vectors[i].hex, strlen(vectors[i].hex)), ERR_OK);
		assert_int_equal(got, len);
		assert_memory_equal(bytes, vectors[i].bytes, len);
	}
}

static void decoding_undoes_encoding_for_all_lengths(void **state)
{
	uint8_t bytes[200], back[200];
	char text[BASE64_SIZE(sizeof bytes)];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		size_t got = len;

		base64_encode(text, bytes, len);
		assert_int_equal(base64_decode(back, &got, text, strlen(text)), ERR_OK);
		assert_int_equal(got, len);
		assert_memory_equal(back, bytes, len);
		base64url_encode(text, bytes, len);
		assert_int_equal(base64url_decode(back, &got, text, strlen(text)), ERR_OK);
		assert_memory_equal(back, bytes, len);
	}
}

static void only_one_spelling_is_accepted(void **state)
{
	static const char *const bad64[] = {"Zg",   "Zg=",  "Zh==",  "Zm9=", "Zg==\n",     " Zg==", "Zg==Zg==",
					    "====", "Z===", "Zm9v=", "__77", "\xda\x67==", "Zm-v"};
	static const char *const bad_url[] = {"Z", "Zg==", "Zh", "Zm9", "//77", "Zm9vY", "Zm9\x80", "Zm+v"};
	static const char *const bad_hex[] = {"6", "6G", "FF", "0x", " 6", "6\xb6"};
	uint8_t out[16] = {42};
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof bad64 / sizeof *bad64; i++) {
		len = sizeof out;
		if (base64_decode(out, &len, bad64[i], strlen(bad64[i])) != ERR_FORMAT)
			fail_msg("base64 '%s' was accepted", bad64[i]);
		assert_int_equal(len, sizeof out);
	}
	for (size_t i = 0; i < sizeof bad_url / sizeof *bad_url; i++) {
		len = sizeof out;
		if (base64url_decode(out, &len, bad_url[i], strlen(bad_url[i])) != ERR_FORMAT)
			fail_msg("base64url '%s' was accepted", bad_url[i]);
	}
	for (size_t i = 0; i < sizeof bad_hex / sizeof *bad_hex; i++) {
		len = sizeof out;
		if (hex_decode(out, &len, bad_hex[i], strlen(bad_hex[i])) != ERR_FORMAT)
			fail_msg("hex '%s' was accepted", bad_hex[i]);
	}
	assert_int_equal(out[0], 42);
}

/* Each of the 256 bytes as the second digit of four: exactly 64 pass in each alphabet. */
static void exactly_the_alphabet_is_accepted(void **state)
{
	int standard = 0, url = 0;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[4] = {'A', (char)c, 'A', 'A'};
		uint8_t out[3];
		size_t len = sizeof out;

		standard += base64_decode(out, &len, text, 4) == ERR_OK;
		len = sizeof out;
		url += base64url_decode(out, &len, text, 4) == ERR_OK;
	}
	assert_int_equal(standard, 64);
	assert_int_equal(url, 64);
}

static void too_little_room_is_a_range_error(void **state)
{
	uint8_t out[2] = {1, 2};
	size_t len = 2;

	(void)state;
	assert_int_equal(base64_decode(out, &len, "Zm9v", 4), ERR_RANGE);
	assert_int_equal(base64url_decode(out, &len, "Zm9v", 4), ERR_RANGE);
	assert_int_equal(hex_decode(out, &len, "666f6f", 6), ERR_RANGE);
	assert_int_equal(len, 2);
	assert_int_equal(out[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_grows_to_its_cap_and_remembers_failure),
		cmocka_unit_test(taking_gives_the_text_away),
		cmocka_unit_test(the_encodings_of_the_rfc),
		cmocka_unit_test(decoding_undoes_encoding_for_all_lengths),
		cmocka_unit_test(only_one_spelling_is_accepted),
		cmocka_unit_test(exactly_the_alphabet_is_accepted),
		cmocka_unit_test(too_little_room_is_a_range_error),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
