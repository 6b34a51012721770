/* The panel board's map: registers, events and pins. The only source for firmware, panel daemon, simulator and docs.
 *
 * Preprocessor and enums only, so that avr-gcc and the host compiler read the same file.
 * docs/formats/board.md is the same in prose.
 *
 * Bus: Modbus RTU, slave 1, 115200 8E1 (19200 where so provisioned), FC 1-6, 15, 16, 23. One register space for FC 3
 * and FC 4. A value of 32 bits takes two registers, high word first. Uplinks are numbered from 1; in a mask, bit 0 is
 * uplink 1.
 *
 * How the host talks, one exchange at a time:
 *
 * Poll. FC 23: write registers 0…4 (EXCHANGE without a command), read the whole STATUS block. EXCHANGE carries a fresh
 * nonce (any value other than the last one), the heartbeat, the lamps, and the number of the event whose recording is
 * now durable (0: none). Every read block begins with the HEADER; an answer whose MAP, BLOCK or NONCE is not the
 * expected one is a late answer of an earlier exchange: drop it, wait out the bus (40 ms), flush, ask again.
 *
 * Event. STATUS holds the oldest event that was not acknowledged (EVENT_NUMBER 0: none). Record it, then write its
 * number into ACK. Only the oldest can be acknowledged; any other number is ignored, so a repeated ACK is harmless. The
 * answer of the very exchange that carried the ACK already shows the next event.
 *
 * Command. FC 23: write all of registers 0…11, read STATUS. COMMAND_NONCE is new for every command; the same nonce
 * again is not carried out twice, so a lost answer is mended by sending the same frame again. COMMAND_CHECK is the
 * complement of the exclusive-or of the six command words before it. RESULT_NONCE and RESULT in STATUS say what became
 * of it. A write that touches some command words but not all is refused as a whole (exception 3).
 *
 * Restore. PERMIT command with the uplinks and the latch number the approval was given for. See PERMIT_STATE.
 *
 * Witness and key slots. Written as a whole to WITNESS_WRITE or KEY_WRITE, with a nonce and a check word like a
 * command's; read from WITNESS and KEY_SLOTS, whose RESULT_NONCE and RESULT say what became of it. FC 23 does both in
 * one exchange. The same again is not written twice. It is durable when STATE says KEPT.
 */
#ifndef KANNUKI_BOARD_MAP_H
#define KANNUKI_BOARD_MAP_H

#define BOARD_MAP_VERSION 2
#define BOARD_SLAVE 1
#define BOARD_BAUD 115200
#define BOARD_BAUD_SLOW 19200 /* RS-485 */
#define BOARD_UPLINKS 4
#define BOARD_ALL_UPLINKS 0x0F
#define BOARD_QUEUE 32          /* events kept until acknowledged */
#define BOARD_HEARTBEAT_MS 2000 /* default: without a heartbeat for this long the host counts as lost */
#define BOARD_PERMIT_S 300
#define BOARD_KEY_MIN_MS 200  /* the key must be held on this long … */
#define BOARD_KEY_MAX_MS 3000 /* … and not longer, to be a turn */
#define BOARD_BUS_TIMEOUT_MS 40
#define BOARD_HOST_GRACE_MS 180000 /* a host that has not spoken yet counts as lost this long after start */
#define BOARD_RELAY_MS 50          /* a mirror contact must have followed its coil by then */
#define BOARD_PULSE_MS 50          /* a bistable relay's coil is energised for so long … */
#define BOARD_PULSE_GAP_MS 20      /* … and, when the mirror contact does not agree, again after a rest … */
#define BOARD_PULSES 3             /* … so many times in all */
#define BOARD_PULSE_RELAY_MS 230   /* BOARD_RELAY_MS for a bistable relay */
#define BOARD_ABSENCE_MAX_S 900
#define BOARD_WITNESS_REST_S 60      /* between two writes that do not start an epoch */
#define BOARD_WITNESS_RISE 0x100000U /* the size may rise by so much at once */
#define BOARD_KEY_RISE 1024          /* the generation may rise by so much at once */
#define BOARD_SELF_TEST_S 86400      /* between two self-tests */
/* What a host may have written: each thing it causes costs seconds of an allowance, and they come back as they pass. A
   cell of EEPROM is then written no more than once in eight minutes, for years. */
#define BOARD_ALLOWANCE_S 86400
#define BOARD_COST_COMMAND_S 240 /* not isolate, not void */
#define BOARD_COST_LOSS_S 480    /* to be told lost and back; of an allowance of its own */
#define BOARD_COST_WITNESS_S 60
#define BOARD_COST_KEY_S 960

/* ---- registers --------------------------------------------------------------------------------- */

/* The first registers of every block. A read (FC 3, 4, 23) begins at a block's address and stays inside it. */
enum board_header {
	HEADER_MAP,      /* BOARD_MAP_VERSION */
	HEADER_SEQUENCE, /* counts answered requests */
	HEADER_NONCE,    /* EXCHANGE_NONCE as last written */
	HEADER_BLOCK,    /* the address of this block */
	HEADER_SIZE
};

/*        name      address  registers, header included */
#define BOARD_BLOCKS(X)                                                         \
	X(IDENTITY, 0x0080, IDENTITY_SIZE, "who and what this controller is")   \
	X(STATUS, 0x0100, STATUS_SIZE, "the whole state and the oldest event")  \
	X(COUNTERS, 0x0180, COUNTERS_SIZE, "what has been counted since start") \
	X(WITNESS, 0x0200, WITNESS_SIZE, "the log as it was last seen")         \
	X(KEY_SLOTS, 0x0280, KEY_SLOTS_SIZE, "keys that seal for the ledger")   \
	X(SELF_TEST, 0x0300, SELF_TEST_SIZE, "self-test and proof tests")

#define BOARD_BLOCK_ADDRESS(name, address, size, meaning) BLOCK_##name = (address),
enum board_block {
	BOARD_BLOCKS(BOARD_BLOCK_ADDRESS)
	/* Only written. */
	BLOCK_EXCHANGE = 0x0000,
	BLOCK_WITNESS_WRITE = 0x0240,
	BLOCK_KEY_WRITE = 0x02C0
};

/* Written at 0x0000 (FC 16, 23; FC 6 for the first three); it cannot be read. */
enum board_exchange {
	EXCHANGE_NONCE,
	EXCHANGE_HEARTBEAT, /* any write counts as a heartbeat; the value is not looked at */
	EXCHANGE_LAMPS,     /* enum board_lamp bits the host asks for */
	EXCHANGE_ACK_HIGH,  /* number of the event that is durably recorded; 0: none */
	EXCHANGE_ACK_LOW,
	EXCHANGE_POLL_SIZE, /* a poll writes up to here */
	COMMAND_CODE = EXCHANGE_POLL_SIZE,
	COMMAND_UPLINKS, /* mask */
	COMMAND_NONCE_HIGH,
	COMMAND_NONCE_LOW,
	COMMAND_ARGUMENT_HIGH, /* PERMIT: the latch number it was given for; EXPECT_ABSENCE: seconds; otherwise 0 */
	COMMAND_ARGUMENT_LOW,
	COMMAND_CHECK, /* ~(COMMAND_CODE ^ … ^ COMMAND_ARGUMENT_LOW) */
	EXCHANGE_SIZE
};

/* Codes are far apart in bits, so that no flipped bit makes one from another. */
#define BOARD_COMMANDS(X)                                                                                 \
	X(ISOLATE, 0x3AC5, "isolate", "cut the named uplinks and latch")                                  \
	X(PERMIT, 0xC53A, "permit", "allow the key to reconnect the named uplinks within 300 seconds")    \
	X(VOID, 0x5CA3, "void", "withdraw the permit")                                                    \
	X(SELF_TEST, 0xA35C, "self_test", "light all lamps for two seconds and test what can be tested")  \
	X(PROVE, 0x0FF0, "prove", "cut each named uplink for a moment, to see its mirror contact follow") \
	X(EXPECT_ABSENCE, 0xF00F, "expect_absence", "be patient once with a host that restarts")          \
	X(ERASE_KEYS, 0x6996, "erase_keys", "overwrite both key slots")

#define BOARD_COMMAND_CODE(name, code, word, meaning) COMMAND_##name = (code),
enum board_command { BOARD_COMMANDS(BOARD_COMMAND_CODE) };

/* Of a command, and of a write to witness or key slots. */
#define BOARD_RESULTS(X)                                                                                \
	X(0, NONE, "none", "no command since start")                                                    \
	X(1, DONE, "done", "carried out")                                                               \
	X(2, BAD_CHECK, "bad_check", "the check word does not fit")                                     \
	X(3, BAD_CODE, "bad_code", "unknown command")                                                   \
	X(4, BAD_UPLINKS, "bad_uplinks", "no uplink, or one not fitted; `isolate` cuts the others")     \
	X(5, WRONG_LATCH, "wrong_latch", "another trip came in between")                                \
	X(6, NOT_LATCHED, "not_latched", "a named uplink is not latched")                               \
	X(7, MIRROR_FAULT, "mirror_fault", "the contact of a named uplink is not proven open")          \
	X(8, BUSY, "busy", "a restore, proof test or writing is under way")                             \
	X(9, NOT_CONNECTED, "not_connected", "a named uplink is not connected")                         \
	X(10, BUTTON_DOWN, "button_down", "a button is pressed or the key is on")                       \
	X(11, NO_SUPPLY, "no_supply", "the coils have no supply")                                       \
	X(12, BAD_ARGUMENT, "bad_argument", "the argument is out of its range")                         \
	X(13, OLDER, "older", "older than what is kept")                                                \
	X(14, TOO_FAR, "too_far", "size or generation rises by too much at once")                       \
	X(15, OTHER_ROOT, "other_root", "another root for the size that is kept")                       \
	X(16, OTHER_ORIGIN, "other_origin", "another log than the one kept, and the jumper is not set") \
	X(17, TOO_SOON, "too_soon", "the host has had too much written of late")                        \
	X(18, NOT_KEPT, "not_kept", "EEPROM did not read back as it was written")

#define BOARD_RESULT_NUMBER(number, name, word, meaning) RESULT_##name = (number),
enum board_result { BOARD_RESULTS(BOARD_RESULT_NUMBER) RESULT_COUNT };

enum board_identity {
	IDENTITY_BOARD = HEADER_SIZE, /* 0x4B4E */
	IDENTITY_FIRMWARE_MAJOR,
	IDENTITY_FIRMWARE_MINOR,
	IDENTITY_FIRMWARE_PATCH,
	IDENTITY_CONTROLLER,                       /* 64 bits, high word first; 0: not provisioned */
	IDENTITY_FITTED = IDENTITY_CONTROLLER + 4, /* mask: uplinks that exist on this board */
	IDENTITY_ISOLATE,                          /* mask: uplinks the ISOLATE button cuts */
	IDENTITY_STAY,                             /* mask: uplinks that stay cut after power-on (stay_isolated) */
	IDENTITY_LOSS,         /* mask: uplinks that are cut when the host is lost; the others hold */
	IDENTITY_HEARTBEAT_MS, /* when the host counts as lost */
	IDENTITY_PULSE,        /* mask: uplinks with a bistable relay */
	IDENTITY_BAUD,         /* 0: 115200, 1: 19200 */
	IDENTITY_JOURNAL_HIGH, /* with it an event number names one event for ever; new with each provisioning */
	IDENTITY_JOURNAL_LOW,
	IDENTITY_SIZE
};
#define BOARD_TYPE 0x4B4E

enum board_status {
	STATUS_INPUTS = HEADER_SIZE, /* enum board_input bits, debounced */
	STATUS_LAMPS,                /* enum board_lamp bits as they shine */
	STATUS_FAULTS,               /* enum board_fault bits */
	STATUS_LATCH_HIGH,           /* latch number: rises with every trip */
	STATUS_LATCH_LOW,
	STATUS_PERMIT_STATE,  /* enum board_permit_state */
	STATUS_PERMIT_LEFT_S, /* seconds until the permit expires */
	STATUS_RESULT,        /* enum board_result of the last command */
	STATUS_RESULT_NONCE_HIGH,
	STATUS_RESULT_NONCE_LOW,
	STATUS_UPTIME_HIGH, /* milliseconds since start */
	STATUS_UPTIME_LOW,
	STATUS_UPLINK,                                         /* four registers of enum board_uplink bits */
	STATUS_EVENTS_WAITING = STATUS_UPLINK + BOARD_UPLINKS, /* events not yet acknowledged */
	STATUS_EVENT_NUMBER_HIGH,                              /* the oldest one; 0: none */
	STATUS_EVENT_NUMBER_LOW,
	STATUS_EVENT_KIND,   /* enum board_event */
	STATUS_EVENT_UPLINK, /* 1 … 4, 0: none */
	STATUS_EVENT_TIMES,  /* 1; more when a full queue had to join like ones, ARG and AGE then being the first's */
	STATUS_EVENT_ARG_HIGH,
	STATUS_EVENT_ARG_LOW,
	STATUS_EVENT_AGE_HIGH, /* milliseconds since it happened; BOARD_AGE_UNKNOWN across a power loss */
	STATUS_EVENT_AGE_LOW,
	STATUS_EVENT_LAST_AGE_HIGH, /* of the newest of the joined ones */
	STATUS_EVENT_LAST_AGE_LOW,
	STATUS_ABSENCE_LEFT_S, /* 0: none announced; else how long policy isolate still waits, from now */
	STATUS_SIZE
};
#define BOARD_AGE_UNKNOWN 0xFFFFFFFF

/* Since start unless said otherwise; they stay at 65535. */
enum board_counters {
	COUNTER_FRAMES = HEADER_SIZE, /* requests answered */
	COUNTER_BAD_FRAMES,           /* wrong CRC, length, parity or framing */
	COUNTER_EXCEPTIONS,
	COUNTER_SPIKES,      /* input changes too short to count */
	COUNTER_WATCHDOG,    /* resets by watchdog within the last ten minutes of running, through resets */
	COUNTER_EEPROM_BAD,  /* EEPROM records found torn at start */
	COUNTER_LOOP_MAX_US, /* longest pass of the main loop */
	COUNTER_STARTS,      /* in the life of the controller */
	COUNTER_STACK_FREE,  /* bytes of memory that the stack has never reached; 65535: not measured yet */
	COUNTERS_SIZE
};

/* How a thing in EEPROM stands. */
#define BOARD_STORE_STATES(X)                                             \
	X(0, EMPTY, "empty", "nothing is kept")                           \
	X(1, KEPT, "kept", "durable")                                     \
	X(2, WRITING, "writing", "taken, but power lost now may lose it") \
	X(3, BAD, "bad", "did not read back as it was written")

#define BOARD_STORE_NUMBER(number, name, word, meaning) STORE_IS_##name = (number),
enum board_store_state { BOARD_STORE_STATES(BOARD_STORE_NUMBER) STORE_STATE_COUNT };

/* The newest record of the ring, also one that is still being written. */
enum board_witness {
	WITNESS_STATE = HEADER_SIZE, /* enum board_store_state */
	WITNESS_RESULT,              /* enum board_result of the last write */
	WITNESS_RESULT_NONCE_HIGH,
	WITNESS_RESULT_NONCE_LOW,
	WITNESS_ORIGIN,                        /* first 8 bytes of the hash of the log's origin */
	WITNESS_LOG_SIZE = WITNESS_ORIGIN + 4, /* 64 bits */
	WITNESS_ROOT = WITNESS_LOG_SIZE + 4,   /* 32 bytes */
	WITNESS_SIZE = WITNESS_ROOT + 16
};

/* Written as a whole (FC 16, 23), from BLOCK_WITNESS_WRITE on. */
enum board_witness_write {
	WITNESS_WRITE_NONCE_HIGH,
	WITNESS_WRITE_NONCE_LOW,
	WITNESS_WRITE_EPOCH, /* 1: this is the start of an epoch; else 0 */
	WITNESS_WRITE_ORIGIN,
	WITNESS_WRITE_LOG_SIZE = WITNESS_WRITE_ORIGIN + 4,
	WITNESS_WRITE_ROOT = WITNESS_WRITE_LOG_SIZE + 4,
	WITNESS_WRITE_CHECK = WITNESS_WRITE_ROOT + 16, /* complement of the exclusive-or of the words before it */
	WITNESS_WRITE_SIZE
};

/* Two slots: a key goes into the one with the lower generation, so the other survives a failed write. */
enum board_key_slot {
	KEY_SLOT_STATE, /* enum board_store_state */
	KEY_SLOT_GENERATION_HIGH,
	KEY_SLOT_GENERATION_LOW,
	KEY_SLOT_KEY, /* 32 bytes */
	KEY_SLOT_SIZE = KEY_SLOT_KEY + 16
};
enum board_key_slots {
	KEY_SLOTS_RESULT = HEADER_SIZE, /* enum board_result of the last write */
	KEY_SLOTS_RESULT_NONCE_HIGH,
	KEY_SLOTS_RESULT_NONCE_LOW,
	KEY_SLOTS_FIRST, /* enum board_key_slot */
	KEY_SLOTS_SECOND = KEY_SLOTS_FIRST + KEY_SLOT_SIZE,
	KEY_SLOTS_SIZE = KEY_SLOTS_SECOND + KEY_SLOT_SIZE
};

/* Written as a whole (FC 16, 23), from BLOCK_KEY_WRITE on. */
enum board_key_write {
	KEY_WRITE_NONCE_HIGH,
	KEY_WRITE_NONCE_LOW,
	KEY_WRITE_GENERATION_HIGH, /* higher than that of both slots */
	KEY_WRITE_GENERATION_LOW,
	KEY_WRITE_KEY,
	KEY_WRITE_CHECK = KEY_WRITE_KEY + 16, /* as in WITNESS_WRITE_CHECK */
	KEY_WRITE_SIZE
};

/* The last self-test, and each uplink's last proof test since start. */
enum board_self_test {
	SELF_TEST_FOUND = HEADER_SIZE, /* enum board_fault bits */
	SELF_TEST_AGE_HIGH,            /* seconds since it ended; BOARD_AGE_UNKNOWN: none since start */
	SELF_TEST_AGE_LOW,
	SELF_TEST_PROOF, /* four times enum board_proof */
	SELF_TEST_SIZE = SELF_TEST_PROOF + 5 * BOARD_UPLINKS
};
enum board_proof {
	PROOF_RESULT,   /* enum board_proof_result */
	PROOF_AGE_HIGH, /* seconds since it ended; BOARD_AGE_UNKNOWN: none since start */
	PROOF_AGE_LOW,
	PROOF_US_HIGH, /* from coil off to mirror contact closed */
	PROOF_US_LOW,
	PROOF_SIZE
};

#define BOARD_PROOF_RESULTS(X)                                           \
	X(0, NONE, "none", "not tested since start")                     \
	X(1, GOOD, "good", "the mirror contact closed and opened again") \
	X(2, BAD, "bad", "the mirror contact did not follow")            \
	X(3, INTERRUPTED, "interrupted", "a trip came meanwhile; the uplink was not tested to the end")

#define BOARD_PROOF_NUMBER(number, name, word, meaning) PROOF_IS_##name = (number),
enum board_proof_result { BOARD_PROOF_RESULTS(BOARD_PROOF_NUMBER) PROOF_RESULT_COUNT };

/* STATUS_UPLINK: bits, and in the high byte the state. */
enum board_uplink {
	UPLINK_FITTED = 1,
	UPLINK_COIL = 2,        /* coil energised: connected unless the relay is broken */
	UPLINK_MIRROR = 4,      /* mirror contact closed: proof that the main contacts are open */
	UPLINK_LATCHED = 8,     /* only permit and key reconnect it */
	UPLINK_PERMITTED = 16,  /* a running permit names it */
	UPLINK_MIRROR_BAD = 32, /* mirror contact contradicts the coil */
	UPLINK_PROVING = 64,    /* a proof test is running: its coil is off for a moment */
	UPLINK_BLIND = 128      /* no mirror contact is wired: never proven; not on a board with a controller */
};
#define BOARD_UPLINK_STATE(word) ((word) >> 8)

#define BOARD_UPLINK_STATES(X)                                           \
	X(0, ABSENT, "absent", "not fitted")                             \
	X(1, CONNECTED, "connected", "coil on, mirror contact open")     \
	X(2, CUTTING, "cutting", "coil off, not proven yet")             \
	X(3, CUT, "cut", "coil off, mirror contact closed: proven cut")  \
	X(4, CLOSING, "closing", "coil on, mirror contact not open yet") \
	X(5, BROKEN, "broken", "the mirror contact contradicts the coil")

#define BOARD_UPLINK_STATE_NUMBER(number, name, word, meaning) UPLINK_IS_##name = (number),
enum board_uplink_state { BOARD_UPLINK_STATES(BOARD_UPLINK_STATE_NUMBER) UPLINK_STATE_COUNT };

/* How far a permit has come. */
#define BOARD_PERMIT_STATES(X)                                                     \
	X(0, NONE, "none", "no permit")                                            \
	X(1, WAIT_OFF, "wait_off", "permit given; the key must be seen off first") \
	X(2, WAIT_ON, "wait_on", "waiting for the key to be turned on")            \
	X(3, HELD, "held", "key is on; to be released after 0.2 s and within 3 s") \
	X(4, CLOSING, "closing", "uplinks are being connected; mirror contacts must open")

#define BOARD_PERMIT_STATE_NUMBER(number, name, word, meaning) PERMIT_##name = (number),
enum board_permit_state { BOARD_PERMIT_STATES(BOARD_PERMIT_STATE_NUMBER) PERMIT_STATE_COUNT };

enum board_input {
	INPUT_DECLARE = 1,
	INPUT_ISOLATE = 2,
	INPUT_UPLINK_1 = 4, /* per-uplink ISOLATE buttons: bits 2 … 5 */
	INPUT_UPLINK_2 = 8,
	INPUT_UPLINK_3 = 16,
	INPUT_UPLINK_4 = 32,
	INPUT_KEY = 64,
	INPUT_TEST = 128,
	INPUT_MIRROR_1 = 256, /* mirror contacts closed: bits 8 … 11 */
	INPUT_MIRROR_2 = 512,
	INPUT_MIRROR_3 = 1024,
	INPUT_MIRROR_4 = 2048,
	INPUT_SUPPLY = 4096, /* coil supply behind the second pole of ISOLATE is present */
	INPUT_JUMPER = 8192  /* flash jumper is set */
};

/* EXCHANGE_LAMPS takes RECORDED … BUZZER; the controller adds its own FAULT and drives the uplink lamps itself. */
enum board_lamp {
	LAMP_RECORDED = 1, /* the last press is in the signed log; goes out by itself at the next press */
	LAMP_INCIDENT = 2,
	LAMP_FAULT = 4,
	LAMP_DRILL = 8,  /* drill or maintenance */
	LAMP_ALARM = 16, /* dry contact for the building's alarm */
	LAMP_BUZZER = 32,
	LAMP_UPLINK_1 = 256, /* steady: proven cut; blinking: commanded, not proven; dark but for a wink: connected;
				bits 8 … 11 */
	LAMP_UPLINK_2 = 512,
	LAMP_UPLINK_3 = 1024,
	LAMP_UPLINK_4 = 2048
};
#define BOARD_LAMPS_OF_HOST 0x003F

#define BOARD_FAULTS(X)                                                                              \
	X(0, MIRROR, "mirror", "a mirror contact contradicts its coil: relay welded or wire broken") \
	X(1, BUTTON, "stuck_button", "a button has been pressed for more than ten seconds")          \
	X(2, KEY, "stuck_key", "the key has been on for more than ten seconds")                      \
	X(3, HOST, "host_lost", "no heartbeat from the host")                                        \
	X(4, SUPPLY, "no_supply", "the coils have no supply although ISOLATE is not pressed")        \
	X(5, QUEUE, "queue_full", "the event queue is full; like events are joined")                 \
	X(6, EEPROM, "eeprom", "EEPROM is unreadable, or did not read back as it was written")       \
	X(7, PROVISION, "not_provisioned", "the controller has no valid provisioning block")         \
	X(8, WATCHDOG, "watchdog", "the watchdog has reset the controller within ten minutes")       \
	X(9, JUMPER, "jumper", "the flash jumper is set")                                            \
	X(10, STACK, "stack", "less than 1024 bytes of memory are left to the stack")                \
	X(11, BROWN_OUT, "brown_out", "the controller's supply has sagged within ten minutes")

#define BOARD_FAULT_BIT(bit, name, word, meaning) FAULT_##name = 1 << (bit),
enum board_fault { BOARD_FAULTS(BOARD_FAULT_BIT) };

/* ---- events --------------------------------------------------------------------------------------- */

/* Numbers only rise; a start of the controller may skip some. "u" marks kinds that name an uplink.
   An event is kept through power loss until it was acknowledged. */
/*        number name           word            u   arg                                     */
#define BOARD_EVENTS(X)                                                                                            \
	X(1, STARTED, "started", 0, "reset cause, enum board_reset bits; every permit is void")                    \
	X(2, DECLARE, "declare_pressed", 0, "0")                                                                   \
	X(3, ISOLATE, "isolate_pressed", 0, "latch number of the trip")                                            \
	X(4, UPLINK_ISOLATE, "uplink_pressed", 1, "latch number of the trip")                                      \
	X(5, TEST, "test_pressed", 0, "0")                                                                         \
	X(6, KEY_ON, "key_on", 0, "0")                                                                             \
	X(7, KEY_OFF, "key_off", 0, "milliseconds it was on")                                                      \
	X(8, CUT_BUTTON, "cut_button", 1, "coil dropped by a button: microseconds from pin edge to coil pin")      \
	X(9, CUT_COMMAND, "cut_command", 1, "coil dropped by a command: microseconds from its last byte")          \
	X(10, CUT_HOST_LOST, "cut_host_lost", 1, "coil dropped because the host is lost: milliseconds of silence") \
	X(11, CUT_AT_START, "cut_at_start", 1, "kept cut at start: 1 latched, 2 stay_isolated, 3 second watchdog") \
	X(12, PROVEN, "proven", 1, "mirror contact closed: microseconds since the pin edge or other cause")        \
	X(13, UNPROVEN, "unproven", 1, "mirror contact did not follow: 0 coil is off, 1 coil is on")               \
	X(14, MIRROR_WELL, "mirror_well", 1, "mirror contact agrees with the coil again")                          \
	X(15, RESTORED, "restored", 1, "connected again by permit and key: command nonce of the permit")           \
	X(16, RESTORE_FAILED, "restore_failed", 1, "mirror contact did not open; cut again: nonce of the permit")  \
	X(17, PERMIT_GIVEN, "permit_given", 0, "nonce of the permit")                                              \
	X(18, PERMIT_EXPIRED, "permit_expired", 0, "nonce of the permit")                                          \
	X(19, PERMIT_VOIDED_TRIP, "permit_voided_trip", 0, "nonce; a newer trip came")                             \
	X(20, PERMIT_VOIDED_COMMAND, "permit_voided_command", 0, "nonce; withdrawn or replaced by the host")       \
	X(21, HOST_LOST, "host_lost", 0, "milliseconds without heartbeat")                                         \
	X(22, HOST_BACK, "host_back", 0, "milliseconds it was away")                                               \
	X(23, STUCK_ON, "stuck_input", 0, "enum board_input bit that is stuck")                                    \
	X(24, STUCK_OFF, "released_input", 0, "enum board_input bit that came free again")                         \
	X(25, SUPPLY_LOST, "supply_lost", 0,                                                                       \
	  "coil supply gone without ISOLATE being seen; the uplinks of ISOLATE are latched")                       \
	X(26, SUPPLY_BACK, "supply_back", 0, "coil supply is back")                                                \
	X(27, OVERFLOW, "queue_overflow", 0, "kind of the first event that found no room; TIMES counts them")      \
	X(28, EEPROM_BAD, "eeprom_bad", 0, "records found torn or unreadable at start")                            \
	X(29, RECONNECTED_AT_START, "reconnected_at_start", 1, "not latched: coil energised after start; 0")       \
	X(30, CUT_SUPPLY, "cut_supply", 1, "coil supply gone without ISOLATE: latched like a press; 0")            \
	X(31, ABSENCE, "absence_announced", 0, "the host has announced an absence of so many seconds")             \
	X(32, PROOF_GOOD, "proof_good", 1, "proof test passed: microseconds from coil off to mirror contact")      \
	X(33, PROOF_BAD, "proof_bad", 1, "proof test: the mirror contact did not 0 close, 1 open again")           \
	X(34, SELF_TEST, "self_test", 0, "self-test is over: enum board_fault bits it found")                      \
	X(35, NEW_ORIGIN, "new_origin", 0, "another log is witnessed from now on, by the jumper; 0")               \
	X(36, KEYS_ERASED, "keys_erased", 0, "both key slots are overwritten; 0")

#define BOARD_EVENT_NUMBER(number, name, word, has_uplink, arg) EVENT_##name = (number),
enum board_event { EVENT_NONE, BOARD_EVENTS(BOARD_EVENT_NUMBER) EVENT_COUNT };

/* Bits of the reset cause, as the chip's MCUSR has them. */
enum board_reset { RESET_POWER_ON = 1, RESET_PIN = 2, RESET_BROWN_OUT = 4, RESET_WATCHDOG = 8, RESET_JTAG = 16 };

/* ---- coils and discrete inputs (FC 1, 2, 5, 15) ------------------------------------------------------ */

/* FC 2: bit n is STATUS_INPUTS bit n. FC 1: coils 0 … 3 are the relay coils (read only: cutting is a command
   with nonce and check), coils 16 … 21 the lamps the host may ask for (FC 5 and 15 too). */
enum board_coil { COIL_UPLINK = 0, COIL_LAMP = 16, COIL_LAMPS = 6 };
#define BOARD_DISCRETE_INPUTS 14

/* ---- pins of the ATmega1284P ---------------------------------------------------------------------------- */

/* Buttons, key, jumper and mirror contacts pull to ground against the internal pull-up: low is pressed / on / closed.
   Coil, lamp, alarm and buzzer drivers: high is energised; pull-downs keep them off while the chip is in reset.
   POWER is wired to the supply and needs no pin. JTAG is off by fuse (JTAGEN = 1): its pins are coils here. */
/*        name        port bit */
#define BOARD_PINS(X)                                                                             \
	X(DECLARE, A, 0, "DECLARE button")                                                        \
	X(ISOLATE, A, 1, "ISOLATE button, first pole")                                            \
	X(UPLINK_BUTTON, A, 2, "uplink ISOLATE buttons 1 to 4: A2 to A5")                         \
	X(KEY, A, 6, "RESTORE key switch")                                                        \
	X(TEST, A, 7, "TEST / mute button")                                                       \
	X(MIRROR, B, 0, "mirror contacts 1 to 4: B0 to B3")                                       \
	X(SUPPLY, B, 4, "coil supply behind ISOLATE's second pole: high is present")              \
	X(BUZZER, B, 5, "buzzer (MOSI while being flashed)")                                      \
	X(JUMPER, B, 6, "flash jumper (MISO while being flashed: through a resistor)")            \
	X(ATTENTION, B, 7, "attention line: high while an event waits (SCK while being flashed)") \
	X(COIL, C, 0, "relay coils 1 to 4: C0 to C3; bistable: 1, 2 close, 3, 4 open")            \
	X(UPLINK_LAMP, C, 4, "uplink lamps 1 to 4: C4 to C7")                                     \
	X(RXD, D, 0, "bus, receive")                                                              \
	X(TXD, D, 1, "bus, send")                                                                 \
	X(DRIVER, D, 2, "RS-485 driver enable, high while sending")                               \
	X(LAMP_RECORDED, D, 3, "RECORDED lamp")                                                   \
	X(LAMP_INCIDENT, D, 4, "INCIDENT lamp")                                                   \
	X(LAMP_FAULT, D, 5, "FAULT lamp")                                                         \
	X(LAMP_DRILL, D, 6, "DRILL / MAINTENANCE lamp")                                           \
	X(ALARM, D, 7, "ALARM dry contact")

#define BOARD_PIN_NUMBER(name, port, bit, meaning) PIN_##name = (bit),
enum board_pin { BOARD_PINS(BOARD_PIN_NUMBER) };

/* ---- provisioning block in EEPROM -------------------------------------------------------------------------- */

/* Written once when the board is made; without a valid one: controller 0, all fitted, ISOLATE cuts all, hold.
   Version 1 ends with its check after CONTROLLER: no bistable relays, 115200, journal 0. */
enum board_provision {
	PROVISION_AT = 0x0000, /* EEPROM address */
	PROVISION_MAGIC = 0,   /* "KN" */
	PROVISION_VERSION = 2, /* 2 */
	PROVISION_FITTED = 3,  /* masks as in IDENTITY */
	PROVISION_ISOLATE = 4,
	PROVISION_STAY = 5,
	PROVISION_LOSS = 6,
	PROVISION_PULSE = 7,        /* with one in it, only uplinks 1 and 2 are fitted */
	PROVISION_HEARTBEAT_MS = 8, /* two bytes, high first; 500 to 60000 */
	PROVISION_CONTROLLER = 10,  /* eight bytes, high first */
	PROVISION_CRC_1 = 18,       /* of version 1 */
	PROVISION_BAUD = 18,        /* 0 or 1 */
	PROVISION_SPARE = 19,       /* 0 */
	PROVISION_JOURNAL = 20,     /* four bytes, high first; random, never 0 */
	PROVISION_CRC = 24,         /* Modbus CRC16 over the bytes before it, low byte first as on the bus */
	PROVISION_SIZE = 26
};

#endif
