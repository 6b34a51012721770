#include "console/qr.h"

#include <qrencode.h>

enum { MARGIN = 2 };

static bool is_dark(const unsigned char *modules, int width, int row, int column)
{
	if (row < 0 || row >= width || column < 0 || column >= width)
		return false;
	return (modules[row * width + column] & 1U) != 0;
}

void qr_line(struct buf *out, const unsigned char *modules, int width, int row)
{
	/* By what is dark: the upper module counts 1, the lower one 2. The ink of a terminal is light. */
	static const char *const signs[4] = {"█", "▄", "▀", " "};

	for (int column = -MARGIN; column < width + MARGIN; column++) {
		int upper = is_dark(modules, width, row - MARGIN, column),
		    lower = is_dark(modules, width, row - MARGIN + 1, column);

		buf_adds(out, signs[upper + 2 * lower]);
	}
}

static void draw(struct console *c, const QRcode *code)
{
	struct buf line;

	buf_init(&line, 4096);
	for (int row = 0; row < code->width + 2 * MARGIN; row += 2) {
		qr_line(&line, code->data, code->width, row);
		terminal_put_line(c->terminal, line.data != NULL ? line.data : "");
		buf_clear(&line);
	}
	buf_fini(&line);
}

bool qr_show(struct console *c, const char *text)
{
	QRcode *code = c->ascii ? NULL : QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	bool fits = code != NULL && (size_t)code->width + 2 * MARGIN <= terminal_width(c->terminal);

	if (fits)
		draw(c, code);
	QRcode_free(code);
	return fits;
}
