/* The commands of kannuki-ledger. Each prints its answer on standard output, or explains its failure in `f`. */
#ifndef KANNUKI_OFFLINE_COMMANDS_H
#define KANNUKI_OFFLINE_COMMANDS_H

#include "ledger/age.h"
#include "ledger/ledger.h"

struct request {
	const char *folder, *out, *origin, *mirror; /* `out` is the second operand, whatever it is */
	uint64_t from, to, group;
	bool help; /* print the usage, do nothing */
	bool new_incarnation, leftovers;
	/* of redact */
	uint64_t seq;
	const char *name, *about, *authority, *reason, *approved_by[2];
	/* of witness request and stamp request */
	int64_t old;
	const char *to_file;           /* NULL: standard output */
	struct export_options options; /* of export; these two are what it lends */
	struct age_recipient recipients[AGE_RECIPIENTS_MAX];
	uint64_t prove[EXPORT_PROOFS_MAX];
};

/* The options of export, one at a time. `names` may be several, with commas between. */
enum err export_without(struct request *request, const char *names, struct fault *f) MUST_USE;
enum err export_encrypt_to(struct request *request, const char *recipient, struct fault *f) MUST_USE;
enum err export_prove(struct request *request, uint64_t seq, struct fault *f) MUST_USE;

/* Opens the ledger for writing, and says which medium it has to do without. */
enum err open_to_write(const struct request *request, struct ledger **out, struct fault *f) MUST_USE;

/* The numbers of entries go on from log to log (ledger/past.h): that of entry 0 of this one. */
enum err number_of_first(struct ledger *l, uint64_t *out, struct fault *f) MUST_USE;

enum err command_init(const struct request *request, struct fault *f) MUST_USE;
enum err command_genesis(const struct request *request, struct fault *f) MUST_USE;
enum err command_show(const struct request *request, struct fault *f) MUST_USE;
enum err command_check(const struct request *request, struct fault *f) MUST_USE;
enum err command_export(const struct request *request, struct fault *f) MUST_USE;
enum err command_rotate(const struct request *request, struct fault *f) MUST_USE;
enum err command_find(const struct request *request, struct fault *f) MUST_USE;
enum err command_repair(const struct request *request, struct fault *f) MUST_USE;
enum err command_redact(const struct request *request, struct fault *f) MUST_USE;
enum err command_append(const struct request *request, struct fault *f) MUST_USE;
enum err command_policy(const struct request *request, struct fault *f) MUST_USE;
enum err command_policy_set(const struct request *request, struct fault *f) MUST_USE;
enum err command_witness_request(const struct request *request, struct fault *f) MUST_USE;
enum err command_witness_accept(const struct request *request, struct fault *f) MUST_USE;
enum err command_stamp_request(const struct request *request, struct fault *f) MUST_USE;
enum err command_stamp_accept(const struct request *request, struct fault *f) MUST_USE;

#endif
