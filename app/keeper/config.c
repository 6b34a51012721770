#include "keeper/config.h"

#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "procedure/directory.h"

#include <dirent.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

enum { SESSION_MINUTES_DEFAULT = 30, SESSION_MINUTES_MAX = 480 };

static const char first_home[] = "/var/lib/kannuki";

/* clang-format off */
#define USER(member) \
	CYAML_FIELD_STRING_PTR(#member, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct peer_users, member, 1, 32)
/* clang-format on */

static const cyaml_schema_field_t user_fields[] = {
	USER(panel), USER(console), USER(web), USER(cli), CYAML_FIELD_END,
};
/* A boolean of libcyaml's would take any word for true. */
static const cyaml_strval_t yes_no[] = {{"false", false}, {"true", true}};
static const cyaml_schema_field_t panel_fields[] = {
	{.key = "seals_epochs",
	 .value = {CYAML_VALUE_ENUM(CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, int, yes_no, CYAML_ARRAY_LEN(yes_no))},
	 .data_offset = offsetof(struct config, panel.seals_epochs) - offsetof(struct config, panel)},
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t config_fields[] = {
	CYAML_FIELD_STRING_PTR("packs", CYAML_FLAG_POINTER, struct config, packs, 1, PLACE_SIZE - 1),
	CYAML_FIELD_UINT("session_minutes", CYAML_FLAG_OPTIONAL, struct config, session_minutes),
	CYAML_FIELD_STRING_PTR("without_clock", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, without_clock,
			       1, 16),
	CYAML_FIELD_STRING_PTR("mirror", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, mirror, 1,
			       PLACE_SIZE - 1),
	CYAML_FIELD_STRING_PTR("contacts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, contacts, 1,
			       PLACE_SIZE - 1),
	CYAML_FIELD_STRING_PTR("holidays", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, holidays, 1,
			       PLACE_SIZE - 1),
	CYAML_FIELD_STRING_PTR("office_hours", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct config, office_hours, 1,
			       16),
	{.key = "open_call_sheet",
	 .value = {CYAML_VALUE_ENUM(CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, int, yes_no, CYAML_ARRAY_LEN(yes_no))},
	 .data_offset = offsetof(struct config, open_call_sheet)},
	CYAML_FIELD_MAPPING("users", CYAML_FLAG_OPTIONAL, struct config, users, user_fields),
	CYAML_FIELD_MAPPING("panel", CYAML_FLAG_OPTIONAL, struct config, panel, panel_fields),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, config_fields),
};

bool config_lets_password_do(const struct config *config)
{
	return config->without_clock != NULL && strcmp(config->without_clock, "password") == 0;
}

static unsigned long line_of(const char *path, const char *key)
{
	struct yaml_place place;

	(void)yaml_find(path, key, &place);
	return place.line;
}

static const char *user_name(const struct config *config, const char *peer)
{
	const struct {
		const char *peer, *name;
	} users[] = {{"panel", config->users.panel},
		     {"console", config->users.console},
		     {"web", config->users.web},
		     {"cli", config->users.cli}};

	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
		if (strcmp(users[i].peer, peer) == 0)
			return users[i].name;
	return NULL;
}

bool config_user(const struct config *config, const char *peer, uid_t *uid)
{
	const char *name = user_name(config, peer);
	const struct passwd *user = name != NULL ? getpwnam(name) : NULL;

	if (user != NULL)
		*uid = user->pw_uid;
	return user != NULL;
}

static enum err check_users(const struct config *config, const char *path, struct fault *f)
{
	static const char *const peers[] = {"panel", "console", "web", "cli"};

	for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
		char key[32];
		uid_t uid;

		(void)snprintf(key, sizeof key, "users.%s", peers[i]);
		if (user_name(config, peers[i]) != NULL && !config_user(config, peers[i], &uid))
			return fault_set(f, ERR_MISSING,
					 _("%s:%lu: users: there is no user '%s'; correct the name, or make the user"),
					 path, line_of(path, key), user_name(config, peers[i]));
	}
	return ERR_OK;
}

static enum err check_site_files(const struct config *config, const char *path, struct fault *f)
{
	struct directory hours = {.opens = 0};

	if (config->office_hours != NULL && directory_take_hours(&hours, config->office_hours) != ERR_OK)
		return fault_set(f, ERR_FORMAT, _("%s:%lu: office_hours is %s; write them like 8:30-17:15"), path,
				 line_of(path, "office_hours"), config->office_hours);
	if (config->contacts != NULL && config->contacts[0] != '/')
		return fault_set(f, ERR_FORMAT, _("%s:%lu: contacts: %s must be a whole path"), path,
				 line_of(path, "contacts"), config->contacts);
	if (config->holidays != NULL && config->holidays[0] != '/')
		return fault_set(f, ERR_FORMAT, _("%s:%lu: holidays: %s must be a whole path"), path,
				 line_of(path, "holidays"), config->holidays);
	return ERR_OK;
}

static enum err check_values(const struct config *config, const char *path, struct fault *f)
{
	struct yaml_place minutes;
	enum err err;

	if (config->session_minutes > SESSION_MINUTES_MAX ||
	    (config->session_minutes == 0 && yaml_find(path, "session_minutes", &minutes)))
		return fault_set(f, ERR_RANGE, _("%s:%lu: session_minutes is %u; write 1 to %d"), path,
				 line_of(path, "session_minutes"), config->session_minutes, SESSION_MINUTES_MAX);
	if (config->without_clock != NULL && strcmp(config->without_clock, "recovery") != 0 &&
	    !config_lets_password_do(config))
		return fault_set(f, ERR_FORMAT, _("%s:%lu: without_clock is %s; write recovery or password"), path,
				 line_of(path, "without_clock"), config->without_clock);
	err = check_site_files(config, path, f);
	if (err != ERR_OK)
		return err;
	if (config->mirror == NULL)
		return check_users(config, path, f);
	if (config->mirror[0] != '/')
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: mirror: %s must be a whole path, such as /var/lib/kannuki-mirror"), path,
				 line_of(path, "mirror"), config->mirror);
	if (strcmp(config->mirror, first_home) == 0)
		return fault_set(f, ERR_FORMAT,
				 _("%s:%lu: mirror: %s is the first medium; name a folder on another one"), path,
				 line_of(path, "mirror"), config->mirror);
	return check_users(config, path, f);
}

static enum err hash_file(struct config *config, struct fault *f)
{
	struct buf text;
	enum err err;

	buf_init(&text, YAML_FILE_MAX + 1);
	err = file_read(config->path, YAML_FILE_MAX, &text, f);
	if (err == ERR_OK)
		hash_bytes(config->hash, text.data, text.len);
	buf_fini(&text);
	return err;
}

static enum err load(const char *path, struct config **out, struct fault *f)
{
	struct config *config;
	void *loaded;
	enum err err = yaml_load(path, &config_schema, &loaded, f);

	if (err != ERR_OK)
		return err;
	config = loaded;
	(void)snprintf(config->path, sizeof config->path, "%s", path);
	err = check_values(config, path, f);
	if (err == ERR_OK)
		err = hash_file(config, f);
	if (err != ERR_OK) {
		config_free(config);
		return err;
	}
	if (config->session_minutes == 0)
		config->session_minutes = SESSION_MINUTES_DEFAULT;
	*out = config;
	return ERR_OK;
}

enum err config_load(const char *path, struct config **out, struct fault *f)
{
	char usual[PLACE_SIZE];

	if (path != NULL && strlen(path) >= PLACE_SIZE)
		return fault_set(f, ERR_RANGE, _("%s: path too long"), path);
	if (path == NULL && place(usual, sizeof usual, "/etc/kannuki/kannuki.yaml") != ERR_OK)
		return fault_set(f, ERR_RANGE, _("$KANNUKI_ROOT is too long"));
	return load(path != NULL ? path : usual, out, f);
}

void config_free(struct config *config)
{
	yaml_release(&config_schema, config);
}

/* ---- what it names ---- */

enum err config_site_file(const struct config *config, int which, char out[PLACE_SIZE], struct fault *f)
{
	const char *path = which == SITE_CONTACTS ? config->contacts : config->holidays;

	out[0] = '\0';
	if (path != NULL && place(out, PLACE_SIZE, path) != ERR_OK)
		return fault_set(f, ERR_RANGE, _("$KANNUKI_ROOT is too long"));
	return ERR_OK;
}

static enum err read_site_file(const struct config *config, int which, const struct pack *pack, struct fault *f)
{
	struct directory d = {.opens = 0};
	char path[PLACE_SIZE];
	struct buf text = {0};
	enum err err = config_site_file(config, which, path, f);

	if (err != ERR_OK || path[0] == '\0')
		return err;
	err = file_read(path, DIRECTORY_FILE_MAX, &text, f);
	if (err == ERR_OK && which == SITE_CONTACTS)
		err = directory_take_contacts(&d, path, text.data, text.len, pack, f);
	else if (err == ERR_OK)
		err = directory_take_holidays(&d, path, text.data, text.len, f);
	directory_fini(&d);
	buf_fini(&text);
	return err;
}

/* Which pack the record follows is not known here: the contacts must be those of one that is there. */
struct packs_seen {
	const struct config *config;
	unsigned count;
	bool has_contacts;
	struct fault contacts; /* of the first pack that lacks one */
};

/* One that begins with a dot is no pack. */
static enum err check_pack(struct packs_seen *seen, const char *name, struct fault *f)
{
	const char *packs = seen->config->packs;
	char folder[2 * PLACE_SIZE];
	struct pack *pack = NULL;
	struct stat about;
	enum err err;

	(void)snprintf(folder, sizeof folder, "%s/%.255s", packs, name);
	if (name[0] == '.' || stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
		return ERR_OK;
	err = pack_load(folder, &pack, f);
	if (err == ERR_OK && !seen->has_contacts)
		seen->has_contacts = read_site_file(seen->config, SITE_CONTACTS, pack, &seen->contacts) == ERR_OK;
	pack_free(pack);
	seen->count++;
	return err;
}

enum err config_check(const struct config *config, struct fault *f)
{
	unsigned long line = line_of(config->path, "packs");
	DIR *dir = opendir(config->packs);
	struct packs_seen seen = {.config = config, .contacts = {ERR_OK, ""}};
	struct dirent *item;
	enum err err = ERR_OK;

	if (dir == NULL)
		return fault_set(f, ERR_MISSING,
				 _("%s:%lu: packs: %s is not a folder; name the folder of the procedure packs"),
				 config->path, line, config->packs);
	while (err == ERR_OK && (item = readdir(dir)) != NULL)
		err = check_pack(&seen, item->d_name, f);
	(void)closedir(dir);
	if (err == ERR_OK && seen.count == 0)
		return fault_set(f, ERR_MISSING,
				 _("%s:%lu: packs: %s holds no pack; name the folder of the procedure packs"),
				 config->path, line, config->packs);
	if (err == ERR_OK && !seen.has_contacts)
		return fault_set(f, seen.contacts.err, "%s", seen.contacts.text);
	return err == ERR_OK ? read_site_file(config, SITE_HOLIDAYS, NULL, f) : err;
}

enum err config_print(const struct config *config, FILE *out, struct fault *f)
{
	struct yaml_default defaults[] = {{"session_minutes", ""},
					  {"without_clock", "recovery"},
					  {"mirror", "none"},
					  {"contacts", "none"},
					  {"holidays", "none"},
					  {"office_hours", "8:30-17:15"},
					  {"open_call_sheet", "false"},
					  {"users", "whoever the mode of the socket lets in"},
					  {"panel.seals_epochs", "false"},
					  {NULL, ""}};

	(void)snprintf(defaults[0].value, sizeof defaults[0].value, "%u", config->session_minutes);
	return yaml_print(config->path, defaults, out, f);
}

static enum err find(struct places *out, const char *home, struct fault *f)
{
	if (place(out->home, sizeof out->home, home) != ERR_OK)
		return fault_set(f, ERR_RANGE, _("$KANNUKI_ROOT is too long"));
	(void)snprintf(out->ledger, sizeof out->ledger, "%s/ledger", out->home);
	(void)snprintf(out->secrets, sizeof out->secrets, "%s/secrets.db", out->home);
	(void)snprintf(out->exports, sizeof out->exports, "%s/exports", out->home);
	return ERR_OK;
}

enum err places_find(const struct config *config, struct places out[KEEPER_MEDIA], struct fault *f)
{
	enum err err = find(&out[FIRST_MEDIUM], first_home, f);

	out[SECOND_MEDIUM] = (struct places){.home = ""};
	if (err == ERR_OK && config->mirror != NULL)
		err = find(&out[SECOND_MEDIUM], config->mirror, f);
	return err;
}
