/* Files: whole ones, never half-written; and the places of the appliance. */
#ifndef KANNUKI_BASE_FILE_H
#define KANNUKI_BASE_FILE_H

#include "base/bytes.h"

/* `path` below $KANNUKI_ROOT when that is set: place("/var/lib/kannuki") → "/tmp/x/var/lib/kannuki". */
enum err place(char *out, size_t size, const char *path) MUST_USE;

/* Reads a whole file of at most `limit` bytes into `out` (cleared first). Says path and reason in `f`. */
enum err file_read(const char *path, size_t limit, struct buf *out, struct fault *f) MUST_USE;

/* Writes PATH.new, syncs it, renames it over PATH, syncs the folder: after a power cut either the old
   file or the new one is there, whole. */
enum err file_replace(const char *path, const void *data, size_t len, unsigned mode, struct fault *f) MUST_USE;

/* A new file, synced; the folder's own entry is not. ERR_EXISTS. */
enum err file_create(const char *path, const void *data, size_t len, unsigned mode, struct fault *f) MUST_USE;

/* The folder that holds `path`. */
void folder_above(char *out, size_t size, const char *path);
/* Makes the folder and those above it. */
enum err folder_make(const char *path, unsigned mode, struct fault *f) MUST_USE;
enum err folder_sync(const char *path, struct fault *f) MUST_USE;
/* Removes the folder with everything in it; no folder is no error. Links are removed, not followed. */
enum err folder_remove(const char *path, struct fault *f) MUST_USE;

#endif
