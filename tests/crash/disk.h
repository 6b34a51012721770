/* A disk in memory below SQLite that remembers every write in order, so that power can be cut at any of them later.
 *
 * SQLite reaches it as a VFS of the interface's first version: no shared memory, which the ledger's exclusive locking
 * does not need. It behaves like SQLite's own for Unix: sectors of 4,096 bytes, "a write does not hurt its neighbours"
 * (POWERSAFE_OVERWRITE) unless the program says that it would rather not rely on it, and the first sync of a new
 * journal or WAL makes its name durable too. A folder is a medium: what is below one named "second" is on medium 1,
 * anything else on medium 0.
 */
#ifndef KANNUKI_TESTS_CRASH_DISK_H
#define KANNUKI_TESTS_CRASH_DISK_H

#include "dice.h"

#include <stdbool.h>

enum { MEDIA = 2, DISK_FILES = 192, DISK_NAME = 48 };

struct content {
	uint8_t *data;
	size_t len, room;
};

/* A file keeps its number when its name is deleted; a new file of that name has another. */
struct file {
	char name[DISK_NAME];
	unsigned medium;
	bool is_linked;
	bool is_named_on_sync; /* a journal or WAL: its first sync syncs the folder */
	struct content content;
};

enum op_kind {
	OP_CREATE,
	OP_DELETE,
	OP_WRITE,
	OP_TRUNCATE, /* to `offset` bytes */
	OP_SYNC,
	OP_SYNC_FAILED, /* what was not synced before may be lost now whatever is synced later */
	OP_SYNC_FOLDER,
	OP_PULL, /* the medium is taken out: what is not synced has met its fate */
	OP_FOUND /* and this is what one of its files holds when it is put back */
};

struct op {
	enum op_kind kind;
	unsigned medium, file; /* `file` is meaningless for OP_SYNC_FOLDER */
	size_t offset, len;
	uint8_t *data; /* OP_WRITE, OP_FOUND */
};

/* Calls [at, at + times) fail, counted from the moment the fault is set; times 0: none. */
struct disk_fault {
	unsigned long at, times;
	bool only_syncs;
	int code; /* 0: the SQLITE_IOERR_… of the call */
};

struct disk {
	struct file files[DISK_FILES];
	unsigned file_count;
	struct op *ops;
	size_t op_count, op_room;
	struct dice dice; /* SQLite's randomness */
	struct disk_fault fault[MEDIA];
	unsigned long calls[MEDIA];  /* of those the fault looks at */
	bool is_lost[MEDIA];         /* pulled: every call fails */
	unsigned long mounts[MEDIA]; /* what was open when a medium was pulled stays useless */
	size_t room[MEDIA];          /* bytes of all files of a medium together; 0: no limit */
};

void disk_init(struct disk *d, uint64_t seed);
void disk_fini(struct disk *d);
/* `to` is uninitialised; it has the files but no ops. */
void disk_copy(struct disk *to, const struct disk *from);
/* The disk that SQLite sees from now on; registers the VFS as the default one. */
void disk_mount(struct disk *d);

/* Remembers an operation; its data is the disk's from now on. */
void disk_note(struct disk *d, struct op op);
/* A file that was written long ago. */
void disk_load(struct disk *d, unsigned medium, const char *name, const void *data, size_t len);
void disk_sync_folder(struct disk *d, unsigned medium);
void disk_set_fault(struct disk *d, unsigned medium, struct disk_fault fault);
struct file *disk_find(struct disk *d, unsigned medium, const char *name);
size_t disk_used(const struct disk *d, unsigned medium);

/* Takes a medium out; what had not been synced meets a fate. Only on a disk that remembers everything. */
void disk_pull(struct disk *d, unsigned medium, uint64_t seed);
/* The medium that is out is exchanged for a blank one. */
void disk_wipe(struct disk *d, unsigned medium);
void disk_put_back(struct disk *d, unsigned medium);

/* What a write and a truncation do to bytes. */
void content_write(struct content *c, size_t offset, const uint8_t *data, size_t len);
void content_truncate(struct content *c, size_t len);

#endif
