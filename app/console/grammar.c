#include "console/grammar.h"

#include "console/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char wide_space[] = "　", wide_quote[] = "”";

/* Length of a separator at `s`, 0 when there is none. */
static size_t space_at(const char *s)
{
	if (*s == ' ' || *s == '\t')
		return 1;
	return strncmp(s, wide_space, sizeof wide_space - 1) == 0 ? sizeof wide_space - 1 : 0;
}

static size_t quote_at(const char *s)
{
	if (*s == '"')
		return 1;
	return strncmp(s, wide_quote, sizeof wide_quote - 1) == 0 ? sizeof wide_quote - 1 : 0;
}

/* Cuts the word at *s, moving its bytes down over a quotation mark. NULL: a quotation is not closed. */
static char *cut_word(char **s)
{
	size_t quote = quote_at(*s);
	char *word = *s + quote, *end = word;

	if (quote != 0) {
		while (*end != '\0' && quote_at(end) == 0)
			end++;
		if (*end == '\0')
			return NULL;
		*s = end + quote_at(end);
	} else {
		while (*end != '\0' && space_at(end) == 0)
			end++;
		*s = end + space_at(end);
	}
	*end = '\0';
	return word;
}

enum err words_split(const char *line, struct words *out)
{
	struct words words = {.storage = {strdup(line), strdup(line)}};
	char *s = words.storage[0];
	enum err err = s == NULL || words.storage[1] == NULL ? ERR_NOMEM : ERR_OK;

	while (err == ERR_OK) {
		while (space_at(s) != 0)
			s += space_at(s);
		if (*s == '\0')
			break;
		if (words.count == WORDS_MAX) {
			err = ERR_FULL;
			break;
		}
		words.rest[words.count] = words.storage[1] + (s - words.storage[0]);
		words.word[words.count] = cut_word(&s);
		if (words.word[words.count++] == NULL)
			err = ERR_FORMAT;
	}
	if (err == ERR_OK)
		*out = words;
	else
		words_free(&words);
	return err;
}

void words_free(struct words *words)
{
	free(words->storage[0]);
	free(words->storage[1]);
	*words = (struct words){0};
}

/* ---- patterns ---- */

struct place {
	char name[24];     /* the word itself, or the argument's name without brackets and dots; "" beyond the end */
	const char *signs; /* of which it is made, NULL for any */
	bool is_word, optional, rest;
};

static struct place place_of(const char *pattern, size_t at)
{
	struct place p = {.name = ""};
	size_t len;

	for (; at > 0 && *pattern != '\0'; at--) {
		pattern += strcspn(pattern, " ");
		pattern += *pattern == ' ';
	}
	p.optional = *pattern == '[';
	pattern += p.optional;
	len = strcspn(pattern, " ].");
	p.rest = strncmp(pattern + len, "...", 3) == 0;
	(void)snprintf(p.name, sizeof p.name, "%.*s", (int)len, pattern);
	p.is_word = p.name[0] >= 'a' && p.name[0] <= 'z';
	p.signs = strcmp(p.name, "N") == 0 ? "0123456789" : strcmp(p.name, "NxN") == 0 ? "0123456789x" : NULL;
	return p;
}

static bool is_made_of(const char *text, const char *signs)
{
	size_t len = strspn(text, signs);

	return len > 0 && len <= 9 && text[len] == '\0';
}

/* A typed word as it is compared: half-width, lower case. */
static void plain(const char *word, char out[64])
{
	struct buf b;

	buf_init(&b, 4096);
	layout_narrow(&b, word);
	(void)snprintf(out, 64, "%s", b.data != NULL ? b.data : "");
	buf_fini(&b);
	for (char *c = out; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

enum fit { FIT_NOT, FIT_BEGINNING, FIT_ARGUMENT, FIT_EXACT };

static enum fit fit(const struct place *p, const char *typed)
{
	if (p->name[0] == '\0')
		return FIT_NOT;
	if (p->is_word) {
		if (strcmp(p->name, typed) == 0)
			return FIT_EXACT;
		return typed[0] != '\0' && strncmp(p->name, typed, strlen(typed)) == 0 ? FIT_BEGINNING : FIT_NOT;
	}
	return p->signs == NULL || is_made_of(typed, p->signs) ? FIT_ARGUMENT : FIT_NOT;
}

/* Where word `at` of a line stands in the pattern: a rest takes all further words. */
static struct place place_for(const char *pattern, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		struct place p = place_of(pattern, i);

		if (p.rest)
			return p;
	}
	return place_of(pattern, at);
}

/* Which patterns are still possible after some words. */
struct alive {
	bool is[COMMANDS_MAX];
};

static struct alive all_alive(const struct command *table)
{
	struct alive alive = {{false}};

	for (size_t i = 0; i < COMMANDS_MAX && table[i].pattern != NULL; i++)
		alive.is[i] = true;
	return alive;
}

/* Keeps the patterns that word `at` fits best. False: none, or (*ambiguous) beginnings of different words. */
static bool take_word(const struct command *table, const struct words *words, size_t at, struct alive *alive,
		      bool *ambiguous)
{
	enum fit best = FIT_NOT, fits[COMMANDS_MAX] = {FIT_NOT};
	char typed[64], by[24] = "";

	*ambiguous = false;
	plain(words->word[at], typed);
	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct place p = alive->is[i] ? place_for(table[i].pattern, at) : (struct place){.name = ""};

		fits[i] = fit(&p, typed);
		if (fits[i] == FIT_BEGINNING && best == FIT_BEGINNING && strcmp(by, p.name) != 0)
			*ambiguous = true;
		if (fits[i] > best) {
			best = fits[i];
			*ambiguous = false;
			(void)snprintf(by, sizeof by, "%s", p.name);
		}
	}
	for (size_t i = 0; i < COMMANDS_MAX; i++)
		alive->is[i] = fits[i] != FIT_NOT && fits[i] == best;
	return best != FIT_NOT && !*ambiguous;
}

static bool is_help(const char *word)
{
	char typed[64];

	plain(word, typed);
	return strcmp(typed, "?") == 0 || strcmp(typed, "help") == 0;
}

static const struct command *complete(const struct command *table, const struct alive *alive, size_t count)
{
	for (size_t i = 0; i < COMMANDS_MAX; i++) {
		struct place next;

		if (!alive->is[i] || table[i].run == NULL)
			continue;
		next = place_for(table[i].pattern, count);
		if (next.name[0] == '\0' || next.optional)
			return &table[i];
	}
	return NULL;
}

struct match grammar_match(const struct command *table, const struct words *words)
{
	struct match m = {.kind = MATCH_EMPTY};
	struct alive alive = all_alive(table);

	if (words->count == 0)
		return m;
	for (; m.word < words->count; m.word++) {
		bool ambiguous;

		if (m.word + 1 == words->count && is_help(words->word[m.word])) {
			m.kind = MATCH_HELP;
			return m;
		}
		if (!take_word(table, words, m.word, &alive, &ambiguous)) {
			m.kind = ambiguous ? MATCH_AMBIGUOUS : MATCH_UNKNOWN;
			return m;
		}
	}
	m.command = complete(table, &alive, words->count);
	m.kind = m.command != NULL ? MATCH_RUN : MATCH_INCOMPLETE;
	return m;
}

static bool is_known(const struct choice *choices, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(choices[i].word, word) == 0)
			return true;
	return false;
}

size_t grammar_choices(const struct command *table, const struct words *words, size_t at, const char *beginning,
		       struct choice *out, size_t room)
{
	struct alive alive = all_alive(table);
	size_t count = 0;
	char typed[64];
	bool ambiguous;

	plain(beginning, typed);
	for (size_t i = 0; i < at; i++)
		if (!take_word(table, words, i, &alive, &ambiguous))
			return 0;
	for (size_t i = 0; i < COMMANDS_MAX && count < room; i++) {
		struct place p = alive.is[i] ? place_for(table[i].pattern, at) : (struct place){.name = ""};
		struct choice *choice = &out[count];

		if (p.name[0] == '\0' || strncmp(p.name, typed, strlen(typed)) != 0)
			continue;
		(void)snprintf(choice->word, sizeof choice->word, p.optional ? "[%s]" : "%s", p.name);
		choice->help = table[i].help;
		count += is_known(out, count, choice->word) ? 0 : 1;
	}
	return count;
}

int grammar_argument(const struct call *call, const char *name)
{
	if (call == NULL || call->command == NULL)
		return -1;
	for (size_t at = 0; at < call->words->count; at++)
		if (strcmp(place_of(call->command->pattern, at).name, name) == 0)
			return (int)at;
	return -1;
}
