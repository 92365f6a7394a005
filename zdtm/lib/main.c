// SPDX-License-Identifier: GPL-2.0-only
/* The life of a test program: setup, the harness's moment, check. */
#include <sys/prctl.h>

#include "harness.h"

static const struct zdtm_variant plain = {};

const struct zdtm_variant *variant = &plain;
struct harness harness;
__thread struct zdtm_here zdtm_at;

/*
 * Leaves the capabilities the test declares, in the bounding set too: root gets back everything
 * that is bounded in by its next execve().
 */
static void drop_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};
	uint64_t have;

	SYS(syscall(SYS_capget, &header, data));
	have = data[0].permitted | (uint64_t)data[1].permitted << 32;
	if (keep & ~have)
		t_skip("capabilities %#jx are not to be had here", (uintmax_t)(keep & ~have));

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (!(keep & CAP_BIT(cap)))
			SYS(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));

	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(keep >> 32 * i),
			.permitted = (uint32_t)(keep >> 32 * i),
		};
	SYS(syscall(SYS_capset, &header, data));
}

static void expect_mask(const sigset_t *was, const sigset_t *now)
{
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != ZDTM_GO && sigismember(was, sig) != sigismember(now, sig))
			t_fail("signal %d is %sblocked in the main thread, and was%s before", sig,
			       sigismember(now, sig) > 0 ? "" : "not ",
			       sigismember(now, sig) > 0 ? " not" : "");
}

/* The moment between the halves. Where we are dumped is inside sigwaitinfo(). */
static void let_them_dump_us(void)
{
	sigset_t go, was, now;

	sigemptyset(&go);
	sigaddset(&go, ZDTM_GO);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &go, &was));
	fflush(NULL);
	say(ZDTM_SAYS_READY, "%s", "");

	/* Any stop interrupts it with EINTR, whatever handlers there are: signal(7). */
	while (sigwaitinfo(&go, NULL) < 0)
		if (errno != EINTR)
			t_die("sigwaitinfo: %s", strerror(errno));

	/* Putting `was` back would hide a mask that got lost. */
	SYS_RC(pthread_sigmask(SIG_SETMASK, NULL, &now));
	expect_mask(&was, &now);
	if (!sigismember(&was, ZDTM_GO))
		SYS_RC(pthread_sigmask(SIG_UNBLOCK, &go, NULL));

	__atomic_store_n(&harness.over, 1, __ATOMIC_RELEASE);
	if (harness.shared)
		__atomic_store_n(&harness.shared->over, 1, __ATOMIC_RELEASE);
}

static bool anything_failed(void)
{
	if (harness.shared && __atomic_load_n(&harness.shared->failures, __ATOMIC_ACQUIRE)) {
		say(ZDTM_SAYS_FAIL, "in a child: %s", harness.shared->text);
		return true;
	}
	return __atomic_load_n(&harness.failures, __ATOMIC_ACQUIRE) > 0;
}

static int run(void)
{
	harness.main = getpid();
	drop_capabilities(zdtm_test.caps);

	zdtm_test.setup();
	if (anything_failed())
		return ZDTM_EXIT_FAILED;

	let_them_dump_us();

	zdtm_test.check();
	fflush(NULL);
	if (anything_failed())
		return ZDTM_EXIT_FAILED;
	say(ZDTM_SAYS_DONE, "%s", "");
	return ZDTM_EXIT_FINE;
}

static const struct zdtm_variant *find_variant(const char *name)
{
	for (const struct zdtm_variant *v = zdtm_test.variants; v && v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	fprintf(stderr, "no variant '%s'\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	bool arena = argc > 1 && strcmp(argv[1], ZDTM_ARG_RUN) == 0;
	bool cleanup = argc > 1 && strcmp(argv[1], ZDTM_ARG_CLEANUP) == 0;

	if (argc > 3 && strcmp(argv[1], ZDTM_ARG_TASK) == 0) {
		if (argc > 4)
			variant = find_variant(argv[4]);
		begin_task(argv);
	}
	if (!arena && !cleanup)
		return atf_personality(argc, argv);
	if (argc > 3)
		variant = find_variant(argv[3]);
	if (arena)
		return run();
	harness.main = getpid();
	if (zdtm_test.cleanup)
		zdtm_test.cleanup();
	return ZDTM_EXIT_FINE;
}
