// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "ask.h"

bool str_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && streq(s + n - m, suffix);
}

bool str_in(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (streq(s, *list))
			return true;
	return false;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

size_t page_size(void)
{
	static size_t size;

	if (!size)
		size = sysconf(_SC_PAGESIZE);
	return size;
}

char *map(int fd, size_t count, int prot, int flags)
{
	void *p = mmap(NULL, count * page_size(), prot, flags, fd, 0);

	if (p == MAP_FAILED)
		BROKEN("mmap: %s", errno_name(errno));
	return p;
}

void *pages(size_t count)
{
	char *p = map(-1, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

	for (size_t i = 0; i < count; i++)
		*(volatile char *)(p + i * page_size()) = 0;
	return p;
}

void *share(size_t size)
{
	return map(-1, (size + page_size() - 1) / page_size(), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS);
}

void workdir(void)
{
	if (!answer->workdir[0]) {
		char path[sizeof(answer->workdir)];

		/* The path has to be good from anywhere: it is removed by another task. */
		if (!realpath(work_base, path) || access(path, W_OK) < 0)
			strcpy(path, "/tmp");
		strncat(path, "/probe.XXXXXX", sizeof(path) - strlen(path) - 1);
		if (!mkdtemp(path))
			BROKEN("no work directory %s: %s", path, errno_name(errno));
		strcpy(answer->workdir, path);
	}
	if (chdir(answer->workdir) < 0)
		BROKEN("cannot enter the work directory: %s", errno_name(errno));
}

int workfile(const char *name)
{
	int fd;

	workdir();
	fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		BROKEN("cannot create a file: %s", errno_name(errno));
	return fd;
}

int write_text(const char *text, const char *path_fmt, ...)
{
	_cleanup_close_ int fd = -1;
	char path[512];
	va_list ap;

	va_start(ap, path_fmt);
	vsnprintf(path, sizeof(path), path_fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

unsigned int packed_dev(dev_t dev)
{
	return (minor(dev) & 0xff) | major(dev) << 8 | (minor(dev) & ~0xffU) << 12;
}

bool poll_now(int fd, short events)
{
	struct pollfd fds = { .fd = fd, .events = events };

	return poll(&fds, 1, 0) == 1 && fds.revents & events;
}

const char *link_text(const char *path_fmt, ...)
{
	static char texts[4][512];
	static unsigned int turn;
	char path[512], *text = texts[turn++ % ARRAY_SIZE(texts)];
	va_list ap;
	ssize_t n;

	va_start(ap, path_fmt);
	vsnprintf(path, sizeof(path), path_fmt, ap);
	va_end(ap);
	n = readlink(path, text, sizeof(texts[0]) - 1);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

/* Room for one descriptor, aligned as the macros want it. */
union fd_message {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int send_fd(int sock, int fd)
{
	union fd_message control = {};
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &byte,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) < 0 ? -1 : 0;
}

int recv_fd(int sock)
{
	union fd_message control = {};
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	const struct cmsghdr *c;
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS) {
		errno = ENODATA;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ?: "an unknown error";
}
