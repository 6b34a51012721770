#include "keeper/commission.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "keeper/draft.h"
#include "keeper/paper.h"
#include "keeper/setup.h"
#include "keeper/sockets.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { PACKS_SHOWN = 16 };

struct commission {
	const struct config *config;
	sd_event *event;
	struct server *server;
	struct draft_file draft;
	json_t *panel, *seen; /* what the daemon said last; NULL: nothing */
	uint64_t daemon;      /* its connection; 0: none */
	struct site *site;    /* of `made` */
	struct setup *made;   /* NULL: nothing was made */
	uint64_t maker;       /* the connection that it belongs to */
	unsigned word, group; /* asked back, from 0 */
	bool is_done;
};

static const char *text_of(const struct request *r, const char *name)
{
	const char *text = json_string_value(json_object_get(r->params, name));

	return text != NULL ? text : "";
}

static void refuse(struct commission *c, const struct request *r, const char *code, const char *sentence)
{
	server_refuse(c->server, r->ticket, code, json_pack("{s:s}", "say", sentence));
}

/* ---- what there is -------------------------------------------------------------------------------------- */

/* The roles only of the one that was chosen: all of them might not fit into one message. */
static json_t *shown_pack(const struct pack *pack, const char *chosen, enum lang lang)
{
	json_t *choice = pack_choice(pack, lang);

	if (chosen == NULL || strcmp(chosen, pack_id(pack)) != 0)
		(void)json_object_del(choice, "roles");
	return choice;
}

static json_t *packs_json(const struct config *config, const char *chosen, enum lang lang)
{
	json_t *packs = json_array();
	DIR *dir = opendir(config->packs);
	struct dirent *item;

	while (dir != NULL && json_array_size(packs) < PACKS_SHOWN && (item = readdir(dir)) != NULL) {
		char folder[2 * PLACE_SIZE];
		struct pack *pack = NULL;
		struct fault f;

		(void)snprintf(folder, sizeof folder, "%s/%s", config->packs, item->d_name);
		if (item->d_name[0] == '.')
			continue;
		if (pack_load(folder, &pack, &f) == ERR_OK)
			(void)json_array_append_new(packs, shown_pack(pack, chosen, lang));
		else
			diag(DIAG_WARNING, "%s", f.text);
		pack_free(pack);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return packs;
}

/* The folder is made at once: whether one can write there shows now, not at the last step. */
static json_t *medium_json(const struct places *place, struct stat *info)
{
	struct fault f = {.text = ""};
	struct statvfs room = {.f_flag = 0};
	enum err err = folder_make(place->home, 0750, &f);

	if (err == ERR_OK && (stat(place->home, info) != 0 || statvfs(place->home, &room) != 0))
		err = fault_set(&f, err_from_errno(errno), "%s: %s", place->home, strerror(errno));
	if (err == ERR_OK &&
	    (!S_ISDIR(info->st_mode) || (room.f_flag & ST_RDONLY) != 0 || access(place->home, W_OK) != 0))
		err = fault_set(&f, ERR_DENIED, _("%s: cannot be written"), place->home);
	if (err != ERR_OK)
		return json_pack("{s:s, s:s}", "home", place->home, "why", f.text);
	return json_pack("{s:s, s:I, s:I}", "home", place->home, "size",
			 (json_int_t)room.f_blocks * (json_int_t)room.f_frsize, "free",
			 (json_int_t)room.f_bavail * (json_int_t)room.f_frsize);
}

static json_t *media_json(const struct config *config)
{
	struct stat info[KEEPER_MEDIA] = {{.st_dev = 0}};
	struct places places[KEEPER_MEDIA];
	json_t *media = json_array();
	struct fault f;

	if (places_find(config, places, &f) != ERR_OK)
		return media;
	for (int i = 0; i < KEEPER_MEDIA; i++)
		if (places[i].home[0] != '\0')
			(void)json_array_append_new(media, medium_json(&places[i], &info[i]));
	if (json_array_size(media) == KEEPER_MEDIA && info[0].st_dev != 0 && info[0].st_dev == info[1].st_dev)
		(void)json_object_set_new(json_array_get(media, 1), "same", json_true());
	return media;
}

static json_t *clock_json(void)
{
	struct moment now = moment_now();
	char wall[WALL_TEXT_SIZE];

	wall_format(wall, now.wall_ms);
	return json_pack("{s:s, s:s}", "time", wall, "source", wall_source_name(now.source));
}

static void show(struct commission *c, const struct request *r)
{
	enum lang lang = strcmp(text_of(r, "lang"), "en") == 0 ? LANG_EN : LANG_JA;

	server_answer(
		c->server, r->ticket,
		json_pack("{s:I, s:O, s:o, s:o, s:o, s:O*, s:O*, s:b}", "revision",
			  (json_int_t)draft_revision(&c->draft), "answers", c->draft.answers, "packs",
			  packs_json(c->config, json_string_value(json_object_get(c->draft.answers, "pack")), lang),
			  "media", media_json(c->config), "clock", clock_json(), "panel", c->panel, "seen", c->seen,
			  "busy", (int)(c->made != NULL && c->maker != r->ticket.connection)));
}

/* ---- answers -------------------------------------------------------------------------------------------- */

static void forget_made(struct commission *c)
{
	setup_free(c->made);
	c->made = NULL;
	if (c->site != NULL)
		site_free(c->site);
	c->site = NULL;
	c->maker = 0;
}

/* Of two consoles one is first. False: refused. */
static bool is_first(struct commission *c, const struct request *r)
{
	json_int_t revision = json_integer_value(json_object_get(r->params, "revision"));

	if (c->made != NULL && c->maker != r->ticket.connection) {
		refuse(c, r, "conflict",
		       _("At another console the last step is being done. Wait until it is finished or left."));
		return false;
	}
	if ((uint64_t)revision != draft_revision(&c->draft)) {
		refuse(c, r, "conflict", _("Somebody has changed the answers at another console. Look at them again."));
		return false;
	}
	return true;
}

static void put(struct commission *c, const struct request *r)
{
	struct fault f;

	if (!is_first(c, r))
		return;
	forget_made(c);
	if (draft_put(&c->draft, c->config, json_object_get(r->params, "values"), &f) != ERR_OK)
		refuse(c, r, f.err == ERR_IO || f.err == ERR_FULL ? "medium_failed" : "invalid", f.text);
	else
		show(c, r);
}

/* ---- the last step -------------------------------------------------------------------------------------- */

static json_t *made_json(const struct commission *c)
{
	const char *code = setup_genesis(c->made);
	json_t *words = json_array(), *logins = json_array();

	for (unsigned i = 0; i < PAPER_GROUPS; i++)
		(void)json_array_append_new(words, json_string(paper_word(code, i)));
	for (unsigned i = 0; i < c->site->users_count; i++)
		(void)json_array_append_new(logins, json_pack("{s:s, s:s, s:s}", "login", c->site->users[i].login,
							      "name", c->site->users[i].name, "password",
							      setup_logins(c->made)[i].password));
	return json_pack("{s:s, s:s, s:o, s:o, s:i, s:i}", "genesis", code, "origin", c->site->origin, "words", words,
			 "logins", logins, "word", (int)c->word + 1, "group", (int)c->group + 1);
}

static void make(struct commission *c, const struct request *r)
{
	struct fault f;
	enum err err;

	if (!is_first(c, r))
		return;
	forget_made(c);
	err = draft_site(&c->draft, c->config, &c->site, &f);
	if (err == ERR_OK && strcmp(text_of(r, "name"), c->site->origin) != 0)
		err = fault_set(&f, ERR_FORMAT, _("'%s' is not the name of this box, %s. Nothing was done."),
				text_of(r, "name"), c->site->origin);
	if (err == ERR_OK)
		err = setup_make(c->config, c->site, c->draft.path, NULL, &c->made, &f);
	if (err != ERR_OK) {
		forget_made(c);
		refuse(c, r, err == ERR_FORMAT || err == ERR_MISSING ? "invalid" : "medium_failed", f.text);
		return;
	}
	c->maker = r->ticket.connection;
	c->word = randombytes_uniform(PAPER_GROUPS);
	c->group = (c->word + 1 + randombytes_uniform(PAPER_GROUPS - 1)) % PAPER_GROUPS;
	server_answer(c->server, r->ticket, made_json(c));
}

/* NULL: what stands on the paper is right. */
static const char *why_not_on_paper(const struct commission *c, const struct request *r)
{
	if (!paper_is_word(setup_genesis(c->made), c->word, text_of(r, "word")))
		return _("That is not the word on the screen. Look at the paper: what is wrong there must be mended.");
	if (!paper_is_group(setup_genesis(c->made), c->group, text_of(r, "group")))
		return _("That is not the group on the screen. Look at the paper: what is wrong there must be mended.");
	return NULL;
}

static void confirm(struct commission *c, const struct request *r)
{
	struct fault f;
	const char *why;

	if (c->made == NULL || c->maker != r->ticket.connection) {
		refuse(c, r, "wrong_state",
		       _("What was shown is void: nothing had been put into force yet. Cross out the paper; the last "
			 "step is done again and shows another code."));
		return;
	}
	why = why_not_on_paper(c, r);
	if (why != NULL) {
		refuse(c, r, "invalid", why);
		return;
	}
	if (setup_name(c->made, &f) != ERR_OK) {
		forget_made(c);
		refuse(c, r, "medium_failed", f.text);
		return;
	}
	draft_remove(&c->draft);
	c->is_done = true;
	server_answer(c->server, r->ticket, json_pack("{s:b}", "done", 1));
	(void)sd_event_exit(c->event, 0);
}

/* ---- the panel: looked at only -------------------------------------------------------------------------- */

static void take(json_t **into, const struct request *r)
{
	json_decref(*into);
	*into = json_incref(r->params);
}

static void panel_state_told(struct commission *c, const struct request *r)
{
	c->daemon = r->ticket.connection;
	take(&c->panel, r);
	server_answer(c->server, r->ticket, NULL);
}

static void panel_witness_told(struct commission *c, const struct request *r)
{
	c->daemon = r->ticket.connection;
	take(&c->seen, r);
	server_answer(c->server, r->ticket, NULL);
}

/* ---- the loop ------------------------------------------------------------------------------------------- */

static void greet(struct commission *c, const struct request *r)
{
	server_answer(c->server, r->ticket,
		      json_pack("{s:s, s:s, s:b}", "version", KANNUKI_VERSION, "protocol", PROTOCOL_TEXT,
				"commissioning", 1));
}

static const struct {
	enum peer peer;
	const char *method;
	void (*handle)(struct commission *c, const struct request *r);
} handlers[] = {
	{PEER_CONSOLE, "hello", greet},
	{PEER_CONSOLE, "commission.show", show},
	{PEER_CONSOLE, "commission.put", put},
	{PEER_CONSOLE, "commission.make", make},
	{PEER_CONSOLE, "commission.confirm", confirm},
	{PEER_PANEL, "panel.state", panel_state_told},
	{PEER_PANEL, "panel.witness", panel_witness_told},
};

bool commission_takes(const char *method)
{
	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
		if (strcmp(handlers[i].method, method) == 0)
			return true;
	return false;
}

static void on_request(void *context, const struct request *r)
{
	struct commission *c = context;

	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0] && !c->is_done; i++) {
		if (handlers[i].peer != r->peer || strcmp(handlers[i].method, r->method->name) != 0)
			continue;
		/* Whoever sits there reads the reasons. */
		if (r->peer == PEER_CONSOLE && text_of(r, "lang")[0] != '\0')
			lang_use(strcmp(text_of(r, "lang"), "en") == 0 ? LANG_EN : LANG_JA);
		handlers[i].handle(c, r);
		lang_use(lang_from_environment());
		return;
	}
	server_refuse(c->server, r->ticket, "not_commissioned", NULL);
}

static void on_gone(void *context, uint64_t connection)
{
	struct commission *c = context;

	if (connection == c->maker)
		forget_made(c);
	if (connection == c->daemon) {
		json_decref(c->panel);
		json_decref(c->seen);
		c->panel = c->seen = NULL;
		c->daemon = 0;
	}
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static enum err begin(struct commission *c, struct fault *f)
{
	const struct server_hooks hooks = {.request = on_request, .gone = on_gone, .context = c};
	sigset_t ends;
	int r = sd_event_new(&c->event);

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	if (r >= 0 && sigprocmask(SIG_BLOCK, &ends, NULL) == 0)
		r = sd_event_add_signal(c->event, NULL, SIGTERM, on_signal, NULL);
	if (r >= 0)
		r = sd_event_add_signal(c->event, NULL, SIGINT, on_signal, NULL);
	if (r >= 0)
		r = sd_event_set_watchdog(c->event, 1);
	if (r < 0)
		return fault_set(f, err_from_errno(-r), "event loop: %s", strerror(-r));
	if (server_new(c->event, &hooks, &c->server) != ERR_OK)
		return fault_set(f, ERR_NOMEM, "out of memory");
	return sockets_take(c->server, c->config, PEER_PANEL | PEER_PEOPLE, SOCKETS_FOR_NOW, f);
}

enum commissioned commission_serve(const struct config *config, struct fault *f)
{
	struct commission c = {.config = config};
	enum err err = draft_open(&c.draft, config, f);
	int status = -1;

	if (err == ERR_OK)
		err = begin(&c, f);
	if (err == ERR_OK) {
		diag(DIAG_NOTICE, "%s", _("there is no ledger yet: this box is set up at the console"));
		(void)sd_notify(0, "READY=1\nSTATUS=waiting to be set up at the console");
		status = sd_event_loop(c.event);
	}
	server_free(c.server);
	c.server = NULL;
	forget_made(&c);
	json_decref(c.panel);
	json_decref(c.seen);
	draft_close(&c.draft);
	c.event = sd_event_unref(c.event);
	if (err != ERR_OK)
		return COMMISSION_FAILED;
	if (c.is_done)
		return COMMISSION_DONE;
	if (status == 0)
		return COMMISSION_ENDED;
	(void)fault_set(f, ERR_IO, "event loop: %s", strerror(-status));
	return COMMISSION_FAILED;
}
