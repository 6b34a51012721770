/* Any bytes on a socket: taken apart strictly or refused with a reason, never read past the end. */
#include "ipc/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_act(const struct message *m)
{
	const char *field = NULL;
	struct act_request act;
	struct fault f = {.text = ""};

	if (act_request_read(m->params, &act, &field, &f) != ERR_OK) {
		if (f.text[0] == '\0' || field == NULL)
			abort();
		return;
	}
	if (act.kind->origin != ACT_BY_PERSON || ((act.kind->flags & ACT_ON_CASE) != 0) != (act.about != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct method *method;
	const char *field = NULL;
	struct fault f = {.text = ""};
	struct message m;
	/* Exactly as large as it is said to be, so that the sanitizer sees a read past the end. */
	char *bytes = malloc(size + 1);

	if (bytes == NULL)
		return 0;
	memcpy(bytes, data, size);
	bytes = realloc(bytes, size > 0 ? size : 1);
	if (message_parse(bytes, size, &m, &f) == ERR_OK) {
		method = method_find(m.method);
		if (method != NULL && params_check(method->params, m.params, &field, &f) == ERR_OK &&
		    strcmp(method->name, "act") == 0)
			check_act(&m);
		message_fini(&m);
	} else if (f.text[0] == '\0') {
		abort();
	}
	free(bytes);
	return 0;
}
