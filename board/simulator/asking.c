#include "board/simulator/asking.h"

#include "base/bytes.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 10, ANSWER_MAX = 1024 * 1024 };

enum err asking_open(const char *path, int *fd, struct fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int s;

	if (strlen(path) >= sizeof address.sun_path)
		return fault_set(f, ERR_RANGE, _("%s: this path is too long for a socket"), path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address) != 0) {
		enum err err = fault_set(f, err_from_errno(errno), _("%s: no simulated board answers here (%s)"), path,
					 strerror(errno));

		if (s >= 0)
			close(s);
		return err;
	}
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	*fd = s;
	return ERR_OK;
}

static enum err receive_line(int fd, struct buf *line, struct fault *f)
{
	char piece[4096];

	for (;;) {
		ssize_t length = recv(fd, piece, sizeof piece, 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return fault_set(f, length == 0 ? ERR_IO : ERR_TIMEOUT, _("the simulated board has gone"));
		buf_add(line, piece, (size_t)length);
		if (buf_status(line) != ERR_OK)
			return fault_set(f, buf_status(line), _("the answer is too long"));
		if (line->data[line->len - 1] == '\n') {
			line->data[--line->len] = '\0';
			return ERR_OK;
		}
	}
}

enum err asking_ask(int fd, const char *line, char **answer, struct fault *f)
{
	struct buf b;
	enum err err;

	buf_init(&b, ANSWER_MAX);
	buf_adds(&b, line);
	buf_addc(&b, '\n');
	err = buf_status(&b);
	if (err == ERR_OK && send(fd, b.data, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		err = fault_set(f, ERR_IO, _("the simulated board has gone"));
	if (err != ERR_OK)
		goto out;
	buf_clear(&b);
	err = receive_line(fd, &b, f);
	if (err == ERR_OK)
		*answer = buf_take(&b);
out:
	buf_fini(&b);
	return err;
}
