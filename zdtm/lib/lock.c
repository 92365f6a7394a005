// SPDX-License-Identifier: GPL-2.0-only
/* Locks and leases: fcntl(2), flock(2). */
#include "harness.h"

#define LINE 96

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

char *t_locks(pid_t pid, int fd)
{
	char path[64], *text, (*lines)[LINE], *out;
	size_t n = 0, len = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid ?: getpid(), fd);
	text = t_slurp(path);
	for (char *line = strstr(text, "\nlock:"); line; line = strstr(line + 1, "\nlock:"))
		n++;
	lines = SYS_PTR(malloc((n + 1) * LINE));
	n = 0;
	for (char *line = strstr(text, "\nlock:"); line; line = strstr(line + 1, "\nlock:")) {
		char kind[8], mode[10], type[8], start[24], end[24];
		int taker;

		if (sscanf(line, "\nlock: %*d: %7s %9s %7s %d %*s %23s %23s", kind, mode, type,
			   &taker, start, end) != 6)
			end_caller("%s: cannot make sense of '%.80s'", path, line + 1);
		len += snprintf(lines[n++], LINE, "%s %s %s %d %s-%s\n", kind, mode, type, taker,
				start, end);
	}
	free(text);
	/* In what order owners come is nobody's promise. */
	qsort(lines, n, LINE, by_text);
	out = SYS_PTR(calloc(1, len + 1));
	for (size_t i = 0, at = 0; i < n; i++)
		at += sprintf(out + at, "%s", lines[i]);
	free(lines);
	return out;
}

static struct flock range(short type, off_t start, off_t len)
{
	return (struct flock){
		.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len
	};
}

bool t_lock(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	if (fcntl(fd, cmd, &l) == 0)
		return true;
	if (errno != EAGAIN && errno != EACCES)
		end_caller("lock %jd bytes of fd %d from %jd on: %s", (intmax_t)len, fd,
			   (intmax_t)start, strerror(errno));
	return false;
}

pid_t t_who_locks(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	if (fcntl(fd, cmd, &l) < 0)
		end_caller("who locks %jd bytes of fd %d from %jd on: %s", (intmax_t)len, fd,
			   (intmax_t)start, strerror(errno));
	return l.l_type == F_UNLCK ? 0 : l.l_pid;
}
