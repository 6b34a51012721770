/* kannuki-ledger policy, witness, stamp: files for people to carry to a witness or an authority, and back. */
#include "base/file.h"
#include "base/text.h"
#include "ledger/pins.h"
#include "offline/commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct actor by_command = {.who = "system", .via = "cli"};

/* ---- the policy ---- */

enum err command_policy(const struct request *request, struct fault *f)
{
	struct buf text = {.cap = BUF_CAP_DEFAULT};
	struct ledger *l = NULL;
	enum err err = ledger_open_readonly(request->folder, &l, f);

	if (err == ERR_OK)
		err = policy_in_force(l, &text, f);
	if (err == ERR_OK)
		(void)fwrite(text.data, 1, text.len, stdout);
	ledger_close(l);
	buf_fini(&text);
	return err;
}

enum err command_policy_set(const struct request *request, struct fault *f)
{
	struct buf text = {.cap = PIN_FILE_MAX};
	struct ledger *l = NULL;
	enum err err = file_read(request->out, PIN_FILE_MAX, &text, f);

	if (err == ERR_OK)
		err = open_to_write(request, &l, f);
	if (err == ERR_OK)
		err = policy_set(l, &by_command, text.data, text.len, moment_now(), f);
	if (err == ERR_OK)
		(void)puts(_("Recorded: this policy is in force."));
	ledger_close(l);
	buf_fini(&text);
	return err;
}

/* ---- requests ---- */

/* Judged before the epoch ends for nothing. */
static enum err check_target(const char *path, struct fault *f)
{
	if (path == NULL && isatty(STDOUT_FILENO) != 0)
		return fault_set(f, ERR_MISSING, _("say where the request is to be written: --out FILE"));
	if (path != NULL && access(path, F_OK) == 0)
		return fault_set(f, ERR_EXISTS, _("%s: is already there; give another name"), path);
	return ERR_OK;
}

static enum err write_request(const char *path, const struct buf *data, struct fault *f)
{
	if (path != NULL)
		return file_create(path, data->data, data->len, 0644, f);
	return fwrite(data->data, 1, data->len, stdout) == data->len && fflush(stdout) == 0
		       ? ERR_OK
		       : fault_set(f, ERR_IO, _("the answer cannot be written"));
}

enum err command_witness_request(const struct request *request, struct fault *f)
{
	struct buf out = {.cap = PIN_FILE_MAX};
	struct ledger *l = NULL;
	enum err err = request->to_file != NULL ? check_target(request->to_file, f) : ERR_OK;

	if (err == ERR_OK)
		err = open_to_write(request, &l, f);
	if (err == ERR_OK)
		err = witness_request(l, request->old, moment_now(), &out, f);
	if (err == ERR_OK)
		err = write_request(request->to_file, &out, f);
	ledger_close(l);
	buf_fini(&out);
	return err;
}

enum err command_stamp_request(const struct request *request, struct fault *f)
{
	struct buf out = {.cap = PIN_FILE_MAX};
	struct ledger *l = NULL;
	enum err err = check_target(request->to_file, f);

	if (err == ERR_OK)
		err = open_to_write(request, &l, f);
	if (err == ERR_OK)
		err = stamp_request(l, moment_now(), &out, f);
	if (err == ERR_OK)
		err = write_request(request->to_file, &out, f);
	ledger_close(l);
	buf_fini(&out);
	return err;
}

/* ---- answers ---- */

/* The file is read first, as opening the ledger for writing begins an epoch. */
static enum err open_with_answer(const struct request *request, struct buf *data, struct ledger **l, struct fault *f)
{
	enum err err = file_read(request->out, PIN_FILE_MAX, data, f);

	return err == ERR_OK ? open_to_write(request, l, f) : err;
}

enum err command_witness_accept(const struct request *request, struct fault *f)
{
	struct buf data = {.cap = PIN_FILE_MAX};
	struct ledger *l = NULL;
	struct cosigned taken;
	enum err err = open_with_answer(request, &data, &l, f);

	if (err == ERR_OK)
		err = witness_accept(l, &by_command, data.data, data.len, moment_now(), &taken, f);
	if (err == ERR_OK)
		(void)printf(_("Recorded: %s has seen the entries 0 to %llu. Lines of witnesses taken: %u.\n"),
			     taken.first, (unsigned long long)taken.size - 1, taken.count);
	ledger_close(l);
	buf_fini(&data);
	return err;
}

enum err command_stamp_accept(const struct request *request, struct fault *f)
{
	struct buf data = {.cap = PIN_FILE_MAX};
	char wall[WALL_TEXT_SIZE];
	struct ledger *l = NULL;
	struct stamped stamped;
	enum err err = open_with_answer(request, &data, &l, f);

	if (err == ERR_OK)
		err = stamp_accept(l, &by_command, data.data, data.len, moment_now(), &stamped, f);
	if (err == ERR_OK) {
		wall_format(wall, stamped.wall_ms);
		(void)printf(_("Recorded: the entries 0 to %llu, epoch %llu, are time-stamped %s.\n"),
			     (unsigned long long)stamped.size - 1, (unsigned long long)stamped.epoch, wall);
	}
	ledger_close(l);
	buf_fini(&data);
	return err;
}
