#include "keeper/sessions.h"

#include "base/bytes.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static bool is_idle(const struct sessions *s, const struct session *place, int64_t now_ns)
{
	return now_ns - place->used_ns >= s->idle_ns;
}

struct session *sessions_surplus(struct sessions *s, const char *user)
{
	struct session *oldest = NULL;
	unsigned own = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *place = &s->places[i];

		if (place->token[0] == '\0' || strcmp(place->user, user) != 0)
			continue;
		own++;
		if (oldest == NULL || place->used_ns < oldest->used_ns)
			oldest = place;
	}
	return own >= SESSIONS_OF_USER_MAX ? oldest : NULL;
}

static struct session *free_place(struct sessions *s)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->places[i].token[0] == '\0')
			return &s->places[i];
	return NULL;
}

struct session *sessions_begin(struct sessions *s, const char *user, uint64_t generation, enum peer peer, uid_t uid,
			       int64_t now_ns)
{
	struct session *place = free_place(s);
	unsigned char token[16];

	if (place == NULL || strlen(user) >= sizeof place->user)
		return NULL;
	randombytes_buf(token, sizeof token);
	hex_encode(place->token, token, sizeof token);
	(void)snprintf(place->user, sizeof place->user, "%s", user);
	place->generation = generation;
	place->peer = peer;
	place->uid = uid;
	place->used_ns = now_ns;
	return place;
}

struct session *sessions_find(struct sessions *s, const char *token, enum peer peer, uid_t uid, int64_t now_ns)
{
	if (strlen(token) != TOKEN_SIZE - 1)
		return NULL;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *place = &s->places[i];

		if (place->token[0] == '\0' || sodium_memcmp(place->token, token, TOKEN_SIZE) != 0)
			continue;
		if (place->peer != peer || place->uid != uid || is_idle(s, place, now_ns))
			return NULL;
		return place;
	}
	return NULL;
}

void session_end(struct session *session)
{
	sodium_memzero(session, sizeof *session);
}

struct session *sessions_next_idle(struct sessions *s, int64_t now_ns)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->places[i].token[0] != '\0' && is_idle(s, &s->places[i], now_ns))
			return &s->places[i];
	return NULL;
}
