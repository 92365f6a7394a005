// SPDX-License-Identifier: GPL-2.0-only
/* kernel/{sem,msg,shm}_next_id: SysV objects with the ids they had. */
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "probe.h"

#define NEXT_ID                                                                                    \
	.since = "3.8", .commit = "03f595668017",                                                  \
	.kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_SYSVIPC",                                     \
	.capability = "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN", .source = "proc_sys_kernel(5)"

static int new_sem(void)
{
	return semget(IPC_PRIVATE, 1, 0600);
}

static int new_msg(void)
{
	return msgget(IPC_PRIVATE, 0600);
}

static int new_shm(void)
{
	return shmget(IPC_PRIVATE, page_size(), 0600);
}

static const struct kind {
	const char *name;
	int (*make)(void);
} kinds[] = { { "sem", new_sem }, { "msg", new_msg }, { "shm", new_shm } };

/* An IPC namespace, whose objects go with it. */
static void own_ipc(void)
{
	if (unshare(CLONE_NEWIPC) == 0)
		return;
	need_privilege("CAP_SYS_ADMIN");
	OFFERED(-1, "IPC namespaces", EINVAL);
}

static int next_id(const char *kind, int id)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", id);
	return write_text(text, "/proc/sys/kernel/%s_next_id", kind);
}

static void set_next_id(const char *kind, int id)
{
	OFFERED(next_id(kind, id), "*_next_id", ENOENT);
}

static int shown(const char *kind)
{
	return atoi(NEED(slurp("/proc/sys/kernel/%s_next_id", kind)));
}

PROBE(next, .what = "the next semaphore set, queue or segment has the id that was asked for",
      NEXT_ID)
{
	own_ipc();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *name = kinds[i].name;

		set_next_id(name, 98765);
		PROMISE_EQ(shown(name), 98765);
		PROMISE_EQ(NEED(kinds[i].make()), 98765);
		/* That was for one. */
		PROMISE_EQ(shown(name), -1);
		set_next_id(name, 777);
		PROMISE_EQ(NEED(kinds[i].make()), 777);
		PROMISE_NE(NEED(kinds[i].make()), 778);
	}
}

PROBE(next_taken, .what = "where an id is taken another is given, never the same twice", NEXT_ID)
{
	own_ipc();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int id;

		set_next_id(kinds[i].name, 5);
		PROMISE_EQ(NEED(kinds[i].make()), 5);
		set_next_id(kinds[i].name, 5);
		id = kinds[i].make();
		if (id < 0)
			PROMISE_EQ(errno, ENOSPC);
		else
			PROMISE_NE(id, 5);
	}
}

PROBE(next_per_namespace, .what = "each IPC namespace has next ids of its own", NEXT_ID)
{
	pid_t pid;

	own_ipc();
	set_next_id("shm", 1234);
	pid = spawn_in(CLONE_NEWIPC);
	if (pid == 0) {
		PROMISE_EQ(shown("shm"), -1);
		PROMISE_NE(NEED(new_shm()), 1234);
		set_next_id("shm", 77);
		PROMISE_EQ(NEED(new_shm()), 77);
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(shown("shm"), 1234);
	PROMISE_EQ(NEED(new_shm()), 1234);
}

PROBE(next_refusals, .what = "next ids are from 0 to 2^31-1", NEXT_ID)
{
	own_ipc();
	set_next_id("msg", 0);
	PROMISE_EQ(NEED(new_msg()), 0);
	PROMISE_FAILS(write_text("-5", "/proc/sys/kernel/msg_next_id"), EINVAL);
	PROMISE_FAILS(write_text("2147483648", "/proc/sys/kernel/msg_next_id"), EINVAL);
}

PROBE(cap, .what = "CAP_CHECKPOINT_RESTORE alone lets next ids be set", .since = "5.16",
      .commit = "5563cabdde7e", .kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_SYSVIPC",
      .capability = "CAP_SYS_ADMIN", .source = "ipc/ipc_sysctl.c")
{
	pid_t pid;

	own_ipc();
	pid = spawn();
	if (pid == 0) {
		lose_privileges_but(CAP_CHECKPOINT_RESTORE);
		OFFERED(next_id("shm", 4321), "*_next_id by CAP_CHECKPOINT_RESTORE", EACCES, EPERM);
		PROMISE_EQ(NEED(new_shm()), 4321);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(refused, .what = "next ids are set by the privileged only: EACCES or EPERM", .since = "3.8",
      .kconfig = "CONFIG_CHECKPOINT_RESTORE CONFIG_SYSVIPC", .source = "ipc/ipc_sysctl.c")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(next_id("shm", 4321), EACCES, EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(binding, .what = "an IPC sysctl belongs to the namespace of whoever has opened it",
      .since = "5.19", .commit = "0889f44e2810", .kconfig = "CONFIG_SYSVIPC CONFIG_IPC_NS",
      .capability = "CAP_SYS_ADMIN in the initial user namespace", .source = "ipc/ipc_sysctl.c",
      .guards = "ipc-sysctl-open-binding")
{
	char text[32] = "";
	long before;
	int fd;

	own_ipc();
	fd = OFFERED(open("/proc/sys/kernel/shmmax", O_RDWR), "shmmax", ENOENT);
	/* A namespace that nobody is in any more takes its sysctls with it. */
	NEED(open("/proc/self/ns/ipc", O_RDONLY));
	own_ipc();
	before = atol(NEED(slurp("/proc/sys/kernel/shmmax")));
	NEED(pwrite(fd, "54321", 5, 0));
	if (atol(NEED(slurp("/proc/sys/kernel/shmmax"))) == 54321)
		ABSENT("it is the writer's namespace that counts");
	PROMISE_EQ(atol(NEED(slurp("/proc/sys/kernel/shmmax"))), before);
	NEED(lseek(fd, 0, SEEK_SET));
	NEED(read(fd, text, sizeof(text) - 1));
	PROMISE_EQ(atol(text), 54321);
}

PROBE(limits, .what = "the limits of an IPC namespace are set and read back, up to IPCMNI",
      .since = "4.20", .commit = "6730e6580a4e", .kconfig = "CONFIG_SYSVIPC CONFIG_IPC_NS",
      .capability = "CAP_SYS_ADMIN in the initial user namespace", .source = "proc_sys_kernel(5)",
      .guards = "ipcmni-limit")
{
	static const char *const plain[] = { "msgmax", "msgmnb", "shmall", "shmmax" };
	int most = booted_with("ipcmni_extend") ? 1 << 24 : 32768;
	char text[64];

	own_ipc();
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		OFFERED(write_text("54321", "/proc/sys/kernel/%s", plain[i]), "IPC limits", ENOENT);
		PROMISE_EQ(atol(NEED(slurp("/proc/sys/kernel/%s", plain[i]))), 54321);
	}
	snprintf(text, sizeof(text), "%d", most);
	NEED(write_text(text, "/proc/sys/kernel/shmmni"));
	PROMISE_EQ(atol(NEED(slurp("/proc/sys/kernel/shmmni"))), most);
	snprintf(text, sizeof(text), "%d", most + 1);
	if (write_text(text, "/proc/sys/kernel/shmmni") == 0)
		ABSENT("shmmni takes more than can be had");
	PROMISE_EQ(errno, EINVAL);
	PROMISE_FAILS(write_text(text, "/proc/sys/kernel/msgmni"), EINVAL);
	NEED(write_text("100 200 30 40", "/proc/sys/kernel/sem"));
	PROMISE_STR(NEED(slurp("/proc/sys/kernel/sem")), "100\t200\t30\t40\n");
	NEED(write_text("1", "/proc/sys/kernel/shm_rmid_forced"));
	PROMISE_EQ(atoi(NEED(slurp("/proc/sys/kernel/shm_rmid_forced"))), 1);
}

PROBE(limits_userns, .what = "the root of a user namespace sets the limits of its IPC namespace",
      .since = "5.19", .commit = "50ec499b9a43", .kconfig = "CONFIG_SYSVIPC CONFIG_USER_NS",
      .source = "ipc/ipc_sysctl.c", .guards = "ipc-sysctl-open-binding")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		own_root();
		own_ipc();
		OFFERED(write_text("54321", "/proc/sys/kernel/shmmax"),
			"IPC limits of a user namespace", EACCES, EPERM);
		PROMISE_EQ(atol(NEED(slurp("/proc/sys/kernel/shmmax"))), 54321);
		_exit(0);
	}
	reap_good(pid);
}

GAP(times, .what = "nobody sets the times and pids an IPC object was last used at and by",
    .kconfig = "CONFIG_SYSVIPC", .capability = "CAP_SYS_ADMIN", .source = "shmctl(2), msgctl(2)")
{
	struct shmid_ds shm, now;
	struct msqid_ds msg;
	int id, q;

	own_ipc();
	id = NEED(new_shm());
	q = NEED(new_msg());
	NEED(shmctl(id, IPC_STAT, &shm));
	NEED(msgctl(q, IPC_STAT, &msg));
	shm.shm_atime = shm.shm_ctime = 12345;
	shm.shm_cpid = 1;
	NEED(shmctl(id, IPC_SET, &shm));
	NEED(shmctl(id, IPC_STAT, &now));
	if (now.shm_atime == 12345 || now.shm_ctime == 12345)
		NEW("IPC_SET of a segment sets times");
	if (now.shm_cpid == 1 && getpid() != 1)
		NEW("IPC_SET of a segment sets its creator's pid");
	TRIED("IPC_SET of a segment");
	msg.msg_stime = msg.msg_rtime = 12345;
	msg.msg_lspid = 1;
	NEED(msgctl(q, IPC_SET, &msg));
	NEED(msgctl(q, IPC_STAT, &msg));
	if (msg.msg_stime == 12345 || msg.msg_lspid == 1)
		NEW("IPC_SET of a queue sets times or pids");
	TRIED("IPC_SET of a queue");
}
