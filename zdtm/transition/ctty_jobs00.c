// SPDX-License-Identifier: GPL-2.0-only
/*
 * A shell that keeps putting jobs into the foreground of its terminal, one after the other, and
 * itself back when they have ended. Each job finds itself in front and may read; the shell is behind
 * meanwhile. With criu 4.2 a job has no controlling terminal any more.
 */
#include <termios.h>

#include "zdtm.h"

enum { WORKING };

static int master;
static pid_t shell;

static void job(long slave)
{
	char byte = 0;

	SYS(setpgid(0, 0));
	SYS(tcsetpgrp(slave, getpgrp()));
	EXPECT_EQ(tcgetpgrp(slave), getpgrp());
	/* Behind, this would be the end of the test: who ignores SIGTTIN gets an error. */
	t_write(slave, "?", 1);
	if (read(slave, &byte, 1) != 1 || byte != '!')
		t_fail("read of a job in the foreground: %s", strerror(errno));
	EXPECT_EQ(tcgetpgrp(slave), getpgrp());
}

static void shell_main(long unused)
{
	int slave;

	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
	SYS(setsid());
	slave = t_pts(master, O_RDWR);
	SYS(close(master));
	t_raw(slave);
	for (int nr = 0; !t_over(); nr++) {
		t_join(t_fork(job, slave));
		SYS(tcsetpgrp(slave, getpgrp()));
		EXPECT_EQ(tcgetpgrp(slave), getpgrp());
		if (nr == 5)
			t_wake(WORKING);
	}
	t_write(slave, ".", 1);
	t_wait(WORKING);
}

static void type(long unused)
{
	char byte = 0;

	for (;;) {
		t_read(master, &byte, 1);
		if (byte == '.')
			return;
		t_write(master, "!", 1);
	}
}

static pid_t typist;

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	shell = t_fork(shell_main, 0);
	typist = t_fork(type, 0);
	t_wait(WORKING);
}

static void check(void)
{
	t_join(typist);
	t_wake(WORKING);
	t_join(shell);
}

ZDTM_TEST = {
	.doc = "a shell goes on changing the foreground of its terminal",
	.object = "tty",
	.setup = setup,
	.check = check,
};
