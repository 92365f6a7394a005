// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

struct first_error {
	int taken; /* set once, by whoever comes first */
	char text[1024];
};

static struct {
	int fd;
	enum log_level level;
	int pid;
	struct timespec start;
	struct first_error own, *first;
} log_state = { .fd = STDERR_FILENO, .level = LOG_WARN };

void log_open(int fd, enum log_level level)
{
	log_state.fd = fd;
	log_state.level = level;
	clock_gettime(CLOCK_MONOTONIC, &log_state.start);
}

int log_fd(void)
{
	return log_state.fd;
}

void log_set_fd(int fd)
{
	log_state.fd = fd;
}

void log_set_pid(int pid)
{
	log_state.pid = pid;
}

int log_share_first(void)
{
	void *p = mmap(NULL, sizeof(struct first_error), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	log_state.first = p;
	return 0;
}

const char *log_first_error(void)
{
	const struct first_error *f = log_state.first ? log_state.first : &log_state.own;

	return f->taken ? f->text : NULL;
}

static void remember_first(const char *text)
{
	struct first_error *f = log_state.first ? log_state.first : &log_state.own;

	if (__atomic_exchange_n(&f->taken, 1, __ATOMIC_ACQ_REL) == 0)
		snprintf(f->text, sizeof(f->text), "%s", text);
}

static void write_line(enum log_level level, const char *text)
{
	static const char *const word[] = {
		[LOG_MSG] = "",  [LOG_ERROR] = "Error: ", [LOG_WARN] = "Warn: ",
		[LOG_INFO] = "", [LOG_DEBUG] = "",
	};
	struct timespec now;
	char line[2048], pid[16] = "";
	long us;
	int n;

	if (level == LOG_ERROR)
		remember_first(text);
	if (level > log_state.level)
		return;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (now.tv_sec - log_state.start.tv_sec) * 1000000L +
	     (now.tv_nsec - log_state.start.tv_nsec) / 1000;
	if (!log_state.start.tv_sec)
		us = 0;
	if (log_state.pid)
		snprintf(pid, sizeof(pid), "%6d: ", log_state.pid);
	n = snprintf(line, sizeof(line), "(%02ld.%06ld) %s%s%s\n", us / 1000000, us % 1000000, pid,
		     word[level], text);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	/* The log is a courtesy: a full disk must not turn a good dump into a failed one. */
	if (write(log_state.fd, line, n) < 0)
		return;
	if (level == LOG_ERROR && log_state.fd != STDERR_FILENO)
		dprintf(STDERR_FILENO, "refcr: %s\n", text);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	char text[1536];
	va_list ap;

	/* Errors are remembered even when nobody wants to see them. */
	if (level > log_state.level && level != LOG_ERROR)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_line(level, text);
}

int log_err(int err, const char *fmt, ...)
{
	char text[1536];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n >= 0 && n < (int)sizeof(text))
		snprintf(text + n, sizeof(text) - n, ": %s", strerror(-err));
	write_line(LOG_ERROR, text);
	return err;
}

int log_refuse(const char *fmt, ...)
{
	char text[1536];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_line(LOG_ERROR, text);
	return -ENOTSUP;
}

int log_bad_image(const char *fmt, ...)
{
	char text[1536];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_line(LOG_ERROR, text);
	return -EBADMSG;
}
