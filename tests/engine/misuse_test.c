// SPDX-License-Identifier: GPL-2.0-only
/* What refcr is asked for and cannot do: a sentence that names the thing, and nothing else happens. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

ROOT_TC(command_line, "options and commands that do not exist, make no sense or are not built")
{
	static const struct {
		const char *args, *says;
	} wrong[] = {
		{ "", "no command given" },
		{ "frobnicate", "there is no command \"frobnicate\"" },
		{ "dump", "dump needs the root of the tree: -t PID" },
		{ "dump -t", "-t: needs an argument" },
		{ "dump -t 0", "--tree: \"0\" makes no sense" },
		{ "dump -t -5", "--tree: \"-5\" makes no sense" },
		{ "dump -t 12x", "--tree: \"12x\" makes no sense" },
		{ "dump -t 99999999999", "--tree: \"99999999999\" makes no sense" },
		{ "dump -t ''", "--tree: \"\" makes no sense" },
		{ "dump -t 1 --frobnicate", "--frobnicate: no such option" },
		{ "dump -t 1 -Z", "-Z: no such option" },
		{ "dump -t 1 -R -s", "--leave-running and --leave-stopped exclude each other" },
		{ "dump -t 1 more", "arguments behind the command" },
		{ "dump -t 1 --ghost-limit 1X", "--ghost-limit: \"1X\" makes no sense" },
		{ "dump -t 1 --ghost-limit 99999999999999999G", "--ghost-limit" },
		{ "dump -t 1 --timeout 0", "--timeout: \"0\" makes no sense" },
		{ "dump -t 1 --timeout ten", "--timeout: \"ten\" makes no sense" },
		{ "dump -t 1 -vx", "--verbosity: \"x\" makes no sense" },
		{ "dump -t 1 --lazy-pages", "--lazy-pages: not supported yet" },
		{ "dump -t 1 --page-server", "--page-server: not supported yet" },
		{ "dump -t 1 --exec-cmd", "--exec-cmd needs a command" },
		{ "restore --exec-cmd", "--exec-cmd needs a command" },
		{ "restore more", "arguments behind the command" },
		{ "lazy-pages", "lazy-pages: not supported yet" },
		{ "page-server", "page-server: not supported yet" },
	};
	/* criu has done away with the one, and says so to a descriptor that is no socket of the other. */
	static const char *const as_criu[] = { "exec", "swrk 3" };

	arena();
	empty("img");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ran r = shell("cd img && exec %s %s", built("sbin/refcr"), wrong[i].args);

		expect_failed(&r, wrong[i].says);
		ATF_CHECK_STREQ(r.out, "");
		expect_empty("img");
	}
	for (size_t i = 0; i < 2; i++) {
		struct ran r = shell("exec %s %s", built("sbin/refcr"), as_criu[i]);

		ATF_CHECK_EQ(r.status, 255);
		ATF_CHECK(strstr(r.err, "not supported yet"));
	}
}

ROOT_TC(help, "--help and --version answer on stdout")
{
	struct ran r;

	arena();
	r = refcr("--help");
	expect_fine(&r);
	ATF_CHECK_MSG(strstr(r.out, "--tree PID"), "%s", r.out);
	r = refcr("--version");
	expect_fine(&r);
	ATF_CHECK_MSG(strncmp(r.out, "Version: ", 9) == 0, "%s", r.out);
}

ROOT_TC(directories, "directories and files that are missing, no directories or not writable")
{
	struct target t;

	arena();
	t = target("one");
	empty("img");
	empty("work");
	empty("fixed");
	write_file("file", "", 0);
	ATF_REQUIRE_EQ(mount("none", "fixed", "tmpfs", MS_RDONLY, NULL), 0);
	struct {
		const char *args, *says;
	} wrong[] = {
		{ "-D nowhere", "nowhere: No such file or directory" },
		{ "-D file", "file: Not a directory" },
		{ "-D img -W nowhere", "work directory nowhere: No such file or directory" },
		{ "-D img -W work -o nowhere/log", "log file nowhere/log: No such file" },
		{ "-D fixed -W work", "Read-only file system" },
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct ran r = refcr("dump -t %d %s", t.pid, wrong[i].args);

		expect_failed(&r, wrong[i].says);
		expect_well(&t);
		expect_empty("img");
		expect_empty("work");
		expect_empty("fixed");
		r = refcr("restore %s", wrong[i].args);
		expect_failed(&r, i == 4 ? "there is no finished dump here" : wrong[i].says);
		expect_empty("img");
		expect_empty("work");
	}
	ATF_REQUIRE_EQ(umount("fixed"), 0);
	target_end(&t);
}

ROOT_TC(limits_of_writes, "a limit on the size of files and a log that nobody reads are no signal")
{
	struct target t;
	struct ran r;

	arena();
	t = target("one");
	empty("img");
	r = shell("ulimit -f 8; exec %s dump -R -t %d -D img", built("sbin/refcr"), t.pid);
	expect_failed(&r, ".img: File too large");
	expect_empty("img");
	expect_well(&t);
	r = shell("{ %s dump -R -v4 -t %d -D img; echo $? >status; } 2>&1 | true; grep -x 0 status",
		  built("sbin/refcr"), t.pid);
	ATF_CHECK_EQ(r.status, 0);
	target_kill(&t);
	r = shell("{ %s restore -d -v4 -D img; echo $? >status; } 2>&1 | true; grep -x 0 status",
		  built("sbin/refcr"));
	ATF_CHECK_EQ(r.status, 0);
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(full_disk,
	"a dump onto a disk that is full at whatever moment names the file and removes all")
{
	struct target t;
	unsigned int failures = 0;
	struct ran r;

	arena();
	t = target("many");
	empty("small");
	for (unsigned int kib = 4;; kib = kib * 5 / 4 + 4) {
		char size[32];

		snprintf(size, sizeof(size), "size=%uk", kib);
		ATF_REQUIRE_EQ(mount("none", "small", "tmpfs", 0, size), 0);
		r = refcr("dump -R -t %d -D small -W .", t.pid);
		expect_well(&t);
		if (r.status == 0)
			break;
		failures++;
		expect_failed(&r, ": No space left on device");
		ATF_CHECK_MSG(strstr(r.err, ".img"), "%s", r.err);
		expect_empty("small");
		ATF_REQUIRE_EQ(umount("small"), 0);
		ATF_REQUIRE(kib < 1 << 20);
	}
	expect_fine(&r);
	ATF_CHECK(failures > 5);
	/* A second dump has no room beside the first, which then stays. */
	r = refcr("dump -R -t %d -D small -W .", t.pid);
	expect_failed(&r, ": No space left on device");
	expect_well(&t);
	target_kill(&t);
	r = refcr("restore -d -D small -W .");
	expect_fine(&r);
	expect_well(&t);
	target_end(&t);
}

/* ---- trees that cannot be dumped ---- */

static void expect_refused(pid_t pid, const char *args, const char *says)
{
	struct ran r = refcr("dump %s -t %d -D img", args, pid);

	expect_failed(&r, says);
	expect_empty("img");
}

ROOT_TC(no_such_task, "a pid that is nobody's, a zombie's, or that of a tree with the engine in it")
{
	static const char itself[] = " is the engine itself: it cannot be in the tree";
	char says[64];
	struct ran r;
	pid_t pid;

	arena();
	empty("img");
	expect_refused(12345, "", "task 12345: No such process");

	pid = fork();
	if (pid == 0)
		_exit(0);
	await_state(pid, 'Z');
	snprintf(says, sizeof(says), "task %d is a zombie", pid);
	expect_refused(pid, "", says);
	waitpid(pid, NULL, 0);

	/* Itself, its parent, and the init of everybody. */
	r = shell("%s dump -t $$ -D img; exit $?", built("sbin/refcr"));
	expect_failed(&r, itself);
	r = shell("exec %s dump -t $$ -D img", built("sbin/refcr"));
	expect_failed(&r, itself);
	expect_refused(1, "", itself);
	expect_empty("img");
}

static void be_init(int ready)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0 || write(ready, "", 1) != 1)
		_exit(1);
	close(ready);
	for (;;)
		pause();
}

ROOT_TC(init, "an init, dumped from inside its namespace, is not ended: nobody in there can")
{
	int ends[2];
	struct ran r;
	pid_t pid;
	char byte;

	arena();
	empty("img");
	ATF_REQUIRE_EQ(pipe(ends), 0);
	ATF_REQUIRE_EQ(unshare(CLONE_NEWPID), 0);
	pid = fork();
	if (pid == 0) {
		ATF_REQUIRE_EQ(setsid(), 1);
		ATF_REQUIRE_EQ(unshare(CLONE_NEWNS), 0);
		close(ends[0]);
		be_init(ends[1]);
	}
	close(ends[1]);
	ATF_REQUIRE_EQ(read(ends[0], &byte, 1), 1);
	r = shell("exec nsenter -t %d -p -m -w %s dump -t 1 -D img", pid, built("sbin/refcr"));
	expect_failed(&r, "task 1 is the init of the engine's own pid namespace");
	expect_empty("img");
	await_state(pid, 'S');
	kill(pid, SIGKILL);
	ATF_CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

ROOT_TC(traced_already, "a tree that somebody else traces")
{
	struct target t;
	char says[64];

	arena();
	empty("img");
	t = target("many");
	ATF_REQUIRE_EQ(ptrace(PTRACE_SEIZE, t.pid, 0, 0), 0);
	snprintf(says, sizeof(says), "task %d is traced by task %d", t.pid, getpid());
	expect_refused(t.pid, "", says);
	ATF_REQUIRE_EQ(ptrace(PTRACE_INTERRUPT, t.pid, 0, 0), 0);
	waitpid(t.pid, NULL, __WALL);
	ATF_REQUIRE_EQ(ptrace(PTRACE_DETACH, t.pid, 0, 0), 0);
	expect_well(&t);
	target_end(&t);
}

ROOT_TC(without_privilege, "a user who may not do it")
{
	struct target t;
	struct ran r;
	char says[64];

	arena();
	empty("img");
	chmod("img", 0777);
	t = target("many");
	snprintf(says, sizeof(says), "task %d: cannot seize thread %d: Operation not permitted",
		 t.pid, t.pid);
	r = shell("exec setpriv --reuid 12345 --clear-groups %s dump -t %d -D img",
		  built("sbin/refcr"), t.pid);
	expect_failed(&r, says);
	expect_empty("img");
	expect_well(&t);
	r = refcr("dump -t %d -D img", t.pid);
	expect_fine(&r);
	waitpid(t.pid, NULL, 0);
	r = shell(
		"chmod -R a+rX img; exec setpriv --reuid 12345 --clear-groups %s restore -d -D img -W /",
		built("sbin/refcr"));
	expect_failed(&r, "Operation not permitted");
	expect_nobody();
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&t);
	target_end(&t);
}

static pid_t task_with(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		dup2(open("/dev/null", O_RDWR), 0);
		dup2(0, 1);
		dup2(0, 2);
		dup2(fd, 3);
		closefrom(4);
		pause();
		_exit(0);
	}
	await_state(pid, 'S');
	return pid;
}

ROOT_TC(not_supported, "a file of a kind that cannot be saved is named, with task and descriptor")
{
	int pair[2], pipes[2];
	char says[64];
	pid_t pid;

	arena();
	empty("img");
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	pid = task_with(pair[0]);
	snprintf(says, sizeof(says), "task %d fd 3: ", pid);
	expect_refused(pid, "", says);
	await_state(pid, 'S');
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	pid = task_with(socket(AF_INET, SOCK_DGRAM, 0));
	expect_refused(pid, "", "an IPv4 UDP socket: not supported yet");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	ATF_REQUIRE_EQ(pipe(pipes), 0);
	pid = task_with(pipes[1]);
	snprintf(says, sizeof(says), "task %d fd 3: the reading end of this pipe", pid);
	expect_refused(pid, "", says);
	await_state(pid, 'S');
	ATF_CHECK_EQ(tracer_of(pid), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int detached(const char *path)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	ATF_REQUIRE(fd >= 0);
	return fd;
}

static void refuses_fd(int fd, const char *says)
{
	pid_t pid = task_with(fd);
	char all[200];

	snprintf(all, sizeof(all), "task %d fd 3: %s", pid, says);
	expect_refused(pid, "", all);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

ROOT_TC(mounts, "mounts that are nowhere yet, whatever is at their path, and what is on them")
{
	int root, sub, context;

	arena();
	empty("img");
	ATF_REQUIRE_EQ(mkdir("dir", 0700), 0);
	context = syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
	if (context < 0)
		atf_tc_skip("a kernel without fsopen(2)");
	refuses_fd(context, "anon_inode:[fscontext], a file system in the making");
	refuses_fd(detached("dir"), "/ is on a mount that this mount namespace does not have");
	/* The path that is shown leads to the same directory, on another mount. */
	root = detached("/");
	sub = openat(root, "usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE(sub >= 0);
	refuses_fd(root, "/ is on a mount that this mount namespace does not have");
	refuses_fd(sub, "/usr is on a mount that this mount namespace does not have");
}

ROOT_TC(foreign_session, "a tree whose session is led from outside needs --shell-job")
{
	char says[64];
	pid_t pid;

	arena();
	empty("img");
	pid = fork();
	if (pid == 0) {
		closefrom(0);
		pause();
		_exit(0);
	}
	await_state(pid, 'S');
	snprintf(says, sizeof(says), "task %d: its session", pid);
	expect_refused(pid, "", says);
	expect_refused(pid, "", "--shell-job");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, command_line);
	ATF_TP_ADD_TC(tp, help);
	ATF_TP_ADD_TC(tp, directories);
	ATF_TP_ADD_TC(tp, limits_of_writes);
	ATF_TP_ADD_TC(tp, full_disk);
	ATF_TP_ADD_TC(tp, no_such_task);
	ATF_TP_ADD_TC(tp, init);
	ATF_TP_ADD_TC(tp, traced_already);
	ATF_TP_ADD_TC(tp, without_privilege);
	ATF_TP_ADD_TC(tp, not_supported);
	ATF_TP_ADD_TC(tp, mounts);
	ATF_TP_ADD_TC(tp, foreign_session);
	return atf_no_error();
}
