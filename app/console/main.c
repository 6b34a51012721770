/* kannuki-console: the whole workflow on a serial line or terminal. */
#include "base/diag.h"
#include "console/case.h"
#include "console/commands.h"
#include "console/drafts.h"
#include "console/keeper.h"
#include "console/lock.h"
#include "console/login.h"
#include "console/notices.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static int watch_fd(void *context)
{
	return keeper_fd(context);
}

static void woke(void *context)
{
	struct console *c = context;

	keeper_woke(c);
	notices_show(c);
}

static void complete(void *context, const char *line, char *out, size_t size)
{
	commands_complete(context, line, out, size);
}

/* "閂 2026-001 初動> " */
static void state_prompt(const struct console *c, char *out, size_t size)
{
	json_t *head = case_head(c);
	const char *phase = string_of(head, c->ascii ? "phase" : "phase_label");
	const char *mark = is_true(head, "drill")        ? (c->ascii ? " DRILL" : _(" DRILL"))
			   : is_true(head, "restricted") ? (c->ascii ? " RESTRICTED" : _(" RESTRICTED"))
							 : "";

	(void)snprintf(out, size, "%s%s%s%s%s%s> ", c->ascii ? "kannuki" : "閂", mark, c->about[0] != '\0' ? " " : "",
		       c->about, phase[0] != '\0' ? " " : "", phase);
}

static void work(struct console *c)
{
	while (c->session[0] != '\0') {
		char prompt[128], *line;
		enum typed typed;

		notices_show(c);
		state_prompt(c, prompt, sizeof prompt);
		typed = terminal_ask(c->terminal, LINE_COMMAND, prompt, "", &line);
		if (typed == TYPED_END)
			login_end(c);
		if (typed != TYPED_LINE)
			continue;
		commands_run(c, line);
		free(line);
	}
}

static void usage(FILE *out)
{
	(void)fprintf(
		out, "%s\n",
		_("Usage: kannuki-console [--lang ja|en] [--ascii] [--lock TIME] [--speed LIST] [--modem]\n"
		  "  --lang ja|en  the language; also $KANNUKI_LANG; Japanese unless told otherwise\n"
		  "  --ascii       English in plain ASCII, for terminals that know nothing else\n"
		  "  --lock TIME   after so long without a key the screen asks for the password: 10 (minutes), 30s;\n"
		  "                0 never; 10 unless told otherwise\n"
		  "  --speed LIST  of the serial line: 115200,9600; before login a BREAK takes the next\n"
		  "  --modem       end when the modem's carrier is lost\n"
		  "  --version     the version"));
}

/* "10" minutes, "30s". */
static bool read_time(const char *text, unsigned *seconds)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	bool is_seconds = strcmp(end, "s") == 0;

	if (end == text || number > 1440 || (*end != '\0' && !is_seconds))
		return false;
	*seconds = (unsigned)(is_seconds ? number : number * 60);
	return true;
}

enum option_result { GO_ON, DONE, BAD_USE };

static enum option_result read_options(struct console *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"lang", required_argument, NULL, 'l'}, {"ascii", no_argument, NULL, 'a'},
		{"lock", required_argument, NULL, 'k'}, {"speed", required_argument, NULL, 's'},
		{"modem", no_argument, NULL, 'm'},      {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},    {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a')
			c->ascii = true;
		else if (option == 'l' && strcmp(optarg, "en") == 0)
			c->lang = LANG_EN;
		else if (option == 'l' && strcmp(optarg, "ja") == 0)
			c->lang = LANG_JA;
		else if (option == 'k' && read_time(optarg, &c->lock_s))
			continue;
		else if (option == 's')
			c->speeds = optarg;
		else if (option == 'm')
			c->heeds_modem = true;
		else if (option == 'h')
			return usage(stdout), DONE;
		else if (option == 'v')
			return (void)printf("kannuki-console %s\n", KANNUKI_VERSION), DONE;
		else
			return usage(stderr), BAD_USE;
	}
	if (optind < argc)
		return usage(stderr), BAD_USE;
	return GO_ON;
}

int main(int argc, char **argv)
{
	struct console c = {.lang = lang_from_environment(), .peer = PEER_CONSOLE, .lock_s = 600};
	const struct watcher watcher = {.fd = watch_fd,
					.woke = woke,
					.complete = complete,
					.left = drafts_left,
					.given = drafts_given,
					.idle = lock_screen,
					.context = &c};
	enum option_result options;
	struct fault f;

	diag_start("kannuki-console");
	lang_use(c.lang);
	options = read_options(&c, argc, argv);
	if (options != GO_ON)
		return options == DONE ? 0 : 2;
	c.lang_before = c.lang;
	c.lang = c.ascii ? LANG_EN : c.lang;
	lang_use(c.lang);
	if (terminal_open(c.ascii, &watcher, &c.terminal, &f) != ERR_OK) {
		diag(DIAG_ERROR, "%s", f.text);
		return 1;
	}
	if (c.speeds != NULL && !terminal_set_speeds(c.terminal, c.speeds)) {
		(void)fprintf(
			stderr,
			_("--speed %s: write speeds divided by commas, of 9600, 19200, 38400, 57600 and 115200\n"),
			c.speeds);
		terminal_close(c.terminal);
		return 2;
	}
	if (c.heeds_modem)
		terminal_heed_modem(c.terminal);
	terminal_set_idle(c.terminal, c.lock_s);
	while (!c.leave && login_person(&c))
		work(&c);
	login_end(&c);
	client_close(c.client);
	terminal_close(c.terminal);
	return 0;
}
