// SPDX-License-Identifier: GPL-2.0-only
/*
 * A semaphore that is changed back at the end of a task (SEM_UNDO), when the task is dumped, lives on,
 * comes back or does not: it changes when it should, and nobody else is let in before.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

#define VALUE 3
#define LOWER 1 /* the task has taken 2 */

struct holder {
	pid_t pid;
	int id;
};

static void expect_value(const struct holder *h, int value)
{
	ATF_CHECK_EQ(semctl(h->id, 0, GETVAL), value);
}

/* A task that has taken it, and is stopped, or waits for what it will not get. */
static struct holder holder(bool waits)
{
	struct holder h;
	int status;

	arena();
	ATF_REQUIRE_EQ(unshare(CLONE_NEWIPC), 0);
	empty("img");
	h.id = semget(IPC_PRIVATE, 2, 0600);
	ATF_REQUIRE(h.id >= 0);
	ATF_REQUIRE_EQ(semctl(h.id, 0, SETVAL, VALUE), 0);
	h.pid = fork();
	ATF_REQUIRE(h.pid >= 0);
	if (h.pid == 0) {
		struct sembuf op = { 0, LOWER - VALUE, SEM_UNDO }, more = { 1, -1, 0 };

		setsid();
		closefrom(0);
		if (open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2 &&
		    semop(h.id, &op, 1) == 0) {
			if (!waits)
				raise(SIGSTOP);
			else if (semop(h.id, &more, 1) == 0)
				pause();
		}
		_exit(1);
	}
	if (!waits) {
		ATF_REQUIRE_EQ(waitpid(h.pid, &status, WUNTRACED), h.pid);
		ATF_REQUIRE(WIFSTOPPED(status));
	} else {
		while (semctl(h.id, 1, GETNCNT) != 1)
			usleep(100);
	}
	expect_value(&h, LOWER);
	return h;
}

static struct holder dumped(void)
{
	struct holder h = holder(false);
	struct ran r = refcr("dump -t %d -D img", h.pid);

	expect_fine(&r);
	waitpid(h.pid, NULL, 0);
	expect_nobody();
	expect_value(&h, LOWER);
	return h;
}

static void restore(const struct holder *h)
{
	struct ran r = refcr("restore -d -D img");

	expect_fine(&r);
	await_state(h->pid, 'T');
	expect_value(h, LOWER);
}

static void end(const struct holder *h)
{
	ATF_REQUIRE_EQ(kill(h->pid, SIGKILL), 0);
	waitpid(h->pid, NULL, 0);
	expect_nobody();
	expect_value(h, VALUE);
}

ROOT_TC(again, "a task that is dumped and restored again and again changes it once")
{
	struct holder h = dumped();
	struct ran r;

	for (int i = 0; i < 3; i++) {
		restore(&h);
		r = refcr("dump -t %d -D img", h.pid);
		expect_fine(&r);
		expect_nobody();
		expect_value(&h, LOWER);
	}
	restore(&h);
	end(&h);
}

ROOT_TC(lives_on, "one that lives on changes it, and the restored one has taken it again")
{
	struct holder h = holder(false);
	struct ran r = refcr("dump -R -t %d -D img", h.pid);

	expect_fine(&r);
	expect_value(&h, LOWER);
	end(&h);
	restore(&h);
	end(&h);
	/* Somebody else was faster. */
	ATF_REQUIRE_EQ(semctl(h.id, 0, SETVAL, LOWER), 0);
	r = refcr("restore -d -D img");
	expect_failed(&r, "Resource temporarily unavailable");
	expect_nobody();
	expect_value(&h, LOWER);
}

ROOT_TC(waits_on, "one that lives on and waits for another semaphore does not notice")
{
	struct holder h = holder(true);
	struct ran r = refcr("dump -R -t %d -D img", h.pid);
	struct sembuf op = { 1, 1, 0 };

	expect_fine(&r);
	await_state(h.pid, 'S');
	while (semctl(h.id, 1, GETNCNT) != 1)
		ATF_REQUIRE(task_state(h.pid) != 'Z' && task_state(h.pid));
	ATF_REQUIRE_EQ(semop(h.id, &op, 1), 0);
	while (semctl(h.id, 1, GETPID) != h.pid)
		ATF_REQUIRE(task_state(h.pid) != 'Z' && task_state(h.pid));
	end(&h);
}

ROOT_TC(not_dumped, "a dump that fails at the very end leaves it to the task")
{
	struct holder h = holder(false);
	struct ran r;

	ATF_REQUIRE_EQ(mkdir("img/inventory.img", 0700), 0);
	r = refcr("dump -t %d -D img", h.pid);
	ATF_CHECK(r.status > 0);
	expect_value(&h, LOWER);
	end(&h);
}

ROOT_TC(not_wanted, "so does one that a script does not want, with its images written")
{
	struct holder h = holder(false);
	struct ran r = refcr(
		"dump -t %d -D img --action-script '[ $CRTOOLS_SCRIPT_ACTION = pre-dump ]'", h.pid);

	expect_failed(&r, "post-dump: ");
	expect_value(&h, LOWER);
	end(&h);
}

ROOT_TC(not_restored, "a restore that fails leaves it as it was")
{
	struct holder h = dumped();
	struct ran r = refcr("restore -d -D img --pidfile nowhere/pid");

	expect_failed(&r, "pid file nowhere/pid");
	expect_nobody();
	expect_value(&h, LOWER);
	restore(&h);
	end(&h);
}

ROOT_TC(gone, "a set that is gone, or another one by now")
{
	struct holder h = dumped();
	struct ran r;

	ATF_REQUIRE_EQ(semctl(h.id, 0, IPC_RMID), 0);
	r = refcr("restore -d -D img");
	expect_failed(&r, "some to undo (SEM_UNDO): Invalid argument");
	expect_nobody();
	r = shell("echo %d > /proc/sys/kernel/sem_next_id", h.id);
	expect_fine(&r);
	ATF_REQUIRE_EQ(semget(IPC_PRIVATE, 3, 0600), h.id);
	r = refcr("restore -d -D img");
	expect_failed(&r, "which is another one by now");
	expect_nobody();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, again);
	ATF_TP_ADD_TC(tp, lives_on);
	ATF_TP_ADD_TC(tp, waits_on);
	ATF_TP_ADD_TC(tp, not_dumped);
	ATF_TP_ADD_TC(tp, not_wanted);
	ATF_TP_ADD_TC(tp, not_restored);
	ATF_TP_ADD_TC(tp, gone);
	return atf_no_error();
}
