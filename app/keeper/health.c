/* How the box does, and the same as a file for those who help from outside: nothing of it says who or what. */
#include "keeper/keeper.h"

#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LEFT_OUT_MIN = 2, NOT_TAKEN_MAX = 8192 };

/* ---- the picture ------------------------------------------------------------------------------------------ */

static json_t *record_json(const struct keeper *k)
{
	struct checkpoint_info head = ledger_head(scribe_ledger(k->scribe));
	char code[10];

	checkpoint_short_code(code, head.root);
	return json_pack("{s:b, s:I, s:I, s:s, s:s, s:o*}", "recording", (int)scribe_is_well(k->scribe), "entries",
			 (json_int_t)chain_size(scribe_chain(k->scribe)), "epoch", (json_int_t)head.epoch, "code", code,
			 "origin", ledger_origin(scribe_ledger(k->scribe)), "incarnation", incarnation_json(k));
}

static json_t *clock_json(const struct moment *now)
{
	char wall[WALL_TEXT_SIZE];

	wall_format(wall, now->wall_ms);
	return json_pack("{s:s, s:s, s:o}", "time", wall, "source", wall_source_name(now->source), "uncertain_ms",
			 now->source != WALL_UNSET ? json_integer(now->uncertain_ms) : json_null());
}

static json_t *peers_json(const struct keeper *k)
{
	static const enum peer peers[] = {PEER_PANEL, PEER_CONSOLE, PEER_WEB, PEER_CLI};
	struct server_counts counts = server_counts(k->server);
	json_t *connected = json_object();

	for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++)
		(void)json_object_set_new(connected, peer_name(peers[i]),
					  json_integer(server_connected(k->server, peers[i])));
	return json_pack("{s:o, s:I, s:o}", "connected", connected, "accepted", (json_int_t)counts.accepted, "cut_off",
			 peers_counts(counts.cut));
}

static json_t *versions_json(const struct keeper *k)
{
	struct utsname kernel = {.release = "", .machine = ""};

	(void)uname(&kernel);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kannuki", KANNUKI_VERSION, "protocol", PROTOCOL_TEXT,
			 "pack", pack_version(scribe_pack(k->scribe)), "kernel", kernel.release, "machine",
			 kernel.machine, "sqlite", sqlite3_libversion(), "libsodium", sodium_version_string());
}

/* 0: not known. */
static json_int_t memory_kib(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	char line[128] = "";
	const char *resident;

	if (statm == NULL)
		return 0;
	resident = fgets(line, sizeof line, statm) != NULL ? strchr(line, ' ') : NULL;
	(void)fclose(statm);
	return resident != NULL ? strtoll(resident, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

static json_int_t sessions_count(const struct keeper *k)
{
	json_int_t count = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		count += k->sessions.places[i].token[0] != '\0';
	return count;
}

/* Settings of the site that were wrong when the box started, a sentence each; the box goes on with others. */
static json_t *not_taken_json(void)
{
	char path[PLACE_SIZE];
	json_t *sentence = NULL;
	struct buf text;
	struct fault f;

	buf_init(&text, NOT_TAKEN_MAX);
	if (place(path, sizeof path, "/etc/kannuki/not-taken") == ERR_OK &&
	    file_read(path, NOT_TAKEN_MAX - 1, &text, &f) == ERR_OK)
		sentence = json_stringn(text.data, text.len);
	buf_fini(&text);
	return sentence;
}

static json_t *health_json(const struct keeper *k)
{
	struct moment now = moment_now();

	return json_pack("{s:o, s:o*, s:o, s:o, s:o, s:I, s:o, s:o, s:I, s:I, s:I}", "record", record_json(k),
			 "not_taken", not_taken_json(), "media", tend_media_list(k), "clock", clock_json(&now), "panel",
			 panel_summary(k), "sessions", sessions_count(k), "peers", peers_json(k), "versions",
			 versions_json(k), "up_s", (json_int_t)((now.boot_ns - k->began_ns) / 1000000000), "boot_s",
			 (json_int_t)(now.boot_ns / 1000000000), "memory_kib", memory_kib());
}

void health_ask(struct keeper *k, const struct request *r, const struct session *session)
{
	(void)session;
	server_answer(k->server, r->ticket, health_json(k));
}

/* ---- the file --------------------------------------------------------------------------------------------- */

static void leave_out(struct buf *text, const char *word)
{
	size_t len = strlen(word);
	struct buf rest;
	char *at;

	if (len < LEFT_OUT_MIN || text->data == NULL || strstr(text->data, word) == NULL)
		return;
	buf_init(&rest, BUF_CAP_DEFAULT);
	for (char *from = text->data; from != NULL; from = at != NULL ? at + len : NULL) {
		at = strstr(from, word);
		buf_add(&rest, from, at != NULL ? (size_t)(at - from) : strlen(from));
		if (at != NULL)
			buf_adds(&rest, "[…]");
	}
	buf_fini(text);
	*text = rest;
}

/* What diagnostics say of people: whatever the record knows of anybody. */
static void leave_out_people(const struct keeper *k, struct buf *text)
{
	const char *key;
	json_t *person, *value;

	for (size_t i = 0; book_person_at(scribe_book(k->scribe), i, &person); i++)
		json_object_foreach (person, key, value)
			if (json_is_string(value))
				leave_out(text, json_string_value(value));
}

static void write_support(const struct keeper *k, struct buf *text)
{
	json_t *health = health_json(k);
	char *dump = json_dumps(health, JSON_INDENT(1));

	buf_adds(text, "kannuki support file\n\n## health\n");
	buf_adds(text, dump != NULL ? dump : "?");
	buf_adds(text, "\n\n## kannuki.yaml\n");
	buf_addf(text, "session_minutes: %" PRId64 "\nmirror: %s\npack: %s\n", k->sessions.idle_ns / 60000000000,
		 k->places[SECOND_MEDIUM].home[0] != '\0' ? "yes" : "no", pack_id(scribe_pack(k->scribe)));
	buf_adds(text, "\n## last diagnostics\n");
	diag_recall(text);
	free(dump);
	json_decref(health);
	leave_out_people(k, text);
}

void health_support(struct keeper *k, const struct request *r, const struct session *session)
{
	const char *folder = exports_folder(k);
	struct fault f = {.err = ERR_NOMEM, .text = "out of memory"};
	char path[PLACE_SIZE + 64];
	struct buf text;
	enum err err;

	(void)session;
	buf_init(&text, BUF_CAP_DEFAULT);
	write_support(k, &text);
	(void)snprintf(path, sizeof path, "%s/support-%" PRIu64 ".txt", folder, chain_size(scribe_chain(k->scribe)));
	err = buf_status(&text);
	if (err == ERR_OK)
		err = folder_make(folder, 0750, &f);
	if (err == ERR_OK)
		err = file_replace(path, text.data, text.len, 0640, &f);
	if (err == ERR_OK)
		server_answer(k->server, r->ticket,
			      json_pack("{s:s, s:I}", "path", path, "size", (json_int_t)text.len));
	else
		server_refuse(k->server, r->ticket, "medium_failed", json_pack("{s:s}", "why", f.text));
	buf_fini(&text);
}
