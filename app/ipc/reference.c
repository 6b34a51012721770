#include "ipc/reference.h"

#include "ipc/acts.h"

#include <string.h>

static const char intro[] =
	"# The messages between the programs\n"
	"\n"
	"Written by `kannukid --print-methods` from `app/ipc/methods.c` and `app/ipc/acts.c`; change those, not this page.\n"
	"\n"
	"A front end connects to its own socket below `/run/kannuki/` (`panel.sock`, `web.sock`, `console.sock`,\n"
	"`cli.sock`; `SOCK_SEQPACKET`, mode 0660). One datagram is one JSON object of at most 65,536 bytes, UTF-8, no key\n"
	"twice.\n"
	"\n"
	"    request   {\"id\": 7, \"method\": \"act\", \"params\": {…}}\n"
	"    answer    {\"id\": 7, \"result\": {…}}\n"
	"              {\"id\": 7, \"error\": {\"code\": \"wrong_role\", \"args\": {…}}}\n"
	"    push      {\"push\": \"changed\", \"params\": {…}}\n"
	"\n"
	"`id` is a whole number from 0 to 2^53, chosen by the asker. Answers may come in another order than the requests.\n"
	"What is not such a request is answered once with `bad_message` and a null `id`, and the connection is closed. So is\n"
	"that of a peer that leaves more than 512 KiB of answers unread, or asks for what is answered at once more\n"
	"than 5,000 times in a row, then 500 times a second. No other connection notices;\n"
	"the record says how often it happened (`peer.cut_off`). With `users` in `kannuki.yaml` a socket is for the\n"
	"processes of one user, whatever its mode says.\n"
	"\n"
	"The protocol has a version, `" PROTOCOL_TEXT
	"`: `hello` tells it. Whoever names the first number in its own hello is refused\n"
	"(`version_refused`) if it is another. What is longer than one message comes in parts: a view with a `cursor` goes on\n"
	"when it is asked for again with that cursor, `ledger.show` with `from`, `ledger.find` with `before`. After\n"
	"`subscribe` a push `changed` tells of everything that a reader may see, once a commit.\n"
	"\n"
	"An act is answered when its entry is durable and signed, with a receipt:\n"
	"`{\"seq\": 1234, \"wall\": \"2026-11-20T00:12:33.123Z\", \"code\": \"7F3A-91C2\", \"about\": \"2026-007\"}`; `code` is the short form\n"
	"of the checkpoint that covers it. A retry carries the same `idem`; it is never recorded twice and gets the receipt of\n"
	"the first. `login` answers `{\"session\", \"user\": {\"id\", \"name\", \"roles\"}, \"receipt\"}`, `ledger.check`\n"
	"`{\"verdict\": \"good\"|\"bad\", \"entries\", \"code\", \"why\"}`, `ledger.export` a receipt with `path`.\n"
	"\n"
	"With a request open files may go along (`SCM_RIGHTS`), which an act that takes `files` stores and names in its entry by\n"
	"SHA-256: what they hold is copied and hashed from its beginning, beside everything else, and the act is answered when all\n"
	"is recorded; `progress` has the work `files`. Only ordinary files and memfds of at most 2 GiB are taken. With the answer of\n"
	"`evidence.get` comes one.\n"
	"\n"
	"Where a method needs a right, the procedure pack says which roles have it. What takes long is done in slices between\n"
	"everything else, one such work at a time; whoever waits for it is told how far it is:\n"
	"`progress {\"work\": \"check\", \"done\": 5000, \"total\": 20000}`. The `idem` of a panel event is made by the keeper: 16 hex digits of the controller, 16 of the event's number.\n"
	"\n"
	"## The panel daemon\n"
	"\n"
	"`kind` in `panel.event` is the event's word in `board/map.h`. `panel.hello` is sent again whenever a controller\n"
	"answers anew; its answer names the uplinks that the record says are connected, for a panel that has no memory\n"
	"of its own: `{\"connected\": [1, 2]}`. Pushes to it, each answered once by `panel.done` with the same `command`:\n"
	"\n"
	"    panel.isolate {\"command\": 5, \"uplinks\": [1, 2]}\n"
	"    panel.permit  {\"command\": 6, \"uplinks\": [1, 2], \"latch\": 17, \"nonce\": \"0123abcd\", \"seconds\": 300}\n"
	"    panel.void    {\"command\": 7}\n"
	"    panel.prove   {\"command\": 8, \"uplinks\": [1, 2]}\n"
	"    panel.absence {\"command\": 9, \"seconds\": 300}\n"
	"    panel.checkpoint {\"command\": 10, \"origin\": \"0123456789abcdef\", \"size\": 1234, \"root\": \"…\", \"epoch\": true}\n"
	"    panel.key     {\"command\": 11, \"generation\": 3}\n"
	"\n"
	"and without an answer, on every change: `panel.lamps {\"incident\": true, \"drill\": false, \"fault\": false,\n"
	"\"maintenance\": false}`. A daemon that is stopped in maintenance announces its absence to the controller.\n"
	"\n"
	"Cutting: the command is pushed first, then recorded. Connecting: the permit is durable first, then pushed. A permit of\n"
	"which nothing is heard for six minutes is recorded as `restore.expired`; one that was given before the daemon connected\n"
	"is withdrawn.\n"
	"\n"
	"The checkpoint of the log is for the controller to keep: at the start of each epoch and every ten minutes, always one\n"
	"that is durable. `origin` is the beginning of SHA-256 of the log's origin. `panel.witness` tells what the controller\n"
	"keeps: after each `panel.hello`, and before the `panel.done` of a checkpoint.\n"
	"\n"
	"A key is drawn by the daemon, goes to the controller and into the file `/run/kannuki-paneld/keys`, and never into a\n"
	"message. `panel.keys` says that the file holds what the controller keeps: after each `panel.hello`, and before the\n"
	"`panel.done` of a key.\n";

static void print_kind(FILE *out, const struct param *p)
{
	static const char *const words[] = {
		[PARAM_END] = "",         [PARAM_TEXT] = "text",   [PARAM_WORD] = "word",     [PARAM_HEX] = "hex",
		[PARAM_COUNT] = "count",  [PARAM_FLAG] = "flag",   [PARAM_OBJECT] = "object", [PARAM_LIST] = "list",
		[PARAM_ANY] = "anything", [PARAM_FILES] = "files",
	};

	(void)fprintf(out, "%s", words[p->kind]);
	if (p->kind == PARAM_TEXT || p->kind == PARAM_HEX)
		(void)fprintf(out, " %zu", p->limit != 0 ? p->limit : 256);
}

static void print_params(FILE *out, const struct param *params)
{
	if (params->kind == PARAM_END)
		(void)fputs("nothing", out);
	for (const struct param *p = params; p->kind != PARAM_END; p++) {
		(void)fprintf(out, "%s`%s` ", p == params ? "" : ", ", p->name);
		print_kind(out, p);
		if (p->need == OPTIONAL)
			(void)fputs("?", out);
	}
}

static void print_methods(FILE *out)
{
	static const struct {
		enum peer peer;
		const char *name;
	} peers[] = {{PEER_PANEL, "panel"}, {PEER_WEB, "web"}, {PEER_CONSOLE, "console"}, {PEER_CLI, "cli"}};

	(void)fputs("\n## Methods\n\n| Method | Asked by | Right | Does | Parameters |\n|---|---|---|---|---|\n", out);
	for (const struct method *m = methods; m->name != NULL; m++) {
		const char *between = "";

		(void)fprintf(out, "| `%s` | ", m->name);
		for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
			if ((m->peers & (unsigned)peers[i].peer) == 0)
				continue;
			(void)fprintf(out, "%s%s", between, peers[i].name);
			between = " ";
		}
		(void)fprintf(out, " | %s | %s | ", m->right != NULL ? m->right : "", m->meaning);
		print_params(out, m->params);
		(void)fputs(" |\n", out);
	}
	(void)fputs(
		"\n`?`: may be absent. text N: UTF-8, at most N bytes, no control characters but LF and TAB. word: 1 to 64 of\n"
		"`a-z 0-9 . _ -`. hex N: exactly N lower-case digits. count: 0 to 2^53. Objects and lists nest at most 4 deep.\n"
		"files: at most 8 of `{\"name\", \"type\"?}`, one for each open file that goes along (`SCM_RIGHTS`); a message with more\n"
		"or fewer of them is refused, and they are closed.\n",
		out);
}

static void print_acts(FILE *out)
{
	static const char *const origins[] = {
		[ACT_BY_PERSON] = "a person", [ACT_BY_KEEPER] = "the keeper", [ACT_BY_PANEL] = "the panel"};

	(void)fputs("\n## Acts\n\nEverything that can be recorded. A person asks for one with the method `act`.\n\n"
		    "| Act | Class | By | Means | Needs | `body` |\n|---|---|---|---|---|---|\n",
		    out);
	for (const struct act_kind *a = act_kinds; a->name != NULL; a++) {
		(void)fprintf(out, "| `%s` | %s | %s | %s |%s%s%s%s%s%s | ", a->name, a->type, origins[a->origin],
			      a->meaning, (a->flags & ACT_OPENS_CASE) != 0 ? " opens a case" : "",
			      (a->flags & ACT_ON_CASE) != 0 ? " `about`" : "",
			      (a->flags & ACT_NEEDS_PROOF) != 0 ? " `proof`" : "",
			      (a->flags & ACT_HAS_TEXT) != 0 ? " `text`?" : "",
			      (a->flags & ACT_HAS_PERSON) != 0 ? " `person`?" : "",
			      (a->flags & ACT_HAS_FILES) != 0 ? " `files`?" : "");
		print_params(out, a->body);
		(void)fputs(" |\n", out);
	}
}

static void print_errors(FILE *out)
{
	(void)fputs("\n## Errors\n\n| Code | Means |\n|---|---|\n", out);
#define ROW(code, meaning) (void)fputs("| `" #code "` | " meaning " |\n", out);
	IPC_ERRORS(ROW)
#undef ROW
}

enum err reference_print(FILE *out)
{
	(void)fputs(intro, out);
	print_methods(out);
	print_acts(out);
	print_errors(out);
	return ferror(out) == 0 ? ERR_OK : ERR_IO;
}
