/* Time stamps (RFC 3161) over closing checkpoints.
 *
 *   TimeStampReq   version 1, SHA-256 of the bytes of the note, a nonce, "send your certificate"
 *
 * The reply's signature is checked, too, so that a mangled one is found while it can still be asked for again. Whether
 * the authority is one to be trusted is for auditors to say.
 */
#include "base/text.h"
#include "ledger/inside.h"
#include "ledger/pins.h"
#include "ledger/rfc3161.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE_SIZE = 8, ASKED_LOOKED_AT = 64 };

/* ---- asking ---- */

/* DER; everything but imprint and nonce is fixed, lengths too. */
static void format_query(struct buf *out, const uint8_t imprint[HASH_SIZE], const uint8_t nonce[NONCE_SIZE])
{
	static const char head[] = "\x30\x43"                                     /* TimeStampReq, 67 bytes */
				   "\x02\x01\x01"                                 /* version 1 */
				   "\x30\x31"                                     /* messageImprint, 49 bytes */
				   "\x30\x0d"                                     /* hashAlgorithm, 13 bytes */
				   "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01" /* SHA-256 */
				   "\x05\x00"                                     /* without parameters */
				   "\x04\x20";                                    /* hashedMessage, 32 bytes */
	static const char before_nonce[] = "\x02\x08", certificate_too[] = "\x01\x01\xff";

	buf_add(out, head, sizeof head - 1);
	buf_add(out, imprint, HASH_SIZE);
	buf_adds(out, before_nonce);
	buf_add(out, nonce, NONCE_SIZE);
	buf_adds(out, certificate_too);
}

enum err stamp_request(struct ledger *l, struct moment now, struct buf *out, struct fault *f)
{
	struct buf closing = {.cap = NOTE_MAX};
	uint8_t nonce[NONCE_SIZE], imprint[HASH_SIZE];
	struct checkpoint at;
	uint64_t epoch;
	enum err err;

	randombytes_buf(nonce, sizeof nonce);
	/* DER: an INTEGER above zero, in as few bytes as it needs. */
	nonce[0] = (nonce[0] & 0x3f) | 0x40;
	err = rotate_asking(l, (struct blob){nonce, sizeof nonce}, now, &epoch, f);
	if (err == ERR_OK)
		err = closing_load(l, epoch, &closing, &at, f);
	if (err == ERR_OK) {
		hash_bytes(imprint, closing.data, closing.len);
		format_query(out, imprint, nonce);
		err = buf_status(out) == ERR_OK ? ERR_OK : fault_set(f, buf_status(out), _("no memory"));
	}
	buf_fini(&closing);
	return err;
}

/* ---- reading a reply ---- */

struct reply {
	struct ledger *ledger;
	struct stamp_reply says;
	uint8_t nonce[NONCE_SIZE]; /* of our query */
	struct stamped stamped;
	struct fault *f;
};

static enum err not_asked(const struct reply *r)
{
	return fault_set(r->f, ERR_MISSING, _("the stamp is of no checkpoint that this log asked an authority about"));
}

static enum err read_reply(struct reply *r, const void *data, size_t len)
{
	struct stamp_reply *says = &r->says;
	char words[STAMP_WORDS_MAX];

	if (len <= PIN_FILE_MAX)
		stamp_reply_read(says, data, len);
	if (len > PIN_FILE_MAX || says->status == STAMP_STATUS_NONE)
		return fault_set(r->f, ERR_FORMAT, _("this is not the reply of a time stamp authority (RFC 3161)"));
	if (says->status <= 1)
		return says->is_sha256 ? ERR_OK : not_asked(r);
	text_show(words, sizeof words, says->words, says->words_len);
	return fault_set(r->f, ERR_DENIED,
			 _("the authority did not stamp (status %lld: %s); make a new request and ask it again"),
			 (long long)says->status, words);
}

/* ---- which checkpoint ---- */

/* The newest epoch before *epoch about whose closing checkpoint an authority was asked, and how. */
static enum err last_asked(struct reply *r, uint64_t *epoch)
{
	struct store *store = media_store(&r->ledger->media);
	enum err err = store_row(store, STORE_LAST_STAMP_ASKED, (int64_t)*epoch, NULL);
	struct blob nonce;

	if (err == ERR_OK) {
		*epoch = (uint64_t)store_integer(store, STORE_LAST_STAMP_ASKED, 0);
		nonce = store_blob(store, STORE_LAST_STAMP_ASKED, 1);
		memset(r->nonce, 0, sizeof r->nonce);
		if (nonce.len == NONCE_SIZE)
			memcpy(r->nonce, nonce.data, NONCE_SIZE);
	}
	store_done(store, STORE_LAST_STAMP_ASKED);
	return err == ERR_OK || err == ERR_MISSING ? err : store_fault(store, err, _("reading"), r->f);
}

static enum err is_of(struct reply *r, uint64_t epoch, bool *fits)
{
	struct buf closing = {.cap = NOTE_MAX};
	struct checkpoint at;
	uint8_t hash[HASH_SIZE];
	enum err err = closing_load(r->ledger, epoch, &closing, &at, r->f);

	if (err == ERR_OK) {
		hash_bytes(hash, closing.data, closing.len);
		*fits = memcmp(hash, r->says.imprint, HASH_SIZE) == 0;
		r->stamped = (struct stamped){.size = at.size, .epoch = epoch};
	}
	buf_fini(&closing);
	return err;
}

static enum err find_checkpoint(struct reply *r)
{
	uint64_t epoch = r->ledger->running.epoch;
	bool fits = false;
	enum err err = ERR_OK;

	for (int i = 0; i < ASKED_LOOKED_AT && err == ERR_OK && !fits; i++) {
		err = last_asked(r, &epoch);
		if (err == ERR_OK)
			err = is_of(r, epoch, &fits);
	}
	return err == ERR_MISSING || (err == ERR_OK && !fits) ? not_asked(r) : err;
}

/* ---- whether it is right ---- */

static enum err check_nonce(const struct reply *r)
{
	uint64_t asked = 0;

	for (int i = 0; i < NONCE_SIZE; i++)
		asked = asked << 8 | r->nonce[i];
	if (!r->says.has_nonce || r->says.nonce != asked)
		return fault_set(r->f, ERR_CRYPTO, _("the stamp answers another request: its nonce is not ours"));
	return ERR_OK;
}

static enum err check_is_new(const struct reply *r)
{
	struct store *store = media_store(&r->ledger->media);
	enum err err = store_row(store, STORE_GET_STAMP, (int64_t)r->stamped.size, NULL);

	store_done(store, STORE_GET_STAMP);
	if (err == ERR_MISSING)
		return ERR_OK;
	if (err != ERR_OK)
		return store_fault(store, err, _("reading"), r->f);
	return fault_set(r->f, ERR_EXISTS, _("the checkpoint of %llu entries has its time stamp already"),
			 (unsigned long long)r->stamped.size);
}

static enum err judge(struct reply *r)
{
	enum err err = find_checkpoint(r);

	if (err == ERR_OK)
		err = check_nonce(r);
	if (err == ERR_OK)
		err = check_is_new(r);
	if (err == ERR_OK && !r->says.is_signed)
		err = fault_set(r->f, ERR_CRYPTO,
				_("the signature of the time stamp is wrong, or its certificate did not come with it"));
	r->stamped.wall_ms = r->says.wall_ms;
	return err;
}

/* ---- taking it ---- */

static enum err record(struct reply *r, const struct actor *by, struct blob data, struct moment now)
{
	struct draft draft = {.who = by->who, .via = by->via, .type = "system", .about = "-"};
	struct ledger *l = r->ledger;
	char wall[WALL_TEXT_SIZE];
	json_t *json;
	char *body;
	enum err err;

	wall_format(wall, r->stamped.wall_ms);
	json = json_pack("{s:s, s:I, s:I, s:s}", "act", "stamp.accepted", "size", (json_int_t)r->stamped.size, "epoch",
			 (json_int_t)r->stamped.epoch, "time", wall);
	body = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (body == NULL)
		return fault_set(r->f, ERR_NOMEM, _("no memory"));
	draft.body = body;
	err = ledger_add(l, &draft, now, NULL, NULL, r->f);
	if (err == ERR_OK) {
		batch_add(&l->changes, STORE_PUT_STAMP, (int64_t)r->stamped.size, &data, 1);
		err = ledger_commit(l, now, r->f);
	}
	free(body);
	return err;
}

enum err stamp_accept(struct ledger *l, const struct actor *by, const void *data, size_t len, struct moment now,
		      struct stamped *out, struct fault *f)
{
	struct reply r = {.ledger = l, .f = f};
	enum err err = may_write(l, f);

	if (err == ERR_OK && ledger_has_staged(l))
		err = fault_set(f, ERR_STATE, _("entries still wait for their commit"));
	if (err != ERR_OK)
		return err;
	err = read_reply(&r, data, len);
	if (err == ERR_OK)
		err = judge(&r);
	if (err == ERR_OK)
		err = record(&r, by, (struct blob){data, len}, now);
	if (err == ERR_OK)
		*out = r.stamped;
	return err;
}
