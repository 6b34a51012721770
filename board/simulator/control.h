/* The simulator's control socket: one command a line, one line of answer.
 *
 *   press declare|isolate|test [MS]      holds the button for MS milliseconds (200)
 *   press uplink N [MS]
 *   hold BUTTON / release BUTTON         BUTTON: declare, isolate, test, or uplink N
 *   key on|off|turn                      turn: on for 600 ms
 *   power on|off
 *   weld N on|off                        the main contact of relay N sticks
 *   wire N cut|short|whole               the wire of mirror contact N; short: seen closed for ever
 *   pole 1|2 broken|whole                a pole of the ISOLATE switch
 *   lamp LAMP dead|whole                 LAMP: power, recorded, incident, fault, drill, or uplink N
 *   supply taken|there                   the coils' power supply
 *   line whole|deaf|mute|unplugged|noisy|late   the serial line, see enum board_line
 *   jumper set|off                       the flash jumper
 *   hang                                 the processor runs in a circle until its watchdog bites
 *   brownout                             the chip's supply sags
 *   tear                                 power fails in the middle of writing EEPROM, and comes back
 *   state                                {"time_us", "power", "supply", "supply_taken", "jumper", "attention", "line",
 *                                        "key", "pressed", "lamps", "dead", "uplinks"}; a dead lamp is never lit
 *   log [N]                              {"time_us", "notes": [{"t_us", "what", "index", "on"}]}: the last N (1024)
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
