#include "keeper/setup.h"

#include "base/diag.h"
#include "base/file.h"
#include "keeper/codes.h"
#include "keeper/worker.h"
#include "ledger/ledger.h"

#include "ipc/acts.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { PASSWORDS_FILE_MAX = 64 * 1024 };

struct fresh {
	char ledger[PLACE_SIZE + 24];
	char secrets[PLACE_SIZE + 24];
};

struct setup {
	struct places places[KEEPER_MEDIA];
	struct fresh fresh[KEEPER_MEDIA]; /* where everything is made */
	int lock;                         /* the folder of the first medium, −1: not locked */
	struct pack *pack;
	struct ledger *ledger;
	struct secrets *secrets;
	const struct site *site;
	const struct buf *given; /* the passwords file, if any */
	char code[GENESIS_CODE_CHARS + 1];
	struct login *logins; /* one for each person of the site */
	bool is_named;
};

/* The password of a line "LOGIN PASSWORD"; false when there is none for this person. */
static bool given_password(const struct setup *s, const char *login, char out[PASSWORD_MAX + 1])
{
	size_t len = strlen(login);

	for (const char *at = s->given != NULL ? s->given->data : NULL; at != NULL && *at != '\0';
	     at = strchr(at, '\n'), at += at != NULL) {
		size_t word = strcspn(at, " \r\n");

		if (word != len || strncmp(at, login, len) != 0 || at[word] != ' ')
			continue;
		(void)snprintf(out, PASSWORD_MAX + 1, "%.*s", (int)strcspn(at + word + 1, "\r\n"), at + word + 1);
		return true;
	}
	return false;
}

static enum err keep_secret(struct setup *s, const char *account, const char *password, struct fault *f)
{
	struct password_job job = {.work = PASSWORD_MAKE};

	(void)snprintf(job.password, sizeof job.password, "%s", password);
	password_work(&job);
	if (job.result != ERR_OK)
		return fault_set(f, job.result, _("no memory for hashing passwords (64 MiB); free some and try again"));
	return secrets_put(s->secrets, SECRET_PASSWORD, account, 1, job.hash, f);
}

static enum err add_entry(struct setup *s, const char *act, json_t *body, json_t *person, struct fault *f)
{
	char *body_text = NULL, *person_text = person != NULL ? json_dumps(person, JSON_COMPACT) : NULL;
	uint8_t leaf[HASH_SIZE];
	enum err err = ERR_NOMEM;
	uint64_t seq;

	if (json_object_set_new(body, "act", json_string(act)) == 0)
		body_text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	if (body_text != NULL && (person == NULL || person_text != NULL)) {
		struct draft draft = {.who = "system",
				      .via = "keeper",
				      .type = act_find(act)->type,
				      .about = "-",
				      .body = body_text,
				      .person = person_text};

		err = ledger_add(s->ledger, &draft, moment_now(), &seq, leaf, f);
	}
	free(body_text);
	free(person_text);
	json_decref(body);
	json_decref(person);
	return err;
}

static enum err add_user(struct setup *s, unsigned number, struct fault *f)
{
	const struct site_user *user = &s->site->users[number];
	struct login *login = &s->logins[number];
	char account[16];
	enum err err;

	(void)snprintf(account, sizeof account, "u%u", number + 1);
	login->name = user->login;
	if (!given_password(s, user->login, login->password))
		password_random(login->password);
	err = keep_secret(s, account, login->password, f);
	return err == ERR_OK ? add_entry(s, "user.added", site_user_body(user, account), site_user_person(user), f)
			     : err;
}

static enum err fill(struct setup *s, struct fault *f)
{
	enum err err = add_entry(s, "setup.done", site_setup_body(s->site, s->pack), NULL, f);

	s->logins = calloc(s->site->users_count, sizeof *s->logins);
	if (s->logins == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	for (unsigned i = 0; i < s->site->users_count && err == ERR_OK; i++)
		err = add_user(s, i, f);
	return err == ERR_OK ? ledger_commit(s->ledger, moment_now(), f) : err;
}

/* A medium that fails while everything is new is not fit to be one. */
static enum err check_media(const struct setup *s, struct fault *f)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(s->ledger, media);
	for (unsigned i = 0; i < LEDGER_MEDIA; i++)
		if (media[i].state == MEDIUM_FAILED || (media[i].state == MEDIUM_GOOD && !secrets_uses(s->secrets, i)))
			return fault_set(f, ERR_IO, _("%s: this medium fails; replace it and begin anew: %s"),
					 s->places[i].home, media[i].why);
	return ERR_OK;
}

static bool has_mirror(const struct setup *s)
{
	return s->places[SECOND_MEDIUM].home[0] != '\0';
}

/* Two at once would remove each other's work. */
static enum err lock(struct setup *s, struct fault *f)
{
	const char *home = s->places[FIRST_MEDIUM].home;

	s->lock = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->lock < 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", home, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return fault_set(f, ERR_BUSY, _("%s: this box is being set up by somebody else; wait, then look again"),
				 home);
	return ERR_OK;
}

static enum err check_place(const struct places *place, struct fault *f)
{
	if (access(place->ledger, F_OK) == 0)
		return fault_set(f, ERR_EXISTS,
				 _("%s: there is a ledger already; nothing was changed. It is never set up twice: "
				   "move the whole folder %s away if it is to be begun anew"),
				 place->ledger, place->home);
	return folder_make(place->home, 0750, f);
}

/* What is left of one that was cut off has never been anybody's. */
static enum err clear_place(const struct fresh *fresh, struct fault *f)
{
	if (unlink(fresh->secrets) != 0 && errno != ENOENT)
		return fault_set(f, err_from_errno(errno), "%s: %s", fresh->secrets, strerror(errno));
	return folder_remove(fresh->ledger, f);
}

static enum err check_places(struct setup *s, struct fault *f)
{
	enum err err = check_place(&s->places[FIRST_MEDIUM], f);

	if (err == ERR_OK && has_mirror(s))
		err = check_place(&s->places[SECOND_MEDIUM], f);
	if (err == ERR_OK)
		err = lock(s, f);
	/* Once more: whoever held the lock may have finished. */
	for (int i = 0; i < KEEPER_MEDIA && err == ERR_OK; i++)
		if (s->places[i].home[0] != '\0')
			err = check_place(&s->places[i], f);
	for (int i = 0; i < KEEPER_MEDIA && err == ERR_OK; i++)
		if (s->places[i].home[0] != '\0')
			err = clear_place(&s->fresh[i], f);
	return err;
}

static enum err name_it(const struct places *place, const struct fresh *fresh, struct fault *f)
{
	bool has_secrets =
		rename(fresh->secrets, place->secrets) == 0 || (errno == ENOENT && access(place->secrets, F_OK) == 0);

	if (!has_secrets || rename(fresh->ledger, place->ledger) != 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", place->home, strerror(errno));
	return folder_sync(place->home, f);
}

/* The first medium could not be named: neither is. */
static void unname(const struct places *place, const struct fresh *fresh)
{
	(void)rename(place->ledger, fresh->ledger);
	(void)rename(place->secrets, fresh->secrets);
}

/* The second medium's name decides: from then on everything is whole on both, and setup_finish names the first. */
enum err setup_name(struct setup *s, struct fault *f)
{
	enum err err = ERR_OK;

	ledger_close(s->ledger);
	s->ledger = NULL;
	if (has_mirror(s)) {
		err = ledger_name_other(s->fresh[FIRST_MEDIUM].ledger, s->places[SECOND_MEDIUM].ledger, f);
		if (err == ERR_OK)
			err = ledger_name_other(s->fresh[SECOND_MEDIUM].ledger, s->places[FIRST_MEDIUM].ledger, f);
		if (err == ERR_OK)
			err = name_it(&s->places[SECOND_MEDIUM], &s->fresh[SECOND_MEDIUM], f);
	}
	if (err == ERR_OK)
		err = name_it(&s->places[FIRST_MEDIUM], &s->fresh[FIRST_MEDIUM], f);
	if (err != ERR_OK && access(s->places[FIRST_MEDIUM].ledger, F_OK) != 0 && has_mirror(s))
		unname(&s->places[SECOND_MEDIUM], &s->fresh[SECOND_MEDIUM]);
	s->is_named = err == ERR_OK;
	return err;
}

/** Where a medium is made: beside its place, so that one rename puts it there. */
static void place_fresh(const struct places *place, struct fresh *fresh)
{
	(void)snprintf(fresh->ledger, sizeof fresh->ledger, "%s.new", place->ledger);
	(void)snprintf(fresh->secrets, sizeof fresh->secrets, "%s.new", place->secrets);
}

static enum err find_places(struct setup *s, const struct config *config, struct fault *f)
{
	struct places places[KEEPER_MEDIA] = {0};
	enum err err = places_find(config, places, f);

	memcpy(s->places, places, sizeof places);
	for (int i = 0; i < KEEPER_MEDIA && err == ERR_OK; i++)
		place_fresh(&places[i], &s->fresh[i]);
	return err;
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

enum err setup_finish(const struct config *config, bool *there_is_a_ledger, struct fault *f)
{
	struct setup s = {.lock = -1};
	const struct places *first = &s.places[FIRST_MEDIUM], *second = &s.places[SECOND_MEDIUM];
	enum err err = find_places(&s, config, f);

	if (err != ERR_OK)
		return err;
	if (has_mirror(&s) && is_there(second->ledger) && !is_there(first->ledger) &&
	    is_there(s.fresh[FIRST_MEDIUM].ledger))
		err = name_it(first, &s.fresh[FIRST_MEDIUM], f);
	*there_is_a_ledger = is_there(first->ledger) || (has_mirror(&s) && is_there(second->ledger));
	return err;
}

static enum err make_ledger(struct setup *s, struct fault *f)
{
	const char *second = has_mirror(s) ? s->fresh[SECOND_MEDIUM].ledger : NULL;
	enum err err = ledger_create(s->fresh[FIRST_MEDIUM].ledger, second, s->site->origin, moment_now(), s->code, f);

	if (err == ERR_OK)
		err = ledger_open(s->fresh[FIRST_MEDIUM].ledger, moment_now(), &s->ledger, f);
	if (err == ERR_OK)
		err = secrets_new(&s->secrets, f);
	if (err == ERR_OK)
		err = secrets_use(s->secrets, FIRST_MEDIUM, s->fresh[FIRST_MEDIUM].secrets, f);
	if (err == ERR_OK && second != NULL)
		err = secrets_use(s->secrets, SECOND_MEDIUM, s->fresh[SECOND_MEDIUM].secrets, f);
	return err;
}

static void drop(struct setup *s)
{
	struct fault f;

	for (int i = 0; i < KEEPER_MEDIA; i++)
		if (s->places[i].home[0] != '\0' && clear_place(&s->fresh[i], &f) != ERR_OK)
			diag(DIAG_WARNING, "%s", f.text);
}

void setup_free(struct setup *s)
{
	if (s == NULL)
		return;
	if (s->ledger != NULL)
		ledger_close(s->ledger);
	secrets_close(s->secrets);
	if (s->lock >= 0 && !s->is_named)
		drop(s);
	if (s->lock >= 0)
		(void)close(s->lock);
	pack_free(s->pack);
	if (s->logins != NULL)
		sodium_memzero(s->logins, s->site->users_count * sizeof *s->logins);
	free(s->logins);
	free(s);
}

const char *setup_genesis(const struct setup *s)
{
	return s->code;
}

const struct login *setup_logins(const struct setup *s)
{
	return s->logins;
}

static enum err make(struct setup *s, const struct config *config, const char *path, struct fault *f)
{
	enum err err = find_places(s, config, f);

	if (err == ERR_OK)
		err = site_pack(s->site, config, &s->pack, f);
	if (err == ERR_OK)
		err = site_check(s->site, path, s->pack, f);
	if (err == ERR_OK)
		err = check_places(s, f);
	if (err == ERR_OK)
		err = make_ledger(s, f);
	if (err == ERR_OK)
		err = fill(s, f);
	return err == ERR_OK ? check_media(s, f) : err;
}

enum err setup_make(const struct config *config, const struct site *site, const char *path, const struct buf *given,
		    struct setup **out, struct fault *f)
{
	struct setup *s = calloc(1, sizeof *s);
	enum err err;

	if (s == NULL)
		return fault_set(f, ERR_NOMEM, _("no memory"));
	s->lock = -1;
	s->site = site;
	s->given = given;
	err = make(s, config, path, f);
	if (err == ERR_OK)
		*out = s;
	else
		setup_free(s);
	return err;
}

/* ---- from a file ------------------------------------------------------------------------------------------ */

static void print(const struct setup *s, FILE *out)
{
	(void)fprintf(out, "genesis: %s\n", s->code);
	for (unsigned i = 0; i < s->site->users_count; i++)
		(void)fprintf(out, "login %s %s\n", s->logins[i].name, s->logins[i].password);
	(void)fflush(out);
}

enum err setup_run(const struct config *config, const char *path, const char *passwords, FILE *out, struct fault *f)
{
	struct setup *s = NULL;
	struct site *site = NULL;
	struct buf given;
	enum err err;

	buf_init(&given, PASSWORDS_FILE_MAX + 1);
	err = site_load(path, &site, f);
	if (err == ERR_OK && passwords != NULL)
		err = file_read(passwords, PASSWORDS_FILE_MAX, &given, f);
	if (err == ERR_OK)
		err = setup_make(config, site, path, passwords != NULL ? &given : NULL, &s, f);
	if (err == ERR_OK && s != NULL) {
		print(s, out);
		err = setup_name(s, f);
	}
	setup_free(s);
	if (site != NULL)
		site_free(site);
	if (given.data != NULL)
		sodium_memzero(given.data, given.len);
	buf_fini(&given);
	return err;
}
