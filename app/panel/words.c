#include "panel/words.h"

#include "base/bytes.h"
#include "ipc/methods.h"

#include <stdio.h>
#include <string.h>

struct names {
	char controller[HEX_SIZE(8)], journal[HEX_SIZE(4)];
};

static struct names names_of(const struct panel_identity *identity)
{
	struct names names;

	(void)snprintf(names.controller, sizeof names.controller, "%016llx", (unsigned long long)identity->controller);
	(void)snprintf(names.journal, sizeof names.journal, "%08lx", (unsigned long)identity->journal);
	return names;
}

json_t *hello_params(const struct panel_identity *controller)
{
	struct names names = names_of(controller);
	char firmware[32];

	(void)snprintf(firmware, sizeof firmware, "%u.%u.%u", controller->firmware[0], controller->firmware[1],
		       controller->firmware[2]);
	return json_pack("{s:s, s:s, s:s, s:i, s:i}", "controller", names.controller, "journal", names.journal,
			 "firmware", firmware, "map", (int)controller->map, "protocol", PROTOCOL_MAJOR);
}

/* Adds the age unless it is unknown. */
static int add_age(json_t *params, const char *key, uint32_t age_ms, int64_t waited_ms)
{
	if (age_ms == BOARD_AGE_UNKNOWN)
		return 0;
	return json_object_set_new(params, key, json_integer((json_int_t)age_ms + waited_ms));
}

json_t *event_params(const struct panel_identity *controller, const struct news *news, int64_t now_ns)
{
	const struct panel_event *event = &news->event;
	int64_t waited_ms = (now_ns - news->at_ns) / 1000000;
	struct names names = names_of(controller);
	json_t *params;
	int bad = 0;

	params = json_pack("{s:s, s:s, s:I, s:s, s:I}", "controller", names.controller, "journal", names.journal,
			   "number", (json_int_t)event->number, "kind", event_word(event->kind), "arg",
			   (json_int_t)event->arg);
	if (event->uplink != 0)
		bad |= json_object_set_new(params, "uplink", json_integer(event->uplink));
	if (news->is_blind)
		bad |= json_object_set_new(params, "unproven", json_true());
	bad |= add_age(params, "age_ms", event->age_ms, waited_ms);
	if (event->times > 1) {
		bad |= json_object_set_new(params, "times", json_integer(event->times));
		bad |= add_age(params, "last_age_ms", event->last_age_ms, waited_ms);
	}
	if (bad == 0)
		return params;
	json_decref(params);
	return NULL;
}

/* "missing": there is no contact, and a permit for it would be refused. */
static const char *proof_word(uint16_t bits, bool is_trusted)
{
	if ((bits & UPLINK_BLIND) != 0 && !is_trusted)
		return "missing";
	return uplink_is_proven(bits) ? "contact" : "none";
}

static json_t *uplink_list(const struct picture *picture, uint8_t trusted)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < BOARD_UPLINKS; i++) {
		enum board_uplink_state state =
			picture->present ? uplink_judge(picture->uplink[i]) : UPLINK_STATE_COUNT;
		bool latched = (picture->uplink[i] & UPLINK_LATCHED) != 0;

		if (state == UPLINK_IS_ABSENT)
			continue;
		if (json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:b}", "uplink", (int)i + 1, "state",
							  uplink_state_word(state), "proof",
							  proof_word(picture->uplink[i], (trusted >> i & 1) != 0),
							  "latched", (int)latched)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

const char *picture_fault(const struct picture *picture, unsigned index)
{
	static const char *const of_link[] = {"controller_absent", "map_version", "uplinks_differ"};
	unsigned bit = index - 3;

	if (index < 3)
		return (picture->link_faults >> index & 1) != 0 ? of_link[index] : NULL;
	return bit < 16 && (picture->faults >> bit & 1) != 0 ? fault_word(bit) : NULL;
}

static json_t *fault_list(const struct picture *picture)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < PICTURE_FAULTS; i++)
		if (picture_fault(picture, i) != NULL)
			(void)json_array_append_new(list, json_string(picture_fault(picture, i)));
	return list;
}

json_t *picture_params(const struct picture *picture, uint8_t trusted)
{
	return json_pack("{s:o, s:b, s:I, s:b, s:o}", "uplinks", uplink_list(picture, trusted), "key",
			 (int)picture->key, "latch", (json_int_t)picture->latch, "controller_present",
			 (int)picture->present, "faults", fault_list(picture));
}

static const char *store_word(uint16_t state)
{
#define STATE_WORD(number, name, word, meaning) [number] = (word),
	static const char *const words[STORE_STATE_COUNT] = {BOARD_STORE_STATES(STATE_WORD)};
#undef STATE_WORD

	return state < STORE_STATE_COUNT ? words[state] : "bad";
}

/* A size beyond what a message can carry is none of a log that exists. */
json_t *witness_params(const struct panel_identity *controller, const struct panel_witness *witness)
{
	const uint64_t most = UINT64_C(1) << 53;
	struct names names = names_of(controller);
	char origin[HEX_SIZE(8)], root[HEX_SIZE(sizeof witness->log.root)];

	(void)snprintf(origin, sizeof origin, "%016llx", (unsigned long long)witness->log.origin);
	hex_encode(root, witness->log.root, sizeof witness->log.root);
	return json_pack("{s:s, s:s, s:s, s:I, s:s}", "controller", names.controller, "state",
			 store_word(witness->state), "origin", origin, "size",
			 (json_int_t)(witness->log.size < most ? witness->log.size : most), "root", root);
}

json_t *keys_params(const struct panel_identity *controller)
{
	struct names names = names_of(controller);

	return json_pack("{s:s}", "controller", names.controller);
}

json_t *outcome_params(const struct outcome *outcome)
{
	return json_pack("{s:I, s:b, s:s}", "command", (json_int_t)outcome->command, "ok", (int)outcome->ok, "detail",
			 outcome->word);
}

/* False when it is not a list of uplinks. */
static bool mask_parse(json_t *list, uint16_t *mask)
{
	uint16_t found = 0;
	json_t *member;
	size_t i;

	json_array_foreach (list, i, member) {
		json_int_t uplink = json_integer_value(member);

		if (uplink < 1 || uplink > BOARD_UPLINKS)
			return false;
		found |= (uint16_t)(1U << (uplink - 1));
	}
	*mask = found;
	return json_is_array(list);
}

enum err connected_parse(json_t *result, uint16_t *mask)
{
	return mask_parse(json_object_get(result, "connected"), mask) ? ERR_OK : ERR_FORMAT;
}

static bool bytes_parse(json_t *text, unsigned char *bytes, size_t size)
{
	size_t len = size;

	return json_string_length(text) == 2 * size &&
	       hex_decode(bytes, &len, json_string_value(text), json_string_length(text)) == ERR_OK;
}

static bool nonce_parse(json_t *text, uint32_t *nonce)
{
	unsigned char bytes[4];

	if (!bytes_parse(text, bytes, sizeof bytes))
		return false;
	*nonce = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	return true;
}

static bool permit_parse(json_t *params, struct panel_command *what)
{
	json_t *latch = json_object_get(params, "latch");

	if (!json_is_integer(latch) || json_integer_value(latch) < 0 || json_integer_value(latch) > UINT32_MAX)
		return false;
	what->argument = (uint32_t)json_integer_value(latch);
	/* The controller counts the seconds itself; a permit meant for another time must not be given as one of 300. */
	return json_integer_value(json_object_get(params, "seconds")) == BOARD_PERMIT_S &&
	       nonce_parse(json_object_get(params, "nonce"), &what->nonce);
}

static bool absence_parse(json_t *params, struct panel_command *what)
{
	json_int_t seconds = json_integer_value(json_object_get(params, "seconds"));

	what->argument = (uint32_t)(seconds & UINT32_MAX);
	return seconds >= 1 && seconds <= BOARD_ABSENCE_MAX_S;
}

enum err order_parse(const char *push, json_t *params, uint32_t fresh_nonce, struct order *order)
{
	json_t *command = json_object_get(params, "command");
	bool named = json_is_integer(command) && json_integer_value(command) >= 0;
	struct order found = {.command = named ? json_integer_value(command) : -1, .what.nonce = fresh_nonce};
	bool readable = named;

	if (strcmp(push, "panel.isolate") == 0)
		found.what.code = COMMAND_ISOLATE;
	else if (strcmp(push, "panel.permit") == 0)
		found.what.code = COMMAND_PERMIT;
	else if (strcmp(push, "panel.void") == 0)
		found.what.code = COMMAND_VOID;
	else if (strcmp(push, "panel.prove") == 0)
		found.what.code = COMMAND_PROVE;
	else if (strcmp(push, "panel.absence") == 0)
		found.what.code = COMMAND_EXPECT_ABSENCE;
	else
		return ERR_MISSING;
	if (found.what.code == COMMAND_EXPECT_ABSENCE)
		readable = readable && absence_parse(params, &found.what);
	else if (found.what.code != COMMAND_VOID)
		readable = readable && mask_parse(json_object_get(params, "uplinks"), &found.what.uplinks) &&
			   found.what.uplinks != 0;
	if (found.what.code == COMMAND_PERMIT)
		readable = readable && permit_parse(params, &found.what);
	*order = found;
	return readable ? ERR_OK : ERR_FORMAT;
}

enum err errand_parse(json_t *params, uint32_t fresh_nonce, struct errand *errand)
{
	json_t *command = json_object_get(params, "command"), *size = json_object_get(params, "size"),
	       *epoch = json_object_get(params, "epoch");
	struct errand found = {.command = json_is_integer(command) ? json_integer_value(command) : -1,
			       .what.nonce = fresh_nonce};
	struct log_seen *log = &found.what.log;
	unsigned char origin[8];
	bool readable = found.command >= 0 && json_is_integer(size) && json_integer_value(size) >= 0 &&
			json_is_boolean(epoch) &&
			bytes_parse(json_object_get(params, "origin"), origin, sizeof origin) &&
			bytes_parse(json_object_get(params, "root"), log->root, sizeof log->root);

	for (unsigned i = 0; readable && i < sizeof origin; i++)
		log->origin = log->origin << 8 | origin[i];
	log->size = (uint64_t)json_integer_value(size);
	found.what.kind = json_is_true(epoch) ? WITNESS_OF_EPOCH : WITNESS_ROUTINE;
	*errand = found;
	return readable ? ERR_OK : ERR_FORMAT;
}

enum err key_parse(json_t *params, uint32_t fresh_nonce, struct errand *errand)
{
	json_t *command = json_object_get(params, "command"), *generation = json_object_get(params, "generation");
	json_int_t number = json_integer_value(generation);

	*errand = (struct errand){.command = json_is_integer(command) ? json_integer_value(command) : -1,
				  .kind = ERRAND_KEYS,
				  .key = {.nonce = fresh_nonce, .generation = (uint32_t)(number & UINT32_MAX)}};
	return errand->command >= 0 && number >= 1 && number <= UINT32_MAX ? ERR_OK : ERR_FORMAT;
}

enum err lamps_parse(json_t *params, uint32_t *lamps)
{
	static const struct {
		const char *name;
		uint32_t lamp;
	} known[] = {{"incident", LAMP_INCIDENT}, {"drill", LAMP_DRILL}, {"fault", LAMP_FAULT}};
	uint32_t found = 0;

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		json_t *value = json_object_get(params, known[i].name);

		if (!json_is_boolean(value))
			return ERR_FORMAT;
		if (json_is_true(value))
			found |= known[i].lamp;
	}
	if (json_is_true(json_object_get(params, "maintenance")))
		found |= LAMPS_MAINTENANCE;
	*lamps = found;
	return ERR_OK;
}
