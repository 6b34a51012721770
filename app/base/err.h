/* Errors: one enum for our own programs, one message for the person who has to mend it. */
#ifndef KANNUKI_BASE_ERR_H
#define KANNUKI_BASE_ERR_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, rest) __attribute__((format(printf, text, rest)))

enum err {
	ERR_OK = 0,
	ERR_IO, /* the operating system refused; errno was converted where it happened */
	ERR_NOMEM,
	ERR_FORMAT,  /* bytes that are not what their format says */
	ERR_RANGE,   /* well formed, but outside the allowed values or too large */
	ERR_MISSING, /* a file, row, key or field is not there */
	ERR_EXISTS,  /* it is already there */
	ERR_CRYPTO,  /* a signature, seal or password does not fit */
	ERR_FULL,    /* no space, or a queue's cap */
	ERR_BUSY,    /* somebody else holds it */
	ERR_TIMEOUT,
	ERR_DENIED,  /* not allowed for this person or peer */
	ERR_STATE,   /* not possible now */
	ERR_CORRUPT, /* stored data contradicts itself */
	ERR_COUNT
};

/* A stable lower-case word for each error, for machines: "io", "format" … */
const char *err_name(enum err err);

/* ENOMEM, ENOSPC, ENOENT … → the enum; anything else is ERR_IO. */
enum err err_from_errno(int number);

/* What went wrong, where, and what to do: for a person. Always zero-terminated. */
struct fault {
	enum err err;
	char text[512];
};

/* Sets both and returns err, so that `return fault_set(f, ERR_X, …)` reads as one thought.
   f may be NULL. A later call replaces an earlier one. */
enum err fault_set(struct fault *f, enum err err, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
