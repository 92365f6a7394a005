// SPDX-License-Identifier: GPL-2.0-only
/*
 * no_new_privs belongs to the thread: one has it, the main thread does not. Seen at work: a
 * set-user-ID program changes the uid of one and not of the other.
 */
#include <sys/prctl.h>

#include "zdtm.h"

#define OWNER 1234

enum { READY, GO };

static pthread_t with;

static void executed(long uid)
{
	EXPECT_EQ(geteuid(), uid);
}

static void executes(long uid)
{
	t_exec(SYS(open("program", O_RDONLY | O_CLOEXEC)), executed, uid);
}

static void thread(long unused)
{
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	EXPECT_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	t_join(t_fork(executes, geteuid()));
}

static void setup(void)
{
	int fd = SYS(open("program", O_CREAT | O_WRONLY, 0755));

	t_copy_program(fd);
	SYS(fchown(fd, OWNER, OWNER));
	SYS(fchmod(fd, 04755));
	SYS(close(fd));
	with = t_thread(thread, 0);
	t_wait(READY);
}

static void check(void)
{
	EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	t_join(t_fork(executes, OWNER));
	t_wake(GO);
	t_thread_join(with);
}

ZDTM_TEST = {
	.doc = "no_new_privs stays with the thread that has it, and holds",
	.object = "creds",
	/* fchown(), and then fchmod() of what is somebody else's. */
	.caps = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_FOWNER),
	.setup = setup,
	.check = check,
};
