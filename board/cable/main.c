/* A simulated serial cable: a program runs on one end as on a board's serial line, a person plugs into the other.
 *
 *   kannuki-simcable LINK -- PROGRAM [ARGUMENT …]   LINK becomes a symbolic link to the person's end
 *   kannuki-simcable --attach LINK                  a plain terminal on that end; Ctrl-] leaves
 *
 * The program is started again when it ends, as a getty would; the line knows no size of a screen. Two pseudo-terminals
 * are joined, because a pseudo-terminal by itself has only one end with a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

static volatile sig_atomic_t stop_asked;

static void on_stop(int signal_number)
{
	(void)signal_number;
	stop_asked = 1;
}

static _Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "kannuki-simcable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch_signals(void)
{
	struct sigaction action = {.sa_handler = on_stop};

	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

/* Copies what is there from one end to the other. False: that end is gone. */
static bool carry(int from, int to)
{
	char chunk[4096];
	ssize_t got = read(from, chunk, sizeof chunk);

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	for (ssize_t at = 0; at < got;) {
		ssize_t put = write(to, chunk + at, (size_t)(got - at));

		/* A full line drops characters, as a real one without flow control does. */
		if (put <= 0)
			break;
		at += put;
	}
	return got > 0;
}

static pid_t start_program(int line, char **command)
{
	pid_t child = fork();

	if (child < 0)
		give_up("fork");
	if (child > 0)
		return child;
	(void)prctl(PR_SET_PDEATHSIG, SIGHUP);
	if (login_tty(line) != 0)
		_exit(127);
	(void)setenv("TERM", "vt100", 1);
	(void)execvp(command[0], command);
	_exit(127);
}

/* A program that ends at once is not started more than once a second. */
static void pause_a_second(void)
{
	struct timespec second = {.tv_sec = 1};

	(void)nanosleep(&second, NULL);
}

/* Pulling the cable (its end is closed already) ends a well-behaved program; any other is ended after two seconds. */
static void end_program(pid_t child)
{
	struct timespec moment = {.tv_nsec = 20000000};

	(void)kill(child, SIGHUP);
	for (int i = 0; i < 100; i++) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return;
		(void)nanosleep(&moment, NULL);
	}
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

static int lay_cable(const char *link, char **command)
{
	struct termios raw;
	char name[128];
	int board_master, board_line, person_master, person_line;

	if (openpty(&board_master, &board_line, NULL, NULL, NULL) != 0)
		give_up("openpty");
	if (openpty(&person_master, &person_line, name, NULL, NULL) != 0)
		give_up("openpty");
	/* The person's end stays open here, so that unplugging a terminal does not end the cable. */
	(void)tcgetattr(person_line, &raw);
	cfmakeraw(&raw);
	(void)tcsetattr(person_line, TCSANOW, &raw);
	(void)unlink(link);
	if (symlink(name, link) != 0)
		give_up(link);
	(void)fcntl(board_master, F_SETFD, FD_CLOEXEC);
	(void)fcntl(person_master, F_SETFD, FD_CLOEXEC);
	(void)fcntl(person_line, F_SETFD, FD_CLOEXEC);
	(void)fcntl(board_master, F_SETFL, O_NONBLOCK);
	(void)fcntl(person_master, F_SETFL, O_NONBLOCK);

	pid_t child = start_program(board_line, command);
	while (!stop_asked) {
		struct pollfd ends[] = {{.fd = board_master, .events = POLLIN},
					{.fd = person_master, .events = POLLIN}};

		(void)poll(ends, 2, 500);
		if (ends[0].revents != 0)
			(void)carry(board_master, person_master);
		if (ends[1].revents != 0)
			(void)carry(person_master, board_master);
		if (waitpid(child, NULL, WNOHANG) == child) {
			pause_a_second();
			if (!stop_asked)
				child = start_program(board_line, command);
		}
	}
	(void)unlink(link);
	(void)close(board_master);
	end_program(child);
	return 0;
}

static int attach(const char *link)
{
	enum { LEAVE = 0x1d }; /* Ctrl-] */
	struct termios before, raw;
	int line = open(link, O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool open_ends = true;

	if (line < 0)
		give_up(link);
	if (tcgetattr(STDIN_FILENO, &before) != 0)
		give_up("this needs a terminal");
	raw = before;
	cfmakeraw(&raw);
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	while (!stop_asked && open_ends) {
		struct pollfd ends[] = {{.fd = line, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
		char key[256];

		(void)poll(ends, 2, -1);
		if (ends[0].revents != 0)
			open_ends = carry(line, STDOUT_FILENO);
		if (ends[1].revents != 0) {
			ssize_t got = read(STDIN_FILENO, key, sizeof key);

			if (got <= 0 || memchr(key, LEAVE, (size_t)got) != NULL)
				break;
			open_ends = write(line, key, (size_t)got) == got;
		}
	}
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	(void)printf("\n");
	(void)close(line);
	return 0;
}

int main(int argc, char **argv)
{
	watch_signals();
	if (argc == 3 && strcmp(argv[1], "--attach") == 0)
		return attach(argv[2]);
	if (argc >= 4 && strcmp(argv[2], "--") == 0)
		return lay_cable(argv[1], argv + 3);
	(void)fprintf(stderr, "usage: kannuki-simcable LINK -- PROGRAM [ARGUMENT ...]\n"
			      "       kannuki-simcable --attach LINK\n");
	return 2;
}
