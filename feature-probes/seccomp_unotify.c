// SPDX-License-Identifier: GPL-2.0-only
/* Listeners of seccomp filters: a call waits for the answer of somebody else. */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "probe.h"
#include "uapi/seccomp.h"

#define DECLARED .kconfig = "CONFIG_SECCOMP_FILTER", .source = "seccomp_unotify(2)"

/* Has every getppid() wait for an answer: the listener. */
static int listen_to_getppid(unsigned int flags)
{
	const struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(insns), .filter = (void *)insns };

	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &prog);
}

static void ignore(int sig)
{
}

/* A child that calls getppid() and exits 0 when that gives `wanted`. */
static pid_t spawn_asking(long wanted, unsigned int flags, int *listener)
{
	int channel[2];
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pid = spawn();
	if (pid == 0) {
		int fd = OFFERED(listen_to_getppid(flags), "such a listener", EINVAL);

		/* Not SA_RESTART: a call that is interrupted fails. */
		NEED(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = ignore }, NULL));
		NEED(send_fd(channel[1], fd));
		PROMISE_EQ(syscall(SYS_getppid, 1, 2, 3), wanted);
		_exit(0);
	}
	*listener = NEED(recv_fd(channel[0]));
	return pid;
}

static struct seccomp_notif next_call(int listener)
{
	struct seccomp_notif call = {};

	NEED(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call));
	return call;
}

static int answer_call(int listener, uint64_t id, long value, int error, unsigned int flags)
{
	struct seccomp_notif_resp resp = { .id = id, .val = value, .error = error, .flags = flags };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

PROBE(answer, .what = "a listener is told who calls what, and says what the call gives",
      .since = "5.0", .commit = "6a21cc50f0c7", DECLARED)
{
	struct seccomp_notif call;
	int listener;
	pid_t pid = spawn_asking(4242, 0, &listener);

	call = next_call(listener);
	PROMISE_EQ(call.pid, pid);
	PROMISE_EQ(call.data.nr, SYS_getppid);
	PROMISE_EQ(call.data.args[1], 2);
	NEED(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id));
	PROMISE_FAILS(answer_call(listener, call.id + 1, 0, 0, 0), ENOENT);
	NEED(answer_call(listener, call.id, 4242, 0, 0));
	reap_good(pid);
	PROMISE_FAILS(answer_call(listener, call.id, 0, 0, 0), ENOENT);
	/* With its last task a filter goes, and its listener is told. */
	PROMISE(poll_now(listener, POLLHUP));
}

PROBE(continued, .what = "a listener lets a call be made as it is", .since = "5.5",
      .commit = "fb3c5386b382", DECLARED)
{
	int listener;
	pid_t pid = spawn_asking(getpid(), 0, &listener);
	struct seccomp_notif call = next_call(listener);

	OFFERED(answer_call(listener, call.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE),
		"SECCOMP_USER_NOTIF_FLAG_CONTINUE", EINVAL);
	reap_good(pid);
}

PROBE(gone, .what = "a call whose task has died is no longer there to be answered: ENOENT",
      .since = "5.0", .commit = "6a21cc50f0c7", DECLARED)
{
	int listener;
	pid_t pid = spawn_asking(0, 0, &listener);
	struct seccomp_notif call = next_call(listener);

	end_task(pid);
	PROMISE_FAILS(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id), ENOENT);
	PROMISE_FAILS(answer_call(listener, call.id, 0, 0, 0), ENOENT);
}

PROBE(abandoned, .what = "when the last copy of a listener is closed its calls fail: ENOSYS",
      .since = "5.0", .commit = "6a21cc50f0c7", DECLARED)
{
	int channel[2], listener;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pid = spawn();
	if (pid == 0) {
		int fd = OFFERED(listen_to_getppid(0), "SECCOMP_FILTER_FLAG_NEW_LISTENER", EINVAL);

		NEED(send_fd(channel[1], fd));
		close(fd);
		errno = 0;
		PROMISE_EQ(syscall(SYS_getppid), -1);
		PROMISE_EQ(errno, ENOSYS);
		_exit(0);
	}
	listener = NEED(recv_fd(channel[0]));
	next_call(listener);
	close(listener);
	reap_good(pid);
}

PROBE(addfd, .what = "a listener puts a file into the task whose call waits, where it likes",
      .since = "5.9", .commit = "7cf97b125455", DECLARED)
{
	int listener, fd, p[2];
	pid_t pid = spawn_asking(77, 0, &listener);
	struct seccomp_notif call = next_call(listener);
	struct seccomp_notif_addfd add = { .id = call.id, .flags = SECCOMP_ADDFD_FLAG_SETFD };
	char path[64];
	struct stat ours, theirs;

	NEED(pipe(p));
	add.srcfd = p[1];
	add.newfd = 77;
	fd = OFFERED(ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), "SECCOMP_IOCTL_NOTIF_ADDFD",
		     EINVAL, ENOTTY);
	PROMISE_EQ(fd, 77);
	snprintf(path, sizeof(path), "/proc/%d/fd/77", pid);
	NEED(stat(path, &theirs));
	NEED(fstat(p[1], &ours));
	PROMISE_EQ(theirs.st_ino, ours.st_ino);
	NEED(answer_call(listener, call.id, 77, 0, 0));
	reap_good(pid);
}

PROBE(wait_killable, .what = "a call that its listener has received is not interrupted any more",
      .since = "5.19", .commit = "c2aa2dfef243", DECLARED)
{
	const unsigned int flag = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int listener;
	pid_t pid = spawn_asking(1, flag, &listener);
	struct seccomp_notif call = next_call(listener);

	NEED(kill(pid, SIGUSR1));
	until_state(pid, 'D');
	NEED(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id));
	NEED(answer_call(listener, call.id, 1, 0, 0));
	reap_good(pid);
}

GAP(flags, .what = "nobody tells with which flags a filter with a listener was installed", DECLARED)
{
	const unsigned int flag = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int listener[2];
	pid_t with = spawn_asking(0, flag, &listener[0]);
	pid_t without = spawn_asking(0, 0, &listener[1]);

	next_call(listener[0]);
	next_call(listener[1]);
	tried_tasks(with, without);
	tried_files(listener[0], listener[1]);
}
