#include "panel/board.h"

#include "base/diag.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static struct wire_settings wire_of(const struct panel_config *config)
{
	bool is_modbus = config->driver == DRIVER_MODBUS;
	struct wire_settings wire = {.baud = config->baud,
				     .parity = config->parity,
				     .port = config->port,
				     .slave_ms = is_modbus ? MODULE_SLAVE_MS : BOARD_BUS_TIMEOUT_MS,
				     .peer = is_modbus ? "module" : "controller"};

	(void)snprintf(wire.device, sizeof wire.device, "%s", config->device);
	(void)snprintf(wire.address, sizeof wire.address, "%s", config->address);
	return wire;
}

static enum err open_local(struct board *b, const struct panel_config *config, struct pins *pins, struct fault *f)
{
	struct local_settings settings = {.fitted = config_fitted(config),
					  .isolate = config_isolate(config),
					  .blind = config_blind(config),
					  .trusted = config_trusted(config),
					  .has_supply = point_is_wired(config->wiring.inputs[WIRED_SUPPLY])};
	enum err err = place(settings.memory, sizeof settings.memory, "/run/kannuki-paneld/panel");

	if (err != ERR_OK)
		return fault_set(f, err, "$KANNUKI_ROOT is too long");
	err = local_init(&b->panel, &settings, pins, f);
	if (err == ERR_OK)
		b->local = &b->panel;
	return err;
}

static enum err open_modules(struct board *b, const struct panel_config *config, struct fault *f)
{
	struct modules_settings settings = {.wire = wire_of(config),
					    .relays = config->relay_row,
					    .inputs = config->input_row,
					    .wiring = config->wiring};
	enum err err = modules_init(&b->modules, &settings, f);

	return err == ERR_OK ? open_local(b, config, &b->modules.pins, f) : err;
}

static enum err open_gpio(struct board *b, const struct panel_config *config, struct fault *f)
{
	struct gpio_settings settings = {.wiring = config->wiring};

	(void)snprintf(settings.chip, sizeof settings.chip, "%s", config->chip);
	gpio_init(&b->gpio, &settings);
	return open_local(b, config, &b->gpio.pins, f);
}

static enum err open_serial(struct board *b, const struct panel_config *config, struct fault *f)
{
	struct wire_settings wire = wire_of(config);

	if (point_is_wired(config->attention))
		attention_init(&b->attention, config->chip, config->attention);
	return serial_bus_init(&b->serial, &wire, f);
}

enum err board_open(struct board *b, const struct panel_config *config, struct fault *f)
{
	uint16_t nonce = 0;
	enum err err;

	memset(b, 0, sizeof *b);
	if (config->driver == DRIVER_MODBUS)
		err = open_modules(b, config, f);
	else
		err = config->driver == DRIVER_GPIO ? open_gpio(b, config, f) : open_serial(b, config, f);
	if (err != ERR_OK) {
		board_close(b);
		return err;
	}
	(void)!getrandom(&nonce, sizeof nonce, 0);
	controller_init(&b->controller, b->local != NULL ? &b->local->bus : &b->serial.bus, nonce);
	b->driver = &b->controller.driver;
	return ERR_OK;
}

enum err board_start(struct board *b, struct fault *f)
{
	enum err err = b->local != NULL ? local_start(b->local, f) : ERR_OK;
	struct fault why = {ERR_OK, ""};

	/* Polling does without it. */
	if (b->attention.plan.inputs_count > 0 && attention_open(&b->attention, &why) != ERR_OK)
		diag(DIAG_WARNING, "attention line: %s; events are fetched by polling alone", why.text);

	b->is_started = err == ERR_OK;
	return err;
}

bool board_is_stuck(const struct board *b, int64_t after_ns)
{
	return b->local != NULL && b->local->clock_ns() - atomic_load(&b->local->turned_ns) > after_ns;
}

void board_close(struct board *b)
{
	if (b->local != NULL && b->is_started)
		local_stop(b->local);
	if (b->local != NULL)
		local_fini(b->local);
	attention_close(&b->attention);
	modules_fini(&b->modules);
	serial_bus_fini(&b->serial);
}
