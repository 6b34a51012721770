#include "keeper/chore.h"

#include "base/diag.h"

#include <stdio.h>
#include <string.h>

static const int64_t tell_every_ns = 500000000;

/* ---- who asks ------------------------------------------------------------------------------------------- */

static void add_asker(struct chore *c, struct ticket ticket)
{
	if (c->askers_count < CHORE_ASKERS_MAX)
		c->askers[c->askers_count++] = ticket;
	else
		server_refuse(c->keeper->server, ticket, "busy", NULL);
}

bool chore_joined(struct keeper *k, const struct request *r, const char *key)
{
	if (k->chore == NULL)
		return false;
	if (strcmp(k->chore->key, key) == 0)
		add_asker(k->chore, r->ticket);
	else
		server_refuse(k->server, r->ticket, "busy", json_pack("{s:s}", "work", k->chore->kind->name));
	return true;
}

void chore_answer(struct chore *c, json_t *result)
{
	for (unsigned i = 0; i < c->askers_count; i++)
		server_answer(c->keeper->server, c->askers[i], json_incref(result));
	json_decref(result);
}

void chore_refuse(struct chore *c, const char *code, json_t *args)
{
	for (unsigned i = 0; i < c->askers_count; i++)
		server_refuse(c->keeper->server, c->askers[i], code, json_incref(args));
	json_decref(args);
}

static void tell_progress(struct chore *c)
{
	int64_t now_ns = moment_now().boot_ns;
	uint64_t done = 0, total = 0;

	if (now_ns - c->told_ns < tell_every_ns)
		return;
	c->told_ns = now_ns;
	c->kind->progress(c, &done, &total);
	for (unsigned i = 0; i < c->askers_count; i++)
		server_push(c->keeper->server, c->askers[i].connection, "progress",
			    json_pack("{s:s, s:I, s:I}", "work", c->kind->name, "done", (json_int_t)done, "total",
				      (json_int_t)total));
}

/* ---- the work ------------------------------------------------------------------------------------------- */

static int on_slice(sd_event_source *source, void *userdata)
{
	struct chore *c = userdata;
	struct keeper *k = c->keeper;
	struct fault f = {.text = ""};
	bool done = false;
	enum err err = c->kind->step(c, &done, &f);

	(void)source;
	if (err == ERR_OK && !done) {
		tell_progress(c);
		return 0;
	}
	if (err != ERR_OK)
		diag(DIAG_WARNING, "%s: %s", c->kind->name, f.text);
	c->kind->finish(c, err, &f);
	/* What it did may have shown that a medium fails, and the answer may have begun the next. */
	if (k->chore == c)
		chore_end(k);
	scribe_mind_media(k->scribe);
	erase_look(k);
	return 0;
}

enum err chore_begin(struct keeper *k, struct chore *c, const struct chore_kind *kind, const struct request *r,
		     const struct session *session, const char *key, struct fault *f)
{
	c->kind = kind;
	c->keeper = k;
	c->told_ns = moment_now().boot_ns;
	(void)snprintf(c->key, sizeof c->key, "%s", key);
	if (r != NULL) {
		c->peer = r->peer;
		c->lang = param_lang(r);
		(void)snprintf(c->who, sizeof c->who, "%s", session->user);
		add_asker(c, r->ticket);
	}
	k->chore = c;
	if (go_on_idly(k, &c->source, on_slice, c, f) == ERR_OK)
		return ERR_OK;
	chore_end(k);
	return f->err;
}

void chore_end(struct keeper *k)
{
	struct chore *c = k->chore;

	if (c == NULL)
		return;
	k->chore = NULL;
	c->source = sd_event_source_disable_unref(c->source);
	c->kind->drop(c);
}

void chore_let_go(struct keeper *k)
{
	if (k->chore != NULL)
		chore_refuse(k->chore, "busy", NULL);
	chore_end(k);
}
