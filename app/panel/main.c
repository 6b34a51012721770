/* kannuki-paneld: joins the panel controller and the keeper.
 *
 *   kannuki-paneld [--config FILE]
 *   kannuki-paneld --check-config [FILE] | --print-config [FILE]
 *
 * Two threads: the link thread (link.h) has the bus, the main thread has the keeper (keeper.h). The controller cuts
 * without either of them; what is lost when this program ends is only the way of its events into the ledger, and it
 * keeps those until the program is back. Without a controller a third thread is the panel itself (uplink/local.h).
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "panel/board.h"
#include "panel/keeper.h"
#include "panel/link.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static const int64_t stuck_after_ns = INT64_C(5000000000);

struct options {
	const char *config;
	bool check_only, print_only;
};

/* Too large for a comfortable stack. */
static struct board board;
static struct mail mail;
static struct link link_state;
static struct keeper keeper;

static void usage(FILE *out)
{
	(void)fputs(_("Use: kannuki-paneld [--config FILE] [--check-config [FILE] | --print-config [FILE]]\n"), out);
}

/* 0: go on; otherwise the exit status plus one. */
static int options_read(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		bool checks = strcmp(argv[i], "--check-config") == 0;

		if (checks || strcmp(argv[i], "--print-config") == 0) {
			*(checks ? &o->check_only : &o->print_only) = true;
			if (i + 1 < argc && argv[i + 1][0] != '-')
				o->config = argv[++i];
		} else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			o->config = argv[++i];
		} else if (strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return 1;
		} else {
			(void)fprintf(stderr, _("kannuki-paneld: '%s' is not an option.\n"), argv[i]);
			usage(stderr);
			return 3;
		}
	}
	return 0;
}

/* Signals come through a file descriptor, and only to the main thread. */
static int signals_open(void)
{
	sigset_t wanted;

	(void)sigemptyset(&wanted);
	(void)sigaddset(&wanted, SIGTERM);
	(void)sigaddset(&wanted, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &wanted, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell_watchdog(int64_t now_ns)
{
	if (now_ns - atomic_load(&mail.link_turned_ns) < stuck_after_ns && !board_is_stuck(&board, stuck_after_ns))
		(void)sd_notify(0, "WATCHDOG=1");
}

static void serve(int signals)
{
	for (;;) {
		int64_t now_ns = moment_now().boot_ns;
		int64_t next_ns = keeper_turn(&keeper, now_ns);
		struct pollfd ready[] = {{.fd = signals, .events = POLLIN},
					 {.fd = mail.news_bell, .events = POLLIN},
					 {.fd = keeper_fd(&keeper), .events = POLLIN}};

		tell_watchdog(now_ns);
		/* Rounded up, so that it is not a moment early again and again. */
		(void)poll(ready, 3, (int)((next_ns - now_ns + 999999) / 1000000));
		if (ready[0].revents != 0)
			return;
		if (ready[1].revents != 0)
			bell_silence(mail.news_bell);
	}
}

static enum err run(const struct panel_config *config, struct fault *f)
{
	int signals = signals_open();
	enum err err = board_open(&board, config, f);

	if (err != ERR_OK)
		goto out;
	err = mail_open(&mail, moment_now().boot_ns, f);
	if (err != ERR_OK)
		goto close;
	link_init(&link_state, board.driver, &mail, (unsigned)config->uplinks);
	link_state.attention = &board.attention;
	keeper_init(&keeper, &mail, board.local, moment_now().boot_ns);
	/* Refused without the right to it; paging then costs time, nothing else. */
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	err = board_start(&board, f);
	if (err == ERR_OK)
		err = link_start(&link_state, f);
	if (err == ERR_OK) {
		(void)sd_notify(0, "READY=1");
		serve(signals);
		(void)sd_notify(0, "STOPPING=1");
		link_stop(&link_state);
	}
	keeper_fini(&keeper);
	mail_close(&mail);
close:
	board_close(&board);
out:
	if (signals >= 0)
		(void)close(signals);
	return err;
}

static void say_correct(const char *path, const struct panel_config *config)
{
	const char *note;

	for (unsigned i = 0; (note = config_note(config, i)) != NULL; i++)
		(void)printf(_("%s: note: %s\n"), path, note);
	(void)printf(_("%s: correct\n"), path);
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	struct options options = {NULL, false, false};
	struct fault f = {ERR_OK, ""};
	struct panel_config config;
	char path[4096];
	int ended;

	diag_start("kannuki-paneld");
	lang_use(lang_from_environment());
	/* The controller's keys pass through memory, and must come to no medium. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	ended = options_read(argc, argv, &options);
	if (ended != 0)
		return ended - 1;
	if (options.config == NULL && place(path, sizeof path, "/etc/kannuki/panel.yaml") == ERR_OK)
		options.config = path;
	if (options.config == NULL || config_load(options.config, &config, &f) != ERR_OK) {
		(void)fprintf(stderr, "kannuki-paneld: %s\n", options.config != NULL ? f.text : "$KANNUKI_ROOT");
		return 1;
	}
	if (options.check_only) {
		say_correct(options.config, &config);
		return 0;
	}
	if (options.print_only ? config_print(options.config, &config, stdout, &f) != ERR_OK
			       : run(&config, &f) != ERR_OK) {
		diag(DIAG_ERROR, "%s", f.text);
		return 1;
	}
	return 0;
}
