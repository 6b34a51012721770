#include "uplink/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EEPROM_SIZE = 4096, NAME_SIZE = 8, MEMORY_SIZE = EEPROM_SIZE + 16 };

static uint8_t *memory;
static bool is_new;

static bool is_ready(void)
{
	return true;
}

static uint8_t read_byte(uint16_t at)
{
	return memory[at % EEPROM_SIZE];
}

static void write_byte(uint16_t at, uint8_t byte)
{
	memory[at % EEPROM_SIZE] = byte;
}

const struct eeprom *memory_eeprom(void)
{
	static const struct eeprom eeprom = {is_ready, read_byte, write_byte};

	return &eeprom;
}

static enum err map(int file, const char *path, struct fault *f)
{
	int flags = file >= 0 ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS;
	void *mapped = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, flags, file, 0);

	if (mapped == MAP_FAILED)
		return fault_set(f, err_from_errno(errno), "%s: cannot be mapped: %s", path, strerror(errno));
	memory = mapped;
	return ERR_OK;
}

/* The name goes in last: without it the memory counts as new. */
static enum err fill(struct fault *f)
{
	uint8_t name[MEMORY_SIZE - EEPROM_SIZE];

	if (getrandom(name, sizeof name, 0) != (ssize_t)sizeof name)
		return fault_set(f, ERR_IO, "no random bytes for the panel's memory");
	name[0] |= 1;
	memset(memory, 0xFF, EEPROM_SIZE);
	memcpy(memory + EEPROM_SIZE, name, sizeof name);
	return ERR_OK;
}

static enum err open_file(const char *path, int *file, struct fault *f)
{
	struct stat status;

	*file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*file < 0 || fstat(*file, &status) != 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	if (status.st_size != MEMORY_SIZE && (ftruncate(*file, 0) != 0 || ftruncate(*file, MEMORY_SIZE) != 0))
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	return ERR_OK;
}

enum err memory_open(const char *path, struct fault *f)
{
	int file = -1;
	enum err err = path[0] != '\0' ? open_file(path, &file, f) : ERR_OK;

	if (err == ERR_OK)
		err = map(file, path, f);
	if (file >= 0)
		(void)close(file);
	if (err != ERR_OK)
		return err;
	is_new = memory[EEPROM_SIZE] == 0;
	err = is_new ? fill(f) : ERR_OK;
	if (err != ERR_OK)
		memory_close();
	return err;
}

void memory_close(void)
{
	if (memory != NULL)
		(void)munmap(memory, MEMORY_SIZE);
	memory = NULL;
}

bool memory_is_new(void)
{
	return is_new;
}

const uint8_t *memory_name(void)
{
	return memory + EEPROM_SIZE;
}

uint32_t memory_journal(void)
{
	const uint8_t *bytes = memory + EEPROM_SIZE + NAME_SIZE;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}
