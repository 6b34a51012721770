#include "keeper/room.h"

#include <string.h>

static const int64_t lasting_ns = INT64_C(600) * 1000000000;

static const char *const words[] = {[SPACE_UNKNOWN] = "unknown",
				    [SPACE_GOOD] = "good",
				    [SPACE_LOW] = "low",
				    [SPACE_NO_FILES] = "no_files",
				    [SPACE_RESERVE_USED] = "reserve"};

const char *room_word(enum space_level level)
{
	return words[level];
}

enum space_level room_level(const char *word)
{
	for (int level = SPACE_GOOD; level <= SPACE_RESERVE_USED; level++)
		if (strcmp(words[level], word) == 0)
			return (enum space_level)level;
	return SPACE_GOOD;
}

bool room_look(struct room *r, enum space_level level, int64_t now_ns)
{
	bool was_better = r->is_better;

	r->is_better = level != SPACE_UNKNOWN && level < r->told;
	if (level == SPACE_UNKNOWN || level == r->told)
		return false;
	if (r->is_better && !was_better)
		r->since_ns = now_ns;
	if (r->is_better && now_ns - r->since_ns < lasting_ns)
		return false;
	r->told = level;
	r->is_better = false;
	return true;
}
