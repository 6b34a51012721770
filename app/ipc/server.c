#include "ipc/server.h"

#include "base/diag.h"
#include "base/file.h"
#include "ipc/descriptors.h"
#include "ipc/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { READ_AT_ONCE = 16, PEER_KINDS = 4 };

/* The panel goes before everybody else, so that a press never waits behind a flood. */
static const struct peer_kind {
	const char *name;
	int64_t priority;
	enum peer peer;
	unsigned connections_max;
} peer_kinds[PEER_KINDS] = {
	{"panel", SD_EVENT_PRIORITY_IMPORTANT, PEER_PANEL, 2},
	{"web", SD_EVENT_PRIORITY_NORMAL, PEER_WEB, 64},
	{"console", SD_EVENT_PRIORITY_NORMAL, PEER_CONSOLE, 8},
	{"cli", SD_EVENT_PRIORITY_NORMAL, PEER_CLI, 16},
};

struct output {
	struct output *next;
	int fd; /* that goes along, -1: none */
	size_t len;
	char text[];
};

struct connection {
	struct connection *next;
	struct server *server;
	const struct peer_kind *kind;
	sd_event_source *source;
	uint64_t number;
	int fd;
	struct ucred credentials;
	struct output *first, *last;
	size_t waiting;                 /* bytes */
	unsigned work;                  /* requests that are not answered yet */
	uint64_t quick, quick_since_us; /* requests that were answered at once; some are forgiven as time goes by */
	bool doomed;                    /* closed at the end of the dispatch in progress */
};

struct listener {
	struct server *server;
	const struct peer_kind *kind;
	sd_event_source *source;
	int fd;
	bool is_permitted; /* to one user */
	uid_t permitted;
	char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* empty when the socket was given to us */
};

struct server {
	sd_event *event;
	struct server_hooks hooks;
	struct listener listeners[PEER_KINDS];
	struct connection *connections;
	uint64_t last_number;
	unsigned open[PEER_KINDS];
	struct server_counts counts;
	char message[MESSAGE_MAX + 1];
	struct descriptors came; /* with the message that is being handled */
};

static const struct peer_kind *kind_of(enum peer peer)
{
	for (size_t i = 0; i < PEER_KINDS; i++)
		if (peer_kinds[i].peer == peer)
			return &peer_kinds[i];
	return NULL;
}

enum peer peer_by_name(const char *name)
{
	for (size_t i = 0; i < PEER_KINDS; i++)
		if (strcmp(peer_kinds[i].name, name) == 0)
			return peer_kinds[i].peer;
	return (enum peer)0;
}

enum err server_new(sd_event *event, const struct server_hooks *hooks, struct server **out)
{
	struct server *s = calloc(1, sizeof *s);

	if (s == NULL)
		return ERR_NOMEM;
	s->event = event;
	s->hooks = *hooks;
	for (size_t i = 0; i < PEER_KINDS; i++)
		s->listeners[i].fd = -1;
	*out = s;
	return ERR_OK;
}

struct server_counts server_counts(const struct server *s)
{
	return s->counts;
}

unsigned server_connected(const struct server *s, enum peer peer)
{
	const struct peer_kind *kind = kind_of(peer);

	return kind != NULL ? s->open[kind - peer_kinds] : 0;
}

const char *cut_word(enum cut cut)
{
	static const char *const words[CUT_COUNT] = {
		[CUT_MALFORMED] = "malformed", [CUT_OVERSIZED] = "oversized", [CUT_STALLED] = "stalled",
		[CUT_FLOOD] = "flood",         [CUT_FULL] = "full",           [CUT_FOREIGN] = "foreign"};

	return words[cut];
}

/* The 1st, 2nd, 4th, 8th … time: a flood must not drown what else the journal has to say. */
static void count_cut(struct server *s, const struct peer_kind *kind, const struct ucred *who, enum cut cut,
		      const char *why)
{
	uint64_t times = ++s->counts.cut[cut];

	if ((times & (times - 1)) == 0)
		diag(DIAG_WARNING, "%s (pid %d, uid %u): %s: %s; its connection is closed (%llu times so far)",
		     kind->name, (int)who->pid, (unsigned)who->uid, cut_word(cut), why, (unsigned long long)times);
	if (s->hooks.cut != NULL)
		s->hooks.cut(s->hooks.context, kind->peer, who->uid, cut);
}

/* ---- connections ---------------------------------------------------------------------------------- */

static struct connection *find(const struct server *s, uint64_t number)
{
	for (struct connection *c = s->connections; c != NULL; c = c->next)
		if (c->number == number)
			return c->doomed ? NULL : c;
	return NULL;
}

static void output_free(struct output *o)
{
	if (o->fd >= 0)
		(void)close(o->fd);
	free(o);
}

static void drop_output(struct connection *c)
{
	while (c->first != NULL) {
		struct output *o = c->first;

		c->first = o->next;
		output_free(o);
	}
	c->last = NULL;
	c->waiting = 0;
}

static void connection_free(struct connection *c)
{
	struct server *s = c->server;

	for (struct connection **at = &s->connections; *at != NULL; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	s->open[c->kind - peer_kinds]--;
	c->source = sd_event_source_disable_unref(c->source);
	(void)close(c->fd);
	drop_output(c);
	free(c);
}

static void connection_end(struct connection *c)
{
	struct server *s = c->server;
	uint64_t number = c->number;

	connection_free(c);
	s->hooks.gone(s->hooks.context, number);
}

/* Whoever holds the connection on the stack goes on safely; the next turn of the loop ends it. */
static void doom(struct connection *c)
{
	c->doomed = true;
	drop_output(c);
	(void)shutdown(c->fd, SHUT_RDWR);
}

static void want(struct connection *c, uint32_t events)
{
	if (sd_event_source_set_io_events(c->source, events) < 0)
		doom(c);
}

/* Sends what waits until the peer's buffer is full. */
static void flush(struct connection *c)
{
	while (c->first != NULL) {
		struct output *o = c->first;
		ssize_t put = descriptors_send(c->fd, o->text, o->len, &o->fd, o->fd >= 0, MSG_DONTWAIT);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			want(c, EPOLLIN | EPOLLOUT);
			return;
		}
		if (put < 0) {
			doom(c);
			return;
		}
		c->first = o->next;
		c->waiting -= o->len;
		output_free(o);
	}
	c->last = NULL;
	want(c, EPOLLIN);
}

/* Takes over `fd`, if there is one. */
static void enqueue(struct connection *c, const char *text, size_t len, int fd)
{
	struct output *o = malloc(sizeof *o + len);

	if (o == NULL || c->waiting + len > OUTPUT_MAX) {
		free(o);
		if (fd >= 0)
			(void)close(fd);
		count_cut(c->server, c->kind, &c->credentials, CUT_STALLED, "takes no answers");
		doom(c);
		return;
	}
	o->next = NULL;
	o->fd = fd;
	o->len = len;
	memcpy(o->text, text, len);
	if (c->last != NULL)
		c->last->next = o;
	else
		c->first = o;
	c->last = o;
	c->waiting += len;
	flush(c);
}

/* Takes over `message`, and `fd` if it is not -1. False: it could not be made or is too large. */
static bool deliver_with(struct server *s, uint64_t number, json_t *message, int fd)
{
	struct connection *c = find(s, number);
	char *text = c != NULL && message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;
	bool fits = c == NULL || (text != NULL && strlen(text) <= MESSAGE_MAX);

	json_decref(message);
	if (c != NULL && fits)
		enqueue(c, text, strlen(text), fd);
	else if (fd >= 0)
		(void)close(fd);
	if (!fits)
		diag(DIAG_ERROR, "%s %llu: a message to it could not be made or is too large", c->kind->name,
		     (unsigned long long)number);
	free(text);
	return fits;
}

static bool deliver(struct server *s, uint64_t number, json_t *message)
{
	return deliver_with(s, number, message, -1);
}

/* Whoever asks must hear something: a connection that closes would only make it ask again. */
static void answer(struct server *s, struct ticket ticket, json_t *message, int fd)
{
	struct connection *c = find(s, ticket.connection);

	if (c != NULL && c->work > 0)
		c->work--;
	if (deliver_with(s, ticket.connection, message, fd) ||
	    deliver(s, ticket.connection,
		    json_pack("{s:I, s:{s:s, s:{}}}", "id", (json_int_t)ticket.id, "error", "code", "busy", "args")))
		return;
	c = find(s, ticket.connection);
	if (c != NULL)
		doom(c);
}

void server_answer_with(struct server *s, struct ticket ticket, json_t *result, int fd)
{
	answer(s, ticket,
	       json_pack("{s:I, s:o}", "id", (json_int_t)ticket.id, "result", result != NULL ? result : json_object()),
	       fd);
}

void server_answer(struct server *s, struct ticket ticket, json_t *result)
{
	server_answer_with(s, ticket, result, -1);
}

void server_refuse(struct server *s, struct ticket ticket, const char *code, json_t *args)
{
	answer(s, ticket,
	       json_pack("{s:I, s:{s:s, s:o}}", "id", (json_int_t)ticket.id, "error", "code", code, "args",
			 args != NULL ? args : json_object()),
	       -1);
}

void server_push(struct server *s, uint64_t connection, const char *push, json_t *params)
{
	(void)deliver(s, connection,
		      json_pack("{s:s, s:o}", "push", push, "params", params != NULL ? params : json_object()));
}

/* ---- messages --------------------------------------------------------------------------------------- */

static void complain(struct connection *c, enum cut cut, const char *why)
{
	(void)deliver(c->server, c->number,
		      json_pack("{s:n, s:{s:s, s:{s:s}}}", "id", "error", "code", "bad_message", "args", "why", why));
	count_cut(c->server, c->kind, &c->credentials, cut, why);
	doom(c);
}

/* Whoever asks faster than anybody can read would leave no time to others. */
static bool is_flood(struct connection *c, bool was_quick)
{
	uint64_t now_us = 0, forgiven;

	if (!was_quick || ++c->quick <= QUICK_BURST)
		return false;
	(void)sd_event_now(c->server->event, CLOCK_MONOTONIC, &now_us);
	forgiven = (now_us - c->quick_since_us) * QUICK_PER_S / 1000000;
	c->quick -= forgiven < c->quick ? forgiven : c->quick;
	c->quick_since_us = now_us;
	return c->quick > QUICK_BURST;
}

/* What came along must be asked for by the message: one for each member of a list of files. */
static bool files_fit(const struct request *r, const char **field, struct fault *f)
{
	size_t named = 0;

	for (const struct param *p = r->method->params; p->kind != PARAM_END; p++)
		if (p->kind == PARAM_FILES)
			named = json_array_size(json_object_get(r->params, p->name));
	if (named == r->came->count)
		return true;
	*field = "files";
	(void)fault_set(f, ERR_FORMAT, "%zu files are named, %u came along", named, r->came->count);
	return false;
}

static void handle(struct connection *c, const struct message *m)
{
	struct server *s = c->server;
	struct request r = {.ticket = {.connection = c->number, .id = m->id},
			    .peer = c->kind->peer,
			    .uid = c->credentials.uid,
			    .method = method_find(m->method),
			    .params = m->params,
			    .came = &s->came};
	const char *field = NULL;
	unsigned work = c->work++;
	struct fault f;

	if (r.method == NULL)
		server_refuse(s, r.ticket, "unknown_method", NULL);
	else if ((r.method->peers & (unsigned)r.peer) == 0)
		server_refuse(s, r.ticket, "peer_refused", json_pack("{s:s}", "method", r.method->name));
	else if (params_check(r.method->params, r.params, &field, &f) != ERR_OK || !files_fit(&r, &field, &f))
		server_refuse(s, r.ticket, "invalid", json_pack("{s:s, s:s}", "field", field, "why", f.text));
	else
		s->hooks.request(s->hooks.context, &r);
	if (!c->doomed && is_flood(c, c->work == work))
		complain(c, CUT_FLOOD, "asks for more than can be answered");
}

/* One message. False when there is nothing more to read for now. */
static bool read_one(struct connection *c)
{
	struct server *s = c->server;
	struct message m;
	struct fault f;
	ssize_t got;

	do
		got = descriptors_receive(c->fd, s->message, sizeof s->message, &s->came);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (got <= 0) {
		doom(c);
		return false;
	}
	if ((size_t)got > MESSAGE_MAX) {
		complain(c, CUT_OVERSIZED, "larger than 65536 bytes");
		return false;
	}
	if (message_parse(s->message, (size_t)got, &m, &f) != ERR_OK) {
		complain(c, CUT_MALFORMED, f.text);
		return false;
	}
	handle(c, &m);
	message_fini(&m);
	return true;
}

/* Whatever becomes of the message, what came along with it and was not taken is closed. */
static bool read_next(struct connection *c)
{
	struct server *s = c->server;
	bool goes_on = read_one(c);

	if (s->came.count > 0 && !c->doomed && descriptors_are_stuck())
		complain(c, CUT_FLOOD, "sends open files faster than they can be closed");
	descriptors_drop(&s->came);
	return goes_on;
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct connection *c = userdata;

	(void)source;
	(void)fd;
	if (!c->doomed && (events & EPOLLOUT) != 0)
		flush(c);
	for (int i = 0; i < READ_AT_ONCE && !c->doomed; i++)
		if (!read_next(c))
			break;
	if (c->doomed)
		connection_end(c);
	return 0;
}

/* NULL: let in. */
static const char *why_not(const struct listener *l, const struct ucred *who, enum cut *cut)
{
	*cut = CUT_FOREIGN;
	if (l->is_permitted && who->uid != l->permitted)
		return "this socket is for another user";
	*cut = CUT_FULL;
	return l->server->open[l->kind - peer_kinds] >= l->kind->connections_max ? "too many connections" : NULL;
}

static enum err let_in(struct listener *l, int fd, const struct ucred *who)
{
	struct server *s = l->server;
	struct connection *c = calloc(1, sizeof *c);

	if (c == NULL)
		return ERR_NOMEM;
	c->server = s;
	c->kind = l->kind;
	c->fd = fd;
	c->credentials = *who;
	c->number = ++s->last_number;
	if (sd_event_add_io(s->event, &c->source, fd, EPOLLIN, on_ready, c) < 0) {
		free(c);
		return ERR_NOMEM;
	}
	(void)sd_event_source_set_priority(c->source, l->kind->priority);
	c->next = s->connections;
	s->connections = c;
	s->open[l->kind - peer_kinds]++;
	s->counts.accepted++;
	return ERR_OK;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct listener *l = userdata;
	socklen_t size = sizeof(struct ucred);
	struct ucred who;
	const char *why = NULL;
	enum cut cut;
	int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)source;
	(void)events;
	if (peer < 0)
		return 0;
	if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && (why = why_not(l, &who, &cut)) == NULL &&
	    let_in(l, peer, &who) == ERR_OK)
		return 0;
	(void)close(peer);
	if (why != NULL)
		count_cut(l->server, l->kind, &who, cut, why);
	return 0;
}

/* ---- listeners -------------------------------------------------------------------------------------- */

/* The free place for the listener of `peer`; NULL: there is none, f says why. */
static struct listener *find_place(struct server *s, enum peer peer, struct fault *f)
{
	const struct peer_kind *kind = kind_of(peer);
	struct listener *l;

	if (kind == NULL) {
		(void)fault_set(f, ERR_MISSING, "a socket is for one kind of peer");
		return NULL;
	}
	l = &s->listeners[kind - peer_kinds];
	if (l->fd >= 0) {
		(void)fault_set(f, ERR_EXISTS, "%s: there is a socket already", kind->name);
		return NULL;
	}
	l->server = s;
	l->kind = kind;
	return l;
}

void server_permit(struct server *s, enum peer peer, uid_t uid)
{
	const struct peer_kind *kind = kind_of(peer);

	if (kind == NULL)
		return;
	s->listeners[kind - peer_kinds].is_permitted = true;
	s->listeners[kind - peer_kinds].permitted = uid;
}

static enum err attach(struct listener *l, int fd, struct fault *f)
{
	int r = sd_event_add_io(l->server->event, &l->source, fd, EPOLLIN, on_listener, l);

	if (r < 0)
		return fault_set(f, err_from_errno(-r), "%s: %s", l->kind->name, strerror(-r));
	(void)sd_event_source_set_priority(l->source, l->kind->priority);
	l->fd = fd;
	return ERR_OK;
}

enum err server_take_listener(struct server *s, enum peer peer, int fd, struct fault *f)
{
	struct listener *l = find_place(s, peer, f);

	return l != NULL ? attach(l, fd, f) : ERR_EXISTS;
}

static enum err open_listener(const char *path, int *out, struct fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, number;

	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	(void)unlink(path);
	/* The mode is right from the first instant: nobody may connect in between. */
	mask = umask(0117);
	number = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
	(void)umask(mask);
	if (number == 0 && listen(fd, 16) != 0)
		number = errno;
	if (number != 0) {
		(void)close(fd);
		return fault_set(f, err_from_errno(number), "%s: cannot listen: %s; is the folder there and writable?",
				 path, strerror(number));
	}
	*out = fd;
	return ERR_OK;
}

enum err server_listen(struct server *s, enum peer peer, struct fault *f)
{
	struct listener *l = find_place(s, peer, f);
	enum err err;
	int fd = -1;

	if (l == NULL)
		return ERR_EXISTS;
	if (place(l->path, sizeof l->path, peer_socket(peer)) != ERR_OK)
		return fault_set(f, ERR_RANGE, "$KANNUKI_ROOT%s is too long for a socket's path", peer_socket(peer));
	err = open_listener(l->path, &fd, f);
	if (err == ERR_OK)
		err = attach(l, fd, f);
	if (err != ERR_OK && fd >= 0)
		(void)close(fd);
	return err;
}

void server_free(struct server *s)
{
	if (s == NULL)
		return;
	for (struct connection *c = s->connections, *next; c != NULL; c = next) {
		next = c->next;
		connection_free(c);
	}
	for (size_t i = 0; i < PEER_KINDS; i++) {
		struct listener *l = &s->listeners[i];

		if (l->fd < 0)
			continue;
		l->source = sd_event_source_disable_unref(l->source);
		(void)close(l->fd);
		if (l->path[0] != '\0')
			(void)unlink(l->path);
	}
	free(s);
}
