#include "keeper/paper.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* One for each sign, A to Z and 2 to 7: short, and none sounds like another. */
static const char *const words[] = {
	N_("morning"), N_("boat"),  N_("cedar"),   N_("dragonfly"), N_("eagle"),   N_("forest"), N_("garden"),
	N_("hill"),    N_("ink"),   N_("journey"), N_("kettle"),    N_("lantern"), N_("moon"),   N_("needle"),
	N_("orchid"),  N_("plum"),  N_("quilt"),   N_("river"),     N_("snow"),    N_("temple"), N_("umbrella"),
	N_("village"), N_("whale"), N_("fox"),     N_("youth"),     N_("zither"),  N_("bridge"), N_("cloud"),
	N_("drum"),    N_("fan"),   N_("rice"),    N_("thunder"),
};

static const char *word_of(const char *code, unsigned group)
{
	char sign = code[group * PAPER_GROUP];

	return words[sign >= '2' && sign <= '7' ? sign - '2' + 26 : (sign - 'A') % 26];
}

const char *paper_word(const char *code, unsigned group)
{
	return _(word_of(code, group));
}

/* The next sign that counts. */
static char next_sign(const char **text)
{
	while (**text == ' ' || **text == '-')
		(*text)++;
	return **text != '\0' ? (char)toupper((unsigned char)*(*text)++) : '\0';
}

bool paper_is_group(const char *code, unsigned group, const char *typed)
{
	for (unsigned i = 0; i < PAPER_GROUP; i++)
		if (next_sign(&typed) != code[group * PAPER_GROUP + i])
			return false;
	return next_sign(&typed) == '\0';
}

static bool is_same(const char *word, const char *typed)
{
	size_t len;

	typed += strspn(typed, " ");
	len = strcspn(typed, " ");
	return len == strlen(word) && strncasecmp(word, typed, len) == 0 &&
	       typed[len + strspn(typed + len, " ")] == '\0';
}

bool paper_is_word(const char *code, unsigned group, const char *typed)
{
	return is_same(word_of(code, group), typed) || is_same(paper_word(code, group), typed);
}
