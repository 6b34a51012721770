#include "keeper/chore.h"

#include "base/bytes.h"
#include "base/diag.h"
#include "keeper/intake.h"
#include "keeper/sockets.h"
#include "keeper/starting.h"
#include "keeper/views.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* ---- requests ------------------------------------------------------------------------------------------- */

static const struct {
	const char *method;
	handler *handle;
} handlers[] = {
	{"hello", reader_hello},
	{"login", accounts_login},
	{"logout", accounts_logout},
	{"view", reader_view},
	{"call_sheet", reader_call_sheet},
	{"act", deeds_act},
	{"evidence.get", evidence_get},
	{"password", accounts_password},
	{"pin", credentials_pin},
	{"totp.begin", credentials_totp_begin},
	{"totp.confirm", credentials_totp_confirm},
	{"totp.end", credentials_totp_end},
	{"totp.codes", credentials_totp_codes},
	{"pin.end", credentials_pin_end},
	{"envelope.seal", envelope_seal},
	{"subscribe", reader_subscribe},
	{"ledger.show", entries_show},
	{"ledger.find", entries_find},
	{"system.health", health_ask},
	{"system.support", health_support},
	{"ledger.media", tend_media},
	{"ledger.check", tend_check},
	{"ledger.export", export_ask},
	{"ledger.carry", carry_ask},
	{"ledger.carried", carry_note},
	{"ledger.rotate", tend_rotate},
	{"ledger.repair", tend_repair},
	{"ledger.incarnation", incarnation_begin},
	{"ledger.policy", pins_policy},
	{"ledger.policy.set", pins_policy_set},
	{"ledger.witness.request", pins_witness_request},
	{"ledger.witness.accept", pins_witness_accept},
	{"ledger.stamp.request", pins_stamp_request},
	{"ledger.stamp.accept", pins_stamp_accept},
	{"panel.hello", panel_hello},
	{"panel.event", panel_event},
	{"panel.state", panel_state},
	{"panel.witness", panel_witness},
	{"panel.keys", panel_keys},
	{"panel.done", panel_done},
};

handler *handler_find(const char *method)
{
	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
		if (strcmp(handlers[i].method, method) == 0)
			return handlers[i].handle;
	return NULL;
}

const char *param_text(const struct request *r, const char *name)
{
	return json_string_value(json_object_get(r->params, name));
}

uint64_t param_count(const struct request *r, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(r->params, name));
}

enum lang param_lang(const struct request *r)
{
	const char *lang = param_text(r, "lang");

	return lang != NULL && strcmp(lang, "en") == 0 ? LANG_EN : LANG_JA;
}

/* False: refused, answered. */
static bool has_right(struct keeper *k, const struct request *r, const struct session *session)
{
	struct refusal refusal = {NULL, NULL};
	enum err err = book_may(scribe_book(k->scribe), session->user, r->method->right, param_lang(r), &refusal);

	if (err == ERR_DENIED)
		server_refuse(k->server, r->ticket, refusal.code, refusal.args);
	else if (err != ERR_OK)
		server_refuse(k->server, r->ticket, "busy", NULL);
	return err == ERR_OK;
}

static void on_request(void *context, const struct request *r)
{
	struct keeper *k = context;
	handler *handle = handler_find(r->method->name);
	int64_t now_ns = moment_now().boot_ns;
	struct session *session = NULL;

	if (handle == NULL || scribe_ledger(k->scribe) == NULL) {
		server_refuse(k->server, r->ticket, handle == NULL ? "unknown_method" : "not_recorded", NULL);
		return;
	}
	if (r->method->session != WITHOUT_SESSION) {
		session = accounts_session(k, r);
		if (session == NULL)
			return;
		/* What a front end asks for by itself must not keep the session of somebody who has left. */
		if (!json_is_true(json_object_get(r->params, "unattended")))
			session->used_ns = now_ns;
		if (r->method->right != NULL && !has_right(k, r, session))
			return;
	}
	handle(k, r, session);
}

static void on_gone(void *context, uint64_t connection)
{
	struct keeper *k = context;

	for (size_t i = 0; i < SUBSCRIBERS_MAX; i++)
		if (k->subscribers[i] == connection)
			k->subscribers[i] = 0;
	panel_gone(k, connection);
	intake_gone(k, connection);
}

/* ---- receipts ------------------------------------------------------------------------------------------- */

json_t *receipt_json(const struct receipt *receipt)
{
	char wall[WALL_TEXT_SIZE];

	wall_format(wall, receipt->wall_ms);
	return json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)receipt->seq, "wall", wall, "code", receipt->code,
			 "about", receipt->about);
}

void answer_receipt(struct keeper *k, struct ticket ticket, const struct receipt *receipt)
{
	if (receipt != NULL)
		server_answer(k->server, ticket, receipt_json(receipt));
	else
		server_refuse(k->server, ticket, "not_recorded", NULL);
}

struct asker {
	struct keeper *keeper;
	struct ticket ticket;
};

static void hear_receipt(void *context, const struct receipt *receipt)
{
	struct asker *asker = context;

	answer_receipt(asker->keeper, asker->ticket, receipt);
	free(asker);
}

struct waiter receipt_waiter(struct keeper *k, struct ticket ticket)
{
	struct asker *asker = malloc(sizeof *asker);

	if (asker == NULL)
		return (struct waiter){NULL, NULL};
	*asker = (struct asker){k, ticket};
	return (struct waiter){hear_receipt, asker};
}

void refuse_entry(struct keeper *k, struct ticket ticket, const struct fault *f)
{
	bool is_asker = f->err == ERR_FORMAT || f->err == ERR_RANGE;

	diag(DIAG_WARNING, "not recorded: %s", f->text);
	server_refuse(k->server, ticket, is_asker ? "invalid" : "not_recorded",
		      is_asker ? json_pack("{s:s, s:s}", "field", "body", "why", f->text) : NULL);
}

void record_and_answer(struct keeper *k, const struct entry *entry, enum urgency urgency, struct ticket ticket)
{
	struct waiter waiter = receipt_waiter(k, ticket);
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};

	if (waiter.hear != NULL && scribe_record(k->scribe, entry, urgency, waiter, &f) == ERR_OK)
		return;
	free(waiter.context);
	refuse_entry(k, ticket, &f);
}

const int64_t slice_ns = 3000000;

enum err go_on_idly(struct keeper *k, sd_event_source **source, sd_event_handler_t step, void *context, struct fault *f)
{
	int r = sd_event_add_defer(k->event, source, step, context);

	if (r >= 0)
		r = sd_event_source_set_enabled(*source, SD_EVENT_ON);
	if (r >= 0)
		r = sd_event_source_set_priority(*source, SD_EVENT_PRIORITY_IDLE);
	return r >= 0 ? ERR_OK : fault_set(f, err_from_errno(-r), "event loop: %s", strerror(-r));
}

/* ---- start and end --------------------------------------------------------------------------------------- */

static void on_changed(void *context, enum change change)
{
	struct keeper *k = context;

	accounts_end_gone(k);
	if (change == CHANGE_VISIBLE) {
		panel_push_lamps(k);
		reader_push_changed(k);
	}
	rounds_touch(k);
	erase_look(k);
	seen_mind(k);
	sealing_mind(k);
}

static void on_media(void *context)
{
	media_look(context);
}

static void on_closing(void *context)
{
	chore_let_go(context);
	intake_let_go(context);
}

static void on_lost(void *context, const struct fault *fault)
{
	struct keeper *k = context;

	diag(DIAG_ERROR, "the ledger cannot be read any more; the keeper ends: %s", fault->text);
	(void)sd_event_exit(k->event, 1);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* Blocked before the worker starts, so that its thread never takes them. */
static enum err begin_loop(struct keeper *k, struct fault *f)
{
	sigset_t ends;
	int r = sd_event_default(&k->event);

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	if (r >= 0 && sigprocmask(SIG_BLOCK, &ends, NULL) == 0)
		r = sd_event_add_signal(k->event, NULL, SIGTERM, on_signal, NULL);
	if (r >= 0)
		r = sd_event_add_signal(k->event, NULL, SIGINT, on_signal, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(k->event, 1);
	return r >= 0 ? ERR_OK : fault_set(f, err_from_errno(-r), "event loop: %s", strerror(-r));
}

static enum err make_nobody(struct keeper *k, struct fault *f)
{
	struct password_job job = {.work = PASSWORD_MAKE};
	unsigned char random[16];

	randombytes_buf(random, sizeof random);
	hex_encode(job.password, random, sizeof random);
	password_work(&job);
	if (job.result != ERR_OK)
		return fault_set(f, job.result, "no memory for Argon2id (64 MiB)");
	memcpy(k->nobody_hash, job.hash, sizeof k->nobody_hash);
	return ERR_OK;
}

static enum err open_scribe(struct keeper *k, const struct config *config, struct fault *f)
{
	const struct scribe_hooks hooks = {
		.changed = on_changed, .media = on_media, .closing = on_closing, .lost = on_lost, .context = k};
	const char *const folders[LEDGER_MEDIA] = {k->places[FIRST_MEDIUM].ledger, k->places[SECOND_MEDIUM].ledger};

	enum err err;

	if (access(folders[0], F_OK) != 0 && access(folders[1], F_OK) != 0)
		return fault_set(f, ERR_MISSING,
				 _("%s: there is no ledger; make one with kannukid --setup FILE, or mount its medium"),
				 folders[0]);
	starting_begin(config);
	err = scribe_open(k->event, folders, config->packs, &k->slots, &hooks, &k->scribe, f);
	starting_end();
	return err;
}

static void note_file(struct keeper *k, const char *file, const char *sha256, const char *known)
{
	json_t *body = json_pack("{s:s, s:s}", "file", file, "sha256", sha256);
	struct entry entry = {.who = "system", .via = "keeper", .kind = act_find("config.loaded"), .body = body};

	if (strcmp(sha256, known) != 0)
		scribe_note(k->scribe, &entry);
	json_decref(body);
}

/* Whoever changes the rules by which the keeper works leaves a trace. */
static void note_config(struct keeper *k, const struct config *config)
{
	const struct recall *recall = scribe_recall(k->scribe);
	char hash[HEX_SIZE(HASH_SIZE)];

	hex_encode(hash, config->hash, HASH_SIZE);
	note_file(k, "kannuki.yaml", hash, recall->config_hash);
	note_file(k, "pack", pack_hash(scribe_pack(k->scribe)), recall->pack_hash);
}

enum err keeper_open(struct keeper *k, const struct config *config, struct fault *f)
{
	const struct server_hooks server_hooks = {
		.request = on_request, .gone = on_gone, .cut = peers_cut, .context = k};
	enum err err;

	memset(k, 0, sizeof *k);
	k->panel.lamps = -1;
	k->began_ns = moment_now().boot_ns;
	k->sessions.idle_ns = (int64_t)config->session_minutes * 60 * 1000000000;
	k->lets_password_do = config_lets_password_do(config);
	err = places_find(config, k->places, f);
	if (err == ERR_OK)
		err = directory_begin(k, config, f);
	if (err == ERR_OK)
		err = begin_loop(k, f);
	if (err == ERR_OK)
		err = make_nobody(k, f);
	if (err == ERR_OK)
		err = slots_open(&k->slots, config->panel.seals_epochs != 0, f);
	if (err == ERR_OK)
		err = open_scribe(k, config, f);
	if (err == ERR_OK)
		err = media_begin(k, f);
	if (err == ERR_OK)
		err = worker_new(k->event, &k->worker, f);
	if (err == ERR_OK)
		err = rounds_begin(k, f);
	if (err == ERR_OK && server_new(k->event, &server_hooks, &k->server) != ERR_OK)
		err = fault_set(f, ERR_NOMEM, "out of memory");
	if (err == ERR_OK) {
		accounts_recall(k);
		flood_begin(k);
		note_config(k, config);
		erase_look(k);
	}
	return err == ERR_OK ? sockets_take(k->server, config, PEER_PANEL | PEER_PEOPLE, SOCKETS_FOR_GOOD, f) : err;
}

int keeper_run(struct keeper *k)
{
	int status;

	diag(DIAG_NOTICE, "%s: %llu entries", ledger_origin(scribe_ledger(k->scribe)),
	     (unsigned long long)ledger_head(scribe_ledger(k->scribe)).size);
	(void)sd_notify(0, "READY=1");
	status = sd_event_loop(k->event);
	(void)sd_notify(0, "STOPPING=1");
	return status == 0 ? 0 : 1;
}

/* $KANNUKI_VIEWS names a file: what was shown last, for kannukid --check-views. */
static void leave_views(struct keeper *k)
{
	const char *path = getenv("KANNUKI_VIEWS");
	struct fault f;

	if (path != NULL && scribe_ledger(k->scribe) != NULL &&
	    views_write(k->scribe, path, moment_now(), &f) != ERR_OK)
		diag(DIAG_ERROR, "%s", f.text);
}

void keeper_close(struct keeper *k)
{
	chore_end(k);
	intake_end(k);
	people_end(k);
	worker_free(k->worker);
	/* What is staged is committed and answered before the sockets go. */
	if (k->scribe != NULL && k->server != NULL) {
		accounts_report_all_failures(k);
		(void)scribe_commit(k->scribe);
		leave_views(k);
	}
	rounds_end(k);
	media_end(k);
	server_free(k->server);
	scribe_close(k->scribe);
	slots_close(&k->slots);
	secrets_close(k->secrets);
	json_decref(k->panel.state);
	flood_clear(&k->flood);
	directory_fini(&k->directory);
	k->event = sd_event_unref(k->event);
}
