#include "keeper/setup.h"

#include "base/file.h"
#include "keeper/codes.h"
#include "keeper/site.h"
#include "keeper/worker.h"
#include "ledger/ledger.h"

#include "ipc/acts.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PASSWORDS_FILE_MAX = 64 * 1024 };

struct setup {
	struct places places[KEEPER_MEDIA];
	struct fresh {
		char ledger[PLACE_SIZE + 24];
		char secrets[PLACE_SIZE + 24];
	} fresh[KEEPER_MEDIA]; /* where everything is made */
	struct site *site;
	struct pack *pack;
	struct ledger *ledger;
	struct secrets *secrets;
	struct buf given; /* the passwords file, if any */
};

/* The password of a line "LOGIN PASSWORD"; false when there is none for this person. */
static bool given_password(const struct setup *s, const char *login, char out[PASSWORD_MAX + 1])
{
	size_t len = strlen(login);

	for (const char *at = s->given.data; at != NULL && *at != '\0'; at = strchr(at, '\n'), at += at != NULL) {
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

static enum err add_user(struct setup *s, unsigned number, FILE *out, struct fault *f)
{
	const struct site_user *user = &s->site->users[number];
	char account[16], password[PASSWORD_MAX + 1];
	enum err err;

	(void)snprintf(account, sizeof account, "u%u", number + 1);
	if (!given_password(s, user->login, password))
		password_random(password);
	err = keep_secret(s, account, password, f);
	if (err == ERR_OK)
		err = add_entry(s, "user.added", site_user_body(user, account), site_user_person(user), f);
	if (err == ERR_OK)
		(void)fprintf(out, "login %s %s\n", user->login, password);
	sodium_memzero(password, sizeof password);
	return err;
}

static enum err fill(struct setup *s, FILE *out, struct fault *f)
{
	enum err err = add_entry(s, "setup.done", site_setup_body(s->site, s->pack), NULL, f);

	for (unsigned i = 0; i < s->site->users_count && err == ERR_OK; i++)
		err = add_user(s, i, out, f);
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

static enum err read_site(struct setup *s, const struct config *config, const char *path, const char *passwords,
			  struct fault *f)
{
	char folder[2 * PLACE_SIZE];
	enum err err = site_load(path, &s->site, f);

	if (err != ERR_OK)
		return err;
	(void)snprintf(folder, sizeof folder, "%s/%s", config->packs, s->site->pack);
	err = pack_load(folder, &s->pack, f);
	if (err == ERR_OK)
		err = site_check(s->site, path, s->pack, f);
	if (err == ERR_OK && passwords != NULL)
		err = file_read(passwords, PASSWORDS_FILE_MAX, &s->given, f);
	return err;
}

static bool has_mirror(const struct setup *s)
{
	return s->places[SECOND_MEDIUM].home[0] != '\0';
}

static enum err check_place(const struct places *place, const struct fresh *fresh, struct fault *f)
{
	if (access(place->ledger, F_OK) == 0)
		return fault_set(f, ERR_EXISTS,
				 _("%s: there is a ledger already; nothing was changed. It is never set up twice: "
				   "move the whole folder %s away if it is to be begun anew"),
				 place->ledger, place->home);
	if (access(fresh->ledger, F_OK) == 0)
		return fault_set(f, ERR_EXISTS, _("%s: left by a set-up that was cut off; delete it and try again"),
				 fresh->ledger);
	(void)unlink(fresh->secrets);
	return folder_make(place->home, 0750, f);
}

static enum err check_places(struct setup *s, struct fault *f)
{
	enum err err = check_place(&s->places[FIRST_MEDIUM], &s->fresh[FIRST_MEDIUM], f);

	if (err == ERR_OK && has_mirror(s))
		err = check_place(&s->places[SECOND_MEDIUM], &s->fresh[SECOND_MEDIUM], f);
	return err;
}

static enum err name_it(const struct places *place, const struct fresh *fresh, struct fault *f)
{
	if (rename(fresh->secrets, place->secrets) != 0 || rename(fresh->ledger, place->ledger) != 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", place->home, strerror(errno));
	return folder_sync(place->home, f);
}

/* The first medium's last: its name says that the set-up is done. */
static enum err name_all(struct setup *s, struct fault *f)
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
	return err == ERR_OK ? name_it(&s->places[FIRST_MEDIUM], &s->fresh[FIRST_MEDIUM], f) : err;
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

static enum err make_ledger(struct setup *s, FILE *out, struct fault *f)
{
	const char *second = has_mirror(s) ? s->fresh[SECOND_MEDIUM].ledger : NULL;
	char code[GENESIS_CODE_CHARS + 1];
	enum err err = ledger_create(s->fresh[FIRST_MEDIUM].ledger, second, s->site->origin, moment_now(), code, f);

	if (err == ERR_OK)
		err = ledger_open(s->fresh[FIRST_MEDIUM].ledger, moment_now(), &s->ledger, f);
	if (err == ERR_OK)
		err = secrets_new(&s->secrets, f);
	if (err == ERR_OK)
		err = secrets_use(s->secrets, FIRST_MEDIUM, s->fresh[FIRST_MEDIUM].secrets, f);
	if (err == ERR_OK && second != NULL)
		err = secrets_use(s->secrets, SECOND_MEDIUM, s->fresh[SECOND_MEDIUM].secrets, f);
	if (err == ERR_OK)
		(void)fprintf(out, "genesis: %s\n", code);
	return err;
}

static void setup_fini(struct setup *s)
{
	if (s->ledger != NULL)
		ledger_close(s->ledger);
	secrets_close(s->secrets);
	pack_free(s->pack);
	if (s->site != NULL)
		site_free(s->site);
	if (s->given.data != NULL)
		sodium_memzero(s->given.data, s->given.len);
	buf_fini(&s->given);
}

enum err setup_run(const struct config *config, const char *path, const char *passwords, FILE *out, struct fault *f)
{
	struct setup s = {.site = NULL};
	enum err err = find_places(&s, config, f);

	buf_init(&s.given, PASSWORDS_FILE_MAX + 1);
	if (err == ERR_OK)
		err = read_site(&s, config, path, passwords, f);
	if (err == ERR_OK)
		err = check_places(&s, f);
	if (err == ERR_OK)
		err = make_ledger(&s, out, f);
	if (err == ERR_OK)
		err = fill(&s, out, f);
	if (err == ERR_OK)
		err = check_media(&s, f);
	if (err == ERR_OK)
		err = name_all(&s, f);
	setup_fini(&s);
	return err;
}
