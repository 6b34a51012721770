#include "verify/report.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

typedef unsigned long long number; /* as printf wants it */

/* Only what is not zero deserves a line. */
static void print_count(const char *format, uint64_t count)
{
	if (count == 0)
		return;
	for (const char *at = format; *at != '\0'; at++) {
		if (*at == '#')
			(void)printf("%" PRIu64, count);
		else
			(void)putchar(*at);
	}
	(void)putchar('\n');
}

static const char *headline(const struct verdict *v)
{
	if (v->kind == VERDICT_BAD)
		return _("BAD: this log was changed, or is not the one you mean.");
	if (v->kind == VERDICT_UNKNOWN)
		return _("CANNOT TELL.");
	return v->is_part ? _("GOOD: this part of the log is complete and unchanged.")
			  : _("GOOD: this log is complete and unchanged.");
}

static void print_extent(const struct verdict *v)
{
	print_count(_("Entries checked: #"), v->entries);
	if (v->is_part)
		(void)printf(_("Only a part: entries %llu to %llu of %llu. Of the others the hashes alone are here.\n"),
			     (number)v->from, (number)v->to - 1, (number)v->checkpoint.size);
	print_count(_("Epochs: #"), v->epochs);
	for (size_t i = 0; i < v->earlier_count; i++)
		(void)printf(_("It continues the log %s, of %llu entries when it ended; verify that one by itself.\n"),
			     v->earlier[i].origin, (number)v->earlier[i].head.size);
}

static void print_remarks(const struct verdict *v)
{
	print_count(_("# texts were withheld by the exporter; that they exist is proven."), v->counts[WITHHELD]);
	print_count(_("# texts were erased; each erasure is recorded in the log."),
		    v->counts[REDACTED] - v->redacted_elsewhere);
	print_count(_("# texts are said to be erased; the records of that are not in this part."),
		    v->redacted_elsewhere);
	print_count(_("# stored files are in the bundle and are unchanged."), v->blobs_checked);
	print_count(
		_("# stored files are encrypted and were not checked; decrypt them and compare the hash in the name."),
		v->blobs_encrypted);
	print_count(_("# stored files that the log names are not in the bundle."), v->blobs_absent);
	print_count(_("# proofs of single entries were checked."), v->proofs);
	print_count(_("# signature lines of witnesses were not checked: their keys are not known here."),
		    v->witness_lines);
	print_count(_("# time stamps were not checked; check them with openssl ts."), v->stamps);
	print_count(_("# files (such as README.txt) are for people and not signed; do not rely on them."),
		    v->unsigned_files);
	print_count(_("# files do not belong to the bundle and mean nothing:"), v->foreign_files);
	if (v->foreign_files > 0)
		(void)printf("    %s%s\n", v->first_foreign, v->foreign_files > 1 ? " …" : "");
}

static void print_witnesses(const struct verdict *v, const struct policy *policy)
{
	if (policy->quorum == QUORUM_NONE)
		(void)puts(_("  The policy you gave asks for no witness, and so proves nothing more."));
	else
		(void)printf(
			_("  Entries 0 to %llu: as many witnesses as your policy asks for saw them so; later changes "
			  "are excluded.\n"),
			(number)v->witnessed - 1);
	for (unsigned i = 0; i < policy->member_count; i++)
		if (v->witness_sizes[i] > 0)
			(void)printf(_("    %s saw entries 0 to %llu.\n"), policy->members[i].witness.name,
				     (number)v->witness_sizes[i] - 1);
}

static void print_proven(const struct verdict *v, const struct known *known)
{
	(void)puts(_("What is proven:"));
	(void)printf(
		_("  Entries %llu to %llu: this box signed them in this order, and none is missing between them.\n"),
		(number)v->from, (number)v->to - 1);
	if (v->since > 0)
		(void)printf(_("  Entries 0 to %llu: unchanged since you kept the older checkpoint.\n"),
			     (number)v->since - 1);
	if (v->paper > 0)
		(void)printf(_("  Entries 0 to %llu: unchanged since the code on paper was printed.\n"),
			     (number)v->paper - 1);
	if (known->policy != NULL)
		print_witnesses(v, known->policy);
}

static void print_unproven(const struct verdict *v)
{
	(void)puts(_("What nothing here proves:"));
	(void)puts(_("  Whether entries after the last one were cut off. Only a later printed report, the panel or a "
		     "witness can tell."));
	(void)puts(_("  That what people wrote is true."));
	(void)printf(
		_("  If somebody took over the box: what was signed from the beginning of the epoch that ran then. The "
		  "last one begins with entry %llu.\n"),
		(number)v->epoch_began);
}

void report_words(const struct verdict *v, const struct known *known)
{
	(void)printf("%s\n", headline(v));
	if (v->fault.text[0] != '\0')
		(void)printf("%s\n", v->fault.text);
	if (v->origin[0] != '\0')
		(void)printf(_("Log: %s\n"), v->origin);
	if (v->kind == VERDICT_BAD) {
		print_count(_("Entries checked: #"), v->entries);
		return;
	}
	print_extent(v);
	print_remarks(v);
	if (v->kind == VERDICT_GOOD) {
		print_proven(v, known);
		print_unproven(v);
	}
}
