#include "stick/find.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS "/sys/class/block"

/* Labels are eleven bytes, filled up with spaces. */
static void read_label(const uint8_t *field, char label[LABEL_SIZE])
{
	size_t len = LABEL_SIZE - 1;

	while (len > 0 && field[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < len; i++)
		label[i] = (char)(field[i] > ' ' && field[i] < 0x7f ? field[i] : field[i] == ' ' ? ' ' : '?');
	label[len] = '\0';
	if (strcmp(label, "NO NAME") == 0)
		label[0] = '\0';
}

bool volume_read(const uint8_t sector[SECTOR_SIZE], const char **type, char label[LABEL_SIZE])
{
	if (sector[510] != 0x55 || sector[511] != 0xaa)
		return false;
	if (memcmp(sector + 3, "EXFAT   ", 8) == 0) {
		*type = "exfat";
		label[0] = '\0'; /* stands in its root folder */
		return true;
	}
	if (memcmp(sector + 82, "FAT32   ", 8) == 0)
		read_label(sector + 71, label);
	else if (memcmp(sector + 54, "FAT16   ", 8) == 0 || memcmp(sector + 54, "FAT12   ", 8) == 0)
		read_label(sector + 43, label);
	else
		return false;
	*type = "vfat";
	return true;
}

/* A number that sysfs says of a block device; 0 also when it says nothing. */
static uint64_t attribute(const char *name, const char *what)
{
	char path[PATH_MAX], text[32] = "";
	FILE *file;

	(void)snprintf(path, sizeof path, BLOCKS "/%s/%s", name, what);
	file = fopen(path, "re");
	if (file != NULL && fgets(text, sizeof text, file) == NULL)
		text[0] = '\0';
	if (file != NULL)
		(void)fclose(file);
	return strtoull(text, NULL, 10);
}

/* The whole of a stick, with something in it (a reader without a card has no size). */
static bool is_stick(const char *name)
{
	char path[PATH_MAX], to[PATH_MAX];
	ssize_t len;

	(void)snprintf(path, sizeof path, BLOCKS "/%s", name);
	len = readlink(path, to, sizeof to - 1);
	if (len <= 0)
		return false;
	to[len] = '\0';
	return strstr(to, "/usb") != NULL && attribute(name, "partition") == 0 && attribute(name, "removable") == 1 &&
	       attribute(name, "size") > 0;
}

static bool has_volume(const char *name, struct stick *out)
{
	uint8_t sector[SECTOR_SIZE];
	char path[sizeof out->device];
	bool is_known;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "/dev/%s", name) >= sizeof path)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is_known = pread(fd, sector, sizeof sector, 0) == (ssize_t)sizeof sector &&
		   volume_read(sector, &out->type, out->label);
	(void)close(fd);
	if (is_known)
		memcpy(out->device, path, sizeof path);
	return is_known;
}

/* Its first partition with a known file system, or the stick itself has one. */
static enum stick_state look_into(const char *disk, struct stick *out)
{
	struct dirent **names;
	int count = scandir(BLOCKS, &names, NULL, alphasort);
	bool found = false;

	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;

		if (!found && strncmp(name, disk, strlen(disk)) == 0 &&
		    (strcmp(name, disk) == 0 || attribute(name, "partition") > 0))
			found = has_volume(name, out);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	if (!found)
		return STICK_UNKNOWN;
	return attribute(disk, "ro") != 0 ? STICK_PROTECTED : STICK_READY;
}

void stick_find(struct stick *out)
{
	DIR *folder = opendir(BLOCKS);
	char disk[64] = "";
	struct dirent *item;
	unsigned count = 0;

	*out = (struct stick){.state = STICK_NONE, .type = ""};
	while (folder != NULL && (item = readdir(folder)) != NULL)
		if (strlen(item->d_name) < sizeof disk && is_stick(item->d_name)) {
			(void)snprintf(disk, sizeof disk, "%.63s", item->d_name);
			count++;
		}
	if (folder != NULL)
		(void)closedir(folder);
	if (count > 1)
		out->state = STICK_SEVERAL;
	if (count != 1)
		return;
	out->size = attribute(disk, "size") * SECTOR_SIZE;
	out->state = look_into(disk, out);
}
