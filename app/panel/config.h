/* /etc/kannuki/panel.yaml: where the controller is.
 *
 *   device: /dev/ttyAMA3    the serial line
 *   uplinks: 4              how many the board carries, 1 to 4
 *   baud: 115200            9600, 19200, 38400, 57600 or 115200 (default)
 *   parity: even            even (default), odd or none
 */
#ifndef KANNUKI_PANEL_CONFIG_H
#define KANNUKI_PANEL_CONFIG_H

#include "base/err.h"

struct panel_config {
	char device[256];
	int baud;
	int parity; /* 'E', 'O' or 'N' */
	int uplinks;
};

/* Errors read "FILE:LINE: what is wrong; what to write". */
enum err config_load(const char *path, struct panel_config *out, struct fault *f) MUST_USE;

#endif
