/* kannuki-ledger: work on a ledger while the keeper does not run. */
#include "base/diag.h"
#include "base/text.h"
#include "offline/commands.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command {
	const char *name;
	int operands;
	enum err (*run)(const struct request *request, struct fault *f);
	const char *help;
} commands[] = {
	{"init", 1, command_init,
	 N_("init DIR --origin OPERATOR/SERIAL/1     make a new ledger, print its genesis code")},
	{"genesis", 1, command_genesis, N_("genesis DIR                             print the genesis code")},
	{"show", 1, command_show, N_("show DIR [--from N] [--to N]            print entries as JSON lines")},
	{"check", 1, command_check, N_("check DIR                               check everything as an auditor would")},
	{"export", 2, command_export,
	 N_("export DIR BUNDLE [--without NAME]…      write a bundle; NAME is text, person or files")},
	{"append", 1, command_append,
	 N_("append DIR                              record JSON lines from standard input")},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out)
{
	(void)fputs(_("Usage: kannuki-ledger COMMAND …   (only while the keeper is stopped)\n\n"), out);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %s\n", _(commands[i].help));
	(void)fputs(
		_("\nA line for append: {\"type\":\"incident.noted\",\"about\":\"2026-007\",\"text\":\"…\"}; also who, via, class,\n"
		  "idem, body, person, files. Each recorded entry is answered with its leaf hash in base64.\n"),
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

static bool read_without(const char *name, struct export_options *options)
{
	bool *const fields[] = {&options->without_text, &options->without_person, &options->without_files};
	static const char *const names[] = {"text", "person", "files"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(name, names[i]) == 0) {
			*fields[i] = true;
			return true;
		}
	}
	return false;
}

static bool read_options(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"origin", required_argument, NULL, 'o'}, {"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},     {"without", required_argument, NULL, 'w'},
		{"lang", required_argument, NULL, 'l'},   {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0},
	};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'o':
			request->origin = optarg;
			break;
		case 'f':
			good = read_seq(optarg, &request->from);
			break;
		case 't':
			good = read_seq(optarg, &request->to);
			break;
		case 'w':
			good = read_without(optarg, &request->options);
			break;
		case 'l':
			good = strcmp(optarg, "ja") == 0 || strcmp(optarg, "en") == 0;
			lang_use(strcmp(optarg, "en") == 0 ? LANG_EN : LANG_JA);
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		case 'v':
			(void)printf("kannuki-ledger %s\n", KANNUKI_VERSION);
			exit(EXIT_SUCCESS);
		default:
			good = false;
		}
	}
	return good;
}

static const struct command *find_command(const char *name, int operands)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0 && operands == commands[i].operands)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct request request = {.to = UINT64_MAX};
	const struct command *command = NULL;
	struct fault fault;

	diag_start("kannuki-ledger");
	lang_use(lang_from_environment());
	if (read_options(argc, argv, &request) && optind < argc)
		command = find_command(argv[optind], argc - optind - 1);
	if (command == NULL) {
		usage(stderr);
		return 2;
	}
	request.folder = argv[optind + 1];
	request.out = argv[optind + 2];
	if (command->run(&request, &fault) == ERR_OK)
		return EXIT_SUCCESS;
	(void)fprintf(stderr, "kannuki-ledger: %s\n", fault.text);
	return EXIT_FAILURE;
}
