#include "ledger/rfc3161.h"

#include <openssl/crypto.h>
#include <openssl/ts.h>
#include <string.h>
#include <time.h>

static void take_words(struct stamp_reply *out, TS_STATUS_INFO *info)
{
	const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(info);
	const ASN1_UTF8STRING *text;
	size_t len;

	if (sk_ASN1_UTF8STRING_num(texts) <= 0)
		return;
	text = sk_ASN1_UTF8STRING_value(texts, 0);
	len = (size_t)ASN1_STRING_length(text);
	out->words_len = len < sizeof out->words ? len : sizeof out->words;
	memcpy(out->words, ASN1_STRING_get0_data(text), out->words_len);
}

static void take_imprint(struct stamp_reply *out, TS_MSG_IMPRINT *imprint)
{
	const ASN1_OCTET_STRING *hash = TS_MSG_IMPRINT_get_msg(imprint);

	out->is_sha256 = OBJ_obj2nid(TS_MSG_IMPRINT_get_algo(imprint)->algorithm) == NID_sha256 &&
			 ASN1_STRING_length(hash) == STAMP_IMPRINT_SIZE;
	if (out->is_sha256)
		memcpy(out->imprint, ASN1_STRING_get0_data(hash), STAMP_IMPRINT_SIZE);
}

static bool take_time(struct stamp_reply *out, const ASN1_GENERALIZEDTIME *time)
{
	struct tm tm;
	time_t seconds;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	seconds = timegm(&tm);
	out->wall_ms = (int64_t)seconds * 1000;
	return seconds >= 0;
}

static bool is_signed(PKCS7 *token)
{
	const unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME;
	X509_STORE *trusted = X509_STORE_new();
	const STACK_OF(X509) *came = PKCS7_type_is_signed(token) ? token->d.sign->cert : NULL;
	bool fits = trusted != NULL && X509_STORE_set_flags(trusted, flags) == 1;

	for (int i = 0; fits && i < sk_X509_num(came); i++)
		fits = X509_STORE_add_cert(trusted, sk_X509_value(came, i)) == 1;
	fits = fits && TS_RESP_verify_signature(token, NULL, trusted, NULL) == 1;
	X509_STORE_free(trusted);
	return fits;
}

static bool take_stamp(struct stamp_reply *out, TS_RESP *response)
{
	TS_TST_INFO *info = TS_RESP_get_tst_info(response);
	const ASN1_INTEGER *nonce;

	if (info == NULL || !take_time(out, TS_TST_INFO_get_time(info)))
		return false;
	take_imprint(out, TS_TST_INFO_get_msg_imprint(info));
	nonce = TS_TST_INFO_get_nonce(info);
	out->has_nonce = nonce != NULL && ASN1_INTEGER_get_uint64(&out->nonce, nonce) == 1;
	out->is_signed = is_signed(TS_RESP_get_token(response));
	return true;
}

static bool take_response(struct stamp_reply *out, TS_RESP *response)
{
	TS_STATUS_INFO *info = TS_RESP_get_status_info(response);

	if (ASN1_INTEGER_get_int64(&out->status, TS_STATUS_INFO_get0_status(info)) != 1 || out->status < 0)
		return false;
	if (out->status == TS_STATUS_GRANTED || out->status == TS_STATUS_GRANTED_WITH_MODS)
		return take_stamp(out, response);
	take_words(out, info);
	return true;
}

void stamp_reply_read(struct stamp_reply *out, const void *data, size_t len)
{
	const unsigned char *at = data;
	TS_RESP *response;

	/* Nothing of libcrypto's is to be configured from files. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	*out = (struct stamp_reply){.status = STAMP_STATUS_NONE};
	response = d2i_TS_RESP(NULL, &at, (long)len);
	if (response == NULL || at != (const unsigned char *)data + len || !take_response(out, response))
		*out = (struct stamp_reply){.status = STAMP_STATUS_NONE};
	TS_RESP_free(response);
}
