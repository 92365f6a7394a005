// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"
#include "spawn.h"

#define PATIENCE_MS 30000

const char *built(const char *path)
{
	static char full[2 * PATH_MAX];
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ATF_REQUIRE(n > 0);
	self[n] = '\0';
	snprintf(full, sizeof(full), "%s/../../%s", dirname(self), path);
	return full;
}

/* Where the output of each process goes. */
static struct {
	pid_t pid;
	unsigned int nr;
} last[16];
static unsigned int started;

static void file_of(char path[32], const char *what, unsigned int nr)
{
	snprintf(path, 32, "%s.%u", what, nr);
}

static int open_output(const char *what, unsigned int nr)
{
	char path[32];

	file_of(path, what, nr);
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
}

pid_t spawn(bool traced, const char *before, const char *fmt, va_list ap)
{
	unsigned int nr = started++;
	char *args, *command;
	pid_t pid;

	ATF_REQUIRE(vasprintf(&args, fmt, ap) >= 0);
	ATF_REQUIRE(asprintf(&command, "%s%s", before, args) >= 0);
	printf("%s%s\n", before[0] ? "refcr " : "", args);
	fflush(NULL);
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		/* Where there is a tracer already, leaks cannot be looked for (SAN=1). */
		if (traced)
			setenv("ASAN_OPTIONS", "leak_check_at_exit=0", 1);
		dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		dup2(open_output("out", nr), STDOUT_FILENO);
		dup2(open_output("err", nr), STDERR_FILENO);
		closefrom(3);
		if (traced && (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 || raise(SIGSTOP) != 0))
			_exit(126);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	last[nr % 16].pid = pid;
	last[nr % 16].nr = nr;
	free(args);
	free(command);
	return pid;
}

const char *refcr_command(void)
{
	static char text[2 * PATH_MAX + 200];

	snprintf(text, sizeof(text), "exec %s ", built("sbin/refcr"));
	return text;
}

static char *take_output(const char *what, unsigned int nr)
{
	char path[32], *text;

	file_of(path, what, nr);
	text = read_file(path, NULL);
	unlink(path);
	return text;
}

struct ran ended(pid_t pid, int status)
{
	struct ran r = { WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), NULL, NULL };

	for (size_t i = 0; i < 16; i++) {
		if (last[i].pid != pid)
			continue;
		r.out = take_output("out", last[i].nr);
		r.err = take_output("err", last[i].nr);
		last[i].pid = 0;
	}
	ATF_REQUIRE(r.err);
	printf("%d %s%s", r.status, r.out, r.err);
	return r;
}

static struct ran await_end(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int status;

	ATF_REQUIRE(p.fd >= 0);
	if (poll(&p, 1, PATIENCE_MS) != 1) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		ended(pid, status);
		atf_tc_fail("refcr hangs");
	}
	close(p.fd);
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return ended(pid, status);
}

pid_t refcr_start(const char *fmt, ...)
{
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	pid = spawn(false, refcr_command(), fmt, ap);
	va_end(ap);
	return pid;
}

const char *refcr_args(const char *fmt, ...)
{
	static char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return text;
}

struct ran refcr_end(pid_t pid)
{
	return await_end(pid);
}

void one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	ATF_REQUIRE_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

struct ran refcr(const char *fmt, ...)
{
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	pid = spawn(false, refcr_command(), fmt, ap);
	va_end(ap);
	return await_end(pid);
}

struct ran shell(const char *fmt, ...)
{
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	pid = spawn(false, "", fmt, ap);
	va_end(ap);
	return await_end(pid);
}

void expect_fine(const struct ran *r)
{
	ATF_REQUIRE_MSG(r->status == 0, "status %d: %s", r->status, r->err);
	ATF_CHECK_STREQ(r->err, "");
}

void expect_failed(const struct ran *r, const char *says)
{
	const char *line = r->err;

	ATF_CHECK_MSG(r->status == 1, "status %d: %s", r->status, r->err);
	ATF_CHECK_MSG(strstr(r->err, says), "'%s' is missing in: %s", says, r->err);
	/* One sentence, and nothing of a sanitizer or the shell. */
	for (; *line; line += strcspn(line, "\n") + 1)
		ATF_CHECK_MSG(strncmp(line, "refcr: ", 7) == 0 || line[0] == '(', "%s", line);
}

void expect_no_crash(const struct ran *r)
{
	static const char status[] = "ended during its restore (status ";
	static const int bad[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV };
	const char *at = strstr(r->err, status);
	long how = at ? strtol(at + strlen(status), NULL, 0) : 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ATF_CHECK_MSG((how & 0x7f) != bad[i], "%s", r->err);
	ATF_CHECK_MSG(!strstr(r->err, "Sanitizer") && !strstr(r->err, "runtime error"), "%s",
		      r->err);
}

int expect_sane(void)
{
	struct ran r = refcr("restore -d --accept-edited -D img -W .");

	ATF_REQUIRE_MSG(r.status == 0 || r.status == 1, "status %d: %s", r.status, r.err);
	expect_no_crash(&r);
	if (r.status == 0)
		kill(-1, SIGKILL);
	else
		ATF_CHECK_MSG(r.err[0], "it does not say what is wrong");
	expect_nobody();
	free(r.out);
	free(r.err);
	return r.status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *names_in(const char *dir)
{
	static char text[8192];
	char *name[500];
	struct dirent *e;
	size_t n = 0, len = 0;
	DIR *d = opendir(dir);

	ATF_REQUIRE_MSG(d, "%s: %s", dir, strerror(errno));
	while ((e = readdir(d)) && n < 500)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			name[n++] = strdup(e->d_name);
	closedir(d);
	qsort(name, n, sizeof(*name), by_name);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		len += snprintf(text + len, sizeof(text) - len, "%s ", name[i]);
		ATF_REQUIRE(len < sizeof(text));
		free(name[i]);
	}
	return text;
}

void empty(const char *dir)
{
	struct ran r = shell("rm -rf %s && mkdir %s", dir, dir);

	ATF_REQUIRE_EQ(r.status, 0);
}

bool exists(const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return lstat(path, &st) == 0;
}

void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "r");
	char *data, *more;
	size_t len = 0, n;

	ATF_REQUIRE_MSG(f, "%s: %s", path, strerror(errno));
	data = malloc(4097);
	ATF_REQUIRE(data);
	while ((n = fread(data + len, 1, 4096, f)) > 0) {
		len += n;
		more = realloc(data, len + 4097);
		ATF_REQUIRE(more);
		data = more;
	}
	fclose(f);
	data[len] = '\0';
	if (size)
		*size = len;
	return data;
}

void write_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "w");

	ATF_REQUIRE_MSG(f, "%s: %s", path, strerror(errno));
	ATF_REQUIRE_EQ(fwrite(data, 1, size, f), size);
	ATF_REQUIRE_EQ(fclose(f), 0);
}
