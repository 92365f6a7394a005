// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets: names, messages, descriptors in messages. */
#include <poll.h>

#include "harness.h"
#include "socket.h"

#define MOST_FDS 64

struct t_un t_un(const char *name)
{
	struct t_un un = { .addr.sun_family = AF_UNIX };
	size_t n = strlen(name);

	/* A path that fills all of sun_path has no NUL behind it: unix(7). */
	if (n > sizeof(un.addr.sun_path))
		end_caller("%s: too long for a unix socket", name);
	memcpy(un.addr.sun_path, name, n);
	un.len = offsetof(struct sockaddr_un, sun_path) + n;
	if (name[0] == '@')
		un.addr.sun_path[0] = '\0';
	else if (n < sizeof(un.addr.sun_path))
		un.len++;
	return un;
}

int t_unix(int type, const char *name)
{
	int sk = socket(AF_UNIX, type, 0);
	struct t_un un;

	if (sk < 0)
		end_caller("unix socket: %s", strerror(errno));
	if (!name)
		return sk;
	un = t_un(name);
	if (bind(sk, (struct sockaddr *)&un.addr, un.len) < 0)
		end_caller("bind to %s: %s", name, strerror(errno));
	return sk;
}

int t_unix_to(int type, const char *name)
{
	int sk = t_unix(type, NULL);

	t_unix_connect(sk, name);
	return sk;
}

void t_unix_connect(int sk, const char *name)
{
	struct t_un un = t_un(name);

	if (connect(sk, (struct sockaddr *)&un.addr, un.len) < 0)
		end_caller("connect to %s: %s", name, strerror(errno));
}

int t_unix_listener(int type, const char *name, int backlog)
{
	int sk = t_unix(type, name);

	if (listen(sk, backlog) < 0)
		end_caller("listen at %s: %s", name, strerror(errno));
	return sk;
}

int t_sockopt(int sk, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(sk, SOL_SOCKET, option, &value, &len) < 0)
		end_caller("option %d of fd %d: %s", option, sk, strerror(errno));
	return value;
}

void t_set_sockopt(int sk, int option, int value)
{
	if (setsockopt(sk, SOL_SOCKET, option, &value, sizeof(value)) < 0)
		end_caller("option %d of fd %d to %d: %s", option, sk, value, strerror(errno));
}

bool zdtm_expect_name(int sk, bool peer, const char *name, const char *sk_text,
		      struct zdtm_here here)
{
	const char *call = peer ? "getpeername" : "getsockname";
	socklen_t len = sizeof(struct sockaddr_un);
	struct t_un wanted = t_un(name);
	struct {
		struct sockaddr_un un;
		char more; /* the NUL behind a path of 108 bytes */
	} got = {};

	if (name[0] == '\0')
		wanted.len = sizeof(sa_family_t);
	else if (name[0] != '@')
		wanted.len = offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;
	if ((peer ? getpeername : getsockname)(sk, (struct sockaddr *)&got.un, &len) < 0) {
		zdtm_fail(here, "%s of %s: %s", call, sk_text, strerror(errno));
		return false;
	}
	if (len == wanted.len &&
	    memcmp(got.un.sun_path, wanted.addr.sun_path, strnlen(name, 108)) == 0)
		return true;
	if (len > sizeof(sa_family_t) && got.un.sun_path[0] == '\0')
		got.un.sun_path[0] = '@';
	zdtm_fail(here, "%s of %s: %u bytes, \"%s\", not %u bytes, \"%s\"", call, sk_text, len,
		  got.un.sun_path, wanted.len, name);
	return false;
}

void t_send(int sk, const char *text)
{
	ssize_t n = send(sk, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		end_caller("send \"%s\": %s", text, strerror(errno));
	if ((size_t)n != strlen(text))
		end_caller("send \"%s\": only %zd bytes went", text, n);
}

void t_send_fds(int sk, const char *text, const int *fds, unsigned int n)
{
	char control[CMSG_SPACE(MOST_FDS * sizeof(int))] = "";
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	if (sendmsg(sk, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		end_caller("send \"%s\" with %u descriptors: %s", text, n, strerror(errno));
}

/* A message, or as many bytes of a stream as the text has. */
static ssize_t next(int sk, const char *text, struct msghdr *msg, struct iovec *iov)
{
	struct pollfd pfd = { .fd = sk, .events = POLLIN };

	if (t_sockopt(sk, SO_TYPE) == SOCK_STREAM)
		iov->iov_len = strlen(text);
	/* What is to come may still be on its way, from another task. */
	if (in_main_thread())
		ready_in_time(sk, POLLIN);
	else
		while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
			;
	return recvmsg(sk, msg, MSG_DONTWAIT);
}

static bool judge(ssize_t n, const char *got, const char *text, const char *sk_text,
		  struct zdtm_here here)
{
	if (n < 0)
		zdtm_fail(here, "next in %s is \"%s\": %s", sk_text, text, strerror(errno));
	else if ((size_t)n != strlen(text) || memcmp(got, text, n) != 0)
		zdtm_fail(here, "next in %s is \"%s\": it is \"%.*s\"", sk_text, text, (int)n, got);
	else
		return true;
	return false;
}

bool zdtm_expect_recv(int sk, const char *text, const char *sk_text, struct zdtm_here here)
{
	char got[1024];
	struct iovec iov = { got, sizeof(got) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return judge(next(sk, text, &msg, &iov), got, text, sk_text, here);
}

bool zdtm_expect_recv_fds(int sk, const char *text, int *fds, unsigned int n, const char *sk_text,
			  struct zdtm_here here)
{
	char got[1024], control[CMSG_SPACE(MOST_FDS * sizeof(int))];
	struct iovec iov = { got, sizeof(got) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	unsigned int have = 0;

	if (!judge(next(sk, text, &msg, &iov), got, text, sk_text, here))
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		unsigned int come = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (unsigned int i = 0; i < come; i++, have++)
			if (have < n)
				memcpy(&fds[have], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
	if (have != n)
		zdtm_fail(here, "%u descriptors come with \"%s\" in %s, not %u", have, text,
			  sk_text, n);
	return have == n;
}
