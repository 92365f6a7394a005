// SPDX-License-Identifier: GPL-2.0-only
/* One variant for each way a test can end, so that the runner's words for it can be checked. */
#include "zdtm.h"

enum end {
	FAIL,
	FAIL_IN_CHILD,
	FAIL_IN_MUTE_CHILD,
	FAIL_IN_STRAY_CHILD,
	FAIL_IN_THREAD,
	DIE,
	BREAK,
	BREAK_BY_EXPECT,
	BREAK_IN_CHILD,
	DIE_IN_SETUP,
	SKIP,
	HANG,
	HANG_IN_SETUP,
	HANG_IN_WAIT,
};

static struct {
	pid_t child;
	pthread_t thread;
} was;

static void compare(long unused)
{
	int one = 1;

	t_wait(0);
	EXPECT_EQ(one, 2);
}

static void compare_without_log(long unused)
{
	t_wait(0);
	close(1);
	close(2);
	compare(unused);
}

static void fail_at_once(long unused)
{
	SYS(open("no such file", O_RDONLY));
}

static void wait_for_ever(long unused)
{
	t_wait(1);
}

static void setup(void)
{
	switch ((enum end)variant->arg) {
	case FAIL_IN_CHILD:
		was.child = t_fork(compare, 0);
		break;
	case FAIL_IN_MUTE_CHILD:
		was.child = t_fork(compare_without_log, 0);
		break;
	case FAIL_IN_STRAY_CHILD:
		was.child = SYS(fork());
		if (was.child == 0) {
			EXPECT(raise(SIGSTOP) != 0);
			_exit(0);
		}
		t_wait_state(was.child, 'T');
		break;
	case FAIL_IN_THREAD:
		was.thread = t_thread(compare, 0);
		break;
	case BREAK:
		SYS(open("no such file", O_RDONLY));
		break;
	case BREAK_BY_EXPECT:
		EXPECT(false);
		break;
	case BREAK_IN_CHILD:
		t_join(t_fork(fail_at_once, 0));
		break;
	case DIE_IN_SETUP:
		raise(SIGSEGV);
		break;
	case SKIP:
		t_skip("not on a %s", "Tuesday");
	case HANG_IN_SETUP:
		pause();
		break;
	case HANG_IN_WAIT:
		t_fork(wait_for_ever, 0);
		break;
	default:
		break;
	}
}

static void check(void)
{
	switch ((enum end)variant->arg) {
	case FAIL:
		t_wake(0);
		compare(0);
		break;
	case FAIL_IN_CHILD:
	case FAIL_IN_MUTE_CHILD:
		t_wake(0);
		t_wake(0);
		t_join(was.child);
		break;
	case FAIL_IN_STRAY_CHILD:
		kill(was.child, SIGCONT);
		t_reap(was.child);
		break;
	case FAIL_IN_THREAD:
		t_wake(0);
		t_thread_join(was.thread);
		break;
	case DIE:
		raise(SIGSEGV);
		break;
	case HANG:
		pause();
		break;
	case HANG_IN_WAIT:
		t_wait(2);
		break;
	default:
		break;
	}
}

ZDTM_TEST = {
	.doc = "ends in every way a test can end",
	.timeout = 3,
	.variants = VARIANTS({ "fail", FAIL }, { "fail_in_child", FAIL_IN_CHILD },
			     { "fail_in_mute_child", FAIL_IN_MUTE_CHILD },
			     { "fail_in_stray_child", FAIL_IN_STRAY_CHILD },
			     { "fail_in_thread", FAIL_IN_THREAD }, { "die", DIE },
			     { "break", BREAK }, { "break_by_expect", BREAK_BY_EXPECT },
			     { "break_in_child", BREAK_IN_CHILD }, { "die_in_setup", DIE_IN_SETUP },
			     { "skip", SKIP }, { "hang", HANG }, { "hang_in_setup", HANG_IN_SETUP },
			     { "hang_in_wait", HANG_IN_WAIT }),
	.setup = setup,
	.check = check,
};
