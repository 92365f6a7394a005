// SPDX-License-Identifier: GPL-2.0-only
/*
 * A script in a memfd, which execveat(2) runs from the descriptor: that the file is open for writing
 * by its maker is not counted, and so it is not busy (ETXTBSY). The interpreter opens it again by its
 * number, so that it has to outlive execve().
 */
#include "zdtm.h"

static struct {
	int fd;
} was;

static void run(long unused)
{
	char *argv[] = { "script", NULL }, *env[] = { NULL };

	SYS(syscall(SYS_execveat, was.fd, "", argv, env, AT_EMPTY_PATH));
}

/* Nothing of what is open here outlives it but the script. */
static void expect_runs(void)
{
	pid_t pid = t_fork(run, 0);
	int status = t_reap(pid);

	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 42);
}

static void setup(void)
{
	static const char script[] = "#!/bin/sh\nexit 42\n";

	if (access("/bin/sh", X_OK) < 0)
		t_skip("there is no /bin/sh");
	was.fd = SYS(memfd_create("script", 0));
	t_write(was.fd, script, sizeof(script) - 1);
	SYS(fchmod(was.fd, 0700));
	expect_runs();
}

static void check(void)
{
	EXPECT_EQ(fcntl(was.fd, F_GETFD), 0);
	expect_runs();
	t_write(was.fd, "# more\n", 7);
	expect_runs();
}

ZDTM_TEST = {
	.doc = "a script in a memfd can still be executed, though it can be written",
	.object = "memfd",
	.setup = setup,
	.check = check,
};
