/* The messages between the programs, described once.
 *
 * One message is one SOCK_SEQPACKET datagram: a JSON object of at most 64 KiB.
 *   request   {"id": 7, "method": "act", "params": {…}}
 *   answer    {"id": 7, "result": {…}}   or   {"id": 7, "error": {"code": "wrong_role", "args": {…}}}
 *   An open file (SCM_RIGHTS) goes along with a request for each member of a list of kind PARAM_FILES.
 *   push      {"push": "changed", "params": {…}}      keeper → peer, unasked, never answered by id
 *
 * The panel daemon: `kind` in panel.event is the event's word in board/map.h (declare_pressed, cut_button …) and
 * `arg` what stands beside it there; `times` and `last_age_ms` come only with joined events of a full queue.
 * `unproven` is true when its uplink has no mirror contact.
 * `controller`, `journal` and `number` together name one event for ever: the journal is new with each provisioning.
 * panel.hello is sent again whenever a controller answers anew; "controller" and "journal" are all zeros and "map" 0
 * as long as none has answered.
 * panel.state's uplinks are [{"uplink": 1, "state": W, "proof": "contact"|"none", "latched": F}] with W absent,
 * connected, cutting, cut, closing, broken or unknown; faults are words of board/map.h and controller_absent,
 * map_version, uplinks_differ.
 * Pushes to it, each answered once by panel.done with the same `command` and, as `detail`, one word:
 *   panel.isolate {"command": 5, "uplinks": [1, 2]}
 *   panel.permit  {"command": 6, "uplinks": [1, 2], "latch": 17, "nonce": "0123abcd", "seconds": 300}
 *   panel.void    {"command": 7}
 *   panel.prove   {"command": 8, "uplinks": [1, 2]}     what it finds comes as events proof_good and proof_bad
 *   panel.absence {"command": 9, "seconds": 300}
 *   panel.checkpoint {"command": 10, "origin": hex 16, "size": 1234, "root": hex 64, "epoch": F}
 *   panel.key {"command": 11, "generation": 3}           a random key, which the daemon draws, into the older slot
 * (what the controller keeps after a checkpoint is told by panel.witness, after a key by panel.keys, before panel.done)
 * and one without an answer: panel.lamps {"incident": F, "drill": F, "fault": F, "maintenance": F};
 * stopped in maintenance, the daemon announces its absence to the controller.
 *
 * Which peer may call what, with which parameters, is the table in methods.c; the dispatcher, the
 * validation and docs/formats/ipc.md come from it. The front end puts error codes into words.
 */
#ifndef KANNUKI_IPC_METHODS_H
#define KANNUKI_IPC_METHODS_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { MESSAGE_MAX = 64 * 1024 };

/* Of the messages. The minor one grows when something is added, the major one when something old means something else:
   a peer that names another major one in its hello is refused. */
enum { PROTOCOL_MAJOR = 1 };
#define PROTOCOL_TEXT "1.2"

/* No message carries a key: the daemon leaves there what the controller keeps (keeper/slots.h). */
#define PANEL_KEYS_FILE "/run/kannuki-paneld/keys"

/* A peer is known by the socket it came in on. */
enum peer {
	PEER_PANEL = 1,
	PEER_WEB = 2,
	PEER_CONSOLE = 4,
	PEER_CLI = 8,
	PEER_PEOPLE = PEER_WEB | PEER_CONSOLE | PEER_CLI
};

/* "console" for PEER_CONSOLE … */
const char *peer_name(enum peer peer);
/* "/run/kannuki/console.sock" for PEER_CONSOLE … */
const char *peer_socket(enum peer peer);
/* The word in an entry's `via` line. */
const char *peer_via(enum peer peer);

enum param_kind {
	PARAM_END = 0,
	PARAM_TEXT,   /* string, valid UTF-8, no control characters but LF and TAB, at most `limit` bytes (0: 256) */
	PARAM_WORD,   /* [a-z0-9._-]{1,64} */
	PARAM_HEX,    /* exactly `limit` lower-case hex digits */
	PARAM_COUNT,  /* integer 0 … 2^53 */
	PARAM_FLAG,   /* true or false */
	PARAM_OBJECT, /* JSON object, depth at most 4 */
	PARAM_LIST,   /* JSON array, depth at most 4 */
	PARAM_ANY,
	PARAM_FILES /* at most FILES_MAX of {"name", "type"?}: one for each open file that goes along with the message
		     */
};

enum { FILES_MAX = 8, FILE_NAME_MAX = 255, FILE_TYPE_MAX = 127 };

enum param_need { OPTIONAL, REQUIRED };

struct param {
	const char *name;
	enum param_kind kind;
	enum param_need need;
	size_t limit;
};

enum session_need {
	WITHOUT_SESSION,
	WITH_SESSION,
	WITH_ANY_SESSION /* also one opened with a first password, which may do nothing else */
};

struct method {
	const char *name;
	unsigned peers;            /* enum peer bits: the permit table */
	enum session_need session; /* WITH_…: "session" is one of the params, checked before the handler runs */
	const char *right;         /* the rule of the pack that names the roles; NULL: everybody */
	const char *meaning;       /* one plain sentence for the reference page */
	struct param params[12];   /* ends with PARAM_END */
};

/* What a pack gives to roles beside acts. Ends with NULL. */
#define RIGHT_SHOW "ledger.show"         /* look at entries */
#define RIGHT_EXPORT "ledger.export"     /* write bundles */
#define RIGHT_TEND "ledger.tend"         /* begin epochs, repair media */
#define RIGHT_PIN "ledger.pin"           /* policy, witnesses, time stamps */
#define RIGHT_ENVELOPE "people.envelope" /* note that the sealed envelope was opened, seal a new one */
#define RIGHT_ABSENCE "people.absence"   /* say that somebody else is away, or back */
#define RIGHT_CALL "contact.sheet"       /* see names and numbers of those who are to be called */
extern const char *const rights[];
bool is_right(const char *name);

/* Ends with name NULL. */
extern const struct method methods[];
const struct method *method_find(const char *name);

/* Checks `params` (may be NULL) against the table: unknown, missing or ill-typed ones are ERR_FORMAT and
   named in f and `*field` (static or borrowed from the table/params). */
enum err params_check(const struct param *table, json_t *params, const char **field, struct fault *f) MUST_USE;

/* Error codes a front end must be able to word. */
#define IPC_ERRORS(X)                                                            \
	X(bad_message, "The message is not a request this program understands.") \
	X(unknown_method, "There is no such request.")                           \
	X(peer_refused, "This program may not ask for that.")                    \
	X(version_refused, "These programs speak different versions.")           \
	X(login_required, "Log in first.")                                       \
	X(login_refused, "Name, password or code is wrong.")                     \
	X(code_refused, "That is not the code of this minute.")                  \
	X(account_over, "The last day of this account has passed.")              \
	X(password_first, "Choose a password of your own first.")                \
	X(locked_out, "Too many wrong passwords; wait.")                         \
	X(proof_required, "This act needs your PIN or password.")                \
	X(proof_refused, "That is not your password; the act was not done.")     \
	X(pin_refused, "That is not your PIN; the act was not done.")            \
	X(pin_blocked, "Five wrong PINs: set a new one with your password.")     \
	X(wrong_role, "This act belongs to another role.")                       \
	X(wrong_state, "Not possible in the present state.")                     \
	X(not_found, "There is no such case.")                                   \
	X(invalid, "A value is missing or not allowed.")                         \
	X(conflict, "Somebody else was first.")                                  \
	X(busy, "Too much at once; try again.")                                  \
	X(damaged, "An entry cannot be read.")                                   \
	X(medium_failed, "The medium cannot be used.")                           \
	X(not_recorded, "It could not be recorded; it did not happen.")          \
	X(panel_absent, "The panel does not answer.")                            \
	X(starting, "The record is still being read.")                           \
	X(not_commissioned, "This box has not been set up yet.")

#endif
