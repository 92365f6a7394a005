// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib.h"

#define PATIENCE_S 10

static void look_again(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000 }, NULL);
}

static void become(uid_t uid)
{
	if (uid && (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0))
		_exit(126);
}

struct target target_as(const char *how, uid_t uid)
{
	static unsigned int count;
	struct target t;
	time_t deadline = time(NULL) + PATIENCE_S;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "state.%u", count++);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ATF_REQUIRE(fd >= 0);
	ATF_REQUIRE_EQ(fchown(fd, uid, uid), 0);
	ATF_REQUIRE_EQ(ftruncate(fd, sizeof(*t.state)), 0);
	t.state = mmap(NULL, sizeof(*t.state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ATF_REQUIRE(t.state != MAP_FAILED);
	close(fd);

	fflush(NULL);
	t.pid = fork();
	ATF_REQUIRE(t.pid >= 0);
	if (t.pid == 0) {
		int null = open("/dev/null", O_RDWR);

		setsid();
		become(uid);
		for (int i = 0; i < 3; i++)
			dup2(null, i);
		closefrom(3);
		execl(built("tests/engine/target"), "target", path, how, NULL);
		_exit(127);
	}
	while (!__atomic_load_n(&t.state->ready, __ATOMIC_ACQUIRE)) {
		int status;

		if (waitpid(t.pid, &status, WNOHANG) == t.pid)
			atf_tc_fail("the target ended with status %#x: %s", status, t.state->why);
		if (time(NULL) > deadline)
			atf_tc_fail("the target does not get ready: %s", t.state->why);
		look_again();
	}
	return t;
}

struct target target(const char *how)
{
	return target_as(how, 0);
}

pid_t target_child(const struct target *t)
{
	for (unsigned int i = 0; i < t->state->n; i++)
		if (t->state->slot[i].pid != t->pid)
			return t->state->slot[i].pid;
	atf_tc_fail("the target has no children");
}

/* Two rounds more than now: the second has been begun later than we came. */
static void await_rounds(const struct target_slot *s, time_t deadline)
{
	uint64_t from = __atomic_load_n(&s->rounds, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&s->rounds, __ATOMIC_ACQUIRE) < from + 2) {
		if (time(NULL) > deadline)
			atf_tc_fail("%s (task %d, thread %d, state %c) does not go on", s->what,
				    s->pid, s->tid, task_state(s->tid) ?: '-');
		look_again();
	}
}

void expect_rounds(const struct target *t)
{
	time_t deadline = time(NULL) + PATIENCE_S;

	for (unsigned int i = 0; i < t->state->n; i++)
		await_rounds(&t->state->slot[i], deadline);
}

void expect_well(const struct target *t)
{
	expect_rounds(t);
	ATF_REQUIRE_MSG(!t->state->failed, "%s", t->state->why);
	ATF_CHECK_EQ(tracer_of(t->pid), 0);
	if (t->state->stopped)
		await_state(t->state->stopped, 'T');
}

static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void target_end(struct target *t)
{
	bool ours = is_child(t->pid);
	int status = 0;

	__atomic_store_n(&t->state->stop, 1, __ATOMIC_RELEASE);
	/* One that was restored is the child of another: its end is all that can be seen. */
	if (ours)
		ATF_REQUIRE_EQ(waitpid(t->pid, &status, 0), t->pid);
	else
		while (task_state(t->pid))
			look_again();
	ATF_CHECK_MSG(status == 0, "status %#x", status);
	ATF_CHECK_MSG(!t->state->failed, "%s", t->state->why);
	munmap(t->state, sizeof(*t->state));
	t->state = NULL;
}

char *maps_of(pid_t pid)
{
	char path[64], *text, *end;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	text = read_file(path, NULL);
	/* The stack may grow at any time. */
	end = strstr(text, "[stack]");
	ATF_REQUIRE(end);
	while (*end != '\n')
		*end-- = '\0';
	return text;
}

void target_kill(const struct target *t)
{
	pid_t tasks[TARGET_SLOTS + 2];
	unsigned int n = 0;

	tasks[n++] = t->pid;
	if (t->state->stopped)
		tasks[n++] = t->state->stopped;
	for (unsigned int i = 0; i < t->state->n; i++)
		tasks[n++] = t->state->slot[i].pid;
	for (unsigned int i = 0; i < n; i++)
		kill(tasks[i], SIGKILL);
	if (is_child(t->pid))
		waitpid(t->pid, NULL, 0);
	for (unsigned int i = 0; i < n; i++)
		while (task_state(tasks[i]))
			look_again();
}
