/* The asking side of bench_socket: socket_client SOCKET SESSION CASE CLIENTS ACTS. Each client sends one act, and the
 * next when all have their answers; prints acts a second.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, MESSAGE = 1024 };

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int open_client(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		fail(path);
	return fd;
}

static void ask(int fd, const char *session, const char *about)
{
	static uint64_t run, number;
	char message[MESSAGE];
	int len;

	if (run == 0 && getrandom(&run, sizeof run, 0) != (ssize_t)sizeof run)
		fail("getrandom");
	len = snprintf(message, sizeof message,
		       "{\"id\":1,\"method\":\"act\",\"params\":{\"session\":\"%s\",\"idem\":\"%016llx%016llx\","
		       "\"act\":\"incident.noted\",\"about\":\"%s\",\"text\":\"不審なメールを開いた\"}}",
		       session, (unsigned long long)run, (unsigned long long)++number, about);
	if (send(fd, message, (size_t)len, MSG_NOSIGNAL) != len)
		fail("send");
}

static void hear(int fd)
{
	char answer[MESSAGE];
	ssize_t got = recv(fd, answer, sizeof answer - 1, 0);

	if (got <= 0)
		fail("recv");
	answer[got] = '\0';
	if (strstr(answer, "\"seq\"") == NULL) {
		(void)fprintf(stderr, "%s\n", answer);
		exit(1);
	}
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int clients = argc == 6 ? atoi(argv[4]) : 0, acts = argc == 6 ? atoi(argv[5]) : 0, done = 0;
	int fds[CLIENTS_MAX];
	double began;

	if (clients < 1 || clients > CLIENTS_MAX || acts < clients)
		return 2;
	for (int i = 0; i < clients; i++)
		fds[i] = open_client(argv[1]);
	for (began = now_s(); done < acts; done += clients) {
		for (int i = 0; i < clients; i++)
			ask(fds[i], argv[2], argv[3]);
		for (int i = 0; i < clients; i++)
			hear(fds[i]);
	}
	(void)printf("%.1f\n", done / (now_s() - began));
	return 0;
}
