/* The tables of methods and acts, one message taken apart, and the answering side of a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/client.h"
#include "ipc/message.h"
#include "ipc/server.h"

/* ---- tables -------------------------------------------------------------------------------------------- */

static void check_params_table(const struct param *params, size_t room)
{
	size_t count = 0;

	while (count < room && params[count].kind != PARAM_END)
		count++;
	assert_true(count < room);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(params[i].name);
		if (params[i].kind == PARAM_HEX)
			assert_true(params[i].limit > 0);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(params[i].name, params[k].name);
	}
}

static void methods_table_is_whole(void **state)
{
	(void)state;
	for (const struct method *m = methods; m->name != NULL; m++) {
		const char *first = m->params[0].name;
		bool has_session = m->params[0].kind != PARAM_END && strcmp(first, "session") == 0;

		assert_ptr_equal(method_find(m->name), m);
		assert_int_equal(m->peers & ~(unsigned)(PEER_PANEL | PEER_PEOPLE), 0);
		assert_true(m->peers != 0);
		assert_int_equal(has_session, m->session != WITHOUT_SESSION);
		assert_true(strlen(m->meaning) > 10);
		check_params_table(m->params, sizeof m->params / sizeof m->params[0]);
	}
	assert_null(method_find("no.such"));
}

static void people_and_panel_share_no_method(void **state)
{
	(void)state;
	for (const struct method *m = methods; m->name != NULL; m++)
		assert_true((m->peers & PEER_PANEL) == 0 || m->peers == PEER_PANEL);
}

/* What people do is about a case, unless its name says otherwise. */
static const char *type_for(const char *act)
{
	static const struct {
		const char *begins, *type;
	} others[] = {{"erasure.", "system"},    {"incarnation.", "system"}, {"maintenance.", "panel"},
		      {"register.", "register"}, {"uplink.prove", "panel"},  {"absence.", "panel"},
		      {"people.", "people"},     {"user.", "people"}};

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strncmp(act, others[i].begins, strlen(others[i].begins)) == 0)
			return others[i].type;
	return "incident";
}

static void acts_table_is_whole(void **state)
{
	(void)state;
	for (const struct act_kind *a = act_kinds; a->name != NULL; a++) {
		assert_ptr_equal(act_find(a->name), a);
		assert_true(strlen(a->name) <= 64);
		assert_false((a->flags & ACT_OPENS_CASE) != 0 && (a->flags & ACT_ON_CASE) != 0);
		if (a->origin == ACT_BY_PERSON)
			assert_string_equal(a->type, type_for(a->name));
		check_params_table(a->body, sizeof a->body / sizeof a->body[0]);
	}
	assert_null(act_find("no.such"));
}

static void every_peer_has_its_socket_and_word(void **state)
{
	static const enum peer peers[] = {PEER_PANEL, PEER_WEB, PEER_CONSOLE, PEER_CLI};
	static const char *const words[] = {"panel", "web", "console", "cli"};
	char expected[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(expected, sizeof expected, "/run/kannuki/%s.sock", words[i]);
		assert_string_equal(peer_socket(peers[i]), expected);
		assert_int_equal(peer_by_name(words[i]), peers[i]);
	}
	assert_string_equal(peer_via(PEER_CONSOLE), "serial");
	assert_int_equal(peer_by_name("nobody"), 0);
}

/* ---- params_check ---------------------------------------------------------------------------------------- */

static const struct param sample[] = {
	{"text", PARAM_TEXT, OPTIONAL, 5},   {"word", PARAM_WORD, OPTIONAL, 0}, {"hex", PARAM_HEX, OPTIONAL, 4},
	{"count", PARAM_COUNT, OPTIONAL, 0}, {"flag", PARAM_FLAG, OPTIONAL, 0}, {"object", PARAM_OBJECT, OPTIONAL, 0},
	{"list", PARAM_LIST, OPTIONAL, 0},   {"any", PARAM_ANY, OPTIONAL, 0},   {"long", PARAM_TEXT, OPTIONAL, 0},
	{NULL, PARAM_END, OPTIONAL, 0},
};

static enum err check_text(const struct param *table, const char *text, const char **field)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	static char kept[65];
	struct fault f;
	enum err err = params_check(table, json, field, &f);

	if (*field != NULL) {
		(void)snprintf(kept, sizeof kept, "%s", *field);
		*field = kept;
	}
	json_decref(json);
	return err;
}

static void params_that_fit(void **state)
{
	static const char *const good[] = {
		"{}",
		"{\"text\": \"\"}",
		"{\"text\": \"a\\n\\tb\"}",
		"{\"text\": \"字xx\"}",
		"{\"word\": \"a.b_c-9\"}",
		"{\"hex\": \"09af\"}",
		"{\"count\": 0}",
		"{\"count\": 9007199254740992}",
		"{\"flag\": false}",
		"{\"object\": {\"a\": {\"b\": {\"c\": {\"d\": 1}}}}}",
		"{\"list\": [[[[1]]]]}",
		"{\"any\": null}",
	};
	const char *field;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (check_text(sample, good[i], &field) != ERR_OK || field != NULL)
			fail_msg("%s was refused", good[i]);
	assert_int_equal(params_check(sample, NULL, &field, NULL), ERR_OK);
}

static void params_that_do_not_fit_are_named(void **state)
{
	static const struct {
		const char *text, *field;
	} bad[] = {
		{"[]", "params"},
		{"{\"text\": \"123456\"}", "text"},
		{"{\"text\": 5}", "text"},
		{"{\"text\": \"a\\u0000b\"}", "text"},
		{"{\"text\": \"\\u0007\"}", "text"},
		{"{\"word\": \"\"}", "word"},
		{"{\"word\": \"A\"}", "word"},
		{"{\"word\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "word"},
		{"{\"hex\": \"09aF\"}", "hex"},
		{"{\"hex\": \"09a\"}", "hex"},
		{"{\"count\": -1}", "count"},
		{"{\"count\": 1.0}", "count"},
		{"{\"count\": 9007199254740993}", "count"},
		{"{\"flag\": 1}", "flag"},
		{"{\"object\": []}", "object"},
		{"{\"object\": {\"a\": {\"b\": {\"c\": {\"d\": {}}}}}}", "object"},
		{"{\"list\": {}}", "list"},
		{"{\"list\": [[[[[1]]]]]}", "list"},
		{"{\"any\": [[[[[1]]]]]}", "any"},
		{"{\"other\": 1}", "other"},
	};
	const char *field;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (check_text(sample, bad[i].text, &field) != ERR_FORMAT)
			fail_msg("%s was taken", bad[i].text);
		assert_string_equal(field, bad[i].field);
	}
}

static void required_params_must_be_there(void **state)
{
	static const struct param table[] = {{"a", PARAM_ANY, REQUIRED, 0}, {NULL, PARAM_END, OPTIONAL, 0}};
	const char *field;

	(void)state;
	assert_int_equal(check_text(table, "{}", &field), ERR_FORMAT);
	assert_string_equal(field, "a");
	assert_int_equal(check_text(table, "{\"a\": null}", &field), ERR_OK);
}

/* ---- messages ----------------------------------------------------------------------------------------------- */

static void message_is_taken_apart(void **state)
{
	static const char text[] = "{\"id\": 7, \"method\": \"hello\", \"params\": {\"lang\": \"ja\"}}";
	struct message m;

	(void)state;
	assert_int_equal(message_parse(text, strlen(text), &m, NULL), ERR_OK);
	assert_int_equal(m.id, 7);
	assert_string_equal(m.method, "hello");
	assert_string_equal(json_string_value(json_object_get(m.params, "lang")), "ja");
	message_fini(&m);
}

static void what_is_no_message_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"1",
		"null",
		"{}",
		"{\"id\":1}",
		"{\"method\":\"a\"}",
		"{\"id\":\"1\",\"method\":\"a\"}",
		"{\"id\":-1,\"method\":\"a\"}",
		"{\"id\":9007199254740993,\"method\":\"a\"}",
		"{\"id\":1,\"method\":1}",
		"{\"id\":1,\"method\":\"a\",\"params\":[]}",
		"{\"id\":1,\"method\":\"a\",\"params\":null}",
		"{\"id\":1,\"method\":\"a\",\"x\":1}",
		"{\"id\":1,\"id\":1,\"method\":\"a\"}",
		"{\"id\":1,\"method\":\"a\\u0000\"}",
		"{\"id\":1,\"method\":\"a\"}{}",
		"{\"id\":1,\"method\":\"\xc0\xaf\"}",
		"{\"id\":1,\"method\":\"a\",\"params\":{\"k\":1,\"k\":2}}",
	};
	struct message m = {.id = 99};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct fault f = {.text = ""};

		if (message_parse(bad[i], strlen(bad[i]), &m, &f) == ERR_OK)
			fail_msg("%s was taken", bad[i]);
		assert_true(f.text[0] != '\0');
		assert_int_equal(m.id, 99);
	}
}

static void nothing_stands_behind_a_message(void **state)
{
	static const char nul[] = "{\"id\":1,\"method\":\"a\"}";
	struct message m;
	struct fault f;

	(void)state;
	assert_int_equal(message_parse(nul, sizeof nul, &m, &f), ERR_FORMAT);
}

static void message_has_a_largest_size(void **state)
{
	static char text[MESSAGE_MAX + 2];
	struct message m;

	(void)state;
	memset(text, ' ', sizeof text);
	memcpy(text, "{\"id\":1,\"method\":\"a\"}", strlen("{\"id\":1,\"method\":\"a\"}"));
	assert_int_equal(message_parse(text, MESSAGE_MAX, &m, NULL), ERR_OK);
	message_fini(&m);
	assert_int_equal(message_parse(text, MESSAGE_MAX + 1, &m, NULL), ERR_RANGE);
}

static enum err read_act(const char *text, const char **field)
{
	json_t *params = json_loads(text, 0, NULL);
	struct act_request act;
	static char kept[65];
	struct fault f;
	enum err err = act_request_read(params, &act, field, &f);

	if (*field != NULL) {
		(void)snprintf(kept, sizeof kept, "%s", *field);
		*field = kept;
	}
	json_decref(params);
	return err;
}

static void acts_have_their_shape(void **state)
{
	static const struct {
		const char *text, *field; /* NULL: fits */
	} cases[] = {
		{"{\"act\": \"incident.declared\", \"text\": \"火\"}", NULL},
		{"{\"act\": \"incident.declared\", \"text\": {\"a\": \"b\"}}", NULL},
		{"{\"act\": \"incident.closed\", \"about\": \"2026-001\"}", NULL},
		{"{}", "act"},
		{"{\"act\": \"no.such\"}", "act"},
		{"{\"act\": \"heartbeat\"}", "act"},
		{"{\"act\": \"panel.pressed\", \"about\": \"2026-001\"}", "act"},
		{"{\"act\": \"incident.declared\", \"about\": \"2026-001\"}", "about"},
		{"{\"act\": \"incident.closed\"}", "about"},
		{"{\"act\": \"incident.declared\", \"text\": 1}", "text"},
		{"{\"act\": \"incident.declared\", \"text\": {\"a\": 1}}", "text"},
		{"{\"act\": \"incident.declared\", \"text\": {\"a\": \"\\u001b\"}}", "text"},
		{"{\"act\": \"report.submitted\", \"about\": \"a\", \"body\": {\"report\": 1}, \"text\": \"x\"}",
		 "text"},
		{"{\"act\": \"incident.declared\", \"person\": {}}", "person"},
		{"{\"act\": \"report.submitted\", \"about\": \"a\"}", "report"},
		{"{\"act\": \"report.submitted\", \"about\": \"a\", \"body\": {\"report\": 1, \"act\": \"x\"}}", "act"},
	};
	const char *field = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum err err = read_act(cases[i].text, &field);

		if ((err == ERR_OK) != (cases[i].field == NULL))
			fail_msg("%s: %s", cases[i].text, err_name(err));
		if (cases[i].field != NULL)
			assert_string_equal(field, cases[i].field);
	}
}

/* ---- server ---------------------------------------------------------------------------------------------------- */

/* A server in a folder of its own; requests are kept for the test to answer. */
struct desk {
	sd_event *event;
	struct server *server;
	char root[64];
	struct request kept[64];
	size_t count;
	unsigned gone;
};

static void keep(void *context, const struct request *r)
{
	struct desk *d = context;

	assert_true(d->count < sizeof d->kept / sizeof d->kept[0]);
	d->kept[d->count] = *r;
	d->kept[d->count++].params = NULL;
}

static void count_gone(void *context, uint64_t connection)
{
	struct desk *d = context;

	(void)connection;
	d->gone++;
}

static int open_desk(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	const struct server_hooks hooks = {.request = keep, .gone = count_gone, .context = d};
	char run[128];
	struct fault f;

	(void)snprintf(d->root, sizeof d->root, "/tmp/kannuki-ipc-XXXXXX");
	assert_non_null(mkdtemp(d->root));
	assert_int_equal(setenv("KANNUKI_ROOT", d->root, 1), 0);
	(void)snprintf(run, sizeof run, "%s/run/kannuki", d->root);
	assert_int_equal(folder_make(run, 0755, &f), ERR_OK);
	assert_true(sd_event_new(&d->event) >= 0);
	assert_int_equal(server_new(d->event, &hooks, &d->server), ERR_OK);
	assert_int_equal(server_listen(d->server, PEER_CONSOLE, &f), ERR_OK);
	assert_int_equal(server_listen(d->server, PEER_PANEL, &f), ERR_OK);
	*state = d;
	return 0;
}

static int close_desk(void **state)
{
	struct desk *d = *state;
	char path[128];

	server_free(d->server);
	(void)sd_event_unref(d->event);
	for (const char *const *at = (const char *const[]){"/run/kannuki", "/run", "", NULL}; *at != NULL; at++) {
		(void)snprintf(path, sizeof path, "%s%s", d->root, *at);
		assert_int_equal(rmdir(path), 0);
	}
	free(d);
	return 0;
}

/* Lets the loop run until nothing is left to do. */
static void turn(struct desk *d)
{
	while (sd_event_run(d->event, 0) > 0)
		;
}

static struct client *connect_as(struct desk *d, enum peer peer)
{
	struct client *c;
	struct fault f;

	assert_int_equal(client_open(peer, NULL, NULL, &c, &f), ERR_OK);
	turn(d);
	return c;
}

static void say(struct desk *d, struct client *c, const char *text)
{
	assert_int_equal(send(client_fd(c), text, strlen(text), 0), strlen(text));
	turn(d);
}

/* The next message, or NULL when the connection has ended. */
static json_t *hear(struct client *c)
{
	static char text[MESSAGE_MAX];
	ssize_t got = recv(client_fd(c), text, sizeof text, MSG_DONTWAIT);

	return got > 0 ? json_loadb(text, (size_t)got, 0, NULL) : NULL;
}

static void hear_error(struct client *c, const char *code)
{
	json_t *answer = hear(c);

	assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "error"), "code")), code);
	json_decref(answer);
}

static void answers_come_when_they_are_given(void **state)
{
	struct desk *d = *state;
	struct client *c = connect_as(d, PEER_CONSOLE);
	json_t *answer;

	say(d, c, "{\"id\":1,\"method\":\"hello\"}");
	say(d, c, "{\"id\":2,\"method\":\"hello\"}");
	assert_int_equal(d->count, 2);
	assert_int_equal(d->kept[0].peer, PEER_CONSOLE);
	assert_int_equal(d->kept[0].uid, getuid());
	assert_null(hear(c));
	server_answer(d->server, d->kept[1].ticket, NULL);
	server_refuse(d->server, d->kept[0].ticket, "busy", NULL);
	answer = hear(c);
	assert_int_equal(json_integer_value(json_object_get(answer, "id")), 2);
	assert_true(json_is_object(json_object_get(answer, "result")));
	json_decref(answer);
	hear_error(c, "busy");
	client_close(c);
	turn(d);
	assert_int_equal(d->gone, 1);
}

static void answer_to_a_peer_that_is_gone_is_dropped(void **state)
{
	struct desk *d = *state;
	struct client *c = connect_as(d, PEER_CONSOLE), *other;

	say(d, c, "{\"id\":1,\"method\":\"hello\"}");
	client_close(c);
	turn(d);
	other = connect_as(d, PEER_CONSOLE);
	server_answer(d->server, d->kept[0].ticket, NULL);
	turn(d);
	assert_null(hear(other));
	client_close(other);
	turn(d);
}

static void foreign_methods_and_wrong_params_are_refused(void **state)
{
	struct desk *d = *state;
	struct client *person = connect_as(d, PEER_CONSOLE), *panel = connect_as(d, PEER_PANEL);

	say(d, person, "{\"id\":1,\"method\":\"panel.state\"}");
	hear_error(person, "peer_refused");
	say(d, person, "{\"id\":1,\"method\":\"no.such\"}");
	hear_error(person, "unknown_method");
	say(d, person, "{\"id\":1,\"method\":\"login\",\"params\":{\"name\":\"a\"}}");
	hear_error(person, "invalid");
	say(d, panel, "{\"id\":1,\"method\":\"hello\"}");
	hear_error(panel, "peer_refused");
	assert_int_equal(d->count, 0);
	client_close(person);
	client_close(panel);
	turn(d);
}

static void bad_message_ends_that_connection_only(void **state)
{
	struct desk *d = *state;
	struct client *bad = connect_as(d, PEER_CONSOLE), *good = connect_as(d, PEER_CONSOLE);

	say(d, bad, "garbage");
	hear_error(bad, "bad_message");
	assert_int_equal(recv(client_fd(bad), d->root, 1, MSG_DONTWAIT), 0);
	assert_int_equal(d->gone, 1);
	assert_int_equal(server_counts(d->server).cut[CUT_MALFORMED], 1);
	say(d, good, "{\"id\":1,\"method\":\"hello\"}");
	assert_int_equal(d->count, 1);
	client_close(bad);
	client_close(good);
	turn(d);
}

static void reader_that_takes_nothing_is_cut_off(void **state)
{
	struct desk *d = *state;
	struct client *stalled = connect_as(d, PEER_CONSOLE), *good = connect_as(d, PEER_CONSOLE);
	char *filler = calloc(1, 60001);

	memset(filler, 'x', 60000);
	say(d, stalled, "{\"id\":1,\"method\":\"hello\"}");
	for (int i = 0; i < 64 && d->gone == 0; i++) {
		server_answer(d->server, d->kept[0].ticket, json_pack("{s:s}", "filler", filler));
		turn(d);
	}
	assert_int_equal(d->gone, 1);
	assert_int_equal(server_counts(d->server).cut[CUT_STALLED], 1);
	say(d, good, "{\"id\":1,\"method\":\"hello\"}");
	assert_int_equal(d->count, 2);
	free(filler);
	client_close(stalled);
	client_close(good);
	turn(d);
}

static void slow_reader_gets_everything_in_order(void **state)
{
	struct desk *d = *state;
	struct client *slow = connect_as(d, PEER_CONSOLE);
	char *filler = calloc(1, 40001);

	memset(filler, 'x', 40000);
	say(d, slow, "{\"id\":1,\"method\":\"hello\"}");
	for (int i = 0; i < 12; i++)
		server_push(d->server, d->kept[0].ticket.connection, "changed",
			    json_pack("{s:i, s:s}", "n", i, "filler", filler));
	for (int i = 0; i < 12; i++) {
		json_t *push = hear(slow);

		assert_int_equal(json_integer_value(json_object_get(json_object_get(push, "params"), "n")), i);
		json_decref(push);
		turn(d);
	}
	free(filler);
	client_close(slow);
	turn(d);
}

static void connections_of_a_kind_are_limited(void **state)
{
	struct desk *d = *state;
	struct client *panels[3];

	for (size_t i = 0; i < 3; i++)
		panels[i] = connect_as(d, PEER_PANEL);
	assert_int_equal(recv(client_fd(panels[2]), d->root, 1, MSG_DONTWAIT), 0);
	assert_int_equal(server_counts(d->server).cut[CUT_FULL], 1);
	client_close(panels[0]);
	turn(d);
	client_close(panels[2]);
	panels[2] = connect_as(d, PEER_PANEL);
	say(d, panels[2], "{\"id\":1,\"method\":\"hello\"}");
	hear_error(panels[2], "peer_refused");
	client_close(panels[1]);
	client_close(panels[2]);
	turn(d);
}

static void client_call_gets_answer_refusal_and_timeout(void **state)
{
	struct desk *d = *state;
	struct client *c = connect_as(d, PEER_CONSOLE);
	json_t *result = NULL;
	struct fault f;

	assert_int_equal(client_call(c, "hello", NULL, 20, &result, &f), ERR_TIMEOUT);
	assert_null(result);
	turn(d);
	server_push(d->server, d->kept[0].ticket.connection, "changed", NULL);
	/* The next request has id 2: its answers may be given beforehand. */
	server_answer(d->server, (struct ticket){d->kept[0].ticket.connection, 2}, json_pack("{s:i}", "a", 1));
	assert_int_equal(client_call(c, "hello", NULL, 1000, &result, &f), ERR_OK);
	assert_int_equal(json_integer_value(json_object_get(result, "a")), 1);
	json_decref(result);
	result = NULL;
	server_refuse(d->server, (struct ticket){d->kept[0].ticket.connection, 3}, "busy", NULL);
	assert_int_equal(client_call(c, "hello", NULL, 1000, &result, &f), ERR_DENIED);
	assert_string_equal(json_string_value(json_object_get(result, "code")), "busy");
	json_decref(result);
	client_close(c);
	turn(d);
}

static void sockets_are_private_and_replaced(void **state)
{
	struct desk *d = *state;
	struct server *second;
	const struct server_hooks hooks = {.request = keep, .gone = count_gone, .context = d};
	char path[128];
	struct stat s;
	struct fault f;

	assert_int_equal(place(path, sizeof path, peer_socket(PEER_CONSOLE)), ERR_OK);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0660);
	assert_int_equal(server_listen(d->server, PEER_CONSOLE, &f), ERR_EXISTS);
	client_close(connect_as(d, PEER_CONSOLE));
	turn(d);
	assert_int_equal(server_listen(d->server, PEER_PEOPLE, &f), ERR_EXISTS);
	assert_int_equal(f.err, ERR_MISSING);
	assert_int_equal(server_new(d->event, &hooks, &second), ERR_OK);
	assert_int_equal(server_listen(second, PEER_CONSOLE, &f), ERR_OK);
	server_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_table_is_whole),
		cmocka_unit_test(people_and_panel_share_no_method),
		cmocka_unit_test(acts_table_is_whole),
		cmocka_unit_test(every_peer_has_its_socket_and_word),
		cmocka_unit_test(params_that_fit),
		cmocka_unit_test(params_that_do_not_fit_are_named),
		cmocka_unit_test(required_params_must_be_there),
		cmocka_unit_test(message_is_taken_apart),
		cmocka_unit_test(what_is_no_message_is_refused),
		cmocka_unit_test(nothing_stands_behind_a_message),
		cmocka_unit_test(message_has_a_largest_size),
		cmocka_unit_test(acts_have_their_shape),
		cmocka_unit_test_setup_teardown(answers_come_when_they_are_given, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(answer_to_a_peer_that_is_gone_is_dropped, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(foreign_methods_and_wrong_params_are_refused, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(bad_message_ends_that_connection_only, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(reader_that_takes_nothing_is_cut_off, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(slow_reader_gets_everything_in_order, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(connections_of_a_kind_are_limited, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(client_call_gets_answer_refusal_and_timeout, open_desk, close_desk),
		cmocka_unit_test_setup_teardown(sockets_are_private_and_replaced, open_desk, close_desk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
