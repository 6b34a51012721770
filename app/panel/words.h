/* Between the panel's structures and the messages of app/ipc/methods.h. */
#ifndef KANNUKI_PANEL_WORDS_H
#define KANNUKI_PANEL_WORDS_H

#include "panel/mail.h"

#include <jansson.h>

enum { PICTURE_FAULTS = 3 + 16 };

/* The word of fault 0 … PICTURE_FAULTS - 1 if the picture shows it, else NULL. */
const char *picture_fault(const struct picture *picture, unsigned index);

/* Each returns a new reference, NULL when memory is short. */
json_t *hello_params(const struct panel_identity *controller);
/* `now_ns`: the age counts on while the event waits here. */
json_t *event_params(const struct panel_identity *controller, const struct news *event, int64_t now_ns);
/* `trusted`: uplinks without a contact that a permit may connect all the same. */
json_t *picture_params(const struct picture *picture, uint8_t trusted);
json_t *witness_params(const struct panel_identity *controller, const struct panel_witness *witness);
json_t *keys_params(const struct panel_identity *controller);
json_t *outcome_params(const struct outcome *outcome);

/* A push → an order, except for order->what.nonce of commands that are not permits: `fresh_nonce` is put there.
   ERR_MISSING: not a command at all. ERR_FORMAT: a command that cannot be read; order->command is set when at least
   that could be (else -1). */
enum err order_parse(const char *push, json_t *params, uint32_t fresh_nonce, struct order *order) MUST_USE;
/* panel.checkpoint → an errand. ERR_FORMAT as above. */
enum err errand_parse(json_t *params, uint32_t fresh_nonce, struct errand *errand) MUST_USE;
/* panel.key → the same, without the key. */
enum err key_parse(json_t *params, uint32_t fresh_nonce, struct errand *errand) MUST_USE;
/* The keeper's answer to hello → a mask of the uplinks that its record says are connected. */
enum err connected_parse(json_t *result, uint16_t *mask) MUST_USE;
/* panel.lamps → enum board_lamp bits and LAMPS_MAINTENANCE. */
enum err lamps_parse(json_t *params, uint32_t *lamps) MUST_USE;

#endif
