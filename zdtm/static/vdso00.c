// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vdso: programs know where it is from when they began, and ask it the time without entering the
 * kernel. A child to which that call is forbidden shows that it is not entered: it would die.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <time.h>

#include "zdtm.h"

static bool without_system_call(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_gettime, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	pid_t pid = SYS(fork());
	struct timespec t;

	if (pid == 0) {
		SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		SYS(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
		_exit(clock_gettime(CLOCK_MONOTONIC, &t) < 0);
	}
	return t_reap(pid) == 0;
}

static void setup(void)
{
	if (!without_system_call())
		t_skip("this machine's clock needs a system call");
}

static void check(void)
{
	struct timespec before, between, after;

	EXPECT(without_system_call());
	EXPECT_STR(t_vma((void *)getauxval(AT_SYSINFO_EHDR)).name, "[vdso]");
	SYS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &before));
	SYS(clock_gettime(CLOCK_MONOTONIC, &between));
	SYS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after));
	EXPECT_LE(before.tv_sec * 1000000000 + before.tv_nsec,
		  between.tv_sec * 1000000000 + between.tv_nsec);
	EXPECT_LE(between.tv_sec * 1000000000 + between.tv_nsec,
		  after.tv_sec * 1000000000 + after.tv_nsec);
}

ZDTM_TEST = {
	.doc = "the vdso tells the time, and from where it always was",
	.object = "vdso",
	.setup = setup,
	.check = check,
};
