/* cmocka with what it wants included before it. */
#ifndef KANNUKI_TESTS_CHECK_H
#define KANNUKI_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
