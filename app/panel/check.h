/* What no schema can see in panel.yaml: whether the wiring can cut, and whether the modules can do what it asks. */
#ifndef KANNUKI_PANEL_CHECK_H
#define KANNUKI_PANEL_CHECK_H

#include "panel/config.h"

/* For gpio and modbus. Reads the maps that the file names into the rows of `config`. */
enum err config_check(const char *path, struct panel_config *config, struct fault *f) MUST_USE;

#endif
