/* The commands of kannuki-ledger. Each prints its answer on standard output, or explains its failure in `f`. */
#ifndef KANNUKI_OFFLINE_COMMANDS_H
#define KANNUKI_OFFLINE_COMMANDS_H

#include "ledger/ledger.h"

struct request {
	const char *folder, *out, *origin;
	uint64_t from, to;
	struct export_options options;
};

enum err command_init(const struct request *request, struct fault *f) MUST_USE;
enum err command_genesis(const struct request *request, struct fault *f) MUST_USE;
enum err command_show(const struct request *request, struct fault *f) MUST_USE;
enum err command_check(const struct request *request, struct fault *f) MUST_USE;
enum err command_export(const struct request *request, struct fault *f) MUST_USE;
enum err command_append(const struct request *request, struct fault *f) MUST_USE;

#endif
