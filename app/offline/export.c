/* kannuki-ledger export: its options, and how far it is. */
#include "base/file.h"
#include "base/text.h"
#include "ledger/age.h"
#include "offline/commands.h"
#include "offline/far.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err leave_out(const char *name, size_t len, struct export_options *options, struct fault *f)
{
	bool *const fields[] = {&options->without_text, &options->without_person, &options->without_files};
	static const char *const names[] = {"text", "person", "files"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i]) == len && memcmp(name, names[i], len) == 0) {
			*fields[i] = true;
			return ERR_OK;
		}
	}
	return fault_set(f, ERR_FORMAT, _("--without takes text, person and files, not '%.*s'"), (int)len, name);
}

enum err export_without(struct request *request, const char *names, struct fault *f)
{
	enum err err = ERR_OK;

	while (err == ERR_OK) {
		size_t len = strcspn(names, ",");

		err = leave_out(names, len, &request->options, f);
		if (names[len] == '\0')
			break;
		names += len + 1;
	}
	return err;
}

enum err export_encrypt_to(struct request *request, const char *recipient, struct fault *f)
{
	struct fault why;

	if (request->options.recipient_count == AGE_RECIPIENTS_MAX)
		return fault_set(f, ERR_RANGE, _("at most %d recipients"), AGE_RECIPIENTS_MAX);
	if (age_recipient_parse(&request->recipients[request->options.recipient_count], recipient, &why) != ERR_OK)
		return fault_set(f, ERR_FORMAT, "--encrypt-to: %s", why.text);
	request->options.recipient_count++;
	return ERR_OK;
}

enum err export_prove(struct request *request, uint64_t seq, struct fault *f)
{
	if (request->options.prove_count == EXPORT_PROOFS_MAX)
		return fault_set(f, ERR_RANGE, _("at most %d entries can be proven one by one"), EXPORT_PROOFS_MAX);
	request->prove[request->options.prove_count++] = seq;
	return ERR_OK;
}

static enum err run(struct export *x, struct fault *f)
{
	struct export_progress at;
	bool done = false;
	enum err err = ERR_OK;

	while (err == ERR_OK && !done) {
		err = export_step(x, INT64_C(200000000), &done, f);
		at = export_progress(x);
		far_show(at.files > 0 ? N_("stored files") : N_("exporting"), at.files > 0 ? at.files : at.entries,
			 at.files > 0 ? at.files_total : at.entries_total);
	}
	far_end();
	return err;
}

static void report(const struct request *request, struct ledger *l, const struct export *x)
{
	struct export_progress at = export_progress(x);

	(void)printf(_("Written: %s\nCheck it with: kannuki-verify %s --genesis %s\n"), request->out, request->out,
		     ledger_genesis_code(l));
	if (at.files_absent > 0)
		(void)printf(_("Of the stored files %llu are no longer there and were left out.\n"),
			     (unsigned long long)at.files_absent);
}

/* Nobody can close its last epoch any more. */
static enum err open_ended(const struct request *request, struct ledger **l, struct fault *f)
{
	const struct fault why = *f;
	enum err err = ledger_open_readonly(request->folder, l, f);

	if (err == ERR_OK && !ledger_is_ended(*l))
		(void)printf(
			_("%s\nNothing can be recorded as it is: the entries of the last epoch are left out of the "
			  "bundle.\n"),
			why.text);
	return err;
}

/* People count through all logs, a bundle from the beginning of its own. */
static enum err place_of(uint64_t number, uint64_t first, uint64_t *out, struct fault *f)
{
	if (number < first)
		return fault_set(f, ERR_RANGE,
				 _("entry %llu is in an earlier incarnation, which is exported from its own folder "
				   "below incarnations/"),
				 (unsigned long long)number);
	*out = number - first;
	return ERR_OK;
}

/* `prove` receives the places that `options` lends. */
static enum err choose(const struct request *request, struct ledger *l, struct export_options *options,
		       uint64_t prove[EXPORT_PROOFS_MAX], struct fault *f)
{
	uint64_t first = 0;
	enum err err = number_of_first(l, &first, f);

	*options = request->options;
	options->recipients = request->recipients;
	options->prove = prove;
	if (err == ERR_OK && request->from > 0)
		err = place_of(request->from, first, &options->from, f);
	if (err == ERR_OK && request->to != UINT64_MAX) {
		err = place_of(request->to - 1, first, &options->to, f);
		options->to++;
	}
	for (size_t i = 0; err == ERR_OK && i < options->prove_count; i++)
		err = place_of(request->prove[i], first, &prove[i], f);
	return err;
}

/* A bundle there would be taken for a part of the ledger. */
static enum err stay_out(const struct ledger *l, const char *out, struct fault *f)
{
	struct medium_info media[LEDGER_MEDIA];
	char above[PATH_MAX], place[PATH_MAX], folder[PATH_MAX];

	/* Some of the way may not be there yet. */
	(void)snprintf(above, sizeof above, "%s", out);
	do {
		memcpy(place, above, sizeof place);
		folder_above(above, sizeof above, place);
	} while (realpath(above, place) == NULL && strcmp(above, ".") != 0 && strcmp(above, "/") != 0);
	ledger_media(l, media);
	for (int i = 0; i < LEDGER_MEDIA; i++) {
		size_t len;

		if (media[i].folder == NULL || realpath(media[i].folder, folder) == NULL)
			continue;
		len = strlen(folder);
		if (strncmp(place, folder, len) == 0 && (place[len] == '/' || place[len] == '\0'))
			return fault_set(f, ERR_DENIED, _("%s: lies in the folder of the ledger; choose another place"),
					 out);
	}
	return ERR_OK;
}

enum err command_export(const struct request *request, struct fault *f)
{
	uint64_t prove[EXPORT_PROOFS_MAX];
	struct export_options options;
	struct ledger *l = NULL;
	struct export *x = NULL;
	enum err err;

	if (request->to == 0)
		return fault_set(f, ERR_RANGE, _("the range is empty: it ends before entry 0"));
	err = open_to_write(request, &l, f);
	if (err == ERR_STATE || err == ERR_FULL || err == ERR_IO)
		err = open_ended(request, &l, f);
	if (err == ERR_OK)
		err = stay_out(l, request->out, f);
	if (err == ERR_OK)
		err = choose(request, l, &options, prove, f);
	if (err == ERR_OK)
		err = export_begin(l, request->out, &options, moment_now(), &x, f);
	if (err == ERR_OK)
		err = run(x, f);
	if (err == ERR_OK)
		report(request, l, x);
	export_end(x);
	ledger_close(l);
	return err;
}
