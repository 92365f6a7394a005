// SPDX-License-Identifier: GPL-2.0-only
/*
 * The foreground of a controlling terminal: a child's process group; one whose leader has ended, so
 * that only a member is left; one of which nobody is left. Whoever is in it gets the interrupt from
 * the terminal, the others do not, and a reader in the background is stopped. criu 4.2 does not
 * restore a terminal with the last.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

enum { OTHER, LEADERLESS, EMPTY };
enum { JOINED, READY, GO, INTERRUPTED, TYPED };

static int master;
static pid_t shell, group;

static void in_group(long unused)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	SYS_RC(pthread_sigmask(SIG_BLOCK, &set, NULL));
	SYS(setpgid(0, group));
	t_wake(JOINED);
	SYS_RC(sigwait(&set, &sig));
	EXPECT_EQ(sig, SIGINT);
	t_wake(INTERRUPTED);
}

static void nothing(long unused)
{
	SYS(setpgid(0, 0));
}

static void reader(long slave)
{
	char byte;

	SYS(setpgid(0, 0));
	SYS(read(slave, &byte, 1));
}

static void shell_main(long unused)
{
	pid_t pid = 0, background;
	int slave, status;

	signal(SIGTTOU, SIG_IGN);
	SYS(setsid());
	slave = t_pts(master, O_RDWR);
	SYS(close(master));
	if (variant->arg != OTHER) {
		group = t_fork(nothing, 0);
		setpgid(group, group);
	}
	if (variant->arg != EMPTY) {
		pid = t_fork(in_group, 0);
		group = group ?: pid;
		t_wait(JOINED);
	}
	SYS(tcsetpgrp(slave, group));
	if (variant->arg != OTHER)
		t_join(group);
	t_wake(READY);
	t_wait(GO);
	EXPECT_EQ(tcgetpgrp(slave), group);
	/* Whoever is not in it and reads is stopped. */
	background = t_fork(reader, slave);
	SYS(waitpid(background, &status, WUNTRACED));
	EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	SYS(kill(background, SIGKILL));
	t_reap(background);
	t_wake(READY);
	t_wait(TYPED);
	if (pid)
		t_join(pid);
	SYS(tcsetpgrp(slave, getpgrp()));
	EXPECT_EQ(tcgetpgrp(slave), getpgrp());
}

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	shell = t_fork(shell_main, 0);
	t_wait(READY);
}

static void check(void)
{
	t_wake(GO);
	t_wait(READY);
	/* The interrupt of the terminal, which would end the shell. */
	t_write(master, "\003", 1);
	if (variant->arg != EMPTY)
		t_wait(INTERRUPTED);
	t_read(master, (char[8]){}, 2);
	t_wake(TYPED);
	t_join(shell);
}

ZDTM_TEST = {
	.doc = "the foreground process group of a terminal, be there nobody left in it",
	.object = "tty",
	.variants = VARIANTS({ "other", OTHER }, { "leaderless", LEADERLESS }, { "empty", EMPTY }),
	.setup = setup,
	.check = check,
};
