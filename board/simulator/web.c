#include "board/simulator/web.h"

#include "board/simulator/control.h"

#include "base/bytes.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PAGE_MAX = 256 * 1024, PATIENCE_S = 1 };

void web_init(struct web *w)
{
	memset(w, 0, sizeof *w);
	w->listener = -1;
	for (size_t i = 0; i < WEB_CLIENTS; i++)
		w->clients[i].fd = -1;
}

static void hang_up(struct web_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->length = 0;
}

void web_fini(struct web *w)
{
	for (size_t i = 0; i < WEB_CLIENTS; i++)
		hang_up(&w->clients[i]);
	if (w->listener >= 0)
		close(w->listener);
	w->listener = -1;
}

enum err web_open(struct web *w, int port, const char *page, struct fault *f)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int yes = 1;
	int fd;

	if (port == 0)
		return ERR_OK;
	if (access(page, R_OK) != 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", page, strerror(errno));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, WEB_CLIENTS) != 0) {
		enum err err = fault_set(f, err_from_errno(errno), _("port %d of this machine: %s; choose another"),
					 port, strerror(errno));

		if (fd >= 0)
			close(fd);
		return err;
	}
	w->listener = fd;
	w->page = page;
	return ERR_OK;
}

/* ---- answers ---- */

static void send_all(int fd, const char *bytes, size_t length)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void answer(int fd, const char *status, const char *type, const char *body, size_t length)
{
	struct buf b;

	buf_init(&b, BUF_CAP_DEFAULT);
	buf_addf(&b, "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %zu\r\n", status, type, length);
	buf_adds(&b,
		 "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
		 "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
		 "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n");
	buf_add(&b, body, length);
	if (buf_status(&b) == ERR_OK)
		send_all(fd, b.data, b.len);
	buf_fini(&b);
}

static void refuse(int fd, const char *status)
{
	answer(fd, status, "text/plain", status, strlen(status));
}

static void give_page(int fd, const char *path)
{
	FILE *file = fopen(path, "rbe");
	char *page = malloc(PAGE_MAX);
	size_t length = file != NULL && page != NULL ? fread(page, 1, PAGE_MAX, file) : 0;

	if (length > 0)
		answer(fd, "200 OK", "text/html", page, length);
	else
		refuse(fd, "500 The page cannot be read");
	free(page);
	if (file != NULL)
		(void)fclose(file);
}

static void carry_out(int fd, struct board *b, const char *line)
{
	char *said = NULL;

	/* A page does not end the board for the others. */
	if (strcmp(line, "quit") == 0) {
		refuse(fd, "403 Forbidden");
		return;
	}
	(void)control_do(b, line, &said);
	if (said == NULL)
		refuse(fd, "500 No memory");
	else if (strncmp(said, "error: ", 7) == 0)
		answer(fd, "400 Bad Request", "text/plain", said, strlen(said));
	else
		answer(fd, "200 OK", "text/plain", said, strlen(said));
	free(said);
}

/* ---- requests ---- */

/* The value of a header, to the end of its line; NULL: it is not there. */
static const char *header(const char *request, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = strstr(request, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':')
			return line + 2 + length + 1 + strspn(line + 2 + length + 1, " ");
	return NULL;
}

/* A name that some server lets point here would make its page one of ours. */
static bool is_for_us(const char *request)
{
	const char *host = header(request, "Host");

	return host != NULL && (strncmp(host, "127.0.0.1:", 10) == 0 || strncmp(host, "localhost:", 10) == 0);
}

/* True when the request is complete; *body is what follows its empty line. */
static bool is_complete(struct web_client *c, const char **body)
{
	const char *end = strstr(c->request, "\r\n\r\n");
	const char *length = end == NULL ? NULL : header(c->request, "Content-Length");

	if (end == NULL)
		return false;
	*body = end + 4;
	return length == NULL || strtoul(length, NULL, 10) <= strlen(*body);
}

static void serve_one(const struct web *w, struct web_client *c, struct board *b)
{
	const char *body;

	if (!is_complete(c, &body)) {
		if (c->length + 1 < WEB_REQUEST)
			return;
		refuse(c->fd, "413 Content Too Large");
	} else if (!is_for_us(c->request)) {
		refuse(c->fd, "403 Forbidden");
	} else if (strncmp(c->request, "GET / ", 6) == 0) {
		give_page(c->fd, w->page);
	} else if (strncmp(c->request, "POST /do ", 9) == 0 && header(c->request, "X-Kannuki") != NULL) {
		carry_out(c->fd, b, body);
	} else {
		refuse(c->fd, "404 Not Found");
	}
	hang_up(c);
}

static void receive(const struct web *w, struct web_client *c, struct board *b)
{
	ssize_t length = recv(c->fd, c->request + c->length, WEB_REQUEST - 1 - c->length, MSG_DONTWAIT);

	if (length <= 0) {
		hang_up(c);
		return;
	}
	c->length += (size_t)length;
	c->request[c->length] = '\0';
	serve_one(w, c, b);
}

static void take_client(struct web *w)
{
	int fd = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC);

	for (size_t i = 0; fd >= 0 && i < WEB_CLIENTS; i++) {
		if (w->clients[i].fd < 0) {
			w->clients[i].fd = fd;
			return;
		}
	}
	/* A browser keeps spare connections open: the first makes room. */
	if (fd >= 0) {
		hang_up(&w->clients[0]);
		w->clients[0].fd = fd;
	}
}

void web_watch(const struct web *w, struct pollfd fds[WEB_FDS])
{
	fds[0] = (struct pollfd){w->listener, POLLIN, 0};
	for (size_t i = 0; i < WEB_CLIENTS; i++)
		fds[1 + i] = (struct pollfd){w->clients[i].fd, POLLIN, 0};
}

void web_serve(struct web *w, const struct pollfd fds[WEB_FDS], struct board *b)
{
	for (size_t i = 0; i < WEB_CLIENTS; i++)
		if (fds[1 + i].revents != 0)
			receive(w, &w->clients[i], b);
	if ((fds[0].revents & POLLIN) != 0)
		take_client(w);
}
