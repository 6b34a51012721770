/* The simulator as a process: the board in real time, its UART on a pseudo-terminal, its control socket. */
#ifndef KANNUKI_SIMULATOR_SERVER_H
#define KANNUKI_SIMULATOR_SERVER_H

#include "base/err.h"

struct server_options {
	const char *hex;
	const char *eeprom;   /* file, made when absent; NULL: forgotten at the end */
	int uplinks;          /* how many a new EEPROM is provisioned with, 1 to 4 */
	const char *pty_link; /* becomes a link to the terminal */
	const char *control;  /* path of the socket */
	int port;             /* of the page on 127.0.0.1; 0: none */
	const char *page;     /* file */
};

/* Runs until SIGTERM, SIGINT or the command quit. Takes link and socket away again. */
enum err server_run(const struct server_options *options, struct fault *f) MUST_USE;

#endif
