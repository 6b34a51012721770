/* The keeper: one loop, one writer. What its parts share.
 *
 *   keeper.c    dispatch of requests, subscriptions, start and end
 *   accounts.c  login, logout, passwords
 *   errand.c    what waits for Argon2id (in worker.c); proof
 *   credentials.c  PIN, codes from a telephone, recovery codes
 *   envelope.c  the sealed envelope
 *   deeds.c     acts of people
 *   intake.c    files that come along with an act
 *   evidence.c  files of the evidence, out again
 *   people.c    what two people agreed on about people
 *   panel.c     the panel daemon, commands to the controller
 *   events.c    events of the controller
 *   flood.c     too many of them
 *   seen.c      what the controller has seen of the log
 *   sealing.c   the key it keeps of the next epoch's secret
 *   reader.c    hello, view, the call sheet without a login
 *   directory.c whom to call: the site's files
 *   views.c     all pictures at once, to compare
 *   entries.c   single entries: show, find
 *   health.c    how the box does, and the file for support
 *   peers.c     who was cut off
 *   tend.c      check, epochs, repair
 *   export.c    bundles for auditors
 *   pins.c      policy, witnesses, time stamps
 *   erase.c     what two people agreed to erase
 *   chore.c     what takes long, in slices
 *   media.c     the two media: who has failed, and taking it in again
 *   incarnation.c  a log that is not the first of the box
 *   room.c      room on the media
 *   rounds.c    what happens by the clock
 *   starting.c  who asks while a large record is read
 *   commission.c  before there is a record: the set-up at the console (draft.c, setup.c, paper.c)
 */
#ifndef KANNUKI_KEEPER_KEEPER_H
#define KANNUKI_KEEPER_KEEPER_H

#include "ipc/message.h"
#include "ipc/server.h"
#include "keeper/config.h"
#include "keeper/flood.h"
#include "keeper/lockout.h"
#include "keeper/room.h"
#include "keeper/scribe.h"
#include "keeper/secrets.h"
#include "keeper/sessions.h"
#include "keeper/slots.h"
#include "keeper/worker.h"
#include "procedure/view.h"

#include <sys/stat.h>

enum { SUBSCRIBERS_MAX = 64, ROUNDS_MAX = 9 };

/* The panel daemon and what it last said. Not recorded, not needed to go on. */
struct panel {
	uint64_t connection; /* 0: no daemon */
	json_t *state;       /* params of the last panel.state, or NULL */
	uint64_t command;    /* number of the last pushed command */
	uint64_t permit_command, isolate_command, prove_command;
	char permit_about[65], isolate_about[65];
	int lamps; /* as last pushed, −1: never */
	int64_t pressed_ns;
	char pressed_case[65];
};

/* What the panel's controller keeps of the log, as the daemon told it. */
struct seen {
	bool is_known;
	char controller[17], origin[17], state[65];
	uint64_t size;
	uint8_t root[HASH_SIZE];
	const char *verdict; /* seen.c; static */
	/* What it was shown. */
	uint64_t command; /* 0: nothing that has not been answered */
	uint64_t epoch;
	int64_t at_ns;
	bool is_due, has_jumper;
	char refused[65]; /* why it was not taken; "": it was */
};

/* The order of a fresh key for the controller to keep. */
struct sealing {
	bool is_known;    /* the daemon has told what the controller keeps */
	uint64_t command; /* 0: nothing that has not been answered */
	int64_t at_ns;
	char refused[65]; /* why the last was not kept; "": it was */
};

/* A medium that failed, and when it will be tried again. */
struct mending {
	sd_event_source *wait, *work;
	uint64_t wait_s;
};

/* Peers that were cut off since the record told of them, and the last of them. */
struct cuts {
	uint64_t untold[CUT_COUNT];
	enum peer peer;
	uid_t uid;
	int64_t told_ns; /* 0: never */
};

/* One that is read again when it has changed. */
struct site_file {
	char path[PLACE_SIZE]; /* "": none */
	struct timespec changed;
	off_t size;
	ino_t inode;
	struct fault trouble; /* what was wrong with it; "": nothing */
};

struct keeper {
	sd_event *event;
	struct places places[KEEPER_MEDIA];
	struct server *server;
	struct scribe *scribe;
	struct secrets *secrets;
	struct worker *worker;
	struct sessions sessions;
	struct lockout lockout;
	bool lets_password_do;              /* without a clock, instead of a code */
	struct agreement *agreement;        /* about people, while its passwords are made; or NULL */
	char nobody_hash[SECRET_HASH_SIZE]; /* a wrong name takes as long as a wrong password */
	struct directory directory;
	struct site_file site_files[SITE_FILES];
	bool shows_call_sheet; /* without a login */
	struct panel panel;
	struct flood flood;
	struct seen seen;
	struct slots slots;
	struct sealing sealing;
	struct mending mending;
	struct room room;
	struct cuts cuts;
	int64_t began_ns;
	uint64_t subscribers[SUBSCRIBERS_MAX]; /* connections; 0: free */
	struct chore *chore;                   /* the long work in hand, or NULL */
	struct intakes *intakes;               /* files on their way into the record, or NULL */
	bool erasing_failed;                   /* it is tried again with the next heartbeat */
	sd_event_source *rounds[ROUNDS_MAX], *clock;
};

enum err keeper_open(struct keeper *k, const struct config *config, struct fault *f) MUST_USE;
/* Serves until SIGTERM or SIGINT. The exit status. */
int keeper_run(struct keeper *k);
void keeper_close(struct keeper *k);

/* A handler answers the request's ticket, now or later. `session` is NULL for methods without one. */
typedef void handler(struct keeper *k, const struct request *r, const struct session *session);

handler accounts_login, accounts_logout, accounts_password;
handler envelope_seal;
handler credentials_pin, credentials_totp_begin, credentials_totp_confirm, credentials_totp_end;
handler credentials_pin_end, credentials_totp_codes;
handler deeds_act, evidence_get;
handler panel_hello, panel_event, panel_state, panel_witness, panel_keys, panel_done;
handler reader_hello, reader_view, reader_call_sheet, reader_subscribe;
handler entries_show, entries_find;
handler health_ask, health_support;
handler tend_check, tend_rotate, tend_media, tend_repair;
/* Folder, state and room of each medium; a new reference. */
json_t *tend_media_list(const struct keeper *k);
handler export_ask, carry_ask, carry_note;
handler pins_policy, pins_policy_set, pins_witness_request, pins_witness_accept, pins_stamp_request, pins_stamp_accept;
handler incarnation_begin;
/* The folder of bundles and requests, on a medium that works. */
const char *exports_folder(const struct keeper *k);

/* The handler of a method; NULL for none. */
handler *handler_find(const char *method);

const char *param_text(const struct request *r, const char *name); /* NULL when absent */
uint64_t param_count(const struct request *r, const char *name);   /* 0 when absent */
enum lang param_lang(const struct request *r);

/* {"seq", "wall", "code", "about"} */
json_t *receipt_json(const struct receipt *receipt);
/* Answers with the receipt, or not_recorded. */
void answer_receipt(struct keeper *k, struct ticket ticket, const struct receipt *receipt);
/* A waiter that does just that. hear is NULL when memory has run out. */
struct waiter receipt_waiter(struct keeper *k, struct ticket ticket);
/* Records, and answers the ticket with the receipt or why not. */
void record_and_answer(struct keeper *k, const struct entry *entry, enum urgency urgency, struct ticket ticket);
/* The error for a failed scribe_record. */
void refuse_entry(struct keeper *k, struct ticket ticket, const struct fault *f);

/* Has the worker check the PIN of the session's person, or the password of one who has no PIN; then `go_on` with the
   same request, or a refusal. */
typedef void proven(struct keeper *k, const struct request *r, const struct session *session);
void accounts_prove(struct keeper *k, const struct request *r, const struct session *session, const char *proof,
		    proven *go_on);
/* The password even of those who have a PIN: for changes of what one proves with. */
void accounts_prove_password(struct keeper *k, const struct request *r, const struct session *session,
			     const char *password, proven *go_on);
/* With the right password: what more is needed, and is there. What login.ok is to say of it, a new reference; NULL:
   refused. */
json_t *credentials_accept(struct keeper *k, const struct request *r, const struct user_info *user);
/* Records it, for everybody to see. */
void envelope_opened(struct keeper *k, const char *account, enum peer peer);
/* The session of a request, or NULL: refused, answered. */
struct session *accounts_session(struct keeper *k, const struct request *r);
/* Takes up the counts of wrong passwords that were recorded before the start. */
void accounts_recall(struct keeper *k);
void accounts_end_idle(struct keeper *k);
/* Ends the sessions of accounts that are over, and those opened with an older password. */
void accounts_end_gone(struct keeper *k);
void accounts_report_failures(struct keeper *k);
/* Also those of the last minute, before the end. */
void accounts_report_all_failures(struct keeper *k);

/* The retry key as it is recorded. Nobody can choose it: not to say something in the open part of an entry, and not to
   take the key of an event that the panel has yet to report. */
enum { DEED_KEY_SIZE = 33 };
void deed_key(char out[DEED_KEY_SIZE], const char *idem);

/* Answers when every change of an agreed list is recorded, with the first passwords. */
void people_approve(struct keeper *k, const struct request *r, const struct session *session, uint64_t number);
void people_end(struct keeper *k);

/* False: the panel does not answer. `uplinks` are ids. */
bool panel_push_isolate(struct keeper *k, json_t *uplinks, const char *about);
bool panel_is_there(const struct keeper *k);
uint64_t panel_latch(const struct keeper *k);
void panel_push_permit(struct keeper *k, unsigned mask, uint64_t latch, const char *nonce, const char *about);
void panel_push_prove(struct keeper *k, unsigned mask);
void panel_push_absence(struct keeper *k, uint64_t seconds);
void panel_push_lamps(struct keeper *k);
void panel_gone(struct keeper *k, uint64_t connection);
/* Nothing became of a permit. */
void panel_permit_lapsed(struct keeper *k, const char *cause);

/* What was counted before the start becomes entries. */
void flood_begin(struct keeper *k);
/* Now, so that the tallies are empty. */
void flood_record(struct keeper *k);
/* After a commit that failed, before the tallies are used. */
void flood_mind(struct keeper *k);
/* Every FLOOD_MINUTES. */
void flood_round(struct keeper *k);
/* For the heartbeat; a new reference. */
json_t *panel_summary(const struct keeper *k);
/* Mask of uplinks whose cut no contact proves, so that the panel would refuse to connect them. */
unsigned panel_unproven(const struct keeper *k);

/* Shows the controller the log, if it is time to. */
void seen_mind(struct keeper *k);
/* After a change of the panel's faults: with the jumper it may take another log at once. */
void seen_jumper(struct keeper *k, json_t *faults);
void seen_done(struct keeper *k, uint64_t command, bool ok, const char *detail);
void seen_forget(struct keeper *k);
/* The controller lets the size rise by so much at once; it catches up in steps. */
uint64_t seen_next_size(uint64_t seen, uint64_t size);
/* The log is not the one that the controller has seen. */
bool seen_needs_care(const struct keeper *k);
/* {"verdict", "entries", "code", "refused"}; NULL: it has not told. A new reference. */
json_t *seen_json(const struct keeper *k);

/* The server's hook; context is the keeper. */
void peers_cut(void *context, enum peer peer, uid_t uid, enum cut cut);
void peers_report(struct keeper *k);
/* {"malformed": N, …}; a new reference. */
json_t *peers_counts(const uint64_t counts[CUT_COUNT]);
/* False: it speaks another version, and was refused. */
bool peers_speak_ours(struct keeper *k, const struct request *r);

/* Orders a fresh key, if it is time to. */
void sealing_mind(struct keeper *k);
void sealing_done(struct keeper *k, uint64_t command, bool ok, const char *detail);
void sealing_forget(struct keeper *k);
/* The site wants the next epoch's secret sealed, and it is not, or with a key that the controller keeps no more. */
bool sealing_needs_care(const struct keeper *k);
/* {"sealed", "fresh", "refused"}; NULL: it is not wanted. A new reference. */
json_t *sealing_json(const struct keeper *k);

enum err directory_begin(struct keeper *k, const struct config *config, struct fault *f) MUST_USE;
/* Puts the directory, as the files say it now, into a request for a view. */
void directory_show(struct keeper *k, struct view_request *request);

void reader_push_changed(struct keeper *k);

/* The copies of the passwords follow the media. ERR_…: none can be opened. */
enum err media_begin(struct keeper *k, struct fault *f) MUST_USE;
/* Of this person's secrets every copy holds what the ledger names, and nothing else: after a reset nothing is left. */
enum err media_even_person(struct keeper *k, const struct user_info *user, struct fault *f) MUST_USE;
/* What became of a medium is recorded. */
void media_look(struct keeper *k);
void media_end(struct keeper *k);
/* {"first": "well"|"failed", "second": …}; without a second medium only the first; "room" when it becomes scarce,
   "incarnation" while somebody has to see to it. A new reference. */
json_t *media_summary(const struct keeper *k);
/* {"origin", "genesis", "why", "at", "noted", "earlier", "missing"}; NULL for the first log of a box. */
json_t *incarnation_json(const struct keeper *k);
/* Its genesis code is not on paper yet, or entries before it are on no medium that is here. */
bool incarnation_needs_care(const struct keeper *k);
/* The scarcest of the media in use. */
enum space_level media_room(const struct keeper *k);
/* Of two media one has failed. */
bool media_are_fewer(const struct keeper *k);

/* A piece of work that goes on whenever nothing else is to be done, in slices of at most slice_ns. */
extern const int64_t slice_ns;
enum err go_on_idly(struct keeper *k, sd_event_source **source, sd_event_handler_t step, void *context,
		    struct fault *f) MUST_USE;

/* Does what two people agreed to erase, one after the other, whenever nothing else of the kind is in hand. */
void erase_look(struct keeper *k);

enum err rounds_begin(struct keeper *k, struct fault *f) MUST_USE;
void rounds_report_cuts(struct keeper *k, uint64_t in_ns);
/* Something was recorded. */
void rounds_touch(struct keeper *k);
void rounds_end(struct keeper *k);

#endif
