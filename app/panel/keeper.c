#include "panel/keeper.h"

#include "base/file.h"
#include "panel/words.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

#define MS INT64_C(1000000)

static const int64_t answer_patience_ns = 5000 * MS;
static const int64_t event_again_ns = 1000 * MS;
static const int64_t pause_first_ns = 100 * MS, pause_last_ns = 2000 * MS;
static const int64_t look_every_ns = 1000 * MS;

void keeper_init(struct keeper *k, struct mail *mail, struct local *local, int64_t now_ns)
{
	*k = (struct keeper){.mail = mail, .local = local, .try_ns = now_ns, .pause_ns = pause_first_ns};
}

void keeper_fini(struct keeper *k)
{
	client_close(k->client);
	k->client = NULL;
}

int keeper_fd(const struct keeper *k)
{
	return k->client != NULL ? client_fd(k->client) : -1;
}

static void say_trouble(struct keeper *k, const char *why)
{
	if (!k->trouble_said)
		diag(DIAG_ERROR, "%s", why);
	k->trouble_said = true;
}

static void part(struct keeper *k)
{
	keeper_fini(k);
	k->is_broken = false;
	k->hello = k->event_request = k->picture_request = (struct request){0};
	k->try_ns = k->now_ns + k->pause_ns;
	k->pause_ns = k->pause_ns * 2 < pause_last_ns ? k->pause_ns * 2 : pause_last_ns;
}

/* Takes over `params`. With a `request`, its answer will be looked for. The client is not closed here, because this
   may be called while it hands out what it has read. */
static void send_request(struct keeper *k, const char *method, json_t *params, struct request *request)
{
	struct fault f = {ERR_OK, ""};
	int id = 0;

	if (k->client != NULL && !k->is_broken) {
		k->is_broken = client_send(k->client, method, params, &id, &f) != ERR_OK;
		if (k->is_broken)
			say_trouble(k, f.text);
		else if (request != NULL)
			*request = (struct request){id, k->now_ns};
	}
	json_decref(params);
}

/* ---- from the keeper -------------------------------------------------------------------------------- */

static void refuse(struct keeper *k, int64_t command, const char *word)
{
	struct outcome outcome = {k->connection, command, false, word};

	send_request(k, "panel.done", outcome_params(&outcome), NULL);
}

static uint32_t fresh_nonce(const struct keeper *k)
{
	uint32_t nonce = 0;

	return getrandom(&nonce, sizeof nonce, 0) == (ssize_t)sizeof nonce ? nonce : (uint32_t)k->now_ns;
}

static void take_order(struct keeper *k, const char *push, json_t *params)
{
	struct order order = {.command = -1};
	enum err err = order_parse(push, params, fresh_nonce(k), &order);

	order.connection = k->connection;
	if (err == ERR_MISSING) {
		diag(DIAG_WARNING, "the keeper pushed '%s', which this program does not know", push);
	} else if (err != ERR_OK) {
		diag(DIAG_ERROR, "the keeper pushed a '%s' that cannot be read; it was not carried out", push);
		if (order.command >= 0)
			refuse(k, order.command, "bad_message");
	} else if (!ring_put(&k->mail->orders, &order)) {
		refuse(k, order.command, "busy");
	} else {
		bell_ring(k->mail->orders_bell);
	}
}

/* The key of an errand is drawn here: no message carries one. */
static enum err draw_errand(struct keeper *k, enum errand_kind kind, json_t *params, struct errand *errand)
{
	enum err err;

	if (kind == ERRAND_WITNESS)
		return errand_parse(params, fresh_nonce(k), errand);
	err = key_parse(params, fresh_nonce(k), errand);
	if (err == ERR_OK && getrandom(errand->key.key, sizeof errand->key.key, 0) != sizeof errand->key.key)
		err = ERR_IO;
	return err;
}

static void take_errand(struct keeper *k, enum errand_kind kind, json_t *params)
{
	struct errand errand = {.command = -1};
	enum err err = draw_errand(k, kind, params, &errand);

	errand.connection = k->connection;
	if (err != ERR_OK) {
		diag(DIAG_ERROR, "the keeper pushed %s that cannot be carried out; it was not handed on",
		     kind == ERRAND_WITNESS ? "a checkpoint" : "an order for a key");
		if (errand.command >= 0)
			refuse(k, errand.command, "bad_message");
	} else if (!ring_put(&k->mail->errands, &errand)) {
		refuse(k, errand.command, "busy");
	}
	explicit_bzero(&errand, sizeof errand);
}

static void take_lamps(struct keeper *k, json_t *params)
{
	uint32_t lamps;

	if (lamps_parse(params, &lamps) == ERR_OK)
		atomic_store(&k->mail->lamps, lamps);
	else
		diag(DIAG_ERROR, "the keeper pushed lamps that cannot be read; they stay as they are");
}

static void event_answered(struct keeper *k, bool recorded, const char *code)
{
	k->event_request.id = 0;
	if (!recorded) {
		k->event_due_ns = k->now_ns + event_again_ns;
		if (!k->refusal_said)
			diag(DIAG_ERROR, "the keeper does not record event %u (%s); it stays in the controller",
			     k->event.event.number, code);
		k->refusal_said = true;
		return;
	}
	k->refusal_said = false;
	k->has_event = false;
	atomic_store(&k->mail->recorded, (uint64_t)k->event.generation << 32 | k->event.event.number);
	bell_ring(k->mail->orders_bell);
}

static void hello_answered(struct keeper *k, json_t *result)
{
	uint16_t connected;

	if (k->trouble_said)
		diag(DIAG_NOTICE, "the keeper answers");
	k->trouble_said = false;
	if (k->local != NULL && connected_parse(result, &connected) == ERR_OK)
		local_recall(k->local, (uint8_t)connected);
	else if (k->local != NULL)
		diag(DIAG_ERROR, "the keeper does not say what was connected; everything stays cut");
}

static void take_answer(struct keeper *k, json_t *answer)
{
	json_t *error = json_object_get(answer, "error");
	const char *code = json_string_value(json_object_get(error, "code"));
	json_int_t id = json_integer_value(json_object_get(answer, "id"));

	if (code == NULL)
		code = "no code";
	atomic_store(&k->mail->keeper_answered_ns, k->now_ns);
	k->pause_ns = pause_first_ns;
	if (id != 0 && id == k->event_request.id) {
		event_answered(k, error == NULL, code);
	} else if (id != 0 && id == k->picture_request.id) {
		k->picture_request.id = 0;
	} else if (id != 0 && id == k->hello.id) {
		k->hello.id = 0;
		if (error == NULL)
			hello_answered(k, json_object_get(answer, "result"));
	}
	if (error != NULL)
		diag(DIAG_WARNING, "the keeper refused request %lld: %s", (long long)id, code);
}

static void take_message(void *context, const char *push, json_t *params)
{
	struct keeper *k = context;

	if (strcmp(push, "answer") == 0)
		take_answer(k, params);
	else if (strcmp(push, "panel.lamps") == 0)
		take_lamps(k, params);
	else if (strcmp(push, "panel.checkpoint") == 0)
		take_errand(k, ERRAND_WITNESS, params);
	else if (strcmp(push, "panel.key") == 0)
		take_errand(k, ERRAND_KEYS, params);
	else
		take_order(k, push, params);
}

/* ---- to the keeper ------------------------------------------------------------------------------------ */

/* What waits belongs to the controller as it was found before; it will be offered again. */
static void take_controller(struct keeper *k, const struct news *news)
{
	k->controller = news->controller;
	k->hello_due = true;
	k->has_witness = k->witness_due = k->has_keys = k->keys_due = false;
	k->has_event = false;
	k->event_request.id = 0;
}

/* Says what has come and what has gone. */
static void say_faults(const struct picture *before, const struct picture *now)
{
	for (unsigned i = 0; i < PICTURE_FAULTS; i++) {
		const char *was = picture_fault(before, i), *is = picture_fault(now, i);

		if (was == NULL && is != NULL)
			diag(DIAG_ERROR, "fault: %s", is);
		else if (was != NULL && is == NULL)
			diag(DIAG_NOTICE, "fault gone: %s", was);
	}
}

static void send_witness(struct keeper *k)
{
	if (k->witness_due && k->client != NULL)
		send_request(k, "panel.witness", witness_params(&k->controller, &k->witness), NULL);
	k->witness_due = k->witness_due && k->client == NULL;
}

static void send_keys(struct keeper *k)
{
	if (k->keys_due && k->client != NULL)
		send_request(k, "panel.keys", keys_params(&k->controller), NULL);
	k->keys_due = k->keys_due && k->client == NULL;
}

/* Generation and key of each slot that is kept, the older first. */
static void keep_keys(struct keeper *k, const struct panel_keys *keys)
{
	unsigned first = keys->slot[1].generation < keys->slot[0].generation ? 1 : 0;
	uint8_t data[2 * (4 + sizeof keys->slot[0].key)];
	char path[4096];
	struct fault f = {ERR_OK, ""};
	size_t len = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct panel_key *slot = &keys->slot[first ^ i];

		if (slot->state != STORE_IS_KEPT)
			continue;
		for (int shift = 24; shift >= 0; shift -= 8)
			data[len++] = (uint8_t)(slot->generation >> shift);
		memcpy(data + len, slot->key, sizeof slot->key);
		len += sizeof slot->key;
	}
	k->has_keys = place(path, sizeof path, PANEL_KEYS_FILE) == ERR_OK &&
		      file_replace(path, data, len, 0640, &f) == ERR_OK;
	k->keys_due = k->has_keys;
	if (!k->has_keys)
		diag(DIAG_ERROR, "the keeper cannot be told the controller's keys: %s", f.text);
	explicit_bzero(data, sizeof data);
}

/* What the controller keeps now goes before what became of the errand. */
static void tell_outcome(struct keeper *k, const struct outcome *outcome)
{
	if (outcome->connection != k->connection)
		return;
	send_witness(k);
	send_keys(k);
	send_request(k, "panel.done", outcome_params(outcome), NULL);
}

static void take_news(struct keeper *k)
{
	struct news news;

	while (ring_take(&k->mail->news, &news)) {
		switch (news.kind) {
		case NEWS_CONTROLLER:
			take_controller(k, &news);
			break;
		case NEWS_PICTURE:
			say_faults(&k->picture, &news.picture);
			k->picture = news.picture;
			k->has_picture = true;
			break;
		case NEWS_EVENT:
			k->event = news;
			k->has_event = true;
			k->event_request.id = 0;
			k->event_due_ns = k->now_ns;
			break;
		case NEWS_OUTCOME:
			tell_outcome(k, &news.outcome);
			break;
		case NEWS_WITNESS:
			k->witness = news.witness;
			k->has_witness = k->witness_due = true;
			break;
		case NEWS_KEYS:
			keep_keys(k, &news.keys);
			explicit_bzero(&news, sizeof news);
			break;
		case NEWS_NOTE:
		default:
			diag(news.note.level, "%s", news.note.text);
			break;
		}
	}
}

static void connect_again(struct keeper *k)
{
	struct fault f = {ERR_OK, ""};

	if (client_open(PEER_PANEL, take_message, k, &k->client, &f) != ERR_OK) {
		say_trouble(k, f.text);
		part(k);
		return;
	}
	/* A keeper that does not read must not hold this thread either. */
	(void)fcntl(client_fd(k->client), F_SETFL, O_RDWR | O_NONBLOCK);
	k->connection++;
	k->hello_due = true;
	k->witness_due = k->has_witness;
	k->keys_due = k->has_keys;
	k->event_due_ns = k->now_ns;
}

static bool is_overdue(const struct keeper *k, const struct request *request)
{
	return request->id != 0 && k->now_ns - request->sent_ns > answer_patience_ns;
}

static void read_keeper(struct keeper *k)
{
	struct fault f = {ERR_OK, ""};

	if (client_read(k->client, &f) != ERR_OK)
		k->is_broken = true;
	else if (is_overdue(k, &k->hello) || is_overdue(k, &k->event_request) || is_overdue(k, &k->picture_request))
		k->is_broken =
			fault_set(&f, ERR_TIMEOUT, "the keeper has not answered for 5 s; connecting again") != ERR_OK;
	if (f.err != ERR_OK)
		say_trouble(k, f.text);
}

static void send_what_is_due(struct keeper *k)
{
	if (k->hello_due) {
		k->hello_due = false;
		send_request(k, "panel.hello", hello_params(&k->controller), &k->hello);
	}
	send_witness(k);
	send_keys(k);
	if (k->has_event && k->event_request.id == 0 && k->now_ns >= k->event_due_ns)
		send_request(k, "panel.event", event_params(&k->controller, &k->event, k->now_ns), &k->event_request);
	if (k->has_picture && k->picture_request.id == 0) {
		uint8_t trusted = k->local != NULL ? k->local->settings.trusted : 0;

		k->has_picture = false;
		send_request(k, "panel.state", picture_params(&k->picture, trusted), &k->picture_request);
	}
}

int64_t keeper_turn(struct keeper *k, int64_t now_ns)
{
	int64_t next_ns = now_ns + look_every_ns;

	k->now_ns = now_ns;
	if (k->client == NULL && now_ns >= k->try_ns)
		connect_again(k);
	if (k->client != NULL)
		read_keeper(k);
	take_news(k);
	if (k->client != NULL)
		send_what_is_due(k);
	if (k->is_broken)
		part(k);
	if (k->client == NULL && k->try_ns < next_ns)
		next_ns = k->try_ns;
	if (k->has_event && k->event_request.id == 0 && k->event_due_ns > now_ns && k->event_due_ns < next_ns)
		next_ns = k->event_due_ns;
	return next_ns;
}
