/* What outside the box keeps the past as it was: policy, witnesses, time stamps. Requests are told and lie as a file
   among the exports; answers come as text or as a file there. */
#include "keeper/keeper.h"

#include "base/file.h"
#include "base/text.h"
#include "ledger/pins.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refuse(struct keeper *k, const struct request *r, enum err err, const struct fault *f)
{
	if (err == ERR_IO || err == ERR_NOMEM || err == ERR_STATE)
		server_refuse(k->server, r->ticket, "not_recorded", json_pack("{s:s}", "why", f->text));
	else
		server_refuse(k->server, r->ticket, "invalid",
			      json_pack("{s:s, s:s}", "field", "answer", "why", f->text));
}

/* The ledger commits these by itself: what is staged goes before. */
static enum err make_way(struct keeper *k, struct fault *f)
{
	if (scribe_commit(k->scribe) != ERR_OK)
		return fault_set(f, ERR_IO, _("the entries before it could not be recorded"));
	return ERR_OK;
}

static struct actor actor_of(const struct request *r, const struct session *session)
{
	return (struct actor){.who = session->user, .via = peer_via(r->peer)};
}

/* ---- answers from outside --------------------------------------------------------------------------------- */

static enum err read_file(const struct keeper *k, const char *name, struct buf *out, struct fault *f)
{
	char path[PLACE_SIZE + 96];

	(void)snprintf(path, sizeof path, "%s/%s", exports_folder(k), name);
	return name[0] != '.' ? file_read(path, PIN_FILE_MAX, out, f)
			      : fault_set(f, ERR_FORMAT, "%s", _("A name does not begin with a dot."));
}

static enum err read_answer(const struct keeper *k, const struct request *r, struct buf *out, struct fault *f)
{
	const char *text = param_text(r, "answer"), *file = param_text(r, "file");

	if ((text != NULL) == (file != NULL))
		return fault_set(f, ERR_FORMAT, _("give the answer itself, or the name of its file"));
	if (file != NULL)
		return read_file(k, file, out, f);
	buf_adds(out, text);
	/* The end of the last line is easily lost on the way here. */
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_addc(out, '\n');
	return buf_status(out);
}

/* Typed or pasted in lines. */
static enum err decode(struct buf *answer, struct fault *f)
{
	size_t len = 0, room = answer->len;
	char *bytes = malloc(answer->len + 1);

	if (bytes == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < answer->len; i++)
		if (answer->data[i] != '\n' && answer->data[i] != ' ' && answer->data[i] != '\t')
			answer->data[len++] = answer->data[i];
	if (base64_decode(bytes, &room, answer->data, len) != ERR_OK) {
		free(bytes);
		return fault_set(f, ERR_FORMAT, _("the reply is not base64"));
	}
	buf_clear(answer);
	buf_add(answer, bytes, room);
	free(bytes);
	return buf_status(answer);
}

/* ---- requests ---------------------------------------------------------------------------------------------- */

/* Takes `result`. */
static void answer_with_file(struct keeper *k, const struct request *r, const char *ending, const struct buf *data,
			     json_t *result)
{
	char path[PLACE_SIZE + 96];
	struct fault f;
	enum err err = folder_make(exports_folder(k), 0750, &f);

	(void)snprintf(path, sizeof path, "%s/%" PRIu64 ".%s", exports_folder(k),
		       ledger_head(scribe_ledger(k->scribe)).size, ending);
	if (err == ERR_OK)
		err = file_replace(path, data->data, data->len, 0640, &f);
	if (err == ERR_OK)
		(void)json_object_set_new(result, "path", json_string(path));
	server_answer(k->server, r->ticket, result);
}

void pins_witness_request(struct keeper *k, const struct request *r, const struct session *session)
{
	bool has_old = json_object_get(r->params, "old") != NULL;
	int64_t old = has_old ? (int64_t)param_count(r, "old") : WITNESS_SEEN_BEFORE;
	struct buf out = {.cap = PIN_FILE_MAX};
	struct fault f;
	enum err err = make_way(k, &f);

	(void)session;
	if (err == ERR_OK)
		err = witness_request(scribe_ledger(k->scribe), old, moment_now(), &out, &f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, &f);
	if (err == ERR_OK)
		answer_with_file(k, r, "witness", &out, json_pack("{s:s}", "request", out.data));
	else
		refuse(k, r, err, &f);
	buf_fini(&out);
}

void pins_stamp_request(struct keeper *k, const struct request *r, const struct session *session)
{
	struct buf out = {.cap = PIN_FILE_MAX};
	char *text = NULL;
	struct fault f;
	enum err err = make_way(k, &f);

	(void)session;
	if (err == ERR_OK)
		err = stamp_request(scribe_ledger(k->scribe), moment_now(), &out, &f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, &f);
	if (err == ERR_OK)
		text = malloc(BASE64_SIZE(out.len));
	if (err == ERR_OK && text == NULL)
		err = fault_set(&f, ERR_NOMEM, "out of memory");
	if (err == ERR_OK) {
		base64_encode(text, out.data, out.len);
		answer_with_file(k, r, "tsq", &out, json_pack("{s:s}", "request", text));
	} else {
		refuse(k, r, err, &f);
	}
	free(text);
	buf_fini(&out);
}

/* ---- taking them in ---------------------------------------------------------------------------------------- */

void pins_witness_accept(struct keeper *k, const struct request *r, const struct session *session)
{
	struct buf answer = {.cap = PIN_FILE_MAX + 1};
	struct actor by = actor_of(r, session);
	struct cosigned taken;
	struct fault f;
	enum err err = read_answer(k, r, &answer, &f);

	if (err == ERR_OK)
		err = make_way(k, &f);
	if (err == ERR_OK)
		err = witness_accept(scribe_ledger(k->scribe), &by, answer.data, answer.len, moment_now(), &taken, &f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, &f);
	if (err == ERR_OK)
		server_answer(k->server, r->ticket,
			      json_pack("{s:I, s:i, s:s}", "size", (json_int_t)taken.size, "count", (int)taken.count,
					"first", taken.first));
	else
		refuse(k, r, err, &f);
	buf_fini(&answer);
}

void pins_stamp_accept(struct keeper *k, const struct request *r, const struct session *session)
{
	struct buf answer = {.cap = PIN_FILE_MAX + 1};
	struct actor by = actor_of(r, session);
	char wall[WALL_TEXT_SIZE];
	struct stamped stamped;
	struct fault f;
	enum err err = read_answer(k, r, &answer, &f);

	if (err == ERR_OK && param_text(r, "answer") != NULL)
		err = decode(&answer, &f);
	if (err == ERR_OK)
		err = make_way(k, &f);
	if (err == ERR_OK)
		err = stamp_accept(scribe_ledger(k->scribe), &by, answer.data, answer.len, moment_now(), &stamped, &f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, &f);
	if (err == ERR_OK) {
		wall_format(wall, stamped.wall_ms);
		server_answer(k->server, r->ticket,
			      json_pack("{s:I, s:I, s:s}", "size", (json_int_t)stamped.size, "epoch",
					(json_int_t)stamped.epoch, "time", wall));
	} else {
		refuse(k, r, err, &f);
	}
	buf_fini(&answer);
}

void pins_policy(struct keeper *k, const struct request *r, const struct session *session)
{
	struct buf text = {.cap = PIN_FILE_MAX};
	struct fault f;
	enum err err = policy_in_force(scribe_ledger(k->scribe), &text, &f);

	(void)session;
	if (err == ERR_OK)
		server_answer(k->server, r->ticket, json_pack("{s:s}", "policy", text.data));
	else
		refuse(k, r, err, &f);
	buf_fini(&text);
}

void pins_policy_set(struct keeper *k, const struct request *r, const struct session *session)
{
	struct buf answer = {.cap = PIN_FILE_MAX + 1};
	struct actor by = actor_of(r, session);
	struct fault f;
	enum err err = read_answer(k, r, &answer, &f);

	if (err == ERR_OK)
		err = make_way(k, &f);
	if (err == ERR_OK)
		err = policy_set(scribe_ledger(k->scribe), &by, answer.data, answer.len, moment_now(), &f);
	if (err == ERR_OK)
		err = scribe_catch_up(k->scribe, &f);
	if (err == ERR_OK)
		server_answer(k->server, r->ticket, NULL);
	else
		refuse(k, r, err, &f);
	buf_fini(&answer);
}
