// SPDX-License-Identifier: GPL-2.0-only
/* I/O ports a task may use. No port is touched here: having the right is harm enough. */
#include <elf.h>
#include <sys/io.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "probe.h"

#define NT_386_IOPERM_ 0x201

#define DECLARED                                                                                   \
	.since = "2.6.34", .kconfig = "CONFIG_X86_IOPL_IOPERM", .source = "ioperm(2), ptrace(2)"

static unsigned char bitmap[8192];

/* How many bytes of it there are. */
static long get_bitmap(pid_t pid)
{
	struct iovec iov = { bitmap, sizeof(bitmap) };

	return ptrace(PTRACE_GETREGSET, pid, NT_386_IOPERM_, &iov) < 0 ? -1 : (long)iov.iov_len;
}

PROBE(regset, .what = "a tracer reads which I/O ports a task may use; ENXIO of who may use none",
      DECLARED, .capability = "CAP_SYS_RAWIO in the initial user namespace")
{
	pid_t plain = spawn_idle(), pid;

	need_privilege("CAP_SYS_RAWIO in the initial user namespace");
	seize_stopped(plain, 0);
	PROMISE_FAILS(get_bitmap(plain), ENXIO, ENODEV);
	pid = spawn();
	if (pid == 0) {
		/* A port nobody listens to, which takes what is written to it as a delay. */
		if (ioperm(0x80, 1, 1) < 0 && errno == EPERM)
			FORBIDDEN("I/O ports are locked down");
		OFFERED(ioperm(0x80, 1, 1), "ioperm");
		reach(1);
		linger();
	}
	await(1);
	seize_stopped(pid, 0);
	PROMISE_GT(NEED(get_bitmap(pid)), 0x80 / 8);
	/* A port that may be used is a 0. */
	PROMISE_EQ(bitmap[0x80 / 8], 0xfe);
	PROMISE_EQ(bitmap[0], 0xff);
}

GAP(remote_set, .what = "nobody but the task itself takes I/O ports, or gives them back",
    .kconfig = "CONFIG_X86_IOPL_IOPERM",
    .capability = "CAP_SYS_RAWIO in the initial user namespace", .source = "ioperm(2), ptrace(2)")
{
	struct iovec iov = { bitmap, 32 };
	pid_t pid = spawn_idle();

	seize_stopped(pid, 0);
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0x80 / 8] = 0xfe;
	TRIED_TO("PTRACE_SETREGSET", ptrace(PTRACE_SETREGSET, pid, NT_386_IOPERM_, &iov));
}
