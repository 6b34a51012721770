#include "form/label.h"

#include <string.h>

const char *label_pick(const struct label *label, enum lang lang)
{
	const char *text = lang == LANG_EN ? label->en : label->ja;

	return text != NULL ? text : "";
}

json_t *label_json(const struct label *label)
{
	return label->ja != NULL ? json_pack("{s:s, s:s}", "ja", label->ja, "en", label->en) : json_null();
}

static void add_variable(struct buf *out, const char *name, size_t len, const json_t *site)
{
	char key[65];
	const char *value;

	if (len >= sizeof key) {
		buf_add(out, name, len);
		return;
	}
	memcpy(key, name, len);
	key[len] = '\0';
	value = json_string_value(json_object_get(site, key));
	if (value != NULL)
		buf_adds(out, value);
	else
		buf_addf(out, "〔%s〕", key);
}

json_t *label_fill(const char *text, const json_t *site)
{
	struct buf out = {0};
	json_t *filled;

	for (const char *open; (open = strchr(text, '{')) != NULL;) {
		const char *close = strchr(open, '}');

		if (close == NULL)
			break;
		buf_add(&out, text, (size_t)(open - text));
		add_variable(&out, open + 1, (size_t)(close - open - 1), site);
		text = close + 1;
	}
	buf_adds(&out, text);
	filled = buf_status(&out) == ERR_OK ? json_stringn(out.data, out.len) : NULL;
	buf_fini(&out);
	return filled;
}

json_t *label_show(const struct label *label, enum lang lang, const json_t *site)
{
	return label_fill(label_pick(label, lang), site);
}
