// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues: files of a file system of their own. */
#include <mqueue.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.6", .kconfig = "CONFIG_POSIX_MQUEUE", .capability = "CAP_SYS_ADMIN",         \
	.source = "mq_overview(7)"

/* In an IPC namespace of our own, which takes the queues along. */
static void own_queues(void)
{
	if (unshare(CLONE_NEWIPC) < 0) {
		need_privilege("CAP_SYS_ADMIN");
		OFFERED(-1, "IPC namespaces", EINVAL);
	}
}

static mqd_t make(const char *name, int flags)
{
	struct mq_attr attr = { .mq_maxmsg = 5, .mq_msgsize = 64 };

	return OFFERED(mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0640, &attr), "mqueue");
}

/* What its file says. */
static char *content(const char *name)
{
	own_mounts();
	workdir();
	if (access("mq", F_OK) < 0) {
		NEED(mkdir("mq", 0755));
		NEED(mount("mqueue", "mq", "mqueue", 0, NULL));
	}
	return NEED(slurp("mq%s", name));
}

PROBE(attributes, .what = "a queue tells its sizes, how much it holds, and O_NONBLOCK in fdinfo",
      DECLARED)
{
	struct mq_attr attr;
	mqd_t q;

	own_queues();
	q = make("/q", O_NONBLOCK);
	NEED(mq_send(q, "text", 4, 3));
	NEED(mq_getattr(q, &attr));
	PROMISE_EQ(attr.mq_maxmsg, 5);
	PROMISE_EQ(attr.mq_msgsize, 64);
	PROMISE_EQ(attr.mq_curmsgs, 1);
	PROMISE_EQ(attr.mq_flags, O_NONBLOCK);
	PROMISE_EQ(strtol(NEED(fdinfo_field(0, q, "flags")), NULL, 8) & O_NONBLOCK, O_NONBLOCK);
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", q), "/q"));
}

PROBE(file,
      .what = "the file of a queue tells its bytes, and who is to be notified by which signal",
      DECLARED)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	char *text;
	mqd_t q;

	own_queues();
	q = make("/q", 0);
	NEED(mq_send(q, "1234567", 7, 1));
	NEED(mq_send(q, "123", 3, 2));
	text = content("/q");
	PROMISE(strstr(text, "QSIZE:10 "));
	PROMISE(strstr(text, "NOTIFY_PID:0 "));
	NEED(mq_notify(q, &ev));
	text = content("/q");
	PROMISE(strstr(text, "NOTIFY:0 "));
	PROMISE(strstr(text, "SIGNO:12 "));
	PROMISE_EQ(atoi(strstr(text, "NOTIFY_PID:") + 11), getpid());
}

PROBE(name, .what = "the link of a queue is the name it is opened by, until that is gone", DECLARED)
{
	struct stat st, found;
	mqd_t q, again;
	const char *name = "/some name";

	own_queues();
	q = make(name, 0);
	NEED(fstat(q, &st));
	PROMISE_STR(link_text("/proc/self/fd/%d", q), name);
	again = NEED(mq_open(name, O_RDONLY));
	NEED(fstat(again, &found));
	PROMISE_EQ(found.st_ino, st.st_ino);
	PROMISE_EQ(found.st_dev, st.st_dev);
	NEED(mq_unlink(name));
	PROMISE_STR(link_text("/proc/self/fd/%d", q), "/some name (deleted)");
}

PROBE(order, .what = "messages come by priority, then as they were sent", DECLARED)
{
	static const struct {
		const char *text;
		unsigned int prio;
	} in[] = { { "a", 1 }, { "b", 5 }, { "c", 5 }, { "d", 2 } };
	const char *out = "bcda";
	char byte[64];
	unsigned int prio;
	mqd_t q;

	own_queues();
	q = make("/q", O_NONBLOCK);
	for (size_t i = 0; i < ARRAY_SIZE(in); i++)
		NEED(mq_send(q, in[i].text, 1, in[i].prio));
	for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
		NEED(mq_receive(q, byte, sizeof(byte), &prio));
		PROMISE_EQ(byte[0], out[i]);
	}
	PROMISE_FAILS(mq_receive(q, byte, sizeof(byte), &prio), EAGAIN);
}

PROBE(limits, .what = "limits of queues are those of the IPC namespace, up to hard ceilings",
      .since = "3.5", .kconfig = "CONFIG_POSIX_MQUEUE",
      .capability = "CAP_SYS_ADMIN in the initial user namespace", .source = "mq_overview(7)")
{
	own_queues();
	NEED(write_text("77", "/proc/sys/fs/mqueue/msg_max"));
	PROMISE_EQ(atoi(NEED(slurp("/proc/sys/fs/mqueue/msg_max"))), 77);
	PROMISE_FAILS(write_text("65537", "/proc/sys/fs/mqueue/msg_max"), EINVAL);
	PROMISE_FAILS(write_text("16777217", "/proc/sys/fs/mqueue/msgsize_max"), EINVAL);
	own_queues();
	PROMISE_NE(atoi(NEED(slurp("/proc/sys/fs/mqueue/msg_max"))), 77);
}

GAP(messages, .what = "nobody reads the messages of a queue and leaves them there",
    .kconfig = "CONFIG_POSIX_MQUEUE", .capability = "CAP_SYS_ADMIN", .source = "mq_receive(3)")
{
	char bytes[64];
	mqd_t q, other;

	own_queues();
	q = make("/q", O_NONBLOCK);
	other = make("/other", O_NONBLOCK);
	NEED(mq_send(q, "four", 4, 1));
	NEED(mq_send(other, "else", 4, 7));
	tried_texts("its file", content("/q"), content("/other"), NULL);
	tried_files(q, other);
	TRIED_CALL(recv(q, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT));
	TRIED_TO("tee", tee(q, q, 4, SPLICE_F_NONBLOCK));
}

GAP(notify_value, .what = "nobody tells the value a notification was registered with",
    .kconfig = "CONFIG_POSIX_MQUEUE", .capability = "CAP_SYS_ADMIN", .source = "mq_notify(3)")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2 };
	mqd_t q, other;

	own_queues();
	q = make("/q", 0);
	other = make("/other", 0);
	ev.sigev_value.sival_int = 1;
	NEED(mq_notify(q, &ev));
	ev.sigev_value.sival_int = 2;
	NEED(mq_notify(other, &ev));
	tried_texts("its file", content("/q"), content("/other"), NULL);
	tried_files(q, other);
}
