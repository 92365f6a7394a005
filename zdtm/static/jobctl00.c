// SPDX-License-Identifier: GPL-2.0-only
/*
 * A shell's background: process groups of four, stopped because they read their terminal (SIGTTIN),
 * because they write to it (SIGTTOU), or because they were told to. Each is brought to the foreground
 * and continued, and does what it could not do before. criu 4.2 refuses tasks stopped by these
 * signals; and all but the leader of a session lose its terminal.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "zdtm.h"

#define MEMBERS 4
#define JOBS    6

enum { READS, WRITES, STOPPED }; /* jobs take turns */
enum { READY, GO, TURN, OVER };

static int master, slave;
static pid_t shell, group;

static void member(long kind)
{
	char line[16] = "";

	SYS(setpgid(0, group));
	signal(SIGTTOU, SIG_DFL);
	if (kind == STOPPED)
		SYS(raise(SIGTSTP));
	if (kind == READS) {
		SYS(read(slave, line, sizeof(line)));
		EXPECT_STR(line, "line\n");
	} else {
		t_write(slave, "done\n", 5);
	}
}

static void expect_stopped(pid_t pid, int kind)
{
	int status;

	SYS(waitpid(pid, &status, WUNTRACED));
	if (!WIFSTOPPED(status))
		t_die("a member of a background job ended with %#x", status);
	EXPECT_EQ(WSTOPSIG(status), kind == READS ? SIGTTIN : kind == WRITES ? SIGTTOU : SIGTSTP);
}

static void shell_main(long unused)
{
	pid_t job[JOBS][MEMBERS];
	struct termios t;

	SYS(setsid());
	slave = t_pts(master, O_RDWR);
	SYS(close(master));
	SYS(tcgetattr(slave, &t));
	t.c_lflag &= ~ECHO;
	t.c_lflag |= TOSTOP;
	SYS(tcsetattr(slave, TCSANOW, &t));
	signal(SIGTTOU, SIG_IGN);
	for (int j = 0; j < JOBS; j++) {
		group = 0;
		for (int i = 0; i < MEMBERS; i++) {
			job[j][i] = t_fork(member, j % 3);
			group = job[j][0];
			setpgid(job[j][i], group);
		}
		for (int i = 0; i < MEMBERS; i++)
			expect_stopped(job[j][i], j % 3);
	}
	t_wake(READY);
	t_wait(GO);
	for (int j = 0; j < JOBS; j++) {
		SYS(tcsetpgrp(slave, job[j][0]));
		SYS(kill(-job[j][0], SIGCONT));
		t_wake(TURN);
		for (int i = 0; i < MEMBERS; i++)
			t_join(job[j][i]);
		SYS(tcsetpgrp(slave, getpgrp()));
		t_wake(OVER);
	}
}

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	shell = t_fork(shell_main, 0);
	t_wait(READY);
}

static void check(void)
{
	char text[6 * MEMBERS + 1] = "";
	pid_t sid = 0;

	SYS(ioctl(master, TIOCGSID, &sid));
	EXPECT_EQ(sid, shell);
	EXPECT_QUIET(master);
	t_wake(GO);
	for (int j = 0; j < JOBS; j++) {
		t_wait(TURN);
		if (j % 3 == READS) {
			for (int i = 0; i < MEMBERS; i++)
				t_write(master, "line\n", 5);
		} else {
			t_read(master, text, 6 * MEMBERS);
			EXPECT_STR(text, "done\r\ndone\r\ndone\r\ndone\r\n");
		}
		t_wait(OVER);
	}
	t_join(shell);
}

ZDTM_TEST = {
	.doc = "background jobs that their terminal has stopped go on in the foreground",
	.object = "tty",
	.setup = setup,
	.check = check,
};
