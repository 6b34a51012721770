/* What the halves of the audit share: audit.c reads entries, audit_body.c what bodies say, audit_epoch.c the notes. */
#ifndef KANNUKI_LEDGER_AUDIT_INSIDE_H
#define KANNUKI_LEDGER_AUDIT_INSIDE_H

#include "ledger/audit.h"

#include <jansson.h>

/* Blame the entry at hand, or the note in `file`. */
enum err audit_bad_entry(struct audit *a, struct fault *f, const char *reason) MUST_USE;
enum err audit_bad_note(struct audit *a, struct fault *f, const char *reason) MUST_USE;

/* The running epoch's closing checkpoint is that of the entries so far; then the next epoch's key. */
enum err audit_follow(struct audit *a, struct fault *f) MUST_USE;

/* A disclosure said to be redacted awaits the redaction that names it. */
enum err audit_await(struct audit *a, enum disclosure_name name, struct fault *f) MUST_USE;
/* The body of an entry of type epoch or system. */
enum err audit_judge_body(struct audit *a, struct fault *f) MUST_USE;
enum err audit_check_redactions(struct audit *a, struct fault *f) MUST_USE;
/* Two different people approved what this body erases. */
bool audit_is_approved(const json_t *body);

#endif
