// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "spawn.h"
#include "stage.h"

/* All signals at their default, none blocked, whatever whoever started us did. */
static void fresh_signals(posix_spawnattr_t *attr, short flags)
{
	sigset_t all, none;

	/* sigfillset() leaves out glibc's own two signals, and posix_spawn() then ignores them. */
	memset(&all, 0xff, sizeof(all));
	sigemptyset(&none);
	posix_spawnattr_init(attr);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | flags);
}

int spawn_start(const struct spawn *s, pid_t *ret)
{
	const int append = O_WRONLY | O_APPEND | O_CREAT;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r;

	fresh_signals(&attr, s->session ? POSIX_SPAWN_SETSID : 0);

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (s->output) {
		posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, s->output, append, 0644);
		posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	}
	if (s->dir)
		posix_spawn_file_actions_addchdir_np(&files, s->dir);

	r = posix_spawn(ret, s->argv[0], &files, &attr, (char *const *)s->argv,
			s->env ? s->env : environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

/* Whom a program is run for: what else is waited for meanwhile, and how long. */
struct patience {
	int signals; /* a signalfd, whose signals are passed on to a group of the program's own */
	int *sig;    /* NULL: there is none; which it was */
	int ms;      /* -1: for ever */
};

/* What is written until the end, and meanwhile interruptions. */
static int read_or_pass_on(int from, struct buf *out, pid_t group, const struct patience *patience)
{
	double end = stage_now() + patience->ms;
	int r = buf_reserve(out, 1);

	if (r < 0)
		return r;
	out->data[out->len] = '\0';
	for (;;) {
		struct pollfd fds[] = { { .fd = from, .events = POLLIN },
					{ .fd = patience->signals, .events = POLLIN } };
		double left = patience->ms < 0 ? -1 : MAX(end - stage_now(), 0);
		struct signalfd_siginfo info;
		char chunk[4096];
		ssize_t n;

		n = poll(fds, 2, left);
		if (n <= 0)
			return n < 0 ? -errno : -ETIMEDOUT;
		if (fds[1].revents &&
		    read(patience->signals, &info, sizeof(info)) == sizeof(info)) {
			*patience->sig = info.ssi_signo;
			kill(-group, info.ssi_signo);
		}
		if (!fds[0].revents)
			continue;
		n = read(from, chunk, sizeof(chunk));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (buf_append(out, chunk, n) < 0)
			return -ENOMEM;
	}
}

static int capture(const char *const argv[], struct buf *out, const struct patience *patience)
{
	_cleanup_close_ int from = -EBADF, to = -EBADF;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int pipe_fds[2], status, r;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	from = pipe_fds[0];
	to = pipe_fds[1];

	/* A group of its own: a terminal's interruption comes through us, too, and once. */
	fresh_signals(&attr, patience->sig ? POSIX_SPAWN_SETPGROUP : 0);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, to, STDOUT_FILENO);
	r = -posix_spawn(&pid, argv[0], &files, &attr, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (r < 0)
		return r;

	close(TAKE_FD(to));
	r = read_or_pass_on(from, out, pid, patience);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return r < 0 ? r : status;
}

int spawn_capture(const char *const argv[], struct buf *out)
{
	return capture(argv, out, &(struct patience){ .signals = -1, .ms = -1 });
}

int spawn_capture_within(const char *const argv[], unsigned int seconds, struct buf *out)
{
	return capture(argv, out, &(struct patience){ .signals = -1, .ms = seconds * 1000 });
}

int spawn_capture_long(const char *const argv[], struct buf *out, int signals, int *sig)
{
	*sig = 0;
	return capture(argv, out, &(struct patience){ .signals = signals, .sig = sig, .ms = -1 });
}

int spawn_talk(const char *const argv[], pid_t *pid)
{
	_cleanup_close_ int theirs = -EBADF;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	theirs = ends[1];
	fresh_signals(&attr, 0);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, theirs, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, theirs, STDOUT_FILENO);
	r = -posix_spawn(pid, argv[0], &files, &attr, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (r == 0)
		return ends[0];
	*pid = 0;
	close(ends[0]);
	return r;
}

const char *status_text(int status, char *to, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(to, size, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(to, size, "exited with %d", WEXITSTATUS(status));
	return to;
}

int interruptions_open(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction was;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		/* One that nohup(1) or a shell's & has us ignore would, blocked, be delivered all the same. */
		if (sigaction(signals[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}
