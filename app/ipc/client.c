#include "ipc/client.h"

#include "base/clock.h"
#include "base/file.h"
#include "ipc/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A flood of pushes must not keep a peer from its other work. */
enum { READ_AT_ONCE = 64 };

struct client {
	int fd;
	int last_id;
	push_taker *take;
	void *context;
	struct descriptors came; /* with the newest message */
	char message[MESSAGE_MAX + 1];
};

static void forget_files(struct client *c)
{
	for (unsigned i = 0; i < c->came.count; i++)
		(void)close(c->came.fd[i]);
	c->came.count = 0;
}

enum err client_open(enum peer peer, push_taker *take, void *context, struct client **out, struct fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct client *c;

	if (place(address.sun_path, sizeof address.sun_path, peer_socket(peer)) != ERR_OK)
		return fault_set(f, ERR_RANGE, "$KANNUKI_ROOT%s is too long for a socket's path", peer_socket(peer));
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	c->take = take;
	c->context = context;
	/* Non-blocking until connected: a keeper that hangs and whose queue is full must not hold us. */
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
	    fcntl(c->fd, F_SETFL, O_RDWR) != 0) {
		int number = errno;

		client_close(c);
		return fault_set(f, ERR_IO, "%s: the keeper does not answer: %s", address.sun_path, strerror(number));
	}
	*out = c;
	return ERR_OK;
}

void client_close(struct client *c)
{
	if (c == NULL)
		return;
	if (c->fd >= 0)
		(void)close(c->fd);
	forget_files(c);
	free(c);
}

int client_fd(const struct client *c)
{
	return c->fd;
}

static void hand_out(struct client *c, const char *push, json_t *params)
{
	if (c->take != NULL)
		c->take(c->context, push, params);
}

/* Receives one message. ERR_BUSY: nothing there. */
static enum err receive(struct client *c, json_t **message, struct fault *f)
{
	ssize_t got;
	json_t *json;

	forget_files(c);
	do
		got = descriptors_receive(c->fd, c->message, sizeof c->message, &c->came);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ERR_BUSY;
	if (got <= 0)
		return fault_set(f, ERR_IO, "the keeper has closed the connection");
	if (got > MESSAGE_MAX)
		return fault_set(f, ERR_RANGE, "the keeper sent more than %d bytes at once", MESSAGE_MAX);
	json = json_loadb(c->message, (size_t)got, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return fault_set(f, ERR_FORMAT, "the keeper sent something that is not a message");
	}
	*message = json;
	return ERR_OK;
}

static void hand_out_message(struct client *c, json_t *message)
{
	const char *push = json_string_value(json_object_get(message, "push"));

	if (push != NULL)
		hand_out(c, push, json_object_get(message, "params"));
	else
		hand_out(c, "answer", message);
}

enum err client_read(struct client *c, struct fault *f)
{
	for (int i = 0; i < READ_AT_ONCE; i++) {
		json_t *message = NULL;
		enum err err = receive(c, &message, f);

		if (err == ERR_BUSY)
			return ERR_OK;
		if (err != ERR_OK)
			return err;
		hand_out_message(c, message);
		json_decref(message);
	}
	return ERR_OK;
}

static enum err send_with(struct client *c, const char *method, json_t *params, const struct client_files *files,
			  int *id, struct fault *f)
{
	json_t *request = json_pack("{s:i, s:s, s:O*}", "id", ++c->last_id, "method", method, "params", params);
	char *text = json_dumps(request, JSON_COMPACT);
	enum err err = ERR_OK;
	ssize_t put;

	json_decref(request);
	if (text == NULL)
		return fault_set(f, ERR_NOMEM, "out of memory");
	if (strlen(text) > MESSAGE_MAX) {
		err = fault_set(f, ERR_RANGE, "the request '%s' has %zu bytes; at most %d fit", method, strlen(text),
				MESSAGE_MAX);
	} else {
		do
			put = descriptors_send(c->fd, text, strlen(text), files->given, files->count, 0);
		while (put < 0 && errno == EINTR);
		if (put < 0)
			err = fault_set(f, ERR_IO, "the keeper does not answer: %s", strerror(errno));
	}
	free(text);
	if (err == ERR_OK && id != NULL)
		*id = c->last_id;
	return err;
}

enum err client_send(struct client *c, const char *method, json_t *params, int *id, struct fault *f)
{
	const struct client_files none = {.count = 0};

	return send_with(c, method, params, &none, id, f);
}

/* Takes `message` if it answers request `id`. */
static enum err take_answer(json_t *message, int id, json_t **result, bool *answered)
{
	json_t *given = json_object_get(message, "id"), *error = json_object_get(message, "error");

	*answered = json_is_integer(given) && json_integer_value(given) == id;
	if (!*answered)
		return ERR_OK;
	if (error != NULL) {
		*result = json_incref(error);
		return ERR_DENIED;
	}
	*result = json_object_get(message, "result") != NULL ? json_incref(json_object_get(message, "result"))
							     : json_object();
	return ERR_OK;
}

enum err client_call(struct client *c, const char *method, json_t *params, int timeout_ms, json_t **result,
		     struct fault *f)
{
	struct client_files none = {.count = 0};

	return client_call_with(c, method, params, &none, timeout_ms, result, f);
}

/* The first file that came with an answer. */
static int take_file(struct client *c)
{
	return c->came.count > 0 ? c->came.fd[--c->came.count] : -1;
}

enum err client_call_with(struct client *c, const char *method, json_t *params, struct client_files *files,
			  int timeout_ms, json_t **result, struct fault *f)
{
	int64_t until_ns = moment_now().boot_ns + (int64_t)timeout_ms * 1000000;
	enum err err;
	int id;

	files->got = -1;
	err = send_with(c, method, params, files, &id, f);
	if (err != ERR_OK)
		return err;
	for (;;) {
		int64_t left_ms = (until_ns - moment_now().boot_ns) / 1000000;
		struct pollfd ready = {.fd = c->fd, .events = POLLIN};
		bool answered = false;
		json_t *message = NULL;

		if (left_ms <= 0)
			return fault_set(f, ERR_TIMEOUT, "the keeper did not answer '%s' within %d ms", method,
					 timeout_ms);
		if (poll(&ready, 1, (int)(left_ms < INT_MAX ? left_ms : INT_MAX)) <= 0)
			continue;
		err = receive(c, &message, f);
		if (err == ERR_BUSY)
			continue;
		if (err != ERR_OK)
			return err;
		err = take_answer(message, id, result, &answered);
		if (!answered)
			hand_out_message(c, message);
		else if (err == ERR_OK)
			files->got = take_file(c);
		json_decref(message);
		if (answered)
			return err;
	}
}
