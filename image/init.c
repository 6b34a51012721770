/* The first process: loads the modules beside it, waits for the partition kannuki-root and hands over to systemd.
   On any failure it says why and ends, so that the kernel panics and (with panic=N) restarts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/module.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROOT_WAIT_MS = 20000, ROOT_POLL_MS = 20 };

static void die(const char *what, const char *on)
{
	fprintf(stderr, "kannuki: cannot start: %s %s: %s\n", what, on, strerror(errno));
	exit(1);
}

static void mount_or_die(const char *source, const char *target, const char *type, unsigned long flags)
{
	if (mount(source, target, type, flags, NULL) != 0)
		die("mount", target);
}

/* A module whose hardware is absent is no failure: what counts is whether the root appears. */
static void load_modules(void)
{
	struct dirent **names;
	int count = scandir("/modules", &names, NULL, alphasort);

	if (count < 0)
		die("read", "/modules");
	for (int i = 0; i < count; i++) {
		char path[512];
		int fd;

		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/modules/%s", names[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", MODULE_INIT_COMPRESSED_FILE) != 0)
			fprintf(stderr, "kannuki: %s not loaded: %s\n", path, strerror(errno));
		close(fd);
	}
}

static bool has_name(const char *block_device, const char *partition)
{
	char path[512], line[256], wanted[128];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "/sys/class/block/%s/uevent", block_device);
	snprintf(wanted, sizeof wanted, "PARTNAME=%s\n", partition);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (!found && fgets(line, sizeof line, f) != NULL)
		found = strcmp(line, wanted) == 0;
	fclose(f);
	return found;
}

static bool find_partition(const char *name, char *device, size_t size)
{
	DIR *folder = opendir("/sys/class/block");
	struct dirent *entry;
	bool found = false;

	if (folder == NULL)
		die("read", "/sys/class/block");
	while (!found && (entry = readdir(folder)) != NULL) {
		found = has_name(entry->d_name, name);
		if (found)
			snprintf(device, size, "/dev/%s", entry->d_name);
	}
	closedir(folder);
	return found;
}

int main(void)
{
	static char init[] = "/sbin/init";
	char *const arguments[] = {init, NULL};
	const struct timespec pause = {.tv_nsec = ROOT_POLL_MS * 1000000L};
	char device[512];
	int waited = 0;

	mkdir("/sys", 0755);
	mkdir("/root", 0700);
	mount_or_die("devtmpfs", "/dev", "devtmpfs", 0);
	mount_or_die("sysfs", "/sys", "sysfs", 0);
	load_modules();
	while (!find_partition("kannuki-root", device, sizeof device)) {
		errno = ENODEV;
		if (waited >= ROOT_WAIT_MS)
			die("find", "the partition kannuki-root");
		nanosleep(&pause, NULL);
		waited += ROOT_POLL_MS;
	}
	mount_or_die(device, "/root", "squashfs", MS_RDONLY);
	umount2("/sys", MNT_DETACH);
	mount_or_die("/dev", "/root/dev", NULL, MS_MOVE);
	if (chdir("/root") != 0)
		die("enter", "/root");
	mount_or_die(".", "/", NULL, MS_MOVE);
	if (chroot(".") != 0 || chdir("/") != 0)
		die("enter", "the root file system");
	execv(init, arguments);
	die("start", init);
}
