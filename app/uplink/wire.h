/* One Modbus line, serial or TCP, below everything that speaks it: opened, waited for, silenced.
 *
 * libmodbus with its error recovery off (with the device gone it would not return). Opening again, waiting out a slave
 * and asking again are the business of those above.
 */
#ifndef KANNUKI_UPLINK_WIRE_H
#define KANNUKI_UPLINK_WIRE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_settings {
	char device[256]; /* the serial line; "" for TCP */
	int baud;
	int parity;       /* 'E', 'O' or 'N' */
	char address[64]; /* TCP, IPv4 */
	int port;
	int slave_ms;     /* how long a slave may take to answer, the time on the wire not counted */
	const char *peer; /* who is at the other end, for messages; static */
};

struct _modbus;

struct wire {
	struct wire_settings settings;
	struct _modbus *usual;
	struct _modbus *without_parity; /* for pseudo-terminals */
	struct _modbus *in_use;
	bool is_open;
};

/* The longest an exchange of `bytes` may take. */
int64_t wire_patience_us(const struct wire_settings *settings, size_t bytes) MUST_USE;

/* Allocates everything the line will ever need; wire_fini releases it. Opens nothing yet. */
enum err wire_init(struct wire *w, const struct wire_settings *settings, struct fault *f) MUST_USE;
void wire_fini(struct wire *w);

/* A second call on an open one does nothing. */
enum err wire_open(struct wire *w, struct fault *f) MUST_USE;
void wire_close(struct wire *w);
/* Waits until no late answer can come any more, and throws away what came. */
void wire_settle(struct wire *w);
/* For one exchange of `bytes` on the wire with one slave. */
struct _modbus *wire_for(struct wire *w, int slave, size_t bytes);
/* Why the exchange failed, from errno: ERR_TIMEOUT no answer; ERR_FORMAT garbage; ERR_DENIED the slave refused;
   ERR_IO line gone. */
enum err wire_fault(const struct wire *w, struct fault *f);

#endif
