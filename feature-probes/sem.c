// SPDX-License-Identifier: GPL-2.0-only
/* SysV semaphores. */
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "probe.h"

#define DECLARED .since = "2.0", .kconfig = "CONFIG_SYSVIPC", .source = "semctl(2)"

union arg {
	int val;
	struct semid_ds *ds;
	struct seminfo *info;
	unsigned short *values;
};

static int set;

/* One child asks, so that the set can be removed whatever the answer. */
static void ask_in_child(void (*question)(void))
{
	int status;
	pid_t pid;

	if (have_cap(CAP_SYS_ADMIN) && unshare(CLONE_NEWIPC) < 0 && errno != EINVAL)
		BROKEN("unshare(CLONE_NEWIPC): %s", errno_name(errno));
	set = NEED(semget(IPC_PRIVATE, 3, 0600));
	pid = spawn();
	if (pid == 0) {
		question();
		_exit(0);
	}
	status = reap(pid);
	semctl(set, 0, IPC_RMID);
	if (status != 0)
		BROKEN("the asking task ended with %#x", status);
}

static void values(void)
{
	unsigned short in[3] = { 7, 0, 32767 }, out[3] = {}, high[3] = { 1, 32768, 1 };

	NEED(semctl(set, 0, SETALL, (union arg){ .values = in }));
	NEED(semctl(set, 0, GETALL, (union arg){ .values = out }));
	PROMISE_MEM(out, in, sizeof(in));
	PROMISE_FAILS(semctl(set, 0, SETALL, (union arg){ .values = high }), ERANGE);
	NEED(semctl(set, 0, GETALL, (union arg){ .values = out }));
	PROMISE_MEM(out, in, sizeof(in));
}

PROBE(values, .what = "the values of a set are written and read back, all or none", DECLARED)
{
	ask_in_child(values);
}

static void attributes(void)
{
	struct semid_ds ds;
	union arg arg = { .ds = &ds };

	NEED(semctl(set, 0, IPC_STAT, arg));
	PROMISE_EQ(ds.sem_nsems, 3);
	PROMISE_EQ(ds.sem_perm.mode & 0777, 0600);
	PROMISE_EQ(ds.sem_perm.cuid, geteuid());
	PROMISE_EQ(ds.sem_otime, 0);
	ds.sem_perm.mode = 0604;
	NEED(semctl(set, 0, IPC_SET, arg));
	NEED(semctl(set, 0, IPC_STAT, arg));
	PROMISE_EQ(ds.sem_perm.mode & 0777, 0604);
}

PROBE(attributes, .what = "size and mode of a set are told, and the mode is set", DECLARED)
{
	ask_in_child(attributes);
}

static void by_index(void)
{
	struct seminfo info;
	struct semid_ds ds;
	bool found = false;
	int last = NEED(semctl(0, 0, SEM_INFO, (union arg){ .info = &info }));

	for (int i = 0; i <= last; i++)
		found |= semctl(i, 0, SEM_STAT, (union arg){ .ds = &ds }) == set;
	PROMISE(found);
}

PROBE(stat_index, .what = "SEM_STAT finds every set by an index up to what SEM_INFO tells",
      DECLARED)
{
	ask_in_child(by_index);
}

/* A child that holds a number of units for as long as it lives. */
static pid_t spawn_holding(int units, int stage)
{
	pid_t pid = spawn();

	if (pid == 0) {
		struct sembuf down = { .sem_op = -units, .sem_flg = SEM_UNDO };

		NEED(semop(set, &down, 1));
		reach(stage);
		linger();
	}
	await(stage);
	return pid;
}

static void undo(void)
{
	pid_t pid;

	NEED(semctl(set, 0, SETVAL, (union arg){ .val = 9 }));
	pid = spawn_holding(4, 1);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 5);
	end_task(pid);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 9);
}

PROBE(undo, .what = "what a task has done with SEM_UNDO is undone at its end", DECLARED)
{
	ask_in_child(undo);
}

/* Up to the highest value, down to 0 and by one up again, with no chance to succeed in the end. */
static long try_in_vain(int value)
{
	struct sembuf ops[] = { { 0, 32767 - value, IPC_NOWAIT },
				{ 0, -32767, SEM_UNDO | IPC_NOWAIT },
				{ 0, 1, SEM_UNDO | IPC_NOWAIT },
				{ 0, 0, IPC_NOWAIT } };

	return semop(set, ops, 4);
}

static void undo_range(void)
{
	struct sembuf take = { 0, -1, SEM_UNDO }, give = { 0, 1, SEM_UNDO };

	NEED(semctl(set, 0, SETVAL, (union arg){ .val = 9 }));
	NEED(semop(set, &take, 1));
	PROMISE_FAILS(try_in_vain(8), ERANGE);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 8);
	NEED(semop(set, &give, 1));
	PROMISE_FAILS(try_in_vain(9), EAGAIN);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 9);
}

PROBE(undo_range,
      .what = "operations that would leave too much to undo fail, ERANGE, and change nothing",
      .since = "2.0", .kconfig = "CONFIG_SYSVIPC", .source = "semop(2)")
{
	ask_in_child(undo_range);
}

/* Whether more than 32767 - by is to be added at the end; the semaphore is `value`. */
static bool is_more_than(int value, int by)
{
	struct sembuf ops[] = { { 0, 32767 - value, IPC_NOWAIT },
				{ 0, -by, SEM_UNDO | IPC_NOWAIT },
				{ 0, 1, IPC_NOWAIT },
				{ 0, 0, IPC_NOWAIT } };

	PROMISE_FAILS(semop(set, ops, 4), ERANGE, EAGAIN);
	return errno == ERANGE;
}

static void undo_values(void)
{
	struct sembuf take = { 0, -1234, SEM_UNDO };
	int low = 1, high = 32767;

	NEED(semctl(set, 0, SETVAL, (union arg){ .val = 9999 }));
	NEED(semop(set, &take, 1));
	PROMISE(is_more_than(9999 - 1234, high));
	while (low < high) {
		int by = (low + high) / 2;

		if (is_more_than(9999 - 1234, by))
			high = by;
		else
			low = by + 1;
	}
	PROMISE_EQ(32768 - low, 1234);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 9999 - 1234);
}

PROBE(undo_values, .what = "how much is to be undone is found out by what is too much, to the unit",
      .since = "2.0", .kconfig = "CONFIG_SYSVIPC", .source = "semop(2)")
{
	ask_in_child(undo_values);
}

static void undo_moved(void)
{
	struct sembuf take = { 0, -4, SEM_UNDO };
	struct sembuf forget[] = { { 0, 4, SEM_UNDO | IPC_NOWAIT }, { 0, -4, IPC_NOWAIT } };
	struct sembuf remember[] = { { 0, 4, IPC_NOWAIT }, { 0, -4, SEM_UNDO | IPC_NOWAIT } };
	pid_t pid;

	NEED(semctl(set, 0, SETVAL, (union arg){ .val = 9 }));
	pid = spawn();
	if (pid == 0) {
		NEED(semop(set, &take, 1));
		NEED(semop(set, forget, 2));
		conforms();
	}
	reap(pid);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 5);
	pid = spawn();
	if (pid == 0) {
		NEED(semop(set, remember, 2));
		PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 5);
		conforms();
	}
	reap(pid);
	PROMISE_EQ(NEED(semctl(set, 0, GETVAL)), 9);
}

PROBE(undo_moved, .what = "who undoes is changed by one call that leaves the semaphore as it is",
      .since = "2.0", .kconfig = "CONFIG_SYSVIPC", .source = "semop(2)")
{
	ask_in_child(undo_moved);
}

static void last_pid(void)
{
	unsigned short in[3] = { 1, 1, 1 };
	struct semid_ds ds;

	NEED(semctl(set, 0, SETALL, (union arg){ .values = in }));
	/* Whoever writes the values is remembered as the last one to have changed them. */
	if (semctl(set, 0, GETPID) != getpid())
		NEW("SETALL leaves the last pid alone");
	TRIED("SETALL");
	NEED(semctl(set, 0, IPC_STAT, (union arg){ .ds = &ds }));
	ds.sem_otime = 12345;
	NEED(semctl(set, 0, IPC_SET, (union arg){ .ds = &ds }));
	NEED(semctl(set, 0, IPC_STAT, (union arg){ .ds = &ds }));
	if (ds.sem_otime == 12345)
		NEW("IPC_SET sets the time of the last operation");
	TRIED("IPC_SET");
}

GAP(last_use, .what = "nobody sets when and by whom a semaphore was last changed",
    .kconfig = "CONFIG_SYSVIPC", .source = "semctl(2)")
{
	ask_in_child(last_pid);
}
