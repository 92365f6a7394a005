// SPDX-License-Identifier: GPL-2.0-only
/*
 * The action of every signal there is: flags in all combinations, no two masks alike, handler and
 * restorer, ignored or default. Some flags are seen at work.
 */
#include "zdtm.h"

#define SIGNALS 64

/* As the kernel has it; the C library's sigaction() sees less. */
struct action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define EXPOSE_TAGBITS 0x800
#define RESTORER       0x04000000

static const unsigned long flags[] = { SA_NOCLDSTOP, SA_NOCLDWAIT, SA_ONSTACK, SA_RESTART,
				       SA_NODEFER,   SA_RESETHAND, SA_SIGINFO, EXPOSE_TAGBITS };

static struct {
	struct action action[SIGNALS + 1];
	int calls;
} was;

static void handler(int sig)
{
	was.calls++;
}

static void action(int sig, const struct action *new, struct action *old)
{
	SYS(syscall(SYS_rt_sigaction, sig, new, old, sizeof(new->mask)));
}

static bool has_action(int sig)
{
	return sig != SIGKILL && sig != SIGSTOP;
}

static uint64_t bit(int sig)
{
	return UINT64_C(1) << (sig - 1);
}

static struct action make(int sig)
{
	static void (*const handlers[])(int) = { handler, SIG_IGN, SIG_DFL };
	struct action a = { .handler = handlers[sig % 3], .flags = RESTORER };

	for (int i = 0; i < 8; i++)
		if (sig * 37 & 1 << i)
			a.flags |= flags[i];
	a.mask = UINT64_C(0x9e3779b97f4a7c15) * sig & ~bit(SIGKILL) & ~bit(SIGSTOP);
	return a;
}

static void setup(void)
{
	struct action first;

	/* The C library knows how to return from a handler. */
	signal(SIGUSR1, handler);
	action(SIGUSR1, NULL, &first);
	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (!has_action(sig))
			continue;
		was.action[sig] = make(sig);
		was.action[sig].restorer = first.restorer;
		action(sig, &was.action[sig], NULL);
	}
}

/* Of one that is reset when it is called, the flags stay. */
static void expect_work(int sig)
{
	bool resets = was.action[sig].flags & SA_RESETHAND;
	struct action now;

	was.calls = 0;
	SYS(syscall(SYS_tgkill, getpid(), gettid(), sig));
	EXPECT_EQ(was.calls, was.action[sig].handler == handler);
	action(sig, NULL, &now);
	EXPECT_EQ(now.handler, resets && was.calls ? SIG_DFL : was.action[sig].handler);
}

static void check(void)
{
	for (int sig = 1; sig <= SIGNALS; sig++) {
		const struct action *a = &was.action[sig];
		struct action now = {};

		if (!has_action(sig))
			continue;
		action(sig, NULL, &now);
		if (!EXPECT_EQ(now.handler, a->handler) || !EXPECT_EQ(now.flags, a->flags) ||
		    !EXPECT_EQ(now.mask, a->mask) || !EXPECT_EQ(now.restorer, a->restorer))
			t_note("that was signal %d", sig);
	}
	for (int sig = 1; sig <= SIGNALS; sig++)
		if (has_action(sig) && was.action[sig].handler != SIG_DFL)
			expect_work(sig);
}

ZDTM_TEST = {
	.doc = "the action of every signal, with flags, mask and restorer",
	.object = "signals",
	.setup = setup,
	.check = check,
};
