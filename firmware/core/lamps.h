/* Lamps, alarm contact and buzzer: what the host asks for and what the controller knows itself. */
#ifndef KANNUKI_FIRMWARE_LAMPS_H
#define KANNUKI_FIRMWARE_LAMPS_H

#include "firmware/core/panel.h"

/* Every millisecond, last of all: sets p->lamps. */
void lamps_step(struct panel *p);

#endif
