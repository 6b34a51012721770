/* One request as it comes off a socket, taken apart; and the shape of an act inside it. Pure. */
#ifndef KANNUKI_IPC_MESSAGE_H
#define KANNUKI_IPC_MESSAGE_H

#include "ipc/acts.h"

#include <stdint.h>

struct message {
	int64_t id;
	const char *method; /* borrowed from `json` */
	json_t *params;     /* borrowed from `json`; NULL when absent */
	json_t *json;
};

/* Strict: one JSON object with exactly "id" (0 … 2^53), "method" (string) and perhaps "params" (object), no key
   twice, no NUL, nothing behind it. On success message_fini releases it. */
enum err message_parse(const char *data, size_t len, struct message *out, struct fault *f) MUST_USE;
void message_fini(struct message *m);

/* What the method `act` asks for, after params_check. */
struct act_request {
	const struct act_kind *kind;
	const char *idem;
	const char *about; /* NULL when absent */
	json_t *body;      /* borrowed; NULL when absent */
	json_t *text, *person, *files;
	const char *proof;
};

/* Fits the params of `act` to the registry: a known act that people may do, `about` present or absent as its kind
   wants, `body` as its table says, `text` and `person` only where they belong and made of strings.
   On failure *field names what is wrong. */
enum err act_request_read(json_t *params, struct act_request *out, const char **field, struct fault *f) MUST_USE;

#endif
