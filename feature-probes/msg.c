// SPDX-License-Identifier: GPL-2.0-only
/* SysV message queues, and reading them without taking anything. */
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "probe.h"

#define MSG_COPY_ 040000

#define COPY                                                                                       \
	.since = "3.8", .commit = "4a674f34ba04",                                                  \
	.kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_SYSVIPC", .source = "msgop(2)"

static struct {
	long type;
	char text[64];
} msg;

static int queue;

static void quiet_queue(void)
{
	if (have_cap(CAP_SYS_ADMIN) && unshare(CLONE_NEWIPC) < 0 && errno != EINVAL)
		BROKEN("unshare(CLONE_NEWIPC): %s", errno_name(errno));
	queue = NEED(msgget(IPC_PRIVATE, 0600));
}

/* Without a namespace of our own the queue would outlive us. */
static void drop_queue(void)
{
	msgctl(queue, IPC_RMID, NULL);
}

static void put(long type, const char *text)
{
	msg.type = type;
	strcpy(msg.text, text);
	NEED(msgsnd(queue, &msg, strlen(text), IPC_NOWAIT));
}

static ssize_t copy(long index, size_t room, int flags)
{
	memset(&msg, 0, sizeof(msg));
	return msgrcv(queue, &msg, room, index, MSG_COPY_ | flags);
}

/* One child asks, so that the queue can be removed whatever the answer. */
static void ask_in_child(void (*question)(void))
{
	pid_t pid;

	quiet_queue();
	pid = spawn();
	if (pid == 0) {
		question();
		_exit(0);
	}
	int status = reap(pid);

	drop_queue();
	if (status != 0)
		BROKEN("the asking task ended with %#x", status);
}

static void copies(void)
{
	struct msqid_ds ds;

	put(3, "first");
	put(1, "second");
	put(2, "third, the longest");
	for (int again = 0; again < 2; again++) {
		PROMISE_EQ(OFFERED(copy(0, 64, IPC_NOWAIT), "MSG_COPY", ENOSYS), 5);
		PROMISE_EQ(msg.type, 3);
		PROMISE_STR(msg.text, "first");
		PROMISE_EQ(NEED(copy(2, 64, IPC_NOWAIT)), 18);
		PROMISE_EQ(msg.type, 2);
		PROMISE_STR(msg.text, "third, the longest");
	}
	NEED(msgctl(queue, IPC_STAT, &ds));
	PROMISE_EQ(ds.msg_qnum, 3);
	PROMISE_EQ(NEED(msgrcv(queue, &msg, 64, 0, IPC_NOWAIT)), 5);
	NEED(copy(0, 64, IPC_NOWAIT));
	PROMISE_EQ(msg.type, 1);
}

PROBE(copy, .what = "MSG_COPY reads a message by its place in the queue and leaves it there", COPY)
{
	ask_in_child(copies);
}

static void copy_refusals(void)
{
	put(1, "four");
	OFFERED(copy(0, 64, IPC_NOWAIT), "MSG_COPY", ENOSYS);
	PROMISE_FAILS(copy(1, 64, IPC_NOWAIT), ENOMSG);
	PROMISE_FAILS(copy(0, 64, 0), EINVAL);
	PROMISE_FAILS(copy(0, 64, IPC_NOWAIT | MSG_EXCEPT), EINVAL);
	PROMISE_FAILS(copy(0, 3, IPC_NOWAIT), E2BIG);
}

PROBE(copy_refusals, .what = "MSG_COPY does not wait, and says ENOMSG past the end, E2BIG, EINVAL",
      COPY)
{
	ask_in_child(copy_refusals);
}

static void limits(void)
{
	struct msqid_ds ds;

	NEED(msgctl(queue, IPC_STAT, &ds));
	ds.msg_qbytes = 100;
	ds.msg_perm.mode = 0604;
	NEED(msgctl(queue, IPC_SET, &ds));
	NEED(msgctl(queue, IPC_STAT, &ds));
	PROMISE_EQ(ds.msg_qbytes, 100);
	PROMISE_EQ(ds.msg_perm.mode & 0777, 0604);
	PROMISE_EQ(ds.msg_perm.cuid, geteuid());
	put(1, "sixty bytes.................................................");
	PROMISE_FAILS(msgsnd(queue, &msg, 60, IPC_NOWAIT), EAGAIN);
	lose_privileges();
	ds.msg_qbytes = 1 << 30;
	PROMISE_FAILS(msgctl(queue, IPC_SET, &ds), EPERM);
}

PROBE(limits,
      .what = "mode and size of a queue are set and read back; raising it wants a capability",
      .since = "2.0", .kconfig = "CONFIG_SYSVIPC", .source = "msgctl(2)")
{
	ask_in_child(limits);
}

static void by_index(void)
{
	struct msqid_ds ds;
	bool found = false;
	int last = NEED(msgctl(0, MSG_INFO, &ds));

	for (int i = 0; i <= last; i++)
		found |= msgctl(i, MSG_STAT, &ds) == queue;
	PROMISE(found);
}

PROBE(stat_index, .what = "MSG_STAT finds every queue by an index up to what MSG_INFO tells",
      .since = "2.4", .kconfig = "CONFIG_SYSVIPC", .source = "msgctl(2)")
{
	ask_in_child(by_index);
}
