#include "uplink/controller.h"

#include "uplink/block.h"

#include <string.h>

/* The first answer may be lost or late; a second miss is for the link thread to judge. */
enum { ATTEMPTS = 2 };

_Static_assert((int)IDENTITY_SIZE <= (int)STATUS_SIZE, "one buffer holds either block");

static struct controller *controller_of(struct relay_driver *driver)
{
	return (struct controller *)(void *)driver;
}

/* What another attempt can mend. */
static bool is_passing(enum err err)
{
	return err == ERR_TIMEOUT || err == ERR_FORMAT || err == ERR_BUSY || err == ERR_RANGE;
}

static enum err explain(enum err err, struct fault *f)
{
	switch ((int)err) {
	case ERR_OK:
		return ERR_OK;
	case ERR_STATE:
		return fault_set(f, err, "the controller speaks another register map than version %d; update %s",
				 BOARD_MAP_VERSION, "its firmware or this program");
	case ERR_BUSY:
		return fault_set(f, err, "the controller answered an earlier request");
	default:
		return fault_set(f, err, "the controller's answer contradicts the register map");
	}
}

static enum err answer_check(const uint16_t *words, size_t count, const struct block_expected *expected,
			     struct panel_state *state, struct fault *f)
{
	enum err err = block_check(words, count, expected);

	if (err == ERR_OK)
		err = status_decode(words, count, state);
	return explain(err, f);
}

static enum err talk(struct controller *c, const struct panel_wish *wish, const struct panel_command *command,
		     struct panel_state *state, struct fault *f)
{
	uint16_t put[EXCHANGE_SIZE], got[STATUS_SIZE];
	const struct bus_write write = {BLOCK_EXCHANGE, put, command != NULL ? EXCHANGE_SIZE : EXCHANGE_POLL_SIZE};
	enum err err = ERR_TIMEOUT;

	for (int i = 0; i < ATTEMPTS; i++) {
		struct block_expected expected = {.block = BLOCK_STATUS, .check_nonce = true, .nonce = ++c->nonce};

		if (command != NULL)
			command_encode(put, c->nonce, wish, command);
		else
			poll_encode(put, c->nonce, wish);
		err = c->bus->ops->exchange(c->bus, &write, BLOCK_STATUS, got, STATUS_SIZE, f);
		if (err == ERR_OK)
			err = answer_check(got, STATUS_SIZE, &expected, state, f);
		if (!is_passing(err))
			break;
		c->bus->ops->settle(c->bus);
	}
	return err;
}

static enum err controller_poll(struct relay_driver *driver, const struct panel_wish *wish, struct panel_state *state,
				struct fault *f)
{
	return talk(controller_of(driver), wish, NULL, state, f);
}

static enum err controller_command(struct relay_driver *driver, const struct panel_wish *wish,
				   const struct panel_command *command, struct panel_state *state, struct fault *f)
{
	return talk(controller_of(driver), wish, command, state, f);
}

/* Reads a block of what is kept, after writing to it when `write` is not NULL. It has no nonce of the exchange that
   could be relied on (a poll may have been lost on its way): whose answer it is, is told by the nonce of the write. */
static enum err read_kept(struct controller *c, const struct bus_write *write, uint16_t block, uint16_t *got,
			  size_t count, struct fault *f)
{
	const struct block_expected expected = {.block = block};
	enum err err;

	if (write != NULL)
		err = c->bus->ops->exchange(c->bus, write, block, got, count, f);
	else
		err = c->bus->ops->read(c->bus, block, got, count, f);
	return err == ERR_OK ? explain(block_check(got, count, &expected), f) : err;
}

static enum err ask_witness(struct controller *c, const struct witness_write *write, struct panel_witness *witness,
			    struct fault *f)
{
	uint16_t put[WITNESS_WRITE_SIZE], got[WITNESS_SIZE];
	const struct bus_write whole = {BLOCK_WITNESS_WRITE, put, WITNESS_WRITE_SIZE};
	struct panel_witness found;
	enum err err;

	if (write != NULL)
		witness_encode(put, write);
	err = read_kept(c, write != NULL ? &whole : NULL, BLOCK_WITNESS, got, WITNESS_SIZE, f);
	if (err != ERR_OK)
		return err;
	err = witness_decode(got, WITNESS_SIZE, &found);
	if (err == ERR_OK && write != NULL && found.result_nonce != write->nonce)
		err = ERR_BUSY;
	if (err == ERR_OK)
		*witness = found;
	return explain(err, f);
}

static enum err controller_witness(struct relay_driver *driver, const struct witness_write *write,
				   struct panel_witness *witness, struct fault *f)
{
	struct controller *c = controller_of(driver);
	enum err err = ERR_TIMEOUT;

	for (int i = 0; i < ATTEMPTS; i++) {
		err = ask_witness(c, write, witness, f);
		if (!is_passing(err))
			break;
		c->bus->ops->settle(c->bus);
	}
	return err;
}

static enum err ask_keys(struct controller *c, const struct key_write *write, struct panel_keys *keys, struct fault *f)
{
	uint16_t put[KEY_WRITE_SIZE], got[KEY_SLOTS_SIZE];
	const struct bus_write whole = {BLOCK_KEY_WRITE, put, KEY_WRITE_SIZE};
	enum err err;

	if (write != NULL)
		key_encode(put, write);
	err = read_kept(c, write != NULL ? &whole : NULL, BLOCK_KEY_SLOTS, got, KEY_SLOTS_SIZE, f);
	if (err == ERR_OK)
		err = keys_decode(got, KEY_SLOTS_SIZE, keys);
	if (err == ERR_OK && write != NULL && keys->result_nonce != write->nonce)
		err = explain(ERR_BUSY, f);
	explicit_bzero(put, sizeof put);
	explicit_bzero(got, sizeof got);
	return err;
}

static enum err controller_keys(struct relay_driver *driver, const struct key_write *write, struct panel_keys *keys,
				struct fault *f)
{
	struct controller *c = controller_of(driver);
	enum err err = ERR_TIMEOUT;

	for (int i = 0; i < ATTEMPTS; i++) {
		err = ask_keys(c, write, keys, f);
		if (!is_passing(err))
			break;
		c->bus->ops->settle(c->bus);
	}
	return err;
}

/* Only reads: a controller with an unknown map must not be written to. */
static enum err controller_identify(struct controller *c, struct panel_identity *identity, struct panel_state *state,
				    struct fault *f)
{
	uint16_t got[STATUS_SIZE];
	struct block_expected expected = {.block = BLOCK_IDENTITY};
	struct panel_identity found;
	enum err err = c->bus->ops->read(c->bus, BLOCK_IDENTITY, got, IDENTITY_SIZE, f);

	if (err != ERR_OK)
		return err;
	err = block_check(got, IDENTITY_SIZE, &expected);
	if (err == ERR_STATE)
		*identity = (struct panel_identity){.map = got[HEADER_MAP]};
	if (err == ERR_OK)
		err = identity_decode(got, IDENTITY_SIZE, &found);
	if (err != ERR_OK)
		return explain(err, f);
	err = c->bus->ops->read(c->bus, BLOCK_STATUS, got, STATUS_SIZE, f);
	if (err != ERR_OK)
		return err;
	expected.block = BLOCK_STATUS;
	err = answer_check(got, STATUS_SIZE, &expected, state, f);
	if (err == ERR_OK)
		*identity = found;
	return err;
}

static enum err controller_connect(struct relay_driver *driver, struct panel_identity *identity,
				   struct panel_state *state, struct fault *f)
{
	struct controller *c = controller_of(driver);
	enum err err = c->bus->ops->open(c->bus, f);

	if (err != ERR_OK)
		return err;
	err = ERR_TIMEOUT;
	for (int i = 0; i < ATTEMPTS && is_passing(err); i++) {
		c->bus->ops->settle(c->bus);
		err = controller_identify(c, identity, state, f);
	}
	if (err != ERR_OK)
		c->bus->ops->close(c->bus);
	return err;
}

static void controller_disconnect(struct relay_driver *driver)
{
	struct controller *c = controller_of(driver);

	c->bus->ops->close(c->bus);
}

void controller_init(struct controller *c, struct bus *bus, uint16_t nonce)
{
	static const struct relay_driver_ops ops = {controller_connect, controller_poll, controller_command,
						    controller_witness, controller_keys, controller_disconnect};

	*c = (struct controller){.driver = {.ops = &ops}, .bus = bus, .nonce = nonce};
}
