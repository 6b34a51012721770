#include "board/simulator/server.h"

#include "board/simulator/control.h"
#include "board/simulator/web.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 8, LINE = 256, STEP_MS = 1, CATCH_UP_MS = 200 };

struct line_client {
	int fd; /* -1: free */
	char line[LINE];
	size_t length;
};

struct server {
	struct board *board;
	uint8_t *eeprom;
	int pty, listener;
	bool pty_open; /* somebody has the other end */
	struct line_client clients[CLIENTS];
	struct web web;
	int64_t real_ns;  /* wall time that board time 0 stands for */
	uint64_t board_0; /* board time at real_ns */
	bool quits;
};

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void)number;
	told_to_end = 1;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- EEPROM file ---- */

static uint64_t new_controller(void)
{
	uint64_t id = 0;

	while (id == 0)
		if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
			id = 1;
	return id;
}

static enum err eeprom_map(struct server *s, const char *path, int uplinks, struct fault *f)
{
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool is_new = path == NULL || (fd >= 0 && lseek(fd, 0, SEEK_END) == 0);
	void *bytes = MAP_FAILED;

	if (path != NULL && (fd < 0 || ftruncate(fd, BOARD_EEPROM_SIZE) != 0)) {
		enum err err = fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));

		if (fd >= 0)
			close(fd);
		return err;
	}
	bytes = mmap(NULL, BOARD_EEPROM_SIZE, PROT_READ | PROT_WRITE,
		     path == NULL ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (bytes == MAP_FAILED)
		return fault_set(f, err_from_errno(errno), "%s: cannot be mapped: %s", path, strerror(errno));
	s->eeprom = bytes;
	if (is_new) {
		memset(s->eeprom, 0xFF, BOARD_EEPROM_SIZE);
		board_provision(s->eeprom, new_controller(), uplinks);
	}
	return ERR_OK;
}

/* ---- the pseudo-terminal ---- */

/* Nobody has the line open. The next one shall find it as after power-on: glibc refuses settings that change nothing
   on a terminal without parity, so what the last one set must not stay. */
static void pty_rest(const struct server *s)
{
	struct termios raw;

	tcgetattr(s->pty, &raw);
	cfmakeraw(&raw);
	cfsetspeed(&raw, B9600);
	tcsetattr(s->pty, TCSANOW, &raw);
	tcflush(s->pty, TCIOFLUSH);
}

static bool pty_is_open(struct server *s)
{
	struct pollfd line = {s->pty, POLLIN, 0};
	bool was_open = s->pty_open;

	s->pty_open = poll(&line, 1, 0) >= 0 && (line.revents & POLLHUP) == 0;
	if (was_open && !s->pty_open)
		pty_rest(s);
	return s->pty_open;
}

static enum err pty_open(struct server *s, const char *link, struct fault *f)
{
	char name[64];
	int slave;

	if (openpty(&s->pty, &slave, name, NULL, NULL) != 0)
		return fault_set(f, err_from_errno(errno), "no pseudo-terminal: %s", strerror(errno));
	pty_rest(s);
	close(slave);
	fcntl(s->pty, F_SETFL, O_NONBLOCK);
	if (link == NULL)
		return ERR_OK;
	if ((unlink(link) != 0 && errno != ENOENT) || symlink(name, link) != 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", link, strerror(errno));
	return ERR_OK;
}

/* A full terminal has nobody reading it; on a real line the bytes would be lost as well. */
static void to_pty(void *context, uint8_t byte)
{
	const struct server *s = context;
	ssize_t written = s->pty_open ? write(s->pty, &byte, 1) : 0;

	(void)written;
}

static void from_pty(struct server *s)
{
	uint8_t bytes[256];
	ssize_t length = read(s->pty, bytes, sizeof bytes);

	if (length > 0)
		(void)board_send(s->board, bytes, (size_t)length);
}

/* ---- the control socket ---- */

static enum err control_open(struct server *s, const char *path, struct fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (path == NULL)
		return ERR_OK;
	if (strlen(path) >= sizeof address.sun_path)
		return fault_set(f, ERR_RANGE, "%s: too long for a socket; choose a path of at most %zu bytes", path,
				 sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, CLIENTS) != 0) {
		enum err err = fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));

		if (fd >= 0)
			close(fd);
		return err;
	}
	s->listener = fd;
	return ERR_OK;
}

static void client_close(struct line_client *c)
{
	close(c->fd);
	*c = (struct line_client){.fd = -1};
}

static void client_take(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < CLIENTS; i++) {
		if (s->clients[i].fd < 0) {
			s->clients[i].fd = fd;
			return;
		}
	}
	if (fd >= 0)
		close(fd);
}

static bool send_line(int fd, const char *text)
{
	size_t length = strlen(text);
	struct timeval patience = {.tv_sec = 1};

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return send(fd, text, length, MSG_NOSIGNAL) == (ssize_t)length && send(fd, "\n", 1, MSG_NOSIGNAL) == 1;
}

static void client_line(struct server *s, struct line_client *c)
{
	char *answer = NULL;

	if (control_do(s->board, c->line, &answer) == CONTROL_QUIT)
		s->quits = true;
	if (answer == NULL || !send_line(c->fd, answer))
		client_close(c);
	free(answer);
}

static void client_read(struct server *s, struct line_client *c)
{
	char bytes[LINE];
	ssize_t length = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (length <= 0) {
		client_close(c);
		return;
	}
	for (ssize_t i = 0; i < length && c->fd >= 0; i++) {
		if (bytes[i] == '\n') {
			c->line[c->length] = '\0';
			c->length = 0;
			client_line(s, c);
		} else if (c->length < LINE - 1) {
			c->line[c->length++] = bytes[i];
		} else {
			client_close(c);
		}
	}
}

/* ---- real time ---- */

/* A machine that was busy is caught up with; one that slept is not. */
static void keep_pace(struct server *s)
{
	int64_t elapsed_us = (now_ns() - s->real_ns) / 1000;
	uint64_t target =
		s->board_0 + (uint64_t)elapsed_us / 1000000 * BOARD_CLOCK + BOARD_US((uint64_t)elapsed_us % 1000000);

	if (target > board_now(s->board) + BOARD_MS(CATCH_UP_MS)) {
		target = board_now(s->board) + BOARD_MS(CATCH_UP_MS);
		s->board_0 = target;
		s->real_ns = now_ns();
	}
	board_run(s->board, target);
}

static void wait_for_something(struct server *s)
{
	struct pollfd fds[2 + CLIENTS + WEB_FDS] = {{pty_is_open(s) ? s->pty : -1, POLLIN, 0},
						    {s->listener, POLLIN, 0}};

	for (size_t i = 0; i < CLIENTS; i++)
		fds[2 + i] = (struct pollfd){s->clients[i].fd, POLLIN, 0};
	web_watch(&s->web, fds + 2 + CLIENTS);
	if (poll(fds, 2 + CLIENTS + WEB_FDS, STEP_MS) <= 0)
		return;
	keep_pace(s);
	if ((fds[0].revents & POLLIN) != 0)
		from_pty(s);
	if ((fds[1].revents & POLLIN) != 0)
		client_take(s);
	for (size_t i = 0; i < CLIENTS; i++)
		if (fds[2 + i].revents != 0)
			client_read(s, &s->clients[i]);
	web_serve(&s->web, fds + 2 + CLIENTS, s->board);
}

static void run(struct server *s)
{
	board_listen(s->board, to_pty, s);
	board_power(s->board, true);
	s->real_ns = now_ns();
	s->board_0 = board_now(s->board);
	while (!told_to_end && !s->quits) {
		keep_pace(s);
		wait_for_something(s);
	}
	board_power(s->board, false);
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum err server_run(const struct server_options *options, struct fault *f)
{
	struct server s = {.pty = -1, .listener = -1};
	enum err err;

	for (size_t i = 0; i < CLIENTS; i++)
		s.clients[i].fd = -1;
	web_init(&s.web);
	catch_signals();
	err = eeprom_map(&s, options->eeprom, options->uplinks, f);
	if (err != ERR_OK)
		return err;
	s.board = board_new(options->hex, s.eeprom);
	if (s.board == NULL) {
		err = fault_set(f, ERR_MISSING, "%s: cannot be read as Intel HEX; build the firmware with make",
				options->hex);
		goto out;
	}
	err = pty_open(&s, options->pty_link, f);
	if (err == ERR_OK)
		err = control_open(&s, options->control, f);
	if (err == ERR_OK)
		err = web_open(&s.web, options->port, options->page, f);
	if (err == ERR_OK)
		run(&s);
out:
	web_fini(&s.web);
	for (size_t i = 0; i < CLIENTS; i++)
		if (s.clients[i].fd >= 0)
			close(s.clients[i].fd);
	if (s.listener >= 0) {
		close(s.listener);
		unlink(options->control);
	}
	if (s.pty >= 0)
		close(s.pty);
	if (options->pty_link != NULL)
		unlink(options->pty_link);
	board_free(s.board);
	munmap(s.eeprom, BOARD_EEPROM_SIZE);
	return err;
}
