// SPDX-License-Identifier: GPL-2.0-only
/*
 * The base of GS, each thread's own, that of FS being the C library's: set by system call or by
 * instruction, read by both and through it. A thread that never set it has none.
 */
#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <sys/auxv.h>

#include "zdtm.h"

enum { BY_CALL, BY_INSTRUCTION, NOT, THREADS };
enum { READY, GO };

static pthread_t threads[THREADS];

static uint64_t base(int which)
{
	uint64_t now;

	SYS(syscall(SYS_arch_prctl, which, &now));
	return now;
}

static void thread(long how)
{
	uint64_t data[2] = { 1, 4711 + how }, seen;
	uint64_t fs = base(ARCH_GET_FS);

	if (how == BY_CALL)
		SYS(syscall(SYS_arch_prctl, ARCH_SET_GS, data));
	else if (how == BY_INSTRUCTION)
		asm volatile("wrgsbase %0" : : "r"(data));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(base(ARCH_GET_FS), fs);
	EXPECT_EQ(base(ARCH_GET_GS), how == NOT ? 0 : (uintptr_t)data);
	if (how == NOT)
		return;
	asm volatile("mov %%gs:8, %0" : "=r"(seen) : : "memory");
	EXPECT_EQ(seen, data[1]);
	asm volatile("rdgsbase %0" : "=r"(seen));
	EXPECT_EQ(seen, (uintptr_t)data);
}

static void setup(void)
{
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
		t_skip("CPU or kernel lacks FSGSBASE");
	for (int i = 0; i < THREADS; i++) {
		threads[i] = t_thread(thread, i);
		t_wait(READY);
	}
	SYS(syscall(SYS_arch_prctl, ARCH_SET_GS, 0x1000));
}

static void check(void)
{
	EXPECT_EQ(base(ARCH_GET_GS), 0x1000);
	for (int i = 0; i < THREADS; i++)
		t_wake(GO);
	for (int i = 0; i < THREADS; i++)
		t_thread_join(threads[i]);
}

ZDTM_TEST = {
	.doc = "each thread keeps its GS base, however it was set",
	.object = "task",
	.setup = setup,
	.check = check,
};
