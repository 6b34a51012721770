/* kannukid, the keeper: the only writer of the ledger. */
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "ipc/reference.h"
#include "keeper/keeper.h"
#include "keeper/setup.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int complain(const struct fault *f)
{
	diag(DIAG_ERROR, "%s", f->text);
	return 1;
}

static int usage(void)
{
	(void)fputs(_("kannukid                                  keep the record (needs a set-up ledger)\n"
		      "kannukid --setup FILE [--passwords FILE]  make a new ledger for an organisation\n"
		      "kannukid --check-config                   check /etc/kannuki/kannuki.yaml and the pack\n"
		      "kannukid --print-methods                  the reference page of the messages\n"),
		    stderr);
	return 2;
}

static int serve(const struct config *config)
{
	struct keeper keeper;
	struct fault f;
	char run[PLACE_SIZE];
	int status = 1;

	if (place(run, sizeof run, "/run/kannuki") != ERR_OK || folder_make(run, 0755, &f) != ERR_OK)
		diag(DIAG_WARNING, "%s: the folder of the sockets could not be made", run);
	if (keeper_open(&keeper, config, &f) == ERR_OK)
		status = keeper_run(&keeper);
	else
		(void)complain(&f);
	keeper_close(&keeper);
	return status;
}

/* Whether the file can be read has been seen when this is called. */
static int check(const struct config *config)
{
	struct stat folder;

	if (stat(config->packs, &folder) != 0 || !S_ISDIR(folder.st_mode)) {
		diag(DIAG_ERROR, _("packs: %s is not a folder; name the folder of the procedure packs"), config->packs);
		return 1;
	}
	(void)puts(_("The configuration is good."));
	return 0;
}

static int run(const struct config *config, int argc, char **argv)
{
	struct fault f;

	if (argc == 1)
		return serve(config);
	if (argc == 2 && strcmp(argv[1], "--check-config") == 0)
		return check(config);
	if ((argc != 3 && (argc != 5 || strcmp(argv[3], "--passwords") != 0)) || strcmp(argv[1], "--setup") != 0)
		return usage();
	return setup_run(config, argv[2], argc == 5 ? argv[4] : NULL, stdout, &f) == ERR_OK ? 0 : complain(&f);
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {0, 0};
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
	if (config_load(&config, &f) != ERR_OK)
		return complain(&f);
	status = run(config, argc, argv);
	config_free(config);
	return status;
}
