// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection keys: pages that one thread may not touch and another may only read, by what is in a
 * register of each. That is so again, or the dump is refused. A key that is on no memory is another
 * matter: nobody but the task itself, by trying, finds out that it is allocated.
 *
 * criu 4.2 loses the latter.
 */
#include "zdtm.h"

enum { TAGGED, ALLOCATED, EXECUTE_ONLY }; /* variant->arg */
enum { READY, GO };

static struct {
	char *at;
	int key;
	pthread_t other;
} was;

static void reads(long unused)
{
	SYS(pkey_set(was.key, PKEY_DISABLE_WRITE));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(pkey_get(was.key), PKEY_DISABLE_WRITE);
	EXPECT_EQ(t_try_read(was.at + T_PAGE), 0);
	EXPECT_EQ(t_try_write(was.at + T_PAGE), SIGSEGV);
}

static void setup(void)
{
	was.at = t_map(3 * T_PAGE, MAP_PRIVATE);
	was.at[T_PAGE] = 'x';
	if (variant->arg == EXECUTE_ONLY) {
		SYS(mprotect(was.at + T_PAGE, T_PAGE, PROT_EXEC));
		return;
	}
	was.key = SYS(pkey_alloc(0, 0));
	if (variant->arg == ALLOCATED)
		return;
	SYS(pkey_mprotect(was.at + T_PAGE, T_PAGE, PROT_READ | PROT_WRITE, was.key));
	was.other = t_thread(reads, 0);
	t_wait(READY);
	SYS(pkey_set(was.key, PKEY_DISABLE_ACCESS));
}

static void check(void)
{
	if (variant->arg == EXECUTE_ONLY) {
		EXPECT_EQ(t_try_read(was.at + T_PAGE), SIGSEGV);
		SYS(mprotect(was.at + T_PAGE, T_PAGE, PROT_READ));
		EXPECT_EQ(was.at[T_PAGE], 'x');
		return;
	}
	if (variant->arg == TAGGED) {
		EXPECT_EQ(pkey_get(was.key), PKEY_DISABLE_ACCESS);
		EXPECT_EQ(t_try_read(was.at + T_PAGE), SIGSEGV);
		EXPECT_EQ(t_try_write(was.at), 0);
		t_wake(GO);
		t_thread_join(was.other);
	}
	EXPECT_EQ(SYS(pkey_alloc(0, 0)), was.key + 1);
	SYS(pkey_free(was.key));
}

ZDTM_TEST = {
	.doc = "memory is under protection keys as before, and each thread has its rights",
	.object = "pkey",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("pkey.alloc_order", "smaps.protection_key"),
	.variants = VARIANTS({ "tagged", TAGGED }, { "allocated", ALLOCATED, .demand = REPORT },
			     { "execute_only", EXECUTE_ONLY, .demand = KEEP }),
	.setup = setup,
	.check = check,
};
