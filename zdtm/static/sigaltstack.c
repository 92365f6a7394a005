// SPDX-License-Identifier: GPL-2.0-only
/*
 * Alternate signal stacks of three threads: one set, one in use by a handler that has not returned
 * yet, and none. With SS_AUTODISARM there is none while the handler runs, and again when it
 * returns.
 */
#include "zdtm.h"

#define SIZE (64 << 10)

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

enum { READY, GO };

static struct {
	char *at[2];
	pthread_t in_handler, without;
} was;

static void set_stack(int nr)
{
	stack_t ss = { .ss_size = SIZE - 4096 * nr, .ss_flags = variant->arg };

	was.at[nr] =
		SYS(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	ss.ss_sp = was.at[nr];
	SYS(sigaltstack(&ss, NULL));
}

static void expect_stack(int nr, int flags)
{
	stack_t now;

	SYS(sigaltstack(NULL, &now));
	EXPECT_EQ(now.ss_flags, flags);
	if (flags & SS_DISABLE)
		return;
	EXPECT_EQ(now.ss_sp, was.at[nr]);
	EXPECT_EQ(now.ss_size, SIZE - 4096 * nr);
}

static bool is_on(int nr, const void *p)
{
	return (char *)p >= was.at[nr] && (char *)p < was.at[nr] + SIZE;
}

static void on_usr1(int sig)
{
	EXPECT(is_on(1, &sig));
	t_wake(READY);
	t_wait(GO);
	/* A stack that says so itself is told by its place; one that disarmed looks like none. */
	expect_stack(1, variant->arg ? SS_DISABLE : SS_ONSTACK);
}

static void on_usr2(int sig)
{
	EXPECT(is_on(0, &sig));
}

static void in_handler(long unused)
{
	set_stack(1);
	SYS(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
	expect_stack(1, variant->arg);
}

static void without(long unused)
{
	t_wake(READY);
	t_wait(GO);
	expect_stack(-1, SS_DISABLE);
}

static void setup(void)
{
	const struct sigaction usr1 = { .sa_handler = on_usr1, .sa_flags = SA_ONSTACK };
	const struct sigaction usr2 = { .sa_handler = on_usr2, .sa_flags = SA_ONSTACK };

	SYS(sigaction(SIGUSR1, &usr1, NULL));
	SYS(sigaction(SIGUSR2, &usr2, NULL));
	set_stack(0);
	was.in_handler = t_thread(in_handler, 0);
	t_wait(READY);
	was.without = t_thread(without, 0);
	t_wait(READY);
}

static void check(void)
{
	expect_stack(0, variant->arg);
	SYS(raise(SIGUSR2));
	t_wake(GO);
	t_wake(GO);
	t_thread_join(was.in_handler);
	t_thread_join(was.without);
}

ZDTM_TEST = {
	.doc = "alternate signal stacks are there, in use, or not, as before",
	.object = "signals",
	.variants = VARIANTS({ "plain" }, { "autodisarm", SS_AUTODISARM,
					    .known_as = "static/sas_autodisarm00" }),
	.setup = setup,
	.check = check,
};
