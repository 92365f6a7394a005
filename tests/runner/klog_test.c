// SPDX-License-Identifier: GPL-2.0-only
/* What is heard out of the kernel's log: which lines are complaints, and which of them says most. */
#include <atf-c.h>
#include <stdio.h>
#include <string.h>

#include "zdtm/runner/klog.h"

static enum complaint judge(const char *line)
{
	return klog_judge(line, strlen(line));
}

ATF_TC_WITHOUT_HEAD(judge);
ATF_TC_BODY(judge, tc)
{
	static const char *const wrong[] = {
		"BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"BUG: KASAN: slab-use-after-free in pipe_read+0x12/0x30",
		"BUG: sleeping function called from invalid context at mm/slab.h:1",
		"general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP",
		"Oops: 0002 [#1] PREEMPT SMP NOPTI",
		"kernel BUG at mm/rmap.c:1!",
		"WARNING: possible circular locking dependency detected",
		"WARNING: possible recursive locking detected",
		"WARNING: inconsistent lock state",
		"WARNING: suspicious RCU usage",
		"UBSAN: shift-out-of-bounds in lib/a.c:1:1",
		"Kernel panic - not syncing: Attempted to kill init!",
	};
	static const char *const warned[] = {
		"WARNING: CPU: 1 PID: 1 at kernel/fork.c:1 copy_process+0x1/0x2",
		"watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [test:1]",
		"BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 30s!",
		"INFO: task dump:7 blocked for more than 15 seconds.",
		"rcu: INFO: rcu_preempt self-detected stall on CPU",
		"refcount_t: underflow; use-after-free.",
		"Kernel panic - not syncing: NMI: Not continuing",
	};
	static const char *const nothing[] = {
		"EXT4-fs (nvme0n1): mounted filesystem",
		"process 'zdtm' launched '/dev/fd/4' with NULL argv: empty string added",
		"hpet: Lost 1 RTC interrupts",
		"BUGgy firmware",
		"traps: test[5] general protection fault ip:7f sp:7f error:0 in libc.so.6[d3df0]",
		"test[5]: segfault at 0 ip 00007f sp 00007f error 4 in libc.so.6",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		ATF_CHECK_EQ_MSG(judge(wrong[i]), WRONG, "%s", wrong[i]);
	for (size_t i = 0; i < sizeof(warned) / sizeof(*warned); i++)
		ATF_CHECK_EQ_MSG(judge(warned[i]), WARNED, "%s", warned[i]);
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++)
		ATF_CHECK_EQ_MSG(judge(nothing[i]), NO_COMPLAINT, "%s", nothing[i]);
}

ATF_TC_WITHOUT_HEAD(headline);
ATF_TC_BODY(headline, tc)
{
	ATF_CHECK_STREQ(klog_headline("[    1.000000] all is well\n"), "");
	ATF_CHECK_STREQ(
		klog_headline("[   12.345678][  T123] ------------[ cut here ]------------\n"
			      "[   12.345679][  T123] WARNING: CPU: 0 PID: 123 at a.c:1 f+0x1/0x2\n"
			      "[   12.345680][  T123] RIP: 0010:f+0x1/0x2\n"),
		"WARNING: CPU: 0 PID: 123 at a.c:1 f+0x1/0x2");
	/* Of a warning, an oops and the panic it ends in, the oops. */
	ATF_CHECK_STREQ(
		klog_headline("[    1.000000] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
			      "[    2.000000] BUG: unable to handle page fault\n"
			      "[    2.000001] Oops: 0000 [#1] SMP\n"
			      "[    2.000002] Kernel panic - not syncing: Fatal exception\n"),
		"BUG: unable to handle page fault");
	/* Where it was says more than an address; a program's own does not. */
	ATF_CHECK_STREQ(
		klog_headline("[    2.000000] BUG: kernel NULL pointer dereference, address: 40\n"
			      "[    2.000001] Oops: 0000 [#1] PREEMPT SMP NOPTI\n"
			      "[    2.000002] RIP: 0010:signalfd_read+0x18/0x230\n"
			      "[    2.000003] RIP: 0033:0x7f8fce607040\n"
			      "[    2.000004] RIP: 0010:signalfd_read+0x18/0x230\n"),
		"BUG: kernel NULL pointer dereference, address: 40, at signalfd_read+0x18/0x230");
	/* Ours is the last word of a guest that hangs, and says nothing. */
	ATF_CHECK_STREQ(
		klog_headline("[   30.000000] INFO: task a:1 blocked for more than 15 seconds.\n"
			      "[   50.000000] Kernel panic - not syncing: NMI: Not continuing\n"),
		"INFO: task a:1 blocked for more than 15 seconds.");
}

ATF_TC_WITHOUT_HEAD(worst);
ATF_TC_BODY(worst, tc)
{
	ATF_CHECK_STREQ(klog_worst(""), "");
	ATF_CHECK_STREQ(klog_worst("WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
				   "WARNING: possible circular locking dependency detected\n"
				   "BUG: unable to handle page fault\n"),
			"WARNING: possible circular locking dependency detected\n"
			"BUG: unable to handle page fault\n");
}

ATF_TC_WITHOUT_HEAD(stuck);
ATF_TC_BODY(stuck, tc)
{
	static const char nmi[] = "[   50.000000] Kernel panic - not syncing: NMI: Not continuing\n"
				  "[   50.000001] RIP: 0010:mq_spin+0x2/0x10\n"
				  "[   50.000002] RIP: 0033:0x7f8fce607040\n";
	char text[1024];

	ATF_CHECK_STREQ(klog_stuck(nmi), "at mq_spin+0x2/0x10");
	/* What was warned of before has nothing to do with it; what it says itself, has. */
	snprintf(text, sizeof(text), "[    9.000000] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n%s",
		 nmi);
	ATF_CHECK_STREQ(klog_stuck(text), "at mq_spin+0x2/0x10");
	snprintf(text, sizeof(text),
		 "[   30.000000][  T9] INFO: task a:1 blocked for more than 15 seconds.\n%s", nmi);
	ATF_CHECK_STREQ(klog_stuck(text),
			"INFO: task a:1 blocked for more than 15 seconds, at mq_spin+0x2/0x10");
	ATF_CHECK_STREQ(
		klog_stuck("[   40.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n"
			   "[   19.0] NMI backtrace for cpu 1\n"
			   "[   19.0] RIP: 0010:hang+0xd/0x1000 [m]\n"
			   "[   19.0] RIP: 0033:0x7f3ff9f18f93\n"),
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks, at hang+0xd/0x1000 [m]");
	ATF_CHECK_STREQ(
		klog_stuck("[   50.000000] Kernel panic - not syncing: NMI: Not continuing\n"
			   "[   50.000001] RIP: 0010:default_idle+0xf/0x20\n"),
		"");
}

ATF_TC_WITHOUT_HEAD(task);
ATF_TC_BODY(task, tc)
{
	ATF_CHECK_EQ(klog_task("kernel tainted: W\n"), 0);
	ATF_CHECK_EQ(klog_task("WARNING: CPU: 1 PID: 12 at a.c:1 f+0x1/0x2\n"
			       "CPU: 1 UID: 0 PID: 12 Comm: a Not tainted 6.12\n"),
		     12);
	ATF_CHECK_EQ(klog_task("WARNING: a.c:1 at f+0x1/0x2, CPU#1: a/12\n"
			       "CPU: 1 UID: 0 PID: 12 Comm: a Not tainted 6.19\n"),
		     12);
	ATF_CHECK_EQ(klog_task("CPU: 1 PID: 12 Comm: a\nCPU: 0 PID: 13 Comm: b\n"), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, task);
	ATF_TP_ADD_TC(tp, worst);
	ATF_TP_ADD_TC(tp, stuck);
	ATF_TP_ADD_TC(tp, judge);
	ATF_TP_ADD_TC(tp, headline);
	return atf_no_error();
}
