// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions that have lost their controlling terminal: it was hung up (vhangup), its master closed, or
 * the leader of the session has ended. Members are left with open files, dead or alive; none of them
 * has a terminal, and a living one is free for another session. criu 4.2 refuses such a /dev/tty.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>

#include "zdtm.h"

#ifndef TIOCVHANGUP
#define TIOCVHANGUP 0x5437
#endif

enum { HANGUP, MASTER_CLOSED, LEADER_ENDED };
enum { READY, LEFT, LOST, ASK };

static int master = -1;
static pid_t leader, member;
static pid_t *shared;

static void take_it(long slave)
{
	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
}

static void member_main(long slave)
{
	struct termios t;
	int tty = SYS(open("/dev/tty", O_RDWR));

	signal(SIGHUP, SIG_IGN);
	t_wake(READY);
	t_wait(LOST);
	t_wake(READY);
	t_wait(ASK);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	EXPECT_EQ(t_stat_num(getpid(), 7), 0);
	EXPECT_EQ(getsid(0), *shared);
	if (variant->arg == LEADER_ENDED) {
		SYS(tcgetattr(tty, &t));
		t_write(slave, "alive", 5);
		t_join(t_fork(take_it, tty));
	} else {
		EXPECT_READS(slave, "");
		EXPECT_READS(tty, "");
		EXPECT_ERRNO(tcgetattr(tty, &t), EIO);
	}
}

/* Its children go to us. */
static void leader_main(long unused)
{
	int slave;

	signal(SIGHUP, SIG_IGN);
	*shared = SYS(setsid());
	slave = t_pts(master, O_RDWR);
	SYS(close(master));
	member = t_fork(member_main, slave);
	t_wait(READY);
	t_wake(LEFT);
	if (variant->arg == LEADER_ENDED)
		return;
	if (variant->arg == HANGUP)
		SYS(ioctl(slave, TIOCVHANGUP));
	t_wait(LOST);
	t_wait(ASK);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	t_join(member);
}

static void setup(void)
{
	shared = t_map(T_PAGE, MAP_SHARED);
	master = t_ptmx(O_RDWR);
	if (variant->arg == LEADER_ENDED)
		SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	leader = t_fork(leader_main, 0);
	t_wait(LEFT);
	if (variant->arg == MASTER_CLOSED)
		SYS(close(master));
	if (variant->arg == LEADER_ENDED)
		t_join(leader);
	for (int i = 0; i < 2; i++)
		t_wake(LOST);
	t_wait(READY);
}

static void check(void)
{
	pid_t sid;

	if (variant->arg != MASTER_CLOSED)
		EXPECT_ERRNO(ioctl(master, TIOCGSID, &sid), ENOTTY);
	for (int i = 0; i < 2; i++)
		t_wake(ASK);
	if (variant->arg == LEADER_ENDED) {
		EXPECT_READS(master, "alive");
		SYS(waitpid(-1, &(int){ 0 }, 0));
	} else {
		t_join(leader);
	}
}

ZDTM_TEST = {
	.doc = "sessions whose terminal was hung up or whose leader is gone have none",
	.object = "tty",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* TIOCVHANGUP */
	.variants = VARIANTS({ "vhangup", HANGUP }, { "master_closed", MASTER_CLOSED },
			     { "leader_ended", LEADER_ENDED }),
	.setup = setup,
	.check = check,
};
