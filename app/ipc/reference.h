/* The reference page docs/formats/ipc.md, written from the tables of methods, acts and errors. */
#ifndef KANNUKI_IPC_REFERENCE_H
#define KANNUKI_IPC_REFERENCE_H

#include "base/err.h"

#include <stdio.h>

enum err reference_print(FILE *out) MUST_USE;

#endif
