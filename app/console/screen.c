#include "console/screen.h"

#include "console/commands.h"
#include "console/keeper.h"
#include "console/layout.h"

#include <string.h>

void screen_show(struct console *c, const struct call *call)
{
	(void)call;
	SAY(c, _("%zu lines of %zu columns, %s."), terminal_height(c->terminal), terminal_width(c->terminal),
	    c->ascii ? "ASCII" : "UTF-8");
}

void screen_size(struct console *c, const struct call *call)
{
	if (!terminal_ask_size(c->terminal))
		SAY(c, "%s", _("The terminal does not say how large it is. Type it, for example: terminal 24x80"));
	screen_show(c, call);
}

void screen_set(struct console *c, const struct call *call)
{
	const char *typed = argument(call, "NxN");
	struct buf narrow;

	buf_init(&narrow, 256);
	layout_narrow(&narrow, typed != NULL ? typed : "");
	if (narrow.data == NULL || !terminal_set_size(c->terminal, narrow.data))
		SAY(c, _("! '%s' is not the size of a screen. Type lines and columns, for example: terminal 24x80"),
		    typed != NULL ? typed : "");
	else
		screen_show(c, call);
	buf_fini(&narrow);
}

void screen_use_ascii(struct console *c, bool ascii)
{
	if (ascii && !c->ascii)
		c->lang_before = c->lang;
	c->lang = ascii ? LANG_EN : c->ascii ? c->lang_before : c->lang;
	c->ascii = ascii;
	lang_use(c->lang);
	terminal_set_ascii(c->terminal, ascii);
}

void screen_ascii(struct console *c, const struct call *call)
{
	screen_use_ascii(c, true);
	screen_show(c, call);
	(void)keeper_refresh(c);
}

void screen_utf8(struct console *c, const struct call *call)
{
	screen_use_ascii(c, false);
	screen_show(c, call);
	(void)keeper_refresh(c);
}
