/* kannuki-ledger: work on a ledger while the keeper does not run. */
#include "base/diag.h"
#include "base/text.h"
#include "ledger/pins.h"
#include "offline/commands.h"
#include "offline/far.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
	const char *name;
	int operands; /* after the name of the command, the folder of the ledger first */
	enum err (*run)(const struct request *request, struct fault *f);
	const char *help;
} commands[] = {
	{"init", 1, command_init,
	 N_("init DIR --origin OPERATOR/SERIAL/1     make a new ledger, print its genesis code\n"
	    "       [--mirror DIR2]                    with a second medium that holds the same")},
	{"genesis", 1, command_genesis, N_("genesis DIR                             print the genesis code")},
	{"show", 1, command_show, N_("show DIR [--from N] [--to N]            print entries as JSON lines")},
	{"find", 2, command_find, N_("find DIR WORD [--from N] [--to N]       print entries that hold a word")},
	{"check", 1, command_check, N_("check DIR                               check everything as an auditor would")},
	{"export", 2, command_export,
	 N_("export DIR BUNDLE [OPTION]…             write a bundle for auditors; its options are below")},
	{"append", 1, command_append,
	 N_("append DIR [--group N]                  record JSON lines from standard input")},
	{"rotate", 1, command_rotate, N_("rotate DIR                              begin a new signing epoch")},
	{"repair", 1, command_repair,
	 N_("repair DIR [--mirror DIR2]              fill a returned, blank or added medium; read and mend all")},
	{"repair", 1, command_repair,
	 N_("repair DIR --new-incarnation            begin a new log where the old one cannot go on\n"
	    "       [--reason TEXT]                    or, with a reason, where it could")},
	{"redact", 1, command_redact,
	 N_("redact DIR --about CASE WHY             erase all that people wrote about a case")},
	{"redact", 1, command_redact,
	 N_("redact DIR --leftovers WHY              remove what check lists beside the log")},
	{"redact", 3, command_redact,
	 N_("redact DIR SEQ NAME WHY                 erase text, person or files of one entry; WHY is\n"
	    "       --authority TEXT --reason TEXT --approved-by ID --approved-by ID")},
	{"policy", 1, command_policy,
	 N_("policy DIR                              print the policy of witnesses in force")},
	{"policy", 2, command_policy_set, N_("policy DIR FILE                         put this policy in force")},
	{"witness request", 1, command_witness_request,
	 N_("witness request DIR [--old N]           write what to ask a witness")},
	{"witness accept", 2, command_witness_accept,
	 N_("witness accept DIR FILE                 take the witness's answer")},
	{"stamp request", 1, command_stamp_request,
	 N_("stamp request DIR                       write what to ask a time stamp authority (RFC 3161)")},
	{"stamp accept", 2, command_stamp_accept,
	 N_("stamp accept DIR FILE                   take the authority's reply")},
};
enum { GROUP_MAX = 4096 };
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out)
{
	(void)fputs(_("Usage: kannuki-ledger COMMAND …   (only while the keeper is stopped)\n\n"), out);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %s\n", _(commands[i].help));
	(void)fputs(
		_("\nOptions of export:\n"
		  "  --from N --to N     only the entries from N to before N, each of at most 256 proven by itself\n"
		  "  --without NAMES     keep back what people wrote: text, person, files, with commas between\n"
		  "  --encrypt-to AGE    encrypt stored files to an auditor's age recipient; may be repeated\n"
		  "  --prove N           prove entry N by itself, too; may be repeated\n"
		  "  --zip               one ZIP file in place of a folder\n"),
		out);
	(void)fputs(
		_("\nOptions of the requests:\n"
		  "  --out FILE          where to write it, in place of standard output\n"
		  "  --old N             this witness has seen N entries (0: none yet); without it, as many as any\n"
		  "                      witness has cosigned\n"),
		out);
	(void)fputs(
		_("\nA line for append: {\"type\":\"incident.noted\",\"about\":\"2026-007\",\"text\":\"…\"}; also who, via, class,\n"
		  "idem, body, person, files (an array of paths). Each recorded entry is answered with its number and its\n"
		  "leaf hash in base64. With --group, N lines share one commit.\n"),
		out);
	(void)fputs(_("\nAlso:\n"
		      "  --lang ja|en        the language (or $KANNUKI_LANG; otherwise Japanese)\n"
		      "  --help, --version\n"
		      "\nExit code: 0 done; 1 failed, not good, or nothing found; 2 wrong command.\n"),
		    out);
}

static bool read_seq(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0')
		return false;
	*out = value;
	return true;
}

static bool read_lang(const char *name)
{
	lang_use(strcmp(name, "en") == 0 ? LANG_EN : LANG_JA);
	return strcmp(name, "ja") == 0 || strcmp(name, "en") == 0;
}

/* `f` says why, where the usage alone would not. */
static bool read_option(int option, struct request *request, struct fault *f)
{
	uint64_t seq = 0;

	switch (option) {
	case 'o':
		request->origin = optarg;
		return true;
	case 'f':
		return read_seq(optarg, &request->from);
	case 't':
		return read_seq(optarg, &request->to);
	case 'w':
		return export_without(request, optarg, f) == ERR_OK;
	case 'e':
		return export_encrypt_to(request, optarg, f) == ERR_OK;
	case 'p':
		return read_seq(optarg, &seq) && export_prove(request, seq, f) == ERR_OK;
	case 'g':
		return read_seq(optarg, &request->group) && request->group > 0 && request->group <= GROUP_MAX;
	case 'm':
		request->mirror = optarg;
		return true;
	case 'a':
		request->about = optarg;
		return true;
	case 'u':
		request->authority = optarg;
		return true;
	case 'r':
		request->reason = optarg;
		return true;
	case 'b':
		request->approved_by[request->approved_by[0] != NULL] = optarg;
		return true;
	case 'n':
		request->new_incarnation = true;
		return true;
	case 'x':
		request->leftovers = true;
		return true;
	case 's':
		request->to_file = optarg;
		return true;
	case 'd':
		request->old = read_seq(optarg, &seq) && seq <= INT64_MAX ? (int64_t)seq : WITNESS_SEEN_BEFORE;
		return request->old != WITNESS_SEEN_BEFORE;
	case 'z':
		request->options.as_zip = true;
		return true;
	case 'l':
		return read_lang(optarg);
	case 'h':
		request->help = true;
		return true;
	case 'v':
		(void)printf("kannuki-ledger %s\n", KANNUKI_VERSION);
		exit(EXIT_SUCCESS);
	default:
		return false;
	}
}

static bool read_options(int argc, char **argv, struct request *request, struct fault *f)
{
	static const struct option options[] = {
		{"origin", required_argument, NULL, 'o'},
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"without", required_argument, NULL, 'w'},
		{"prove", required_argument, NULL, 'p'},
		{"encrypt-to", required_argument, NULL, 'e'},
		{"group", required_argument, NULL, 'g'},
		{"mirror", required_argument, NULL, 'm'},
		{"about", required_argument, NULL, 'a'},
		{"authority", required_argument, NULL, 'u'},
		{"reason", required_argument, NULL, 'r'},
		{"approved-by", required_argument, NULL, 'b'},
		{"new-incarnation", no_argument, NULL, 'n'},
		{"leftovers", no_argument, NULL, 'x'},
		{"out", required_argument, NULL, 's'},
		{"old", required_argument, NULL, 'd'},
		{"zip", no_argument, NULL, 'z'},
		{"lang", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int option, which = 0;

	while ((option = getopt_long(argc, argv, "", options, &which)) != -1) {
		if (read_option(option, request, f))
			continue;
		if (option != '?' && f->text[0] == '\0')
			(void)fault_set(f, ERR_RANGE, _("--%s cannot be '%s'"), options[which].name, optarg);
		return false;
	}
	return true;
}

/* Its name is the first word, or the first two; its operands follow. */
static const struct command *find_command(char **words, int count)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = commands[i].name, *space = strchr(name, ' ');
		size_t first = space != NULL ? (size_t)(space - name) : strlen(name);
		int named = space != NULL ? 2 : 1;

		if (count == named + commands[i].operands && strlen(words[0]) == first &&
		    memcmp(words[0], name, first) == 0 && (space == NULL || strcmp(words[1], space + 1) == 0))
			return &commands[i];
	}
	return NULL;
}

static bool begins_with_word(const char *name, const char *word)
{
	size_t len = strcspn(name, " ");

	return strlen(word) == len && memcmp(name, word, len) == 0;
}

/* How this command is written; false when there is none of this name. */
static bool show_forms(const char *word)
{
	bool is_known = false;

	for (size_t i = 0; i < COMMANDS; i++) {
		if (!begins_with_word(commands[i].name, word))
			continue;
		if (!is_known)
			(void)fprintf(stderr, _("kannuki-ledger: '%s' is written so:\n"), word);
		is_known = true;
		(void)fprintf(stderr, "  %s\n", _(commands[i].help));
	}
	return is_known;
}

/* What is wrong with the command. Of an option that it does not know, getopt has said so already. */
static void complain(const char *word, const struct fault *f)
{
	if (f->text[0] != '\0')
		(void)fprintf(stderr, "kannuki-ledger: %s\n", f->text);
	else if (word != NULL && !show_forms(word))
		(void)fprintf(stderr, _("kannuki-ledger: there is no command '%s'\n"), word);
	(void)fputs(_("kannuki-ledger --help names all commands and options.\n"), stderr);
}

int main(int argc, char **argv)
{
	struct request request = {.to = UINT64_MAX, .old = WITNESS_SEEN_BEFORE};
	const struct command *command = NULL;
	struct fault fault = {.text = ""};
	char **operands;
	enum err err;

	diag_start("kannuki-ledger");
	lang_use(lang_from_environment());
	if (read_options(argc, argv, &request, &fault) && optind < argc)
		command = find_command(argv + optind, argc - optind);
	if (request.help) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (command == NULL) {
		complain(argv[optind], &fault);
		return 2;
	}
	operands = argv + argc - command->operands;
	request.folder = operands[0];
	request.out = operands[1];
	if (command->operands == 3) {
		request.name = operands[2];
		if (!read_seq(request.out, &request.seq)) {
			complain(argv[optind], &fault);
			return 2;
		}
	}
	err = command->run(&request, &fault);
	far_end();
	if (err == ERR_OK && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	if (ferror(stdout) != 0)
		(void)fault_set(&fault, ERR_IO, _("standard output: %s"), strerror(errno));
	(void)fprintf(stderr, "kannuki-ledger: %s\n", fault.text);
	return EXIT_FAILURE;
}
