/* kannukid, the keeper: the only writer of the ledger. */
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "ipc/reference.h"
#include "keeper/commission.h"
#include "keeper/keeper.h"
#include "keeper/setup.h"
#include "keeper/views.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static int complain(const struct fault *f)
{
	diag(DIAG_ERROR, "%s", f->text);
	return 1;
}

static int usage(void)
{
	(void)fputs(
		_("kannukid                                  keep the record; without one, set the box up at the console\n"
		  "kannukid --setup FILE [--passwords FILE]  make a new ledger for an organisation\n"
		  "kannukid --check-config [FILE]            check /etc/kannuki/kannuki.yaml and the packs\n"
		  "kannukid --print-config [FILE]            all settings in effect, and where each stands\n"
		  "kannukid --check-views FILE               compare pictures ($KANNUKI_VIEWS) with the record\n"
		  "kannukid --print-methods                  the reference page of the messages\n"),
		stderr);
	return 2;
}

static int keep(const struct config *config)
{
	struct keeper keeper;
	struct fault f;
	int status = 1;

	if (keeper_open(&keeper, config, &f) == ERR_OK)
		status = keeper_run(&keeper);
	else
		(void)complain(&f);
	keeper_close(&keeper);
	return status;
}

/* Without a ledger the box is set up first, at the console. */
static int serve(const struct config *config)
{
	bool there_is_a_ledger = false;
	char run[PLACE_SIZE];
	struct fault f;

	if (place(run, sizeof run, "/run/kannuki") != ERR_OK || folder_make(run, 0755, &f) != ERR_OK)
		diag(DIAG_WARNING, "%s: the folder of the sockets could not be made", run);
	if (setup_finish(config, &there_is_a_ledger, &f) != ERR_OK)
		return complain(&f);
	if (there_is_a_ledger)
		return keep(config);
	switch (commission_serve(config, &f)) {
	case COMMISSION_DONE:
		return keep(config);
	case COMMISSION_ENDED:
		return 0;
	case COMMISSION_FAILED:
	default:
		return complain(&f);
	}
}

static int check(const struct config *config)
{
	struct fault f;

	if (config_check(config, &f) != ERR_OK)
		return complain(&f);
	(void)printf(_("%s: correct\n"), config->path);
	return 0;
}

static int print(const struct config *config)
{
	struct fault f;

	return config_print(config, stdout, &f) == ERR_OK ? 0 : complain(&f);
}

static int set_up(const struct config *config, int argc, char **argv)
{
	struct fault f;

	if (argc != 3 && (argc != 5 || strcmp(argv[3], "--passwords") != 0))
		return usage();
	return setup_run(config, argv[2], argc == 5 ? argv[4] : NULL, stdout, &f) == ERR_OK ? 0 : complain(&f);
}

static int compare(const struct config *config, int argc, char **argv)
{
	struct fault f;

	if (argc != 3)
		return usage();
	if (views_check(config, argv[2], &f) != ERR_OK)
		return complain(&f);
	(void)puts(_("The pictures are what the record says."));
	return 0;
}

enum task { SERVE, CHECK_CONFIG, PRINT_CONFIG, CHECK_VIEWS, SET_UP, TASK_COUNT };

static const char *const task_options[TASK_COUNT] = {[CHECK_CONFIG] = "--check-config",
						     [PRINT_CONFIG] = "--print-config",
						     [CHECK_VIEWS] = "--check-views",
						     [SET_UP] = "--setup"};

static enum task task_of(int argc, char **argv)
{
	for (enum task task = CHECK_CONFIG; argc > 1 && task < TASK_COUNT; task++)
		if (strcmp(argv[1], task_options[task]) == 0)
			return task;
	return argc == 1 ? SERVE : TASK_COUNT;
}

static int run(enum task task, const struct config *config, int argc, char **argv)
{
	switch (task) {
	case CHECK_CONFIG:
		return check(config);
	case PRINT_CONFIG:
		return print(config);
	case CHECK_VIEWS:
		return compare(config, argc, argv);
	case SET_UP:
		return set_up(config, argc, argv);
	case SERVE:
	case TASK_COUNT:
	default:
		return serve(config);
	}
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
	enum task task = task_of(argc, argv);
	bool names_config = task == CHECK_CONFIG || task == PRINT_CONFIG;
	struct config *config = NULL;
	struct fault f;
	int status;

	diag_start("kannukid");
	lang_use(lang_from_environment());
	/* The signing key and passwords lie in memory. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (sodium_init() < 0) {
		diag(DIAG_ERROR, "libsodium does not start");
		return 1;
	}
	if (argc == 2 && strcmp(argv[1], "--print-methods") == 0)
		return reference_print(stdout) == ERR_OK ? 0 : 1;
	if (task == TASK_COUNT || (names_config && argc > 3))
		return usage();
	if (config_load(names_config && argc == 3 ? argv[2] : NULL, &config, &f) != ERR_OK)
		return complain(&f);
	status = run(task, config, argc, argv);
	config_free(config);
	return status;
}
