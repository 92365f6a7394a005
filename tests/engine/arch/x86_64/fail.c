// SPDX-License-Identifier: GPL-2.0-only
#include <atf-c.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "tests/engine/lib/fail.h"

void fail_call(pid_t pid, int err)
{
	struct user_regs_struct regs;
	int status;

	ATF_REQUIRE_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
	regs.orig_rax = -1;
	ATF_REQUIRE_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
	do {
		ATF_REQUIRE_EQ(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
		ATF_REQUIRE_EQ(waitpid(pid, &status, __WALL), pid);
		ATF_REQUIRE_MSG(WIFSTOPPED(status), "status %#x", status);
	} while (WSTOPSIG(status) != (SIGTRAP | 0x80));
	ATF_REQUIRE_EQ(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
	regs.rax = (unsigned long)-err;
	ATF_REQUIRE_EQ(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
}
