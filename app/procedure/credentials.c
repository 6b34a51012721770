/* What people prove with beside the password, as the entries tell. */
#include "procedure/book_data.h"

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

static enum err fold_pin_tried(struct book *book, const struct event *event)
{
	struct user *user = user_find(book, text_in(event->body, "user"));

	if (user != NULL && user->credentials.pin == count_in(event, "generation"))
		user->credentials.wrong_pins = (unsigned)count_in(event, "wrong");
	return ERR_OK;
}

void credentials_forget(struct user *user)
{
	user->credentials =
		(struct credentials){.last_pin = user->credentials.last_pin, .last_totp = user->credentials.last_totp};
}

const struct folder credential_folders[] = {
	{"user.pin", fold_pin},
	{"user.pin.tried", fold_pin_tried},
	{NULL, NULL},
};
