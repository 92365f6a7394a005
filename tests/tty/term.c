// SPDX-License-Identifier: GPL-2.0-only
#include <atf-c.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "term.h"

#define PATIENCE_MS 20000
#define ALL_S       100

int status;

void give_up(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(1);
}

static void too_long(int sig)
{
	static const char text[] = "this takes too long\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

/* pid 1 of the namespace: reaps whoever has no parent, and when it ends so does everything. */
static void init_main(void (*body)(void))
{
	pid_t pid, ended;
	int how = 1;

	/* What else we were started with is not to be dumped. */
	close_range(3, ~0U, 0);
	signal(SIGALRM, too_long);
	alarm(ALL_S);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mount("proc", "/proc", "proc", 0, NULL) == 0);
	NEED(mount("devpts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666") == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		/* Of terminals and shells that end the body knows by itself. */
		setsid();
		body();
		_exit(0);
	}
	while ((ended = wait(&how)) != pid)
		NEED(ended > 0);
	_exit(WIFEXITED(how) ? WEXITSTATUS(how) : 1);
}

void in_arena(void (*body)(void))
{
	pid_t pid;
	int how;

	fflush(NULL);
	pid = syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		init_main(body);
	ATF_REQUIRE_MSG(pid > 0, "new namespaces: %s", strerror(errno));
	ATF_REQUIRE(waitpid(pid, &how, 0) == pid);
	ATF_REQUIRE_MSG(WIFEXITED(how) && WEXITSTATUS(how) == 0, "see above");
}

const char *run(const char *fmt, ...)
{
	static char out[65536];
	char command[4096];
	va_list args;
	size_t n;
	FILE *f;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	f = popen(command, "r");
	NEED(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	status = pclose(f);
	fprintf(stderr, "$ %s\n%s", command, out);
	while (n > 0 && out[n - 1] == '\n')
		out[--n] = '\0';
	return out;
}

/* ---- terminals ---- */

void term_start(struct term *t, const char *name, int rows, int cols, const char *const *argv)
{
	struct winsize size = { .ws_row = rows, .ws_col = cols };

	*t = (struct term){ .name = name, .text = calloc(1, 1) };
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	NEED(t->pid >= 0);
	if (t->pid == 0) {
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
}

void term_type(struct term *t, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	NEED(write(t->fd, text, n) == n);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One read, if anything comes until then. */
static int hear(struct term *t, long end)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	long left = end - now_ms();
	ssize_t n;

	if (poll(&p, 1, left > 0 ? left : 0) <= 0)
		return 0;
	t->text = realloc(t->text, t->len + 4097);
	NEED(t->text);
	n = read(t->fd, t->text + t->len, 4096);
	if (n <= 0)
		return 0;
	t->len += n;
	t->text[t->len] = '\0';
	return 1;
}

const char *term_expect(struct term *t, const char *text)
{
	long end = now_ms() + PATIENCE_MS;
	char *at;

	while (!(at = strstr(t->text + t->seen, text)))
		if (!hear(t, end))
			give_up("%s: \"%s\" does not come; there was:\n%s\n----", t->name, text,
				t->text + t->seen);
	t->seen = at + strlen(text) - t->text;
	return t->text + t->seen;
}

void term_end(struct term *t)
{
	close(t->fd);
	NEED(waitpid(t->pid, NULL, 0) == t->pid);
	free(t->text);
}
