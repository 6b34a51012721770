/* The serial line itself: its speed, and what it does when the other side goes away. */
#include "console/terminal_data.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	unsigned long rate;
	speed_t code;
} rates[] = {{9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};

static bool code_of(unsigned long rate, speed_t *code)
{
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
		if (rates[i].rate == rate) {
			*code = rates[i].code;
			return true;
		}
	return false;
}

/* The line editor puts back the speed that it has once seen. */
void line_keep_speed(const struct terminal *t)
{
	struct termios mode;

	if (t->speed_count == 0 || tcgetattr(STDIN_FILENO, &mode) != 0 || cfgetospeed(&mode) == t->speeds[t->speed])
		return;
	(void)cfsetispeed(&mode, t->speeds[t->speed]);
	(void)cfsetospeed(&mode, t->speeds[t->speed]);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}

bool terminal_set_speeds(struct terminal *t, const char *list)
{
	size_t count = 0;

	while (*list != '\0') {
		char *end;
		unsigned long rate = strtoul(list, &end, 10);

		if (count == SPEEDS_MOST || !code_of(rate, &t->speeds[count]) || (*end != '\0' && *end != ','))
			return false;
		count++;
		list = end + (*end == ',');
	}
	t->speed_count = count;
	t->speed = 0;
	line_keep_speed(t);
	return count > 0;
}

unsigned long terminal_speed(const struct terminal *t)
{
	struct termios mode;

	if (t->is_tty && tcgetattr(STDIN_FILENO, &mode) == 0)
		for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
			if (rates[i].code == cfgetospeed(&mode))
				return rates[i].rate;
	return 115200;
}

/* A BREAK before anybody is logged in: the speed is not that of the other side. The rest of the burst does not count.
 */
void line_broke(struct terminal *t)
{
	if (t->speed_count < 2 || !t->greeting || t->disturbed)
		return;
	t->speed = (t->speed + 1) % t->speed_count;
	line_keep_speed(t);
	(void)tcflush(STDIN_FILENO, TCIFLUSH);
	t->disturbed = true;
}

void terminal_settle(struct terminal *t)
{
	t->greeting = false;
}

void terminal_heed_modem(struct terminal *t)
{
	struct termios mode;

	if (!t->is_tty || tcgetattr(STDIN_FILENO, &mode) != 0)
		return;
	mode.c_cflag &= ~(tcflag_t)CLOCAL;
	mode.c_cflag |= HUPCL;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
}
