/* The set-up file: who the organisation is, which uplinks it has, who may log in. */
#ifndef KANNUKI_KEEPER_SITE_H
#define KANNUKI_KEEPER_SITE_H

#include "keeper/config.h"
#include "procedure/pack.h"

struct site_value {
	char *name, *value;
};

struct site_uplink {
	char *id, *label, *label_en, *stops, *stops_en;
};

struct site_user {
	char *login, *name, *section, *title, *phone, *fax, *mail;
	char *kind;     /* NULL: staff; auditor; envelope: its password lies sealed in the safe */
	char *until;    /* last day, "2027-03-31"; NULL: none */
	char *password; /* "first": it is good for one login, which asks for another; NULL: it stays */
	char **roles;
	unsigned roles_count;
};

struct site {
	char *organisation;
	char *origin;
	char *pack;
	struct site_value *values;
	unsigned values_count;
	struct site_uplink *uplinks;
	unsigned uplinks_count;
	struct site_user *users;
	unsigned users_count;
};

enum err site_load(const char *path, struct site **out, struct fault *f) MUST_USE;
/* One that is not finished: what is missing is NULL. */
enum err site_load_part(const char *path, struct site **out, struct fault *f) MUST_USE;
void site_free(struct site *site);

/* The pack that it names. */
enum err site_pack(const struct site *site, const struct config *config, struct pack **out, struct fault *f) MUST_USE;
/* What there is of one that is not finished; the complaint names no file. `pack` NULL: not chosen yet. */
enum err site_check_part(const struct site *site, const struct pack *pack, struct fault *f) MUST_USE;
/* May two people change who may log in? One asks, another one approves. */
bool site_has_two(const struct site *site, const struct pack *pack);
/* Does it fit the pack? Roles, site variables, doubled names. */
enum err site_check(const struct site *site, const char *path, const struct pack *pack, struct fault *f) MUST_USE;

/* New references: the bodies of setup.done and user.added, and the person of the latter. */
json_t *site_setup_body(const struct site *site, const struct pack *pack);
json_t *site_user_body(const struct site_user *user, const char *id);
json_t *site_user_person(const struct site_user *user);

#endif
