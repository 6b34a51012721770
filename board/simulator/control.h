/* The simulator's control socket: one command a line, one line of answer.
 *
 *   press declare|isolate|test [MS]      holds the button for MS milliseconds (200)
 *   press uplink N [MS]
 *   hold BUTTON / release BUTTON         BUTTON: declare, isolate, test, or uplink N
 *   key on|off|turn                      turn: on for 600 ms
 *   power on|off
 *   weld N on|off                        the main contact of relay N sticks
 *   wire N cut|whole                     the wire of mirror contact N
 *   pole 1|2 broken|whole                a pole of the ISOLATE switch
 *   hang                                 the processor runs in a circle until its watchdog bites
 *   state                                {"time_us", "power", "supply", "key", "pressed", "lamps", "uplinks"}
 *   log                                  {"time_us", "notes": [{"t_us", "what", "index", "on"}]}: the last 1024
 *   quit
 *
 * Answers: "ok", one line of JSON, or "error: …".
 */
#ifndef KANNUKI_SIMULATOR_CONTROL_H
#define KANNUKI_SIMULATOR_CONTROL_H

#include "board/simulator/board.h"

enum control_after { CONTROL_GO_ON, CONTROL_QUIT };

/* Carries out one line (without its line feed). `answer` becomes a heap string without line feed; NULL: no memory. */
enum control_after control_do(struct board *b, const char *line, char **answer);

#endif
