// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of unix sockets nobody can bring back, or nobody does yet: each is refused with a sentence that
 * names it, and the task goes on. What stays outside the tree is asked in outside_test.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/lib/sockets.h"

/* In the task there is nobody to tell a test's failure to but its end. */
static int need(int r)
{
	if (r < 0)
		_exit(100 + errno);
	return r;
}

static int abstract(const char *name, int (*how)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int sk = need(socket(AF_UNIX, SOCK_DGRAM, 0));

	strcpy(un.sun_path + 1, name);
	need(how(sk, (struct sockaddr *)&un,
		 offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
	return sk;
}

static void refused(int (*make)(void *), void *arg, const char *says)
{
	pid_t pid = task(make, arg);

	expect_refused(pid, "", says);
	await_state(pid, 'S');
	end(pid);
	expect_nobody();
}

#define REFUSED(name, what, says)                                                                  \
	static int make_##name(void *arg);                                                         \
	ROOT_TC(name, what)                                                                        \
	{                                                                                          \
		arena();                                                                           \
		refused(make_##name, NULL, says);                                                  \
	}                                                                                          \
	static int make_##name(void *arg)

static void leave(int sk)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	need(connect(sk, &nowhere, sizeof(nowhere)));
}

REFUSED(error, "what a datagram socket has sent that will be told that something else is lost",
	"an error is pending on it, and what it has sent waits")
{
	int other = bound(SOCK_DGRAM, "other"), sk[2];
	struct sockaddr_un un = sock_path("other");

	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	need(sendto(sk[0], "waits", 5, 0, (struct sockaddr *)&un, sizeof(un)));
	need(send(sk[0], "lost", 4, 0));
	leave(sk[1]);
	task_other = fcntl(other, F_DUPFD, 20);
	return sk[0];
}

REFUSED(errors, "both ends of a pair that will be told so",
	"an error is pending on it and on its peer")
{
	struct sockaddr_un un = { AF_UNIX, "\0name" };
	int sk[2];

	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	need(bind(sk[0], (struct sockaddr *)&un, 7));
	need(send(sk[0], "lost", 4, 0));
	leave(sk[1]);
	need(connect(sk[1], (struct sockaddr *)&un, 7));
	need(send(sk[1], "lost", 4, 0));
	leave(sk[0]);
	task_other = fcntl(sk[1], F_DUPFD, 20);
	return sk[0];
}

REFUSED(namespace, "a socket of another network namespace", "of another network namespace")
{
	int ours = need(open("/proc/self/ns/net", O_RDONLY)), sk;

	need(unshare(CLONE_NEWNET));
	sk = need(socket(AF_UNIX, SOCK_STREAM, 0));
	need(setns(ours, CLONE_NEWNET));
	return sk;
}

REFUSED(links, "a socket whose file has a second name in another directory",
	"has 2 names, and 1 of them are in that directory: nobody tells where others are")
{
	int sk = bound(SOCK_STREAM, "socket");

	need(mkdir("dir", 0700));
	need(link("socket", "dir/link"));
	return sk;
}

REFUSED(hidden, "a socket whose file is below a mount", "cannot be reached from here")
{
	int sk;

	need(mkdir("dir", 0700));
	sk = bound(SOCK_STREAM, "dir/socket");
	need(mount("over", "dir", "tmpfs", 0, NULL));
	return sk;
}

REFUSED(listened, "a connection that waits, and somebody else has listened since",
	"another task has listened since it was connected")
{
	int sk = bound(SOCK_STREAM, "socket"), status;
	pid_t pid;

	need(listen(sk, 1));
	task_other = fcntl(connected(SOCK_STREAM, "socket"), F_DUPFD, 20);
	pid = need(fork());
	if (pid == 0)
		_exit(listen(sk, 1) < 0);
	need(waitpid(pid, &status, 0));
	return status == 0 ? sk : need(-1);
}

REFUSED(sent, "data on a connection that was not accepted", "has sent data on a connection that")
{
	int sk = bound(SOCK_STREAM, "socket");

	need(listen(sk, 1));
	task_other = fcntl(connected(SOCK_STREAM, "socket"), F_DUPFD, 20);
	need(send(task_other, "data", 4, 0));
	return sk;
}

REFUSED(elsewhere, "messages of one who is connected to another by now",
	"which is connected to another socket by now")
{
	struct sockaddr_un un = sock_path("another");
	int sk[2];

	bound(SOCK_DGRAM, "another");
	need(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	need(send(sk[0], "hello", 5, 0));
	need(connect(sk[0], (struct sockaddr *)&un, sizeof(un)));
	task_other = fcntl(sk[0], F_DUPFD, 20);
	return sk[1];
}

REFUSED(successor, "a peer that is gone, and another has its name",
	"its peer is closed, and another socket has that name")
{
	int server = abstract("name", bind), client = abstract("name", connect);

	need(close(server));
	task_other = fcntl(abstract("name", bind), F_DUPFD, 20);
	return client;
}

REFUSED(shared_table, "a pair made by a task that shares the descriptors of another",
	"which shares its descriptors with another")
{
	int *sk = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ready[2];
	pid_t pid;
	char byte;

	need(sk == MAP_FAILED ? -1 : pipe(ready));
	pid = need(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		need(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
		need(write(ready[1], "", 1));
		for (;;)
			pause();
	}
	need(read(ready[0], &byte, 1));
	task_other = fcntl(sk[1], F_DUPFD, 20);
	return sk[0];
}

static int with_program(void *prog)
{
	int sk = need(socket(AF_UNIX, SOCK_DGRAM, 0));

	need(setsockopt(sk, SOL_SOCKET, SO_ATTACH_BPF, prog, sizeof(int)));
	return sk;
}

ROOT_TC(program, "a socket with an eBPF program for a filter")
{
	const struct bpf_insn all[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)all,
		.insn_cnt = 2,
		.license = (uintptr_t) "",
	};
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));

	if (prog < 0)
		atf_tc_skip("no eBPF program can be loaded here: %s", strerror(errno));
	arena();
	refused(with_program, &prog, "it has an eBPF program for a filter");
}

/* ---- made in another pid namespace, that around the arena ---- */

static int first_of(void *sk)
{
	return *(int *)sk;
}

ROOT_TC(maker, "a pair that was made in another pid namespace")
{
	int sk[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, sk));
	MUST(fcntl(sk[0], F_SETFD, FD_CLOEXEC));
	MUST(fcntl(sk[1], F_SETFD, FD_CLOEXEC));
	arena();
	refused(first_of, sk, "SO_PEERCRED tells of a task in another pid namespace");
}

ROOT_TC(sender, "a message that was sent in another pid namespace")
{
	const int on = 1;
	int sk[2];

	MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sk));
	MUST(setsockopt(sk[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	MUST(send(sk[1], "hello", 5, 0));
	arena();
	refused(first_of, sk, "a message that waits came from another pid namespace");
}

/* ---- listeners outside ---- */

static int accepted_by(void *listener)
{
	task_other = fcntl(connected(SOCK_STREAM, "socket"), F_DUPFD, 20);
	return need(accept(*(int *)listener, NULL, NULL));
}

static int waits_outside(void *unused)
{
	return connected(SOCK_STREAM, "socket");
}

ROOT_TC(listener_outside, "connections to a listener outside the tree")
{
	int listener;

	arena();
	listener = bound(SOCK_STREAM, "socket");
	MUST(listen(listener, 2));
	refused(accepted_by, &listener, "it was accepted from a listener outside the tree");
	refused(waits_outside, NULL, "its connection waits to be accepted outside the tree");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, error);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, namespace);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, hidden);
	ATF_TP_ADD_TC(tp, listened);
	ATF_TP_ADD_TC(tp, sent);
	ATF_TP_ADD_TC(tp, elsewhere);
	ATF_TP_ADD_TC(tp, successor);
	ATF_TP_ADD_TC(tp, shared_table);
	ATF_TP_ADD_TC(tp, program);
	ATF_TP_ADD_TC(tp, maker);
	ATF_TP_ADD_TC(tp, sender);
	ATF_TP_ADD_TC(tp, listener_outside);
	return atf_no_error();
}
