/* The site's directory: its files are read again whenever they have changed, so that a new number needs no restart.
 * What is wrong with them stops nothing: the sheet says it, and shows what was read before.
 */
#include "keeper/keeper.h"

#include "base/diag.h"
#include "base/file.h"

#include <string.h>
#include <sys/stat.h>

enum err directory_begin(struct keeper *k, const struct config *config, struct fault *f)
{
	enum err err = ERR_OK;

	k->shows_call_sheet = config->open_call_sheet != 0;
	/* The configuration was checked. */
	if (config->office_hours != NULL)
		err = directory_take_hours(&k->directory, config->office_hours);
	for (int i = 0; i < SITE_FILES && err == ERR_OK; i++)
		err = config_site_file(config, i, k->site_files[i].path, f);
	return err;
}

static bool has_changed(const struct site_file *file, const struct stat *now)
{
	return file->size != now->st_size || file->changed.tv_sec != now->st_mtim.tv_sec ||
	       file->changed.tv_nsec != now->st_mtim.tv_nsec || file->inode != now->st_ino;
}

static enum err read_again(struct keeper *k, int which, struct fault *f)
{
	const char *path = k->site_files[which].path;
	struct buf text = {0};
	enum err err = file_read(path, DIRECTORY_FILE_MAX, &text, f);

	if (err == ERR_OK && which == SITE_CONTACTS)
		err = directory_take_contacts(&k->directory, path, text.data, text.len, scribe_pack(k->scribe), f);
	else if (err == ERR_OK)
		err = directory_take_holidays(&k->directory, path, text.data, text.len, f);
	buf_fini(&text);
	return err;
}

static void look_at(struct keeper *k, int which)
{
	struct site_file *file = &k->site_files[which];
	struct fault f = {ERR_OK, ""};
	struct stat now;

	if (file->path[0] == '\0')
		return;
	if (stat(file->path, &now) != 0)
		memset(&now, 0, sizeof now);
	else if (!has_changed(file, &now))
		return;
	file->changed = now.st_mtim;
	file->size = now.st_size;
	file->inode = now.st_ino;
	if (read_again(k, which, &f) == ERR_OK)
		f.text[0] = '\0';
	else if (strcmp(file->trouble.text, f.text) != 0)
		diag(DIAG_WARNING, "%s", f.text);
	file->trouble = f;
}

void directory_show(struct keeper *k, struct view_request *request)
{
	for (int i = 0; i < SITE_FILES; i++) {
		look_at(k, i);
		request->directory_faults[i] = k->site_files[i].trouble.text;
	}
	request->directory = &k->directory;
}
