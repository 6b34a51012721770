/* kannuki-verify: the auditor's tool. One bundle in, a verdict out; no database, no network. */
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"
#include "ledger/verdict.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_CANNOT_TELL = 2 };

struct wish {
	const char *bundle, *genesis;
	bool as_json;
};

static void usage(FILE *out)
{
	(void)fputs(
		_("Usage: kannuki-verify BUNDLE --genesis CODE|FILE [--json] [--lang ja|en]\n"
		  "\n"
		  "Checks a log exported from a Kannuki box. CODE is the genesis code written on paper when the box was\n"
		  "commissioned; FILE is a genesis note that you kept yourself, not the one inside the bundle.\n"
		  "\n"
		  "Exit code: 0 good; 1 bad (the first bad entry or file is named); 2 cannot tell.\n"),
		out);
}

static bool read_wish(int argc, char **argv, struct wish *wish)
{
	static const struct option options[] = {
		{"genesis", required_argument, NULL, 'g'}, {"json", no_argument, NULL, 'j'},
		{"lang", required_argument, NULL, 'l'},    {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},       {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'g':
			wish->genesis = optarg;
			break;
		case 'j':
			wish->as_json = true;
			break;
		case 'l':
			if (strcmp(optarg, "ja") != 0 && strcmp(optarg, "en") != 0)
				return false;
			lang_use(strcmp(optarg, "en") == 0 ? LANG_EN : LANG_JA);
			break;
		case 'h':
			usage(stdout);
			exit(EXIT_SUCCESS);
		case 'v':
			(void)printf("kannuki-verify %s\n", KANNUKI_VERSION);
			exit(EXIT_SUCCESS);
		default:
			return false;
		}
	}
	wish->bundle = argv[optind];
	return argc - optind == 1;
}

static const char *const words[] = {[VERDICT_GOOD] = "good", [VERDICT_BAD] = "bad", [VERDICT_UNKNOWN] = "unknown"};

static void set_text(json_t *json, const char *key, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(json, key, json_string(text));
}

static void print_json(const struct verdict *v)
{
	json_t *json = json_object();
	char root[BASE64_SIZE(HASH_SIZE)];

	base64_encode(root, v->checkpoint.root, HASH_SIZE);
	set_text(json, "verdict", words[v->kind]);
	set_text(json, "reason", v->fault.text);
	if (v->has_entry)
		(void)json_object_set_new(json, "entry", json_integer((json_int_t)v->entry));
	set_text(json, "file", v->file);
	set_text(json, "origin", v->origin);
	set_text(json, "genesis", v->code);
	(void)json_object_set_new(json, "size", json_integer((json_int_t)v->checkpoint.size));
	set_text(json, "root", root);
	(void)json_object_set_new(json, "entries_checked", json_integer((json_int_t)v->entries));
	(void)json_object_set_new(json, "epochs", json_integer((json_int_t)v->epochs));
	(void)json_object_set_new(json, "disclosed", json_integer((json_int_t)v->counts[DISCLOSED]));
	(void)json_object_set_new(json, "withheld", json_integer((json_int_t)v->counts[WITHHELD]));
	(void)json_object_set_new(json, "redacted", json_integer((json_int_t)v->counts[REDACTED]));
	(void)json_object_set_new(json, "blobs_checked", json_integer((json_int_t)v->blobs_checked));
	(void)json_object_set_new(json, "blobs_absent", json_integer((json_int_t)v->blobs_absent));
	(void)json_object_set_new(json, "unchecked_witness_lines", json_integer((json_int_t)v->witness_lines));
	(void)json_object_set_new(json, "foreign_files", json_integer((json_int_t)v->foreign_files));
	(void)json_dumpf(json, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(json);
}

/* Only what is not zero deserves a line. */
static void print_count(const char *format, uint64_t count)
{
	char number[24];

	if (count == 0)
		return;
	(void)snprintf(number, sizeof number, "%" PRIu64, count);
	for (const char *at = format; *at != '\0'; at++) {
		if (*at == '#')
			(void)fputs(number, stdout);
		else
			(void)putchar(*at);
	}
	(void)putchar('\n');
}

static void print_remarks(const struct verdict *v)
{
	print_count(_("# texts were withheld by the exporter; that they exist is proven."), v->counts[WITHHELD]);
	print_count(_("# texts were erased; each erasure is recorded in the log."), v->counts[REDACTED]);
	print_count(_("# stored files are in the bundle and are unchanged."), v->blobs_checked);
	print_count(_("# stored files that the log names are not in the bundle."), v->blobs_absent);
	print_count(_("# signature lines of witnesses were not checked: their keys are not known here."),
		    v->witness_lines);
	print_count(_("# files (such as README.txt) are for people and not signed; do not rely on them."),
		    v->unsigned_files);
	print_count(_("# files do not belong to the bundle and mean nothing:"), v->foreign_files);
	if (v->foreign_files > 0)
		(void)printf("    %s%s\n", v->first_foreign, v->foreign_files > 1 ? " …" : "");
}

static void print_words(const struct verdict *v)
{
	static const char *const headlines[] = {
		[VERDICT_GOOD] = N_("GOOD: this log is complete and unchanged."),
		[VERDICT_BAD] = N_("BAD: this log was changed, or is not the one you mean."),
		[VERDICT_UNKNOWN] = N_("CANNOT TELL."),
	};

	(void)printf("%s\n", _(headlines[v->kind]));
	if (v->fault.text[0] != '\0')
		(void)printf("%s\n", v->fault.text);
	if (v->origin[0] != '\0')
		(void)printf(_("Log: %s\n"), v->origin);
	print_count(_("Entries checked: #"), v->entries);
	if (v->kind == VERDICT_BAD)
		return;
	print_count(_("Epochs: #"), v->epochs);
	print_remarks(v);
	if (v->kind == VERDICT_GOOD)
		(void)puts(_(
			"Whether entries after the last one were cut off, only a later printed report, the panel or a witness "
			"can tell."));
}

static void show_progress(void *context, uint64_t entries, uint64_t size)
{
	(void)context;
	(void)fprintf(stderr, "\r%" PRIu64 " / %" PRIu64 "%s", entries, size, entries == size ? "\n" : "");
}

/* A genesis that is the name of a file is that file; else it is a code. */
static enum err read_genesis(const char *genesis, struct known_genesis *known, struct buf *note, struct fault *f)
{
	enum err err = ERR_OK;

	if (genesis == NULL)
		return ERR_OK;
	if (access(genesis, F_OK) == 0) {
		err = file_read(genesis, NOTE_MAX, note, f);
		known->note = note;
	} else {
		known->code = genesis;
	}
	return err;
}

int main(int argc, char **argv)
{
	struct verdict_progress progress = {show_progress, NULL};
	struct known_genesis known = {0};
	struct buf note = {0};
	struct verdict verdict;
	struct wish wish = {0};
	struct fault fault;

	diag_start("kannuki-verify");
	lang_use(lang_from_environment());
	if (!read_wish(argc, argv, &wish)) {
		usage(stderr);
		return EXIT_CANNOT_TELL;
	}
	if (read_genesis(wish.genesis, &known, &note, &fault) != ERR_OK) {
		(void)fprintf(stderr, "%s\n", fault.text);
		return EXIT_CANNOT_TELL;
	}
	bundle_verify(&verdict, wish.bundle, &known, isatty(STDERR_FILENO) ? &progress : NULL);
	buf_fini(&note);
	if (wish.as_json)
		print_json(&verdict);
	else
		print_words(&verdict);
	return fflush(stdout) == 0 ? (int)verdict.kind : EXIT_CANNOT_TELL;
}
