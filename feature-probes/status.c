// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/status and stat: a task's identity, credentials and state, as others see them. */
#include <dirent.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_status(5)"

PROBE(fields_known, .what = "every field of status is one we have a word for", DECLARED("2.0"))
{
	static const char *const known[] = {
		"Name",
		"Umask",
		"State",
		"Tgid",
		"Ngid",
		"Pid",
		"PPid",
		"TracerPid",
		"Uid",
		"Gid",
		"FDSize",
		"Groups",
		"NStgid",
		"NSpid",
		"NSpgid",
		"NSsid",
		"Kthread",
		"VmPeak",
		"VmSize",
		"VmLck",
		"VmPin",
		"VmHWM",
		"VmRSS",
		"RssAnon",
		"RssFile",
		"RssShmem",
		"VmData",
		"VmStk",
		"VmExe",
		"VmLib",
		"VmPTE",
		"VmPMD",
		"VmSwap",
		"HugetlbPages",
		"CoreDumping",
		"THP_enabled",
		"untag_mask",
		"Threads",
		"SigQ",
		"SigPnd",
		"ShdPnd",
		"SigBlk",
		"SigIgn",
		"SigCgt",
		"CapInh",
		"CapPrm",
		"CapEff",
		"CapBnd",
		"CapAmb",
		"NoNewPrivs",
		"Seccomp",
		"Seccomp_filters",
		"Speculation_Store_Bypass",
		"SpeculationIndirectBranch",
		"Cpus_allowed",
		"Cpus_allowed_list",
		"Mems_allowed",
		"Mems_allowed_list",
		"voluntary_ctxt_switches",
		"nonvoluntary_ctxt_switches",
		"x86_Thread_features",
		"x86_Thread_features_locked",
		"JobctlTrapping",
		NULL,
	};
	char *text = NEED(slurp("/proc/self/status"));

	for_each_line(line, text) {
		line[strcspn(line, ":")] = '\0';
		if (!str_in(line, known))
			NEW("status has a field %s", line);
	}
}

PROBE(nspid, .what = "status has a pid, group and session for each pid namespace a task is in",
      .since = "4.1", .commit = "e4bc33245124", .kconfig = "CONFIG_PROC_FS CONFIG_PID_NS",
      .capability = "CAP_SYS_ADMIN", .source = "proc_pid_status(5)")
{
	static const char *const keys[] = { "NStgid", "NSpid", "NSpgid", "NSsid" };
	struct ucred peer;
	socklen_t len = sizeof(peer);
	pid_t outer, inner;
	int a, b, c, n, sk[2], theirs[2];

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sk));
	outer = spawn_in(CLONE_NEWPID);
	if (outer == 0) {
		NEED(setsid());
		inner = spawn_in(CLONE_NEWPID);
		if (inner == 0) {
			NEED(setsid());
			NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, theirs));
			NEED(send_fd(sk[1], theirs[0]));
		}
		linger();
	}
	/* Who made that pair, by the number it has here. */
	theirs[0] = NEED(recv_fd(sk[0]));
	NEED(getsockopt(theirs[0], SOL_SOCKET, SO_PEERCRED, &peer, &len));
	inner = peer.pid;
	n = sscanf(OFFERED(status_field(outer, "NSpid"), "NSpid in status", ENODATA), "%d %d %d",
		   &a, &b, &c);
	PROMISE_EQ(n, 2);
	PROMISE_EQ(a, outer);
	PROMISE_EQ(b, 1);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		n = sscanf(NEED(status_field(inner, keys[i])), "%d %d %d", &a, &b, &c);
		PROMISE_EQ(n, 3);
		PROMISE_EQ(a, inner);
		PROMISE_EQ(b, 2);
		PROMISE_EQ(c, 1);
	}
}

PROBE(umask, .what = "status shows the umask in octal, of all tasks that share it", DECLARED("4.7"),
      .commit = "3e42979e65da")
{
	pid_t pid = spawn();

	if (pid == 0) {
		umask(0127);
		reach(1);
		linger();
	}
	await(1);
	PROMISE_STR(OFFERED(status_field(pid, "Umask"), "Umask in status", ENODATA), "0127");
	PROMISE_STR(NEED(status_field(0, "Umask")), "0022");
}

PROBE(credentials, .what = "status shows all four ids, the groups and five capability sets",
      DECLARED("4.3"), .capability = "CAP_SETUID")
{
	unsigned int r, e, s, f;
	uint64_t caps;
	pid_t pid = spawn();

	need_privilege("CAP_SETUID");
	need_privilege("CAP_SETGID");
	if (pid == 0) {
		const gid_t groups[] = { 3, 1, 2 };

		if (setgroups(3, groups) < 0)
			FORBIDDEN("setgroups is denied in this user namespace");
		NEED(setresgid(4, 5, 6));
		NEED(setresuid(7, 8, 0));
		reach(1);
		linger();
	}
	await(1);
	PROMISE_EQ(sscanf(NEED(status_field(pid, "Uid")), "%u %u %u %u", &r, &e, &s, &f), 4);
	PROMISE(r == 7 && e == 8 && s == 0 && f == 8);
	PROMISE_EQ(sscanf(NEED(status_field(pid, "Gid")), "%u %u %u %u", &r, &e, &s, &f), 4);
	PROMISE(r == 4 && e == 5 && s == 6 && f == 5);
	/* In order of their numbers outside any user namespace; inside these are the same. */
	PROMISE_EQ(sscanf(NEED(status_field(pid, "Groups")), "%u %u %u", &r, &e, &s), 3);
	PROMISE_EQ(r + e + s, 6);
	/* With the effective user no longer root, nothing is effective; permitted stays. */
	caps = strtoull(NEED(status_field(pid, "CapEff")), NULL, 16);
	PROMISE_EQ(caps, 0);
	PROMISE_STR(NEED(status_field(pid, "CapPrm")), NEED(status_field(0, "CapPrm")));
	PROMISE_STR(NEED(status_field(pid, "CapBnd")), NEED(status_field(0, "CapBnd")));
	NEED(status_field(pid, "CapInh"));
	NEED(status_field(pid, "CapAmb"));
}

PROBE(thp_enabled, .what = "status shows a task that has switched huge pages off", DECLARED("5.0"),
      .commit = "a1400af75fc7")
{
	pid_t pid = spawn();

	if (pid == 0) {
		OFFERED(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), "PR_SET_THP_DISABLE", EINVAL);
		reach(1);
		linger();
	}
	await(1);
	PROMISE_STR(OFFERED(status_field(pid, "THP_enabled"), "THP_enabled in status", ENODATA),
		    "0");
	PROMISE_STR(NEED(status_field(0, "THP_enabled")), "1");
}

PROBE(speculation, .what = "status follows what PR_SET_SPECULATION_CTRL does", .since = "4.17",
      .commit = "fae1fa0fc6cc", .kconfig = "CONFIG_PROC_FS",
      .source = "PR_SET_SPECULATION_CTRL(2const)")
{
	int state = OFFERED(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0),
			    "PR_GET_SPECULATION_CTRL", EINVAL, ENODEV);

	NOTE("state %#x: %s", state,
	     OFFERED(status_field(0, "Speculation_Store_Bypass"),
		     "Speculation_Store_Bypass in status", ENODATA));
	if (!(state & PR_SPEC_PRCTL)) {
		const char *dir = "/sys/devices/system/cpu/vulnerabilities";
		char *why = slurp("%s/spec_store_bypass", dir);

		/* The same said twice: not via prctl, as the CPU has no such bug or no such switch. */
		PROMISE(!why || !strstr(why, "prctl"));
		MACHINE_LACKS("store bypass is no task's choice here: %.*s",
			      (int)strcspn(why ?: "", "\n"), why ?: "");
	}
	NEED(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0));
	PROMISE_STR(NEED(status_field(0, "Speculation_Store_Bypass")), "thread mitigated");
	NEED(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_FORCE_DISABLE, 0, 0));
	PROMISE_FAILS(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_ENABLE, 0, 0),
		      EPERM);
}

/*
 * stat, and the small files
 */

PROBE(speculation_indirect,
      .what = "status follows what PR_SET_SPECULATION_CTRL does about indirect branches",
      .since = "5.11", .commit = "fe719888344c", .kconfig = "CONFIG_PROC_FS",
      .source = "PR_SET_SPECULATION_CTRL(2const)")
{
	int state = OFFERED(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, 0, 0, 0),
			    "PR_SPEC_INDIRECT_BRANCH", EINVAL, ENODEV);
	const char *words = OFFERED(status_field(0, "SpeculationIndirectBranch"),
				    "SpeculationIndirectBranch in status", ENODATA);

	NOTE("state %#x: %s", state, words);
	if (!(state & PR_SPEC_PRCTL)) {
		PROMISE(!strstr(words, "conditional"));
		MACHINE_LACKS("indirect branches are no task's choice here: %s", words);
	}
	NEED(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_DISABLE, 0, 0));
	PROMISE_STR(NEED(status_field(0, "SpeculationIndirectBranch")), "conditional disabled");
	NEED(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_FORCE_DISABLE, 0, 0));
	PROMISE_FAILS(prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_INDIRECT_BRANCH, PR_SPEC_ENABLE, 0, 0),
		      EPERM);
}

PROBE(l1d_flush, .what = "PR_SPEC_L1D_FLUSH reads back, where the administrator allows it",
      .since = "5.15", .commit = "e893bb1bb4d2", .source = "PR_SET_SPECULATION_CTRL(2const)")
{
	const int flush = 2; /* PR_SPEC_L1D_FLUSH */
	int state = OFFERED(prctl(PR_GET_SPECULATION_CTRL, flush, 0, 0, 0), "PR_SPEC_L1D_FLUSH",
			    ENODEV, EINVAL);

	if (prctl(PR_SET_SPECULATION_CTRL, flush, PR_SPEC_ENABLE, 0, 0) < 0) {
		PROMISE(errno == EPERM);
		PROMISE_EQ(state, PR_SPEC_FORCE_DISABLE);
		FORBIDDEN("l1d_flush=on is not among the options of the kernel");
	}
	PROMISE(NEED(prctl(PR_GET_SPECULATION_CTRL, flush, 0, 0, 0)) & PR_SPEC_ENABLE);
}

PROBE(stat_identity, .what = "stat shows parent, group and session, whatever the task is called",
      .since = "2.0", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_stat(5)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(prctl(PR_SET_NAME, ") R 1 2 ("));
		NEED(setsid());
		reach(1);
		linger();
	}
	await(1);
	until_state(pid, 'S');
	PROMISE_EQ(atoi(NEED(stat_field(pid, 4))), getpid());
	PROMISE_EQ(atoi(NEED(stat_field(pid, 5))), pid);
	PROMISE_EQ(atoi(NEED(stat_field(pid, 6))), pid);
	PROMISE_EQ(atoi(NEED(stat_field(pid, 7))), 0);
	PROMISE_EQ(atoi(NEED(stat_field(pid, 38))), SIGCHLD);
	PROMISE_STR(NEED(slurp("/proc/%d/comm", pid)), ") R 1 2 (\n");
	/* There are 52 fields; a 53rd would be news. */
	NEED(stat_field(pid, 52));
	if (stat_field(pid, 53))
		NEW("a field 53 of /proc/PID/stat");
}

PROBE(stat_secrets,
      .what = "stat hides addresses and the exit code from who may not trace the task",
      .since = "3.3", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_stat(5)")
{
	static const int secret[] = { 28, 45, 46, 47, 48, 49, 50, 51, 52 };
	pid_t secretive = spawn(), asker;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	PROMISE_NE(strtoul(NEED(stat_field(0, 28)), NULL, 10), 0);
	asker = spawn();
	if (asker == 0) {
		lose_privileges();
		for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
			PROMISE_STR(NEED(stat_field(secretive, secret[i])), "0");
		_exit(0);
	}
	reap_good(asker);
}

static _Atomic pid_t tid;

static void *named_thread(void *unused)
{
	NEED(prctl(PR_SET_NAME, "a name of its own, cut"));
	tid = gettid();
	linger();
}

PROBE(comm, .what = "each thread has a name of 15 bytes, to be changed from within its process",
      .since = "2.6.33", .commit = "4614a696bd1c", .kconfig = "CONFIG_PROC_FS",
      .source = "proc_pid_comm(5)")
{
	char name[16];
	pthread_t t;
	pid_t pid;

	NEED(-pthread_create(&t, NULL, named_thread, NULL));
	while (!tid)
		usleep(100);
	PROMISE_STR(NEED(slurp("/proc/self/task/%d/comm", tid)), "a name of its o\n");
	NEED(write_text("renamed", "/proc/self/task/%d/comm", tid));
	PROMISE_STR(NEED(slurp("/proc/self/task/%d/comm", tid)), "renamed\n");
	NEED(prctl(PR_GET_NAME, name));
	PROMISE_NE(strcmp(name, "renamed"), 0);
	pid = spawn_idle();
	PROMISE_FAILS(write_text("x", "/proc/%d/comm", pid), EINVAL, EACCES);
}

PROBE(threads, .what = "/proc/PID/task lists every thread, and as many as it has links",
      .since = "2.6.0", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_task(5)")
{
	struct dirent *e;
	struct stat st;
	pthread_t t;
	int found = 0;
	bool ours = false;
	DIR *dir;

	for (int i = 0; i < 20; i++) {
		tid = 0;
		NEED(-pthread_create(&t, NULL, named_thread, NULL));
		while (!tid)
			usleep(100);
	}
	dir = NEED(opendir("/proc/self/task"));
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		found++;
		ours |= atoi(e->d_name) == tid;
	}
	PROMISE_EQ(found, 21);
	PROMISE(ours);
	NEED(stat("/proc/self/task", &st));
	PROMISE_EQ(st.st_nlink, 23);
}

PROBE(exe, .what = "/proc/PID/exe is the program itself, also when it has no name any more",
      .since = "2.2", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_exe(5)")
{
	struct stat st, now;
	char path[64];
	pid_t pid;
	int fd;

	NEED(stat("/proc/self/exe", &st));
	pid = spawn_idle();
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = NEED(open(path, O_RDONLY));
	NEED(fstat(fd, &now));
	PROMISE_EQ(now.st_ino, st.st_ino);
	PROMISE_EQ(now.st_dev, st.st_dev);
	PROMISE_STR(link_text("%s", path), link_text("/proc/self/exe"));
	/* Nobody writes it while it runs, unless the kernel has given that rule up. */
	if (open(path, O_RDWR) >= 0)
		NOTE("a running program can be opened for writing");
}

PROBE(personality, .what = "/proc/PID/personality shows what personality() has set",
      .since = "2.6.28", .commit = "478307230810", .kconfig = "CONFIG_PROC_FS",
      .source = "proc_pid_personality(5)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(syscall(SYS_personality, 0x0040000)); /* ADDR_NO_RANDOMIZE */
		reach(1);
		linger();
	}
	await(1);
	PROMISE_STR(NEED(slurp("/proc/%d/personality", pid)), "00040000\n");
}

PROBE(oom_score_adj, .what = "oom_score_adj reads back; lowering it wants CAP_SYS_RESOURCE",
      .since = "2.6.36", .commit = "a63d83f427fb", .kconfig = "CONFIG_PROC_FS",
      .source = "proc_pid_oom_score_adj(5)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		NEED(write_text("900", "/proc/self/oom_score_adj"));
		PROMISE_EQ(atoi(NEED(slurp("/proc/self/oom_score_adj"))), 900);
		PROMISE_FAILS(write_text("1001", "/proc/self/oom_score_adj"), EINVAL);
		PROMISE_FAILS(write_text("-1000", "/proc/self/oom_score_adj"), EACCES);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(coredump_filter, .what = "coredump_filter reads back and is inherited", .since = "2.6.23",
      .kconfig = "CONFIG_PROC_FS CONFIG_ELF_CORE", .source = "proc_pid_coredump_filter(5)")
{
	pid_t pid;

	OFFERED(write_text("0x15", "/proc/self/coredump_filter"), "coredump_filter", ENOENT);
	PROMISE_EQ(strtol(NEED(slurp("/proc/self/coredump_filter")), NULL, 16), 0x15);
	pid = spawn_idle();
	PROMISE_EQ(strtol(NEED(slurp("/proc/%d/coredump_filter", pid)), NULL, 16), 0x15);
}

PROBE(timerslack, .what = "timerslack_ns shows and sets what prctl does, of other tasks too",
      .since = "4.6", .commit = "5de23d435e88", .kconfig = "CONFIG_PROC_FS",
      .capability = "CAP_SYS_NICE", .source = "proc_pid_timerslack_ns(5)")
{
	pid_t pid = spawn();

	need_privilege("CAP_SYS_NICE");
	if (pid == 0) {
		NEED(prctl(PR_SET_TIMERSLACK, 123456));
		reach(1);
		await(2);
		PROMISE_EQ(NEED(prctl(PR_GET_TIMERSLACK)), 777);
		_exit(0);
	}
	await(1);
	PROMISE_EQ(atoi(OFFERED(slurp("/proc/%d/timerslack_ns", pid), "timerslack_ns", ENOENT)),
		   123456);
	NEED(write_text("777", "/proc/%d/timerslack_ns", pid));
	reach(2);
	reap_good(pid);
}

PROBE(syscall, .what = "/proc/PID/syscall tells the call a task waits in, with its arguments",
      .since = "2.6.27", .commit = "ebcb67341fee", .kconfig = "CONFIG_HAVE_ARCH_TRACEHOOK",
      .source = "proc_pid_syscall(5)")
{
	unsigned long a, b, c;
	int p[2];
	char byte;
	pid_t pid;
	int nr;

	NEED(pipe(p));
	pid = spawn();
	if (pid == 0) {
		reach(1);
		syscall(SYS_read, p[0], &byte, 1);
		_exit(0);
	}
	await(1);
	until_state(pid, 'S');
	PROMISE_EQ(sscanf(OFFERED(slurp("/proc/%d/syscall", pid), "/proc/PID/syscall", ENOENT),
			  "%d %lx %lx %lx", &nr, &a, &b, &c),
		   4);
	PROMISE_EQ(nr, SYS_read);
	PROMISE_EQ(a, p[0]);
	PROMISE_EQ(b, &byte);
	PROMISE_EQ(c, 1);
}

PROBE(wchan, .what = "/proc/PID/wchan tells where a task waits to who may trace it, 0 to others",
      .since = "2.6", .kconfig = "CONFIG_PROC_FS CONFIG_KALLSYMS", .source = "proc_pid_wchan(5)")
{
	pid_t pid = spawn_idle(), other;
	uid_t owner = getuid();
	char *where;

	until_state(pid, 'S');
	where = OFFERED(slurp("/proc/%d/wchan", pid), "wchan", ENOENT);
	PROMISE(*where);
	/* A kernel that cannot walk the stack says 0 to everybody. */
	NOTE("a task in pause() waits in %s", where);
	PROMISE_STR(NEED(slurp("/proc/self/wchan")), "0");
	other = spawn();
	if (other == 0) {
		lose_privileges();
		if (getuid() != owner)
			PROMISE_STR(NEED(slurp("/proc/%d/wchan", pid)), "0");
		_exit(0);
	}
	reap_good(other);
}
