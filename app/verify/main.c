/* kannuki-verify: the auditor's tool. One bundle in, a verdict out; no database, no network. */
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "verify/report.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_CANNOT_TELL = 2 };

struct wish {
	const char *bundle, *genesis, *since, *paper, *policy;
	bool as_json, help;
	unsigned jobs;
};

static void usage(FILE *out)
{
	(void)fputs(
		_("Usage: kannuki-verify BUNDLE --genesis CODE|FILE [--since FILE|BUNDLE] [--paper CODE|FILE]\n"
		  "                      [--policy FILE] [--json] [--lang ja|en] [--jobs N]\n"
		  "\n"
		  "Checks a log exported from a Kannuki box.\n"
		  "\n"
		  "  --genesis CODE|FILE   the genesis code written on paper when the box was commissioned, or a genesis\n"
		  "                        note that you kept yourself, not the one inside the bundle\n"
		  "\n"
		  "What else you know from outside; a bundle that does not fit it is bad:\n"
		  "\n"
		  "  --since FILE|BUNDLE   an older checkpoint that you kept (also from a QR code), or an older bundle\n"
		  "  --paper CODE|FILE     the code of a checkpoint on a printed report: 1234-ABCDE-FGHIJ-KLMNO-PQRST\n"
		  "  --policy FILE         the witnesses you trust (C2SP tlog-policy)\n"
		  "\n"
		  "  --json                the verdict for machines\n"
		  "  --lang ja|en          the language of the verdict\n"
		  "  --jobs N              threads, 1 to 8 (otherwise one for each core); the verdict is the same\n"
		  "  --help, --version\n"
		  "\n"
		  "Exit code: 0 good; 1 bad (the first bad entry or file is named); 2 cannot tell.\n"),
		out);
}

static bool use_language(const char *name)
{
	if (strcmp(name, "ja") != 0 && strcmp(name, "en") != 0)
		return false;
	lang_use(strcmp(name, "en") == 0 ? LANG_EN : LANG_JA);
	return true;
}

static bool use_jobs(struct wish *wish, const char *digit)
{
	if (digit[0] < '1' || digit[0] > '8' || digit[1] != '\0')
		return false;
	wish->jobs = (unsigned)(digit[0] - '0');
	return true;
}

static bool take_option(struct wish *wish, int option, const char *value)
{
	switch (option) {
	case 'g':
		wish->genesis = value;
		return true;
	case 's':
		wish->since = value;
		return true;
	case 'p':
		wish->paper = value;
		return true;
	case 'w':
		wish->policy = value;
		return true;
	case 'j':
		wish->as_json = true;
		return true;
	case 'h':
		wish->help = true;
		return true;
	case 'l':
		return use_language(value);
	case 'n':
		return use_jobs(wish, value);
	default:
		return false;
	}
}

static bool read_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{"genesis", required_argument, NULL, 'g'}, {"since", required_argument, NULL, 's'},
		{"paper", required_argument, NULL, 'p'},   {"policy", required_argument, NULL, 'w'},
		{"json", no_argument, NULL, 'j'},          {"lang", required_argument, NULL, 'l'},
		{"jobs", required_argument, NULL, 'n'},    {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},       {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'v') {
			(void)printf("kannuki-verify %s\n", KANNUKI_VERSION);
			exit(EXIT_SUCCESS);
		}
		if (!take_option(wish, option, optarg))
			return false;
	}
	wish->bundle = argv[optind];
	return wish->help || argc - optind == 1;
}

/* ---- what the auditor brought ---- */

struct brought {
	struct known known;
	struct buf note;
	struct kept_checkpoint since;
	struct paper_code paper;
	struct policy policy;
};

static bool is_same_file(const char *path, const struct stat *other)
{
	struct stat about;

	return stat(path, &about) == 0 && about.st_dev == other->st_dev && about.st_ino == other->st_ino;
}

/* Whoever made the bundle made what lies in it, too. A copy laid elsewhere no program can tell from the real one. */
static enum err refuse_inside(const char *bundle, const char *pin, struct fault *f)
{
	char *way = pin != NULL ? realpath(pin, NULL) : NULL;
	struct stat about;
	bool is_inside = false;

	if (way != NULL && stat(bundle, &about) == 0) {
		is_inside = is_same_file(way, &about);
		for (char *slash; !is_inside && (slash = strrchr(way, '/')) != NULL && slash != way;) {
			*slash = '\0';
			is_inside = is_same_file(way, &about);
		}
	}
	free(way);
	return !is_inside
		       ? ERR_OK
		       : fault_set(
				 f, ERR_DENIED,
				 _("%s: lies in the bundle itself, and so proves nothing: bring what you kept elsewhere"),
				 pin);
}

/* A genesis that is the name of a file is that file; else it is a code. */
static enum err bring_genesis(struct brought *b, const char *genesis, struct fault *f)
{
	if (access(genesis, F_OK) != 0) {
		b->known.code = genesis;
		return ERR_OK;
	}
	b->known.note = &b->note;
	return file_read(genesis, NOTE_MAX, &b->note, f);
}

static enum err bring_since(struct brought *b, const char *path, struct fault *f)
{
	b->known.since = &b->since;
	return kept_checkpoint_read(&b->since, path, f);
}

static enum err bring_paper(struct brought *b, const char *paper, struct fault *f)
{
	struct buf text = {0};
	enum err err = ERR_OK;

	b->known.paper = &b->paper;
	if (access(paper, F_OK) == 0)
		err = file_read(paper, NOTE_MAX, &text, f);
	else
		buf_adds(&text, paper);
	if (err == ERR_OK && paper_code_parse(&b->paper, text.data, text.len) != ERR_OK)
		err = fault_set(f, ERR_FORMAT,
				_("'%.80s' is neither a file nor a code like 1234-ABCDE-FGHIJ-KLMNO-PQRST"), paper);
	buf_fini(&text);
	return err;
}

static enum err bring_policy(struct brought *b, const char *path, struct fault *f)
{
	struct buf text = {0};
	struct fault why;
	enum err err = file_read(path, POLICY_MAX, &text, f);

	b->known.policy = &b->policy;
	if (err == ERR_OK) {
		err = policy_parse(&b->policy, text.data, text.len, &why);
		if (err != ERR_OK)
			(void)fault_set(f, err, _("%s: is not a policy: %s"), path, why.text);
	}
	buf_fini(&text);
	return err;
}

static enum err bring(struct brought *b, const struct wish *wish, struct fault *f)
{
	const char *const pins[] = {wish->genesis, wish->since, wish->paper, wish->policy};
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < sizeof pins / sizeof pins[0]; i++)
		err = refuse_inside(wish->bundle, pins[i], f);
	if (err == ERR_OK && wish->genesis != NULL)
		err = bring_genesis(b, wish->genesis, f);
	if (err == ERR_OK && wish->since != NULL)
		err = bring_since(b, wish->since, f);
	if (err == ERR_OK && wish->paper != NULL)
		err = bring_paper(b, wish->paper, f);
	if (err == ERR_OK && wish->policy != NULL)
		err = bring_policy(b, wish->policy, f);
	return err;
}

static void show_progress(void *context, uint64_t entries, uint64_t size)
{
	(void)context;
	(void)fprintf(stderr, "\r%" PRIu64 " / %" PRIu64 "%s", entries, size, entries == size ? "\n" : "");
}

/* A sentence may name a file, or the bundle, as whoever handed it out called it. */
static void make_harmless(struct fault *f)
{
	char shown[sizeof f->text];

	text_show(shown, sizeof shown, f->text, strlen(f->text));
	memcpy(f->text, shown, sizeof shown);
}

int main(int argc, char **argv)
{
	static struct brought brought;
	static struct verdict verdict;
	struct verify_way way = {.report = isatty(STDERR_FILENO) ? show_progress : NULL};
	struct wish wish = {0};
	struct fault fault;

	diag_start("kannuki-verify");
	lang_use(lang_from_environment());
	if (!read_wish(argc, argv, &wish)) {
		usage(stderr);
		return EXIT_CANNOT_TELL;
	}
	if (wish.help) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (bring(&brought, &wish, &fault) != ERR_OK) {
		make_harmless(&fault);
		(void)fprintf(stderr, "%s\n", fault.text);
		return EXIT_CANNOT_TELL;
	}
	way.jobs = wish.jobs;
	bundle_verify(&verdict, wish.bundle, &brought.known, &way);
	make_harmless(&verdict.fault);
	buf_fini(&brought.note);
	(wish.as_json ? report_json : report_words)(&verdict, &brought.known);
	return fflush(stdout) == 0 ? (int)verdict.kind : EXIT_CANNOT_TELL;
}
