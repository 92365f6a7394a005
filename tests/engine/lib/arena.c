// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib.h"

#define PATIENCE_S 10

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "arena: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Buries everybody, and ends with the test case: then the kernel ends the rest. */
static _Noreturn void init(pid_t body)
{
	for (;;) {
		int status;
		pid_t pid = wait(&status);

		if (pid == body)
			_exit(status_of(status));
		must(pid > 0 || errno == EINTR, "wait");
	}
}

/*
 * The directory of the file that the case's result goes to, "" if there is none. libatf opens it at
 * the end, from inside the arena, and aborts where it cannot.
 */
static void find_result(char dir[PATH_MAX])
{
	char *args[64] = {}, *text, *end;
	int n = 0, option;
	size_t size;

	text = read_file("/proc/self/cmdline", &size);
	for (end = text + size; text < end && n < 63; text += strlen(text) + 1)
		args[n++] = text;
	dir[0] = '\0';
	/* The options that programs of libatf have. */
	for (optind = 0; (option = getopt(n, args, "+lr:s:v:")) >= 0;)
		if (option == 'r' && strncmp(optarg, "/dev/", 5) != 0)
			must(realpath(dirname(optarg), dir) != NULL, "directory of the result");
}

/* A mount of its own stays writable when the one it lies in is not. */
static void keep_writable(const char *dir)
{
	char cwd[PATH_MAX];

	must(getcwd(cwd, sizeof(cwd)) != NULL, "working directory");
	must(mount(dir, dir, NULL, MS_BIND, NULL) == 0, "bind the result's directory");
	must(chdir(cwd) == 0, "working directory");
}

static void wall_off(void)
{
	must(unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0, "unshare");
	must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0,
	     "make / read-only");
}

static void enter(bool walled)
{
	char result[PATH_MAX];
	int status;
	pid_t pid;

	find_result(result);
	fflush(NULL);
	must(unshare(CLONE_NEWPID | CLONE_NEWNS) == 0, "unshare");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid > 0) {
		/* The case goes on in there, its result file too; only its status comes back. */
		while (waitpid(pid, &status, 0) < 0)
			must(errno == EINTR, "wait");
		if (WIFSIGNALED(status))
			atf_tc_fail("the arena's init died of signal %d", WTERMSIG(status));
		_exit(WEXITSTATUS(status));
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "make mounts private");
	must(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount /proc");
	if (walled && result[0])
		keep_writable(result);
	must(mkdir("work", 0755) == 0 || errno == EEXIST, "make a work directory");
	must(mount("work", "work", "tmpfs", MS_NODEV, "mode=777") == 0, "mount a tmpfs");
	if (walled)
		wall_off();
	pid = fork();
	must(pid >= 0, "fork");
	if (pid > 0)
		init(pid);
	must(chdir("work") == 0, "work directory");
}

void arena(void)
{
	enter(false);
}

void walled_arena(void)
{
	enter(true);
}

static bool in_list(pid_t pid, const pid_t *known)
{
	if (pid == 1 || pid == getpid())
		return true;
	for (; *known; known++)
		if (*known == pid)
			return true;
	return false;
}

static unsigned int list_strangers(const pid_t *known, char *text, size_t size)
{
	DIR *proc = opendir("/proc");
	unsigned int n = 0;
	struct dirent *e;
	size_t len = 0;

	ATF_REQUIRE(proc);
	while ((e = readdir(proc))) {
		char comm[64] = "", path[300];
		pid_t pid = atoi(e->d_name);
		FILE *f;

		if (pid <= 0 || in_list(pid, known))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (!fgets(comm, sizeof(comm), f))
			comm[0] = '\0';
		comm[strcspn(comm, "\n")] = '\0';
		fclose(f);
		n++;
		if (text && len < size)
			len += snprintf(text + len, size - len, "%s%d (%s) in state %c",
					len ? ", " : "", pid, comm, task_state(pid) ?: '-');
	}
	closedir(proc);
	return n;
}

unsigned int strangers(const pid_t *known)
{
	return list_strangers(known, NULL, 0);
}

static void look_again(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000 }, NULL);
}

static bool over(time_t *deadline)
{
	time_t now = time(NULL);

	if (!*deadline)
		*deadline = now + PATIENCE_S;
	return now > *deadline;
}

void expect_nobody_but(const pid_t *known)
{
	time_t deadline = 0;
	char text[1000];

	while (list_strangers(known, text, sizeof(text))) {
		if (over(&deadline))
			atf_tc_fail("left behind: %s", text);
		look_again();
	}
}

char task_state(pid_t pid)
{
	char path[64], text[512], *p;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && p[1] == ' ' ? p[2] : 0;
}

void await_state(pid_t pid, char state)
{
	time_t deadline = 0;
	char now;

	while ((now = task_state(pid)) != state) {
		if (over(&deadline))
			atf_tc_fail("task %d is in state %c, not %c", pid, now ?: '-', state);
		look_again();
	}
}

pid_t tracer_of(pid_t pid)
{
	char path[64], line[200];
	pid_t tracer = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (f)
		fclose(f);
	return tracer;
}
