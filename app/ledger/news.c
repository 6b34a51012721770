/* What happened to the media, until it is in the log: bodies of entries, one a line. */
#include "ledger/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *medium_name(const struct ledger *l, const struct medium *medium)
{
	static const char *const names[MEDIA_MAX] = {"first", "second"};

	return names[medium - l->media.m];
}

void news_add(struct ledger *l, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	buf_adds(&l->news, line);
	buf_addc(&l->news, '\n');
}

void news_of_loss(struct ledger *l, const struct medium *medium)
{
	news_add(l, "{\"act\":\"medium.lost\",\"medium\":\"%s\",\"why\":\"%s\"}", medium_name(l, medium),
		 err_name(medium->why.err));
}

enum err news_stage(struct ledger *l, struct moment now, struct fault *f)
{
	struct draft draft = {.who = "system", .via = "keeper", .type = "system", .about = "-"};
	char *line = l->news.data, *end;
	enum err err = buf_status(&l->news);

	while (err == ERR_OK && line != NULL && (end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		draft.body = line;
		err = ledger_add(l, &draft, now, NULL, NULL, f);
		line = end + 1;
	}
	buf_clear(&l->news);
	return err;
}

bool ledger_media_changed(const struct ledger *l)
{
	return l->media.has_news || l->news.len > 0;
}

enum err ledger_note_media(struct ledger *l, struct moment now, struct fault *f)
{
	if (l->media.has_news)
		for (int i = 0; i < MEDIA_MAX; i++)
			if (l->media.m[i].folder != NULL && l->media.m[i].state == MEDIUM_FAILED)
				news_of_loss(l, &l->media.m[i]);
	l->media.has_news = false;
	return news_stage(l, now, f);
}
