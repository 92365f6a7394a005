// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities belong to threads: one has none left, one all, one others than the main thread. */
#include <sys/prctl.h>

#include "zdtm.h"

#define ALL (CAP_BIT(CAP_SETPCAP) | CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_KILL))

static const uint64_t sets[] = { 0, ALL, CAP_BIT(CAP_KILL) };

#define THREADS      3
#define OF_MAIN      CAP_BIT(CAP_CHOWN)
#define MAIN_BOUNDED CAP_KILL

enum { READY, GO };

static pthread_t threads[THREADS];

static void set_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { caps, caps, caps } };

	SYS(syscall(SYS_capset, &head, data));
}

static void expect_caps(uint64_t caps)
{
	EXPECT_EQ(t_field_num("/proc/thread-self/status", "CapEff", 16), caps);
	EXPECT_EQ(t_field_num("/proc/thread-self/status", "CapPrm", 16), caps);
	EXPECT_EQ(t_field_num("/proc/thread-self/status", "CapInh", 16), caps);
	if (caps & CAP_BIT(CAP_CHOWN))
		SYS(chown(".", 1, 1));
	else
		EXPECT_ERRNO(chown(".", 1, 1), EPERM);
}

static void thread(long i)
{
	set_caps(sets[i]);
	t_wake(READY);
	t_wait(GO);
	expect_caps(sets[i]);
	EXPECT_EQ(prctl(PR_CAPBSET_READ, MAIN_BOUNDED, 0, 0, 0), 1);
}

static void setup(void)
{
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
	SYS(prctl(PR_CAPBSET_DROP, MAIN_BOUNDED, 0, 0, 0));
	set_caps(OF_MAIN);
}

static void check(void)
{
	expect_caps(OF_MAIN);
	EXPECT_EQ(prctl(PR_CAPBSET_READ, MAIN_BOUNDED, 0, 0, 0), 0);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its own capabilities",
	.object = "creds",
	.caps = ALL,
	.setup = setup,
	.check = check,
};
