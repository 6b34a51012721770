#include "ledger/spell.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* A number of up to DIGITS_SAFE digits is found again by asking for as many; below the smallest normal one, fewer may
   be enough. */
enum { DIGITS_SAFE = 15, DIGITS_MAX = 17 };

static void add_flat(struct buf *out, const json_t *value, size_t flags)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | flags);

	if (text == NULL)
		out->err = ERR_NOMEM;
	else
		buf_adds(out, text);
	free(text);
}

static bool reads_as(const char *text, double number)
{
	json_t *again = json_loads(text, JSON_DECODE_ANY, NULL);
	bool is_same = json_is_real(again) && json_real_value(again) == number;

	json_decref(again);
	return is_same;
}

static void add_real(struct buf *out, const json_t *value)
{
	double number = json_real_value(value);
	size_t digits = isnormal(number) ? DIGITS_SAFE : 1;

	for (bool is_found = false; !is_found && out->err == ERR_OK; digits++) {
		size_t before = out->len;

		add_flat(out, value, JSON_REAL_PRECISION(digits));
		is_found = digits == DIGITS_MAX || reads_as(out->data + before, number);
		if (!is_found)
			out->len = before;
	}
}

static void add_value(struct buf *out, json_t *value);

static void add_array(struct buf *out, const json_t *array)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			buf_addc(out, ',');
		add_value(out, json_array_get(array, i));
	}
	buf_addc(out, ']');
}

static void add_name(struct buf *out, const char *name)
{
	json_t *text = json_string(name);

	add_flat(out, text, 0);
	json_decref(text);
	buf_addc(out, ':');
}

static void add_object(struct buf *out, json_t *object)
{
	const char *name, *between = "";
	json_t *value;

	buf_addc(out, '{');
	json_object_foreach (object, name, value) {
		buf_adds(out, between);
		add_name(out, name);
		add_value(out, value);
		between = ",";
	}
	buf_addc(out, '}');
}

/* Jansson reads nothing that is nested deeper than 2048. */
static void add_value(struct buf *out, json_t *value)
{
	if (json_is_object(value))
		add_object(out, value);
	else if (json_is_array(value))
		add_array(out, value);
	else if (json_is_real(value))
		add_real(out, value);
	else
		add_flat(out, value, 0);
}

enum err json_spell(struct buf *out, json_t *value)
{
	if (value == NULL)
		return ERR_FORMAT;
	add_value(out, value);
	return buf_status(out);
}
