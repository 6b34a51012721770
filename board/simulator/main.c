/* kannuki-simboard: the panel board without hardware, for make run, tests and practice. */
#include "board/map.h"
#include "board/simulator/asking.h"
#include "board/simulator/server.h"

#include "base/text.h"

#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer than any command. */
enum { COMMAND_SIZE = 200 };

enum {
	OPTION_HEX = 'h',
	OPTION_EEPROM = 'e',
	OPTION_PTY = 'p',
	OPTION_CONTROL = 'c',
	OPTION_ATTACH = 'a',
	OPTION_SEND = 's',
	OPTION_UPLINKS = 'u',
	OPTION_WEB = 'w'
};

static const struct option names[] = {
	{"hex", required_argument, NULL, OPTION_HEX},
	{"eeprom", required_argument, NULL, OPTION_EEPROM},
	{"pty-link", required_argument, NULL, OPTION_PTY},
	{"control", required_argument, NULL, OPTION_CONTROL},
	{"attach", required_argument, NULL, OPTION_ATTACH},
	{"send", required_argument, NULL, OPTION_SEND},
	{"uplinks", required_argument, NULL, OPTION_UPLINKS},
	{"web", required_argument, NULL, OPTION_WEB},
	{NULL, 0, NULL, 0},
};

static int usage(void)
{
	fputs(_("kannuki-simboard [--hex FILE] [--eeprom FILE] [--uplinks 1-4] [--pty-link PATH] [--control PATH] [--web PORT]   simulate\n"
		"kannuki-simboard --attach PATH                operate by hand\n"
		"kannuki-simboard --send PATH COMMAND ...      operate by script: press isolate, or several: 'weld 2 on' 'press isolate'\n"),
	      stderr);
	return 2;
}

/* `file` beside the folder of this program. */
static const char *beside(char path[PATH_MAX + 64], const char *file)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	if (length <= 0)
		return file;
	self[length] = '\0';
	snprintf(path, PATH_MAX + 64, "%s/../%s", dirname(self), file);
	return path;
}

/* 0: not a port. */
static int port_of(const char *text)
{
	char *end;
	long port = strtol(text, &end, 10);

	return *end == '\0' && port > 0 && port < 65536 ? (int)port : 0;
}

/* Several words without a space in any are one command, as it is typed. */
static bool is_one_command(char **words)
{
	if (words[1] == NULL)
		return false;
	while (*words != NULL && strchr(*words, ' ') == NULL)
		words++;
	return *words == NULL;
}

static void join(char out[COMMAND_SIZE], char **words)
{
	size_t length = 0;

	for (; *words != NULL && length < COMMAND_SIZE; words++)
		length += (size_t)snprintf(out + length, COMMAND_SIZE - length, "%s%s", length > 0 ? " " : "", *words);
}

static enum err send_commands(const char *path, char **commands, struct fault *f)
{
	char typed[COMMAND_SIZE] = "";
	char *one[] = {typed, NULL};
	int fd;
	enum err err = asking_open(path, &fd, f);

	if (is_one_command(commands)) {
		join(typed, commands);
		commands = one;
	}

	if (err != ERR_OK)
		return err;
	for (; *commands != NULL && err == ERR_OK; commands++) {
		char *answer = NULL;

		err = asking_ask(fd, *commands, &answer, f);
		if (err == ERR_OK && strncmp(answer, "error: ", 7) == 0)
			err = fault_set(f, ERR_FORMAT, "%s: %s", *commands, answer + 7);
		else if (err == ERR_OK)
			puts(answer);
		free(answer);
	}
	close(fd);
	return err;
}

int main(int argc, char **argv)
{
	static char hex[PATH_MAX + 64], page[PATH_MAX + 64];
	struct server_options options = {.hex = beside(hex, "firmware/kannuki-panel.hex"),
					 .uplinks = BOARD_UPLINKS,
					 .page = beside(page, "share/kannuki-simboard.html")};
	bool is_wrong = false;
	const char *attach = NULL;
	const char *send = NULL;
	struct fault fault = {0};
	enum err err;

	lang_use(lang_from_environment());
	for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		switch (option) {
		case OPTION_HEX:
			options.hex = optarg;
			break;
		case OPTION_EEPROM:
			options.eeprom = optarg;
			break;
		case OPTION_UPLINKS:
			options.uplinks = strlen(optarg) == 1 ? *optarg - '0' : 0;
			break;
		case OPTION_WEB:
			options.port = port_of(optarg);
			is_wrong = options.port == 0;
			break;
		case OPTION_PTY:
			options.pty_link = optarg;
			break;
		case OPTION_CONTROL:
			options.control = optarg;
			break;
		case OPTION_ATTACH:
			attach = optarg;
			break;
		case OPTION_SEND:
			send = optarg;
			break;
		default:
			return usage();
		}
	}
	if (is_wrong || (send == NULL) != (optind == argc) || options.uplinks < 1 || options.uplinks > BOARD_UPLINKS)
		return usage();
	if (attach != NULL)
		err = page_run(attach, &fault);
	else if (send != NULL)
		err = send_commands(send, argv + optind, &fault);
	else
		err = server_run(&options, &fault);
	if (err != ERR_OK)
		fprintf(stderr, "kannuki-simboard: %s\n", fault.text);
	return err == ERR_OK ? 0 : 1;
}
