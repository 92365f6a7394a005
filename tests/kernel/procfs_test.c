// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/wait.h>

#include "engine/kernel/procfs.h"
#include "text.h"

/* ---- stat ---- */

#define AFTER_COMM                                                                                 \
	" S 1 2 3 34816 -1 4194304 9 10 11 12 13 14 15 16 20 -5 1 0 2200 22 23 24 2600 2700 "      \
	"2800 29 30 31 32 33 34 35 36 37 17 39 40 41 42 43 44 4500 4600 4700 4800 4900 5000 5100 " \
	"256\n"

static void comm_is(int dir, const char *comm, size_t n)
{
	char text[1000];
	struct proc_stat s;
	size_t len;

	len = sprintf(text, "812 (");
	memcpy(text + len, comm, n);
	strcpy(text + len + n, ")" AFTER_COMM);
	text_put_bytes(dir, "stat", text, len + n + strlen(")" AFTER_COMM));
	ATF_REQUIRE_EQ_MSG(proc_read_stat(dir, &s), 0, "%s", text);
	ATF_CHECK_MSG(strlen(s.comm) == n && memcmp(s.comm, comm, n) == 0, "'%s'", s.comm);
	ATF_CHECK_EQ(s.pid, 812);
	ATF_CHECK_EQ(s.state, 'S');
	ATF_CHECK_EQ(s.ppid, 1);
	ATF_CHECK_EQ(s.pgid, 2);
	ATF_CHECK_EQ(s.sid, 3);
	ATF_CHECK_EQ(s.tty_nr, 34816);
	ATF_CHECK_EQ(s.flags, 4194304);
	ATF_CHECK_EQ(s.start_time, 2200);
	ATF_CHECK_EQ(s.start_code, 2600);
	ATF_CHECK_EQ(s.end_code, 2700);
	ATF_CHECK_EQ(s.start_stack, 2800);
	ATF_CHECK_EQ(s.exit_signal, 17);
	ATF_CHECK_EQ(s.start_data, 4500);
	ATF_CHECK_EQ(s.end_data, 4600);
	ATF_CHECK_EQ(s.start_brk, 4700);
	ATF_CHECK_EQ(s.arg_start, 4800);
	ATF_CHECK_EQ(s.arg_end, 4900);
	ATF_CHECK_EQ(s.env_start, 5000);
	ATF_CHECK_EQ(s.env_end, 5100);
	ATF_CHECK_EQ(s.exit_code, 256);
}

UNIT(stat_names, "a task's name may be anything, and hides nothing of the rest")
{
	static const char *const names[] = { "plain",
					     "",
					     " ",
					     ")",
					     "a) R 9 9 9",
					     "((()))",
					     "(deleted) S 4",
					     "new\nline",
					     "1 (x) Z 0",
					     "\xff\x01",
					     "kworker/u8:3-events_unbound" };
	int dir = text_dir();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		comm_is(dir, names[i], strlen(names[i]));
	close(dir);
}

UNIT(stat_nonsense, "one that ends early, or is none")
{
	static const char *const bad[] = {
		"",           "812",         "812 (x",        "812 (x)",
		"812 (x) S",  "812 (x) S 1", ")812( S 1 2 3", "812 x S 1 2",
		"812 (x)S 1", "812 (x) S x"
	};
	static const char whole[] = "812 (x)" AFTER_COMM;
	int dir = text_dir();
	struct proc_stat s;

	ATF_CHECK_EQ(proc_read_stat(dir, &s), -ENOENT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text_put(dir, "stat", bad[i]);
		ATF_CHECK_EQ_MSG(proc_read_stat(dir, &s), -EBADMSG, "%s", bad[i]);
	}
	/* Up to the blank before the last field. */
	for (size_t n = 0; n < sizeof(whole) - 1 - strlen("256\n"); n++) {
		text_put_bytes(dir, "stat", whole, n);
		ATF_CHECK_EQ_MSG(proc_read_stat(dir, &s), -EBADMSG, "%zu bytes", n);
	}
	close(dir);
}

/* ---- status ---- */

#define STATUS(groups, seccomp)                                                                    \
	"Name:\t x\\\\n\\nUid:\t9\nUmask:\t0027\nState:\tS (sleeping)\nNgid:\t0\nTracerPid:\t42\n" \
	"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t4294967295\nFDSize:\t64\nGroups:\t" groups               \
	" \nNSpid:\t812\t3\n"                                                                      \
	"SigBlk:\t8000000000000001\nSigIgn:\t0\nSigCgt:\t00000000000000ff\n"                       \
	"CapInh:\t0000000000000001\nCapPrm:\t0000000000000002\nCapEff:\t0000000000000003\n"        \
	"CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000004\nNoNewPrivs:\t1\n" seccomp

UNIT(status, "ids, groups, capabilities, masks, tracer")
{
	int dir = text_dir();
	struct proc_status s;

	text_put(dir, "status", STATUS("0 10 4294967294", "Seccomp:\t2\n"));
	ATF_REQUIRE_EQ(proc_read_status(dir, &s), 0);
	ATF_CHECK_STREQ(s.comm, " x\\n\nUid:\t9");
	for (uint32_t i = 0; i < 4; i++)
		ATF_CHECK_EQ(s.uid[i], i + 1);
	ATF_CHECK_EQ(s.gid[3], 4294967295);
	ATF_REQUIRE_EQ(s.n_groups, 3);
	ATF_CHECK(s.groups[0] == 0 && s.groups[1] == 10 && s.groups[2] == 4294967294);
	ATF_CHECK_EQ(s.caps[PROC_CAPS_INH], 1);
	ATF_CHECK_EQ(s.caps[PROC_CAPS_PRM], 2);
	ATF_CHECK_EQ(s.caps[PROC_CAPS_EFF], 3);
	ATF_CHECK_EQ(s.caps[PROC_CAPS_BND], 0x1ffffffffff);
	ATF_CHECK_EQ(s.caps[PROC_CAPS_AMB], 4);
	ATF_CHECK_EQ(s.sig_blocked, 0x8000000000000001);
	ATF_CHECK_EQ(s.sig_caught, 0xff);
	ATF_CHECK_EQ(s.umask, 027);
	ATF_CHECK(s.no_new_privs);
	ATF_CHECK_EQ(s.seccomp, 2);
	ATF_CHECK_EQ(s.tracer, 42);
	ATF_CHECK_EQ(s.ns_depth, 2);
	proc_status_done(&s);

	text_put(dir, "status", STATUS("", ""));
	ATF_REQUIRE_EQ(proc_read_status(dir, &s), 0);
	ATF_CHECK_EQ(s.n_groups, 0);
	ATF_CHECK_EQ(s.seccomp, 0);
	proc_status_done(&s);
	close(dir);
}

UNIT(status_lacks, "without what a task must have it is refused")
{
	static const char *const keys[] = { "\nUid:",    "\nGid:",    "\nGroups:", "\nSigBlk:",
					    "\nSigCgt:", "\nCapInh:", "\nCapAmb:" };
	int dir = text_dir();
	struct proc_status s;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char text[] = STATUS("1", "");

		strstr(text, keys[i])[1] = 'X';
		text_put(dir, "status", text);
		ATF_CHECK_MSG(proc_read_status(dir, &s) < 0, "without %s", keys[i] + 1);
	}
	text_put(dir, "status", "");
	ATF_CHECK(proc_read_status(dir, &s) < 0);
	close(dir);
}

UNIT(keys, "a key is a whole word at the begin of a line")
{
	static const char text[] = "flags:\t0100002\nmnt_id:\t13\nnot ino: 5\nino:\t \n"
				   "list: 1 2\t3 x 4\nlast:\t7";
	uint64_t v, list[5];

	ATF_CHECK(kv_u64(text, "flags", 8, &v) == 0 && v == 0100002);
	ATF_CHECK(kv_u64(text, "last", 10, &v) == 0 && v == 7);
	ATF_CHECK_EQ(kv_u64(text, "flag", 10, &v), -ENODATA);
	ATF_CHECK_EQ(kv_u64(text, "id", 10, &v), -ENODATA);
	ATF_CHECK_EQ(kv_u64(text, "ino", 10, &v), -EBADMSG);
	ATF_CHECK_EQ(kv_u64("", "ino", 10, &v), -ENODATA);
	ATF_CHECK_EQ(kv_list(text, "list", 10, list, 2), 3);
	ATF_CHECK(list[0] == 1 && list[1] == 2);
	ATF_CHECK_EQ(kv_list(text, "mnt_id", 10, list, 5), 1);
	ATF_CHECK_EQ(kv_list(text, "none", 10, list, 5), -ENODATA);
	ATF_CHECK(!kv_find(text, "pos"));
}

/* ---- limits ---- */

static const char limits_text[] =
	"Limit                     Soft Limit           Hard Limit           Units     \n"
	"Max cpu time              unlimited            unlimited            seconds   \n"
	"Max file size             1                    2                    bytes     \n"
	"Max data size             unlimited            unlimited            bytes     \n"
	"Max stack size            8388608              unlimited            bytes     \n"
	"Max core file size        0                    unlimited            bytes     \n"
	"Max resident set          unlimited            unlimited            bytes     \n"
	"Max processes             31543                31544                processes \n"
	"Max open files            1024                 524288               files     \n"
	"Max locked memory         8388608              8388608              bytes     \n"
	"Max address space         18446744073709551614 unlimited            bytes     \n"
	"Max file locks            unlimited            unlimited            locks     \n"
	"Max pending signals       31543                31543                signals   \n"
	"Max msgqueue size         819200               819200               bytes     \n"
	"Max nice priority         0                    0                    \n"
	"Max realtime priority     0                    5                    \n"
	"Max realtime timeout      unlimited            unlimited            us        \n";

UNIT(limits, "every limit, by its name")
{
	struct rlimit l[RLIM_NLIMITS], own;
	int dir = text_dir(), self;

	text_put(dir, "limits", limits_text);
	ATF_REQUIRE_EQ(proc_limits(dir, l), 0);
	ATF_CHECK(l[RLIMIT_CPU].rlim_cur == RLIM_INFINITY);
	ATF_CHECK(l[RLIMIT_FSIZE].rlim_cur == 1 && l[RLIMIT_FSIZE].rlim_max == 2);
	ATF_CHECK(l[RLIMIT_STACK].rlim_cur == 8388608 && l[RLIMIT_STACK].rlim_max == RLIM_INFINITY);
	ATF_CHECK(l[RLIMIT_NPROC].rlim_cur == 31543 && l[RLIMIT_NPROC].rlim_max == 31544);
	ATF_CHECK_EQ(l[RLIMIT_AS].rlim_cur, UINT64_MAX - 1);
	ATF_CHECK(l[RLIMIT_RTPRIO].rlim_max == 5 && l[RLIMIT_NICE].rlim_max == 0);
	text_put_bytes(dir, "limits", limits_text, sizeof(limits_text) / 2);
	ATF_CHECK(proc_limits(dir, l) < 0);
	text_put(dir, "limits", "Max cpu time    many    unlimited\n");
	ATF_CHECK_EQ(proc_limits(dir, l), -EBADMSG);
	close(dir);

	self = proc_open(getpid(), 0);
	ATF_REQUIRE_EQ(proc_limits(self, l), 0);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		ATF_REQUIRE_EQ(getrlimit(i, &own), 0);
		ATF_CHECK(l[i].rlim_cur == own.rlim_cur && l[i].rlim_max == own.rlim_max);
	}
	close(self);
}

/* ---- timers ---- */

UNIT(timers, "timers of all forms, in their order")
{
	struct proc_timer *t;
	int dir = text_dir();
	unsigned int n;

	text_put(dir, "timers",
		 "ID: 0\nsignal: 10/0000000000001267\nnotify: signal/pid.812\nClockID: 1\n"
		 "ID: 3\nsignal: 34/ffffffffffffffff\nnotify: signal/tid.813\nClockID: -6\n"
		 "ID: 2147483647\nsignal: 0/0\nnotify: none/pid.812\nClockID: 0\n"
		 "ID: 5\nsignal: 32/7f\nnotify: thread/pid.812\nClockID: 7\n");
	ATF_REQUIRE_EQ(proc_timers(dir, &t, &n), 0);
	ATF_REQUIRE_EQ(n, 4);
	ATF_CHECK(t[0].id == 0 && t[0].signo == 10 && t[0].value == 0x1267 && t[0].clock == 1);
	ATF_CHECK_EQ(t[0].notify, SIGEV_SIGNAL);
	ATF_CHECK(t[1].id == 3 && t[1].value == UINT64_MAX && t[1].clock == -6 && t[1].tid == 813);
	ATF_CHECK_EQ(t[1].notify, SIGEV_SIGNAL | SIGEV_THREAD_ID);
	ATF_CHECK(t[2].id == 2147483647 && t[2].notify == SIGEV_NONE);
	ATF_CHECK(t[3].notify == SIGEV_THREAD && t[3].clock == 7);
	free(t);

	text_put(dir, "timers", "");
	ATF_REQUIRE_EQ(proc_timers(dir, &t, &n), 0);
	ATF_CHECK_EQ(n, 0);
	free(t);
	close(dir);
}

UNIT(timers_nonsense, "a list that ends early, or says what nobody knows")
{
	static const char *const bad[] = {
		"ID: 1\n",
		"ID: 1\nsignal: 10/12\n",
		"ID: 1\nsignal: 10/12\nnotify: signal/pid.1\n",
		"ID: x\nsignal: 10/12\nnotify: signal/pid.1\nClockID: 0\n",
		"ID: 1\nsignal: 10\nnotify: signal/pid.1\nClockID: 0\n",
		"ID: 1\nsignal: 10/xy\nnotify: signal/pid.1\nClockID: 0\n",
		"ID: 1\nsignal: 10/12\nnotify: pigeon/pid.1\nClockID: 0\n",
		"ID: 1\nsignal: 10/12\nnotify: signal/tid.\nClockID: 0\n",
		"ID: 1\nsignal: 10/12\nnotify: signal/pid.1\nClockID: -\n",
	};
	int dir = text_dir();
	struct proc_timer *t;
	unsigned int n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text_put(dir, "timers", bad[i]);
		ATF_CHECK_EQ_MSG(proc_timers(dir, &t, &n), -EBADMSG, "%s", bad[i]);
	}
	close(dir);
}

/* ---- lists and single values ---- */

UNIT(lists, "numbers in directories, rising; other names are passed over")
{
	int dir = text_dir(), *fds;
	unsigned int n;

	ATF_REQUIRE_EQ(mkdirat(dir, "fd", 0700), 0);
	text_put(dir, "fd/10", "");
	text_put(dir, "fd/9", "");
	text_put(dir, "fd/100", "");
	text_put(dir, "fd/0", "");
	text_put(dir, "fd/x1", "");
	text_put(dir, "fd/1x", "");
	ATF_REQUIRE_EQ(proc_fds(dir, &fds, &n), 0);
	ATF_REQUIRE_EQ(n, 4);
	ATF_CHECK(fds[0] == 0 && fds[1] == 9 && fds[2] == 10 && fds[3] == 100);
	free(fds);
	ATF_CHECK_EQ(proc_threads(dir, &fds, &n), -ESRCH);
	close(dir);
}

UNIT(children, "children of all threads, and whose they are")
{
	pid_t *pids, *makers;
	int dir = text_dir();
	unsigned int n;

	ATF_REQUIRE_EQ(mkdirat(dir, "task", 0700), 0);
	ATF_REQUIRE_EQ(mkdirat(dir, "task/5", 0700), 0);
	ATF_REQUIRE_EQ(mkdirat(dir, "task/6", 0700), 0);
	ATF_REQUIRE_EQ(mkdirat(dir, "task/7", 0700), 0);
	text_put(dir, "task/5/children", "30 12 ");
	text_put(dir, "task/6/children", "");
	text_put(dir, "task/7/children", "4 ");
	ATF_REQUIRE_EQ(proc_children(dir, &pids, &makers, &n), 0);
	ATF_REQUIRE_EQ(n, 3);
	ATF_CHECK(pids[0] == 30 && pids[1] == 12 && pids[2] == 4);
	ATF_CHECK(makers[0] == 5 && makers[1] == 5 && makers[2] == 7);
	free(pids);
	free(makers);
	/* A thread that has ended meanwhile has given its children away. */
	ATF_REQUIRE_EQ(unlinkat(dir, "task/5/children", 0), 0);
	ATF_REQUIRE_EQ(proc_children(dir, &pids, NULL, &n), 0);
	ATF_CHECK_EQ(n, 1);
	free(pids);
	close(dir);
}

UNIT(values, "files that hold one number, and links that name a namespace")
{
	int dir = text_dir(), i;
	uint64_t v, *auxv;
	unsigned int n;

	text_put(dir, "number", "0012\n");
	ATF_CHECK(proc_u64(dir, "number", 16, &v) == 0 && v == 0x12);
	ATF_CHECK(proc_int(dir, "number", &i) == 0 && i == 12);
	text_put(dir, "number", "-1000\n");
	ATF_CHECK(proc_int(dir, "number", &i) == 0 && i == -1000);
	ATF_CHECK_EQ(proc_u64(dir, "number", 10, &v), -EBADMSG);
	text_put(dir, "number", "");
	ATF_CHECK_EQ(proc_int(dir, "number", &i), -EBADMSG);
	ATF_CHECK_EQ(proc_u64(dir, "number", 10, &v), -EBADMSG);
	ATF_CHECK_EQ(proc_u64(dir, "nowhere", 10, &v), -ENOENT);

	ATF_REQUIRE_EQ(symlinkat("net:[4026531840]", dir, "net"), 0);
	ATF_CHECK(proc_ns(dir, "net", &v) == 0 && v == 4026531840);
	ATF_REQUIRE_EQ(symlinkat("net:4026531840", dir, "bad"), 0);
	ATF_CHECK_EQ(proc_ns(dir, "bad", &v), -EBADMSG);
	ATF_CHECK_EQ(proc_ns(dir, "nowhere", &v), -ENOENT);
	close(dir);

	dir = proc_open(getpid(), 0);
	ATF_REQUIRE_EQ(proc_auxv(dir, &auxv, &n), 0);
	ATF_CHECK(n >= 2 && n % 2 == 0 && auxv[n - 2] == AT_NULL);
	for (unsigned int k = 0; k < n; k += 2)
		if (auxv[k] == AT_SYSINFO_EHDR)
			ATF_CHECK_EQ(auxv[k + 1], getauxval(AT_SYSINFO_EHDR));
	free(auxv);
	close(dir);
}

UNIT(gone, "a task that is no more")
{
	struct proc_stat s;
	pid_t pid = fork();
	int dir;

	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	dir = proc_open(pid, 0);
	ATF_REQUIRE(dir >= 0);
	ATF_REQUIRE_EQ(proc_read_stat(dir, &s), 0);
	ATF_CHECK_EQ(s.ppid, getpid());
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* Whoever has its pid now. */
	ATF_CHECK_EQ(proc_read_stat(dir, &s), -ESRCH);
	ATF_CHECK_EQ(proc_open(pid, 0), -ESRCH);
	ATF_CHECK_EQ(proc_open(getpid(), pid), -ESRCH);
	close(dir);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, stat_names);
	ATF_TP_ADD_TC(tp, stat_nonsense);
	ATF_TP_ADD_TC(tp, status);
	ATF_TP_ADD_TC(tp, status_lacks);
	ATF_TP_ADD_TC(tp, keys);
	ATF_TP_ADD_TC(tp, limits);
	ATF_TP_ADD_TC(tp, timers);
	ATF_TP_ADD_TC(tp, timers_nonsense);
	ATF_TP_ADD_TC(tp, lists);
	ATF_TP_ADD_TC(tp, children);
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, gone);
	return atf_no_error();
}
