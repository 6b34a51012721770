/* kannuki: one command of the console, for scripts and administrators. What it asks is read from standard input, a
 * line for each answer.
 */
#include "base/diag.h"
#include "base/file.h"
#include "console/commands.h"
#include "console/keeper.h"
#include "console/login.h"
#include "console/words.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status { DONE, REFUSED, MISUSED, AWAY };
enum { LINE_MOST_BYTES = 16 * 1024 };

struct options {
	const char *user, *password_file;
	bool json;
};

static FILE *json_out; /* standard output, while the words go nowhere */

static void usage(FILE *out)
{
	(void)fprintf(
		out, "%s\n",
		_("Usage: kannuki [--as NAME] [--password-file FILE] [--json] [--lang ja|en] COMMAND...\n"
		  "  COMMAND               as at the console, for example: show now; ? lists them\n"
		  "  --as NAME             who logs in; also $KANNUKI_USER\n"
		  "  --password-file FILE  its first line is the password; without it you are asked\n"
		  "  --json                what the keeper answers, a line each, instead of words\n"
		  "  --lang ja|en          the language; also $KANNUKI_LANG; Japanese unless told otherwise\n"
		  "  --file PATH           a file that goes with the command evidence add; also behind it\n"
		  "  --help, --version     this text, the version\n"
		  "Questions are answered from standard input. Exit status: 0 done, 1 refused, 2 no such command or "
		  "option, 3 the keeper does not answer."));
}

/* `--file PATH`, wherever it stands: opened as whoever runs the program, and handed over. */
static enum err hand_over(struct console *c, const char *path, struct fault *f)
{
	const char *name = strrchr(path, '/');
	int fd;

	if (c->handed.count == FILES_MAX)
		return fault_set(f, ERR_RANGE, _("At most %d files go with one command."), FILES_MAX);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fault_set(f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	c->handed_names[c->handed.count] = name != NULL ? name + 1 : path;
	c->handed.given[c->handed.count++] = fd;
	return ERR_OK;
}

/* False: the program ends with *status. */
static bool read_options(struct console *c, struct options *o, int argc, char **argv, int *status, struct fault *f)
{
	static const struct option options[] = {
		{"as", required_argument, NULL, 'u'},   {"password-file", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},       {"file", required_argument, NULL, 'f'},
		{"lang", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},    {NULL, 0, NULL, 0}};
	bool help = false;
	int option;

	*status = MISUSED;
	/* "+": what stands behind the command belongs to it. */
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'u')
			o->user = optarg;
		else if (option == 'p')
			o->password_file = optarg;
		else if (option == 'j')
			o->json = true;
		else if (option == 'f' && hand_over(c, optarg, f) != ERR_OK)
			return (void)fprintf(stderr, "kannuki: %s\n", f->text), false;
		else if (option == 'f')
			continue;
		else if (option == 'l' && (strcmp(optarg, "ja") == 0 || strcmp(optarg, "en") == 0))
			c->lang = strcmp(optarg, "en") == 0 ? LANG_EN : LANG_JA;
		else if (option == 'h')
			help = true;
		else if (option == 'v')
			return (void)printf("kannuki %s\n", KANNUKI_VERSION), *status = DONE, false;
		else
			return usage(stderr), false;
	}
	lang_use(c->lang);
	if (help || optind == argc) {
		usage(help ? stdout : stderr);
		*status = help ? DONE : MISUSED;
		return false;
	}
	return true;
}

/* The words as one line; those with a space, or none, between quotation marks. */
static enum err join(struct console *c, int argc, char **argv, struct buf *line, struct fault *f)
{
	for (int i = optind; i < argc; i++) {
		bool quote;

		if (strcmp(argv[i], "--file") == 0 && i + 1 < argc) {
			enum err err = hand_over(c, argv[++i], f);

			if (err != ERR_OK)
				return err;
			continue;
		}
		quote = argv[i][0] == '\0' || strpbrk(argv[i], " \t") != NULL;

		buf_addf(line, "%s%s%s%s", line->len > 0 ? " " : "", quote ? "\"" : "", argv[i], quote ? "\"" : "");
	}
	return buf_status(line) == ERR_OK ? ERR_OK : fault_set(f, ERR_RANGE, "%s", _("The command is too long."));
}

/* The first line of the file. */
static enum err read_password(const char *path, char out[PASSWORD_SIZE], struct fault *f)
{
	struct buf content;
	enum err err;
	size_t len;

	buf_init(&content, PASSWORD_SIZE);
	err = file_read(path, PASSWORD_SIZE - 1, &content, f);
	len = err == ERR_OK ? strcspn(content.data, "\r\n") : 0;
	if (err == ERR_OK && len == 0)
		err = fault_set(f, ERR_FORMAT, _("%s: its first line is empty; write the password there"), path);
	if (err == ERR_OK)
		(void)snprintf(out, PASSWORD_SIZE, "%.*s", (int)len, content.data);
	if (content.data != NULL)
		sodium_memzero(content.data, content.len);
	buf_fini(&content);
	return err;
}

/* A line of JSON for each answer. */
static void print_answer(const char *method, json_t *params, enum err err, json_t *result)
{
	json_t *line = json_pack("{s:s, s:O*, s:O*, s:O*}", "method", method, "what", json_object_get(params, "what"),
				 "act", json_object_get(params, "act"), err == ERR_OK ? "result" : "error", result);

	(void)json_dumpf(line, json_out, JSON_COMPACT);
	(void)fputc('\n', json_out);
	json_decref(line);
}

/* From here on only JSON reaches standard output. */
static bool silence(struct console *c)
{
	int out = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	json_out = out >= 0 ? fdopen(out, "w") : NULL;
	if (json_out == NULL || nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0)
		return false;
	c->hear = print_answer;
	return true;
}

static enum status log_in(struct console *c, const struct options *o, struct fault *f)
{
	char password[PASSWORD_SIZE] = "";
	json_t *result = NULL;
	enum err err;

	if (o->password_file != NULL && read_password(o->password_file, password, f) != ERR_OK)
		return MISUSED;
	err = o->password_file != NULL ? keeper_log_in_with(c, o->user, password, CODE_NONE, &result)
				       : keeper_log_in(c, o->user, &result);
	sodium_memzero(password, sizeof password);
	if (err == ERR_DENIED && c->hear != NULL)
		c->hear("login", NULL, err, result);
	else if (err == ERR_DENIED)
		words_refusal(c, result);
	if (err == ERR_DENIED && words_not_ready(result))
		err = ERR_IO;
	json_decref(result);
	(void)snprintf(c->user, sizeof c->user, "%s", o->user);
	return err == ERR_OK ? DONE : err == ERR_DENIED ? REFUSED : AWAY;
}

static enum status run(struct console *c, const struct options *o, const char *line, struct fault *f)
{
	enum status status = log_in(c, o, f);
	void (*hear)(const char *method, json_t *params, enum err err, json_t *result) = c->hear;

	if (status != DONE)
		return status;
	/* What every command knows is no answer of this one. */
	c->hear = NULL;
	if (!keeper_refresh(c))
		return AWAY;
	c->hear = hear;
	commands_run(c, line);
	keeper_log_out(c);
	return c->trouble == TROUBLE_MISUSED   ? MISUSED
	       : c->trouble == TROUBLE_REFUSED ? REFUSED
	       : c->trouble == TROUBLE_AWAY    ? AWAY
					       : DONE;
}

/* Nobody sits there: nothing is noticed while a line is waited for, and none is kept. */
static int no_fd(void *context)
{
	(void)context;
	return -1;
}

static void no_news(void *context)
{
	(void)context;
}

static void no_words(void *context, const char *line, char *out, size_t size)
{
	(void)context;
	(void)line;
	(void)out;
	(void)size;
}

static void none_left(void *context, enum line_kind kind, const char *prompt, const char *text)
{
	(void)context;
	(void)kind;
	(void)prompt;
	(void)text;
}

static const char *none_given(void *context, enum line_kind kind, const char *prompt)
{
	(void)context;
	(void)kind;
	(void)prompt;
	return "";
}

static bool never_idle(void *context)
{
	(void)context;
	return true;
}

int main(int argc, char **argv)
{
	struct console c = {.lang = lang_from_environment(), .peer = PEER_CLI, .at_once = true};
	struct options o = {.user = getenv("KANNUKI_USER")};
	const struct watcher nobody = {no_fd, no_news, no_words, none_left, none_given, never_idle, NULL};
	struct fault f = {.text = ""};
	struct buf line;
	int status;

	diag_start("kannuki");
	lang_use(c.lang);
	if (!read_options(&c, &o, argc, argv, &status, &f))
		return status;
	buf_init(&line, LINE_MOST_BYTES);
	status = MISUSED;
	if (o.user == NULL || o.user[0] == '\0')
		(void)fault_set(&f, ERR_MISSING, "%s", _("Say who you are: --as NAME, or $KANNUKI_USER."));
	else if (join(&c, argc, argv, &line, &f) == ERR_OK && line.len == 0)
		usage(stderr);
	else if (f.text[0] != '\0')
		status = MISUSED;
	else if (o.json && !silence(&c))
		(void)fault_set(&f, ERR_IO, "%s", strerror(errno));
	else if (terminal_open(false, &nobody, &c.terminal, &f) == ERR_OK)
		status = (int)run(&c, &o, line.data, &f);
	if (f.text[0] != '\0')
		(void)fprintf(stderr, "kannuki: %s\n", f.text);
	json_decref(c.now);
	client_close(c.client);
	terminal_close(c.terminal);
	buf_fini(&line);
	return status;
}
