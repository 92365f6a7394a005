// SPDX-License-Identifier: GPL-2.0-only
/* System V shared memory of a dumped tree, of which others may have made something meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

#define KEY   0x1234
#define SIZE  10000
#define OWNER 1234

struct attached {
	pid_t pid;
	int id;
	char *ours; /* where the test has it attached, too, for as long as the task is made */
};

/* A task that has it attached, and is stopped. */
static struct attached attached(int (*attach)(char *at))
{
	struct attached a = { .id = shmget(KEY, SIZE, IPC_CREAT | IPC_EXCL | 0640) };
	struct shmid_ds ds;
	int status;

	ATF_REQUIRE(a.id >= 0);
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_STAT, &ds), 0);
	ds.shm_perm.uid = OWNER;
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_SET, &ds), 0);
	a.ours = shmat(a.id, NULL, 0);
	ATF_REQUIRE(a.ours != (void *)-1);
	strcpy(a.ours + 5000, "before");
	a.pid = fork();
	ATF_REQUIRE(a.pid >= 0);
	if (a.pid == 0) {
		setsid();
		closefrom(0);
		if (open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2 &&
		    attach(a.ours) == 0)
			raise(SIGSTOP);
		_exit(1);
	}
	ATF_REQUIRE_EQ(waitpid(a.pid, &status, WUNTRACED), a.pid);
	ATF_REQUIRE(WIFSTOPPED(status));
	return a;
}

static int inherit(char *at)
{
	return 0;
}

/* Its own IPC namespace is this one again, what it has attached is of another. */
static int from_elsewhere(char *at)
{
	int fd = open("/proc/self/ns/ipc", O_RDONLY), id;

	if (shmdt(at) < 0 || unshare(CLONE_NEWIPC) < 0)
		return -1;
	id = shmget(KEY, SIZE, IPC_CREAT | 0640);
	at = shmat(id, NULL, 0);
	return at == (void *)-1 || setns(fd, CLONE_NEWIPC) < 0 ? -1 : close(fd);
}

static void place(void)
{
	arena();
	ATF_REQUIRE_EQ(unshare(CLONE_NEWIPC), 0);
	empty("img");
}

static struct attached dumped(void)
{
	struct attached a;
	struct ran r;

	place();
	a = attached(inherit);
	ATF_REQUIRE_EQ(shmdt(a.ours), 0);
	r = refcr("dump -t %d -D img", a.pid);
	expect_fine(&r);
	waitpid(a.pid, NULL, 0);
	expect_nobody();
	return a;
}

static void expect_text(const struct attached *a, const char *text, uid_t owner)
{
	char *at = shmat(a->id, NULL, 0);
	struct shmid_ds ds;

	ATF_REQUIRE(at != (void *)-1);
	ATF_CHECK_STREQ(at + 5000, text);
	ATF_CHECK_EQ(shmdt(at), 0);
	ATF_CHECK_EQ(shmctl(a->id, IPC_STAT, &ds), 0);
	ATF_CHECK_EQ(ds.shm_nattch, 1);
	ATF_CHECK_EQ(ds.shm_perm.uid, owner);
	ATF_CHECK_EQ(ds.shm_perm.mode & 0777, 0640);
	ATF_CHECK_EQ(shmget(KEY, SIZE, 0), a->id);
}

static void restore(const struct attached *a)
{
	struct ran r = refcr("restore -d -D img");

	expect_fine(&r);
	await_state(a->pid, 'T');
}

static void expect_undone(const char *args, const char *says)
{
	struct ran r = refcr("restore -d -D img %s", args);

	expect_failed(&r, says);
	expect_nobody();
}

ROOT_TC(gone, "a segment that was removed since is made anew: id, key, owner, mode, content")
{
	struct attached a = dumped();

	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	restore(&a);
	expect_text(&a, "before", OWNER);
	kill(a.pid, SIGKILL);
	expect_nobody();
	/* As before, it is there until it is removed. */
	ATF_CHECK_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
}

ROOT_TC(there, "a segment that is there has what others have written since, and their owner")
{
	struct attached a = dumped();
	char *at = shmat(a.id, NULL, 0);
	struct shmid_ds ds;

	strcpy(at + 5000, "since");
	shmdt(at);
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_STAT, &ds), 0);
	ds.shm_perm.uid = OWNER + 1;
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_SET, &ds), 0);
	restore(&a);
	expect_text(&a, "since", OWNER + 1);
	kill(a.pid, SIGKILL);
}

ROOT_TC(kept, "a removed segment that others have attached is the same one")
{
	struct attached a;
	struct shmid_ds ds;
	struct ran r;

	place();
	a = attached(inherit);
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	r = refcr("dump -t %d -D img", a.pid);
	expect_fine(&r);
	waitpid(a.pid, NULL, 0);
	strcpy(a.ours + 5000, "since");
	restore(&a);
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), 0);
	ATF_CHECK_EQ(ds.shm_nattch, 2);
	ATF_CHECK_STREQ(a.ours + 5000, "since");
	ATF_REQUIRE_EQ(shmdt(a.ours), 0);
	/* It is the task's alone, and ends with it. */
	r = refcr("dump -t %d -D img", a.pid);
	expect_fine(&r);
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), -1);
	restore(&a);
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), 0);
	ATF_CHECK(ds.shm_perm.mode & SHM_DEST);
	ATF_CHECK_EQ(ds.shm_nattch, 1);
	kill(a.pid, SIGKILL);
	expect_nobody();
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), -1);
}

ROOT_TC(key_taken, "the key is another segment's by now")
{
	struct attached a = dumped();
	struct shmid_ds ds;
	int other;

	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	other = shmget(KEY, 10 * SIZE, IPC_CREAT | 0600);
	ATF_REQUIRE(other >= 0);
	ATF_REQUIRE(other != a.id);
	expect_undone("", "with key 0x1234: File exists");
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), -1);
	ATF_CHECK_EQ(shmctl(other, IPC_STAT, &ds), 0);
}

ROOT_TC(id_taken, "another segment has the id by now")
{
	struct attached a = dumped();
	struct shmid_ds ds;
	struct ran r;

	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	r = shell("echo %d > /proc/sys/kernel/shm_next_id", a.id);
	expect_fine(&r);
	ATF_REQUIRE_EQ(shmget(KEY, SIZE - 1, IPC_CREAT | 0640), a.id);
	expect_undone("", "is another one than was dumped");
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), 0);
	ATF_CHECK_EQ(ds.shm_segsz, SIZE - 1);
	ATF_CHECK_EQ(ds.shm_nattch, 0);
}

ROOT_TC(undone, "a restore that fails removes a segment that it has made, and no other one")
{
	struct attached a = dumped();
	struct shmid_ds ds;

	expect_undone("--pidfile nowhere/pid", "pid file nowhere/pid");
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), 0);
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	expect_undone("--pidfile nowhere/pid", "pid file nowhere/pid");
	ATF_CHECK_EQ(shmctl(a.id, IPC_STAT, &ds), -1);
	restore(&a);
	expect_text(&a, "before", OWNER);
	kill(a.pid, SIGKILL);
}

/* From the first process that the restore makes. */
#define FROM SYS_clone

static void kill_restore(unsigned int n, void *arg)
{
	const struct attached *a = arg;
	pid_t pid = traced("restore -d -D img");
	struct shmid_ds ds;
	int status;
	bool killed = traced_until(pid, FROM, n, NULL, &status);

	if (killed)
		traced_kill(pid);
	else
		traced_ended(pid, status);
	/* Whoever undoes it may still be about to. */
	expect_nobody_but((const pid_t[]){ a->pid, 0 });
	if (task_state(a->pid) == 'T') {
		ATF_CHECK_EQ(shmctl(a->id, IPC_STAT, &ds), 0);
		kill(a->pid, SIGKILL);
		expect_nobody();
		ATF_CHECK_EQ(shmctl(a->id, IPC_RMID, NULL), 0);
	}
	expect_nobody();
	ATF_CHECK_EQ(shmctl(a->id, IPC_STAT, &ds), -1);
}

ROOT_TC(killed, "a restore killed at any moment leaves no segment behind")
{
	struct attached a = dumped();
	unsigned int stops;

	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	stops = count_stops(FROM, "restore -d -D img");
	kill(a.pid, SIGKILL);
	expect_nobody();
	ATF_REQUIRE_EQ(shmctl(a.id, IPC_RMID, NULL), 0);
	at_moments(stops, 25, kill_restore, &a);
}

ROOT_TC(elsewhere, "what was attached in another IPC namespace is refused")
{
	struct attached a;
	struct ran r;

	place();
	a = attached(from_elsewhere);
	r = refcr("dump -t %d -D img", a.pid);
	expect_failed(&r, "System V shared memory of another IPC namespace");
	expect_empty("img");
	ATF_CHECK_STREQ(a.ours + 5000, "before");
	kill(a.pid, SIGKILL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, gone);
	ATF_TP_ADD_TC(tp, there);
	ATF_TP_ADD_TC(tp, kept);
	ATF_TP_ADD_TC(tp, key_taken);
	ATF_TP_ADD_TC(tp, id_taken);
	ATF_TP_ADD_TC(tp, undone);
	ATF_TP_ADD_TC(tp, killed);
	ATF_TP_ADD_TC(tp, elsewhere);
	return atf_no_error();
}
