/* What people type at the console: words, grammar, times, and what goes back to the screen. */
#include "console/grammar.c"
#include "console/layout.c"
#include "console/when.c"

#include <assert.h>

static void nothing(struct console *c, const struct call *call)
{
	(void)c;
	(void)call;
}

static const struct command table[] = {
	{"show", "", NULL, NULL},
	{"show now", "", nothing, NULL},
	{"show incident [CASE]", "", nothing, NULL},
	{"isolate [UPLINK...]", "", nothing, NULL},
	{"incident check [ROW] [STATE]", "", nothing, NULL},
	{"incident note [TEXT...]", "", nothing, NULL},
	{"report new", "", nothing, NULL},
	{"report N edit", "", nothing, NULL},
	{"ledger export NAME", "", nothing, NULL},
	{NULL, NULL, NULL, NULL},
};

static void fuzz_grammar(const char *line)
{
	struct choice choices[8];
	struct words words;
	struct match m;

	if (words_split(line, &words) != ERR_OK)
		return;
	m = grammar_match(table, &words);
	assert(m.word <= words.count);
	if (m.kind == MATCH_RUN)
		assert(grammar_argument(&(const struct call){m.command, &words}, "TEXT") < (int)words.count);
	for (size_t at = 0; at <= words.count; at++)
		assert(grammar_choices(table, &words, at, at < words.count ? words.word[at] : "", choices, 8) <= 8);
	words_free(&words);
}

static void fuzz_screen(const char *line)
{
	struct buf out = {0}, ascii = {0};
	size_t columns = 0;

	layout_wrap(&out, line, 40, 4);
	assert(out.data[out.len - 1] == '\n');
	assert(!text_has_control(out.data, out.len, "\n"));
	for (size_t i = 0, start = 0; i < out.len; i++)
		if (out.data[i] == '\n') {
			out.data[i] = '\0';
			columns = text_columns(out.data + start);
			assert(columns <= 40);
			start = i + 1;
		}
	layout_ascii(&ascii, line);
	assert(ascii.data == NULL || layout_is_ascii(ascii.data));
	buf_clear(&out);
	layout_pad(&out, line, 10);
	assert(text_columns(out.data) == 10);
	buf_fini(&out);
	buf_fini(&ascii);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size), text[WALL_TEXT_SIZE];
	int64_t wall_ms;

	if (line == NULL)
		return 0;
	fuzz_grammar(line);
	fuzz_screen(line);
	if (when_parse(line, INT64_C(1795107600000), &wall_ms) == ERR_OK) {
		int64_t again_ms = 0;

		wall_format(text, wall_ms);
		assert(wall_parse(text, WALL_TEXT_SIZE - 1, &again_ms) == ERR_OK && again_ms == wall_ms);
	}
	free(line);
	return 0;
}
