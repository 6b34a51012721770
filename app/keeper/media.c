/* The two media while the keeper runs: the copies of the passwords follow them, and one that failed is tried again. */
#include "keeper/keeper.h"

#include "base/diag.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_FIRST_S = 10, WAIT_MOST_S = 600 };

/* ---- passwords ------------------------------------------------------------------------------------------- */

enum err media_even_person(struct keeper *k, const struct user_info *user, struct fault *f)
{
	const struct credentials *its = &user->credentials;
	enum err err = secrets_even(k->secrets, SECRET_PASSWORD, user->id, user->generation, f);

	if (err == ERR_OK)
		err = secrets_even(k->secrets, SECRET_PIN, user->id, its->pin, f);
	if (err == ERR_OK)
		err = secrets_even(k->secrets, SECRET_TOTP, user->id, its->totp, f);
	return err == ERR_OK ? secrets_even(k->secrets, SECRET_RECOVERY, user->id, its->totp, f) : err;
}

/* What the ledger names is on every copy, and nothing else. */
static void even_out(struct keeper *k)
{
	struct user_info user;
	struct fault f;
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && book_user_at(scribe_book(k->scribe), i, &user) == ERR_OK; i++)
		err = media_even_person(k, &user, &f);
	if (err != ERR_OK)
		diag(DIAG_ERROR, "the copies of the passwords differ: %s", f.text);
}

static enum err use_copy(struct keeper *k, unsigned copy, struct fault *f)
{
	const char *path = k->places[copy].secrets;

	if (access(path, F_OK) != 0)
		diag(DIAG_ERROR, _("%s is missing; without another copy nobody can log in"), path);
	return secrets_use(k->secrets, copy, path, f);
}

/* A copy that is damaged is made anew from the other, and set aside. */
static void replace_copy(struct keeper *k, unsigned copy)
{
	const char *path = k->places[copy].secrets;
	char aside[PLACE_SIZE + 32];
	struct fault f;

	(void)snprintf(aside, sizeof aside, "%s.damaged", path);
	if (!secrets_uses(k->secrets, 1 - copy) || rename(path, aside) != 0)
		return;
	if (secrets_use(k->secrets, copy, path, &f) != ERR_OK)
		diag(DIAG_ERROR, "%s", f.text);
}

/* On each good medium a copy is in use, or on none: presses are recorded all the same. */
static enum err follow(struct keeper *k, struct fault *f)
{
	struct medium_info media[LEDGER_MEDIA];
	enum err errs[LEDGER_MEDIA] = {ERR_OK, ERR_OK};
	bool is_new = false;

	(void)fault_set(f, ERR_MISSING, "no medium holds the passwords");
	ledger_media(scribe_ledger(k->scribe), media);
	for (unsigned i = 0; i < LEDGER_MEDIA; i++) {
		if (media[i].state != MEDIUM_GOOD)
			secrets_leave(k->secrets, i);
		else if (!secrets_uses(k->secrets, i)) {
			errs[i] = use_copy(k, i, f);
			is_new = true;
		}
	}
	for (unsigned i = 0; i < LEDGER_MEDIA; i++)
		if (errs[i] == ERR_IO)
			replace_copy(k, i);
	if (is_new)
		even_out(k);
	return secrets_uses(k->secrets, FIRST_MEDIUM) || secrets_uses(k->secrets, SECOND_MEDIUM) ? ERR_OK : f->err;
}

/* ---- a failed medium -------------------------------------------------------------------------------------- */

static void wait_for_it(struct keeper *k)
{
	struct mending *m = &k->mending;

	(void)sd_event_source_set_time_relative(m->wait, m->wait_s * 1000000);
	(void)sd_event_source_set_enabled(m->wait, SD_EVENT_ONESHOT);
	m->wait_s = m->wait_s < WAIT_MOST_S / 2 ? 2 * m->wait_s : WAIT_MOST_S;
}

static int on_mend(sd_event_source *source, void *userdata)
{
	struct keeper *k = userdata;
	bool done = false;
	struct fault f;
	enum err err = ledger_rejoin(scribe_ledger(k->scribe), REJOIN_AS_IT_IS, slice_ns, &done, &f);

	if (err == ERR_OK && !done)
		return 0;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (err != ERR_OK) {
		diag(DIAG_WARNING, "the failed medium cannot be used yet: %s", f.text);
		wait_for_it(k);
	}
	scribe_mind_media(k->scribe);
	return 0;
}

static int on_wait(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct keeper *k = userdata;

	(void)source;
	(void)usec;
	(void)sd_event_source_set_enabled(k->mending.work, SD_EVENT_ON);
	return 0;
}

static enum err begin_mending(struct keeper *k, struct fault *f)
{
	struct mending *m = &k->mending;
	int r = sd_event_add_time_relative(k->event, &m->wait, CLOCK_BOOTTIME, 0, 0, on_wait, k);

	if (r >= 0)
		r = sd_event_source_set_enabled(m->wait, SD_EVENT_OFF);
	if (r < 0)
		return fault_set(f, err_from_errno(-r), "event loop: %s", strerror(-r));
	if (go_on_idly(k, &m->work, on_mend, k, f) != ERR_OK)
		return f->err;
	(void)sd_event_source_set_enabled(m->work, SD_EVENT_OFF);
	return ERR_OK;
}

/* Waits for a failed medium, or no longer. */
static void mind_failed(struct keeper *k)
{
	struct mending *m = &k->mending;
	int waiting = SD_EVENT_OFF, working = SD_EVENT_OFF;

	if (!media_are_fewer(k)) {
		(void)sd_event_source_set_enabled(m->wait, SD_EVENT_OFF);
		(void)sd_event_source_set_enabled(m->work, SD_EVENT_OFF);
		m->wait_s = WAIT_FIRST_S;
		return;
	}
	(void)sd_event_source_get_enabled(m->wait, &waiting);
	(void)sd_event_source_get_enabled(m->work, &working);
	if (waiting == SD_EVENT_OFF && working == SD_EVENT_OFF)
		wait_for_it(k);
}

/* ---- for others ------------------------------------------------------------------------------------------- */

enum err media_begin(struct keeper *k, struct fault *f)
{
	enum err err = secrets_new(&k->secrets, f);

	k->mending.wait_s = WAIT_FIRST_S;
	if (err == ERR_OK)
		err = begin_mending(k, f);
	if (err == ERR_OK)
		err = follow(k, f);
	if (err == ERR_OK)
		mind_failed(k);
	return err;
}

void media_look(struct keeper *k)
{
	struct fault f;

	if (follow(k, &f) != ERR_OK)
		diag(DIAG_ERROR, "nobody can log in: %s", f.text);
	if (k->chore == NULL && !media_are_fewer(k))
		chain_mind_media(scribe_chain(k->scribe));
	mind_failed(k);
}

void media_end(struct keeper *k)
{
	k->mending.wait = sd_event_source_disable_unref(k->mending.wait);
	k->mending.work = sd_event_source_disable_unref(k->mending.work);
}

bool media_are_fewer(const struct keeper *k)
{
	struct medium_info media[LEDGER_MEDIA];

	ledger_media(scribe_ledger(k->scribe), media);
	return media[FIRST_MEDIUM].state == MEDIUM_FAILED || media[SECOND_MEDIUM].state == MEDIUM_FAILED;
}

enum space_level media_room(const struct keeper *k)
{
	struct medium_info media[LEDGER_MEDIA];
	enum space_level worst = SPACE_UNKNOWN;

	ledger_media(scribe_ledger(k->scribe), media);
	for (int i = 0; i < LEDGER_MEDIA; i++)
		if (media[i].state == MEDIUM_GOOD && media[i].space.level > worst)
			worst = media[i].space.level;
	return worst;
}

json_t *media_summary(const struct keeper *k)
{
	static const char *const names[LEDGER_MEDIA] = {"first", "second"};
	struct medium_info media[LEDGER_MEDIA];
	json_t *summary = json_object();

	ledger_media(scribe_ledger(k->scribe), media);
	for (int i = 0; i < LEDGER_MEDIA; i++)
		if (media[i].state != MEDIUM_NONE)
			(void)json_object_set_new(summary, names[i],
						  json_string(media[i].state == MEDIUM_GOOD && scribe_is_well(k->scribe)
								      ? "well"
								      : "failed"));
	if (media_room(k) >= SPACE_LOW)
		(void)json_object_set_new(summary, "room", json_string(room_word(media_room(k))));
	if (incarnation_needs_care(k))
		(void)json_object_set_new(summary, "incarnation", incarnation_json(k));
	if (seen_needs_care(k))
		(void)json_object_set_new(summary, "seen", seen_json(k));
	if (sealing_needs_care(k))
		(void)json_object_set_new(summary, "sealing", sealing_json(k));
	return summary;
}
