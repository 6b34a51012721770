/* What people prove with beside the password, as the entries tell. */
#include "procedure/book_data.h"

#include <string.h>

static uint64_t count_in(const struct event *event, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(event->body, key));
}

static enum err fold_pin(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL) {
		user->credentials.pin = user->credentials.last_pin = count_in(event, "generation");
		user->credentials.wrong_pins = 0;
	}
	return ERR_OK;
}

static enum err fold_pin_ended(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL)
		user->credentials.pin = user->credentials.wrong_pins = 0;
	return ERR_OK;
}

static enum err fold_pin_tried(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL && user->credentials.pin == count_in(event, "generation"))
		user->credentials.wrong_pins = (unsigned)count_in(event, "wrong");
	return ERR_OK;
}

static enum err fold_totp(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL) {
		user->credentials.totp = user->credentials.last_totp = count_in(event, "generation");
		user->credentials.used = 0;
		user->credentials.step = count_in(event, "step");
	}
	return ERR_OK;
}

static enum err fold_totp_ended(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL)
		user->credentials.totp = 0;
	return ERR_OK;
}

/* No code is good twice. */
static enum err fold_login(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, event->record->who);
	const json_t *step = json_object_get(event->body, "step"), *code = json_object_get(event->body, "recovery");

	if (user != NULL && step != NULL)
		user->credentials.step = (uint64_t)json_integer_value(step);
	if (user != NULL && code != NULL && json_integer_value(code) >= 0 && json_integer_value(code) < RECOVERY_CODES)
		user->credentials.used |= 1U << (unsigned)json_integer_value(code);
	return ERR_OK;
}

static enum err fold_opened(struct book *book, const struct event *event)
{
	id_copy(book->envelope.user, text_in(event->body, "user"));
	memcpy(book->envelope.at, event->at, sizeof book->envelope.at);
	return ERR_OK;
}

static enum err fold_noted(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL)
		user->generation = count_in(event, "generation");
	if (user != NULL && strcmp(book->envelope.user, user->id) == 0)
		book->envelope.user[0] = '\0';
	return ERR_OK;
}

bool book_envelope_is_open(const struct book *book)
{
	return book->envelope.user[0] != '\0';
}

json_t *envelope_json(const struct book *book, enum lang lang)
{
	if (!book_envelope_is_open(book))
		return NULL;
	return json_pack("{s:s, s:s, s:s}", "user", book->envelope.user, "name",
			 user_name(book, book->envelope.user, lang), "at", book->envelope.at);
}

bool book_has_totp(const struct book *book)
{
	for (size_t i = 0; i < book->users_count; i++)
		if (book->users[i].credentials.totp != 0)
			return true;
	return false;
}

unsigned recovery_left(const struct user *user)
{
	unsigned left = 0;

	for (unsigned i = 0; user->credentials.totp != 0 && i < RECOVERY_CODES; i++)
		left += (user->credentials.used >> i & 1U) == 0;
	return left;
}

void credentials_forget(struct user *user)
{
	user->credentials =
		(struct credentials){.last_pin = user->credentials.last_pin, .last_totp = user->credentials.last_totp};
}

const struct folder credential_folders[] = {
	{"envelope.noted", fold_noted}, {"envelope.opened", fold_opened},     {"login.ok", fold_login},
	{"user.pin", fold_pin},         {"user.pin.ended", fold_pin_ended},   {"user.pin.tried", fold_pin_tried},
	{"user.totp", fold_totp},       {"user.totp.ended", fold_totp_ended}, {NULL, NULL},
};
