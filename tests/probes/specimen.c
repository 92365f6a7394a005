// SPDX-License-Identifier: GPL-2.0-only
/* A probe program that asks nothing of the kernel: each case ends in one known way. */
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

#include "probe.h"

PROBE(conforms, .what = "falls off the end", .since = "1.0", .commit = "0123456789ab",
      .kconfig = "CONFIG_NONE", .source = "nowhere", .guards = "one two")
{
}

PROBE(absent, .what = "says that it is not there")
{
	ABSENT("not in %d", 5);
}

PROBE(absent_syscall, .what = "needs a system call nobody has")
{
	NEED(syscall(100000));
}

PROBE(absent_errno, .what = "asks for what is answered with the errno of absence")
{
	OFFERED(close(-1), "way to close nothing", EINVAL, EBADF);
}

PROBE(absent_privilege, .what = "is refused for want of a capability",
      .capability = "CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE")
{
	lose_privileges();
	errno = 0;
	OFFERED((errno = EPERM, -1), "refusal");
}

PROBE(privilege_elsewhere, .what = "wants a capability in the initial user namespace",
      .capability = "CAP_SYS_ADMIN in the initial user namespace")
{
	need_privilege("CAP_SYS_ADMIN in the initial user namespace");
}

PROBE(deviates_eq, .what = "compares two numbers")
{
	int two = 2;

	PROMISE_EQ(two, 2);
	PROMISE_EQ(two + 1, -4);
}

PROBE(deviates_true, .what = "is not true")
{
	PROMISE(1 + 1 == 2);
	PROMISE(1 + 1 == 3);
}

PROBE(deviates_str, .what = "compares two texts")
{
	PROMISE_STR("this", "that");
}

PROBE(deviates_mem, .what = "compares bytes")
{
	PROMISE_MEM("aa", "ab", 2);
}

PROBE(deviates_granted, .what = "is given what should be refused")
{
	PROMISE_FAILS(close(-1), EBADF);
	PROMISE_FAILS(getppid(), EPERM, ESRCH);
}

PROBE(deviates_errno, .what = "is refused with the wrong errno")
{
	PROMISE_FAILS(close(-1), EINVAL);
}

PROBE(deviates_offered, .what = "is there and fails")
{
	OFFERED(close(-1), "way to close nothing", EINVAL);
}

PROBE(deviates_pointer, .what = "takes a NULL for a failure")
{
	OFFERED((errno = ENOMEM, (char *)NULL), "pointer");
}

PROBE(deviates_in_child, .what = "lets a grandchild find out, and waits for ever for it")
{
	if (spawn() == 0 && spawn() == 0)
		DEVIATES("said by a grandchild");
	linger();
}

PROBE(first_word_counts, .what = "says two things")
{
	pid_t pid = spawn();

	if (pid == 0)
		DEVIATES("first");
	reap(pid);
	BROKEN("second");
}

PROBE(absent_kept, .what = "fails before it is asked for")
{
	int r = close(-1);

	need_privilege(geteuid() ? "CAP_NONE" : "CAP_CHOWN");
	OFFERED(r, "way to close nothing", EBADF);
}

PROBE(broken_kept, .what = "needs what has failed before")
{
	void *p = mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p);
}

PROBE(broken_value, .what = "needs what says itself why not")
{
	NEED(-ENOTEMPTY);
}

PROBE(broken, .what = "needs what cannot be had")
{
	NEED(close(-1));
}

PROBE(broken_helper, .what = "has a helper that does not end well")
{
	pid_t pid = spawn();

	if (pid == 0)
		_exit(3);
	reap_good(pid);
}

PROBE(crash, .what = "crashes")
{
	kill(getpid(), SIGSEGV);
}

PROBE(silent, .what = "exits without a word")
{
	_exit(0);
}

PROBE(hang, .what = "never ends", .seconds = 1)
{
	linger();
}

PROBE(news, .what = "meets two things nobody knows")
{
	NEW("a %s", "first thing");
	NEW("a second thing");
}

PROBE(news_and_deviates, .what = "meets something new and something wrong")
{
	NEW("a thing");
	DEVIATES("wrong");
}

PROBE(note, .what = "explains itself")
{
	NOTE("one");
	NOTE("two");
}

PROBE(machine, .what = "cannot be on this machine", .until = "9.9")
{
	MACHINE_LACKS("no %s", "such part");
}

PROBE(policy, .what = "is not wanted here")
{
	FORBIDDEN("somebody has said so");
}

GAP(gap, .what = "nobody can close nothing")
{
	TRIED("a first way");
	TRIED_CALL(close(-1));
	tried_texts("a text", strdup("same\nmine: 1\n"), strdup("mine: 2\nsame\n"), LIST("mine:"));
}

GAP(gap_untried, .what = "says that there is nothing, without a look")
{
}

GAP(gap_closed_by_call, .what = "nobody can close something")
{
	TRIED_CALL(close(0));
}

GAP(gap_closed_by_text, .what = "nobody tells")
{
	tried_texts("a text", strdup("one\ntwo\n"), strdup("one\n"), NULL);
}

GAP(gap_between_tasks, .what = "nobody tells two tasks apart that wait")
{
	tried_tasks(spawn_idle(), spawn_idle());
}

static pid_t spawn_with_umask(mode_t mask)
{
	pid_t pid = spawn();

	if (pid == 0) {
		umask(mask);
		reach(mask);
		linger();
	}
	await(mask);
	return pid;
}

GAP(gap_closed_between_tasks, .what = "nobody tells the umask of a task")
{
	pid_t one = spawn_with_umask(1);

	tried_tasks(one, spawn_with_umask(2));
}

GAP(gap_between_files, .what = "nobody tells two files apart that are equally far")
{
	int a = workfile("a"), b = workfile("b");

	NEED(lseek(b, 5, SEEK_SET));
	tried_files(a, b);
}

GAP(gap_without_object, .what = "is a gap in what is not there")
{
	OFFERED(close(-1), "file", EBADF);
}

PROBE(who, .what = "tells who it is")
{
	NOTE("uid %d dumpable %d admin %d restore %d chown %d init %d", getuid(),
	     prctl(PR_GET_DUMPABLE), have_cap(CAP_SYS_ADMIN), have_cap(CAP_CHECKPOINT_RESTORE),
	     have_cap(CAP_CHOWN), in_init_userns());
}

PROBE(slate, .what = "tells what it starts with")
{
	int fds = 0;

	for (int fd = 0; fd < 1024; fd++)
		fds += fcntl(fd, F_GETFD) >= 0;
	NOTE("fds %d umask %03o leader %d", fds, umask(0), getsid(0) == getpid());
}

/* Says where a straggler sits, so that the test can see it gone. */
static _Noreturn void say_and_linger(void)
{
	NOTE("pid %d", getpid());
	reach(1);
	linger();
}

PROBE(straggler, .what = "leaves a daemon behind")
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			setsid();
			signal(SIGTERM, SIG_IGN);
			say_and_linger();
		}
		_exit(0);
	}
	await(1);
}

PROBE(straggler_stopped, .what = "leaves a stopped task behind, traced by another")
{
	pid_t pid = fork();

	if (pid == 0)
		say_and_linger();
	await(1);
	if (fork() == 0) {
		if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
			BROKEN("cannot trace");
		reach(2);
		linger();
	}
	await(2);
}

PROBE(straggler_clone_parent, .what = "leaves a sibling behind")
{
	if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0)
		say_and_linger();
	await(1);
}

PROBE(straggler_pidns, .what = "leaves a pid namespace behind", .capability = "CAP_SYS_ADMIN")
{
	if (spawn_in(CLONE_NEWPID | CLONE_NEWNS) == 0) {
		if (getpid() != 1 || access("/proc/1/stat", F_OK) < 0)
			BROKEN("not in a namespace of its own");
		if (fork() == 0) {
			setsid();
			reach(1);
			linger();
		}
		linger();
	}
	await(1);
}

PROBE(workdir, .what = "leaves files behind")
{
	char *path = NULL;

	close(workfile("file"));
	NEED(mkdir("dir", 0700));
	close(workfile("dir/below"));
	NEED(symlink("/", "link"));
	workdir();
	path = NEED(getcwd(NULL, 0));
	NOTE("dir %s", path);
}

PROBE(readers, .what = "reads what it knows of itself")
{
	_cleanup_close_ int fd = workfile("a file");
	static char mine[4096 * 3];
	struct vma v, *all;
	unsigned long frame;
	pid_t pid;

	NEED(lseek(fd, 17, SEEK_SET));
	PROMISE_STR(NEED(fdinfo_field(0, fd, "pos")), "17");
	PROMISE_FAILS(fdinfo_field(0, fd, "po"), ENODATA);
	PROMISE_STR(NEED(fdinfo_unknown(0, fd, LIST("pos", "flags"))), "mnt_id");
	PROMISE_EQ(atoi(NEED(status_field(0, "Pid"))), getpid());
	PROMISE_EQ(atoi(NEED(stat_field(0, 4))), getppid());
	NEED(prctl(PR_SET_NAME, ") x) ("));
	PROMISE_EQ(atoi(NEED(stat_field(0, 4))), getppid());

	mine[4096] = 1;
	NEED(vma_at(0, &mine[4096], &v));
	PROMISE_LE(v.start, (unsigned long)&mine[4096]);
	PROMISE_FAILS(vma_at(0, (void *)16, &v), ENOENT);
	PROMISE_GT(NEED(vma_all(0, &all)), 5);
	NEED(vma_named(0, "[stack]", &v));
	/* A sanitizer may keep variables elsewhere. */
	frame = (unsigned long)__builtin_frame_address(0);
	PROMISE(v.start <= frame && frame < v.end);
	PROMISE(vma_flag(0, mine, "rd"));
	PROMISE(!vma_flag(0, mine, "xx"));
	PROMISE(pagemap_of(0, &mine[4096]) >> 63);

	pid = spawn_idle();
	until_state(pid, 'S');
	PROMISE_EQ(atoi(NEED(status_field(pid, "PPid"))), getpid());
	end_task(pid);
	PROMISE_FAILS(kill(pid, 0), ESRCH);
}

PROBE(passes_fd, .what = "sends itself a descriptor")
{
	int sk[2], fd;
	struct stat a, b;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	fd = workfile("sent");
	NEED(send_fd(sk[0], fd));
	NEED(fstat(fd, &a));
	fd = NEED(recv_fd(sk[1]));
	NEED(fstat(fd, &b));
	PROMISE_EQ(a.st_ino, b.st_ino);
}
