// SPDX-License-Identifier: GPL-2.0-only
/*
 * The members of a session have its controlling terminal: a child, a child's child in a group of its
 * own, a sibling; but for one that has given it up, and its child, forked before, that has not.
 * criu 4.2 gives it to the leader only.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

enum { LEADER, CHILD, GRANDCHILD, WITHOUT, STILL_WITH, TASKS };
enum { READY, ASK, TOLD };

static int master;
static pid_t leader;

static void look(long who)
{
	int fd;

	t_wake(READY);
	t_wait(ASK);
	fd = open("/dev/tty", O_RDWR);
	if (who == WITHOUT) {
		EXPECT(fd < 0 && errno == ENXIO);
		EXPECT_EQ(t_stat_num(getpid(), 7), 0);
	} else if (fd < 0) {
		t_fail("task %ld has no controlling terminal: %s", who, strerror(errno));
	} else {
		pid_t sid = 0;

		SYS(ioctl(fd, TIOCGSID, &sid));
		EXPECT_EQ(sid, leader);
		EXPECT_EQ(t_stat_num(getpid(), 7), 136 << 8);
	}
	t_wake(TOLD);
}

static void grandchild(long unused)
{
	SYS(setpgid(0, 0));
	look(GRANDCHILD);
}

static void child(long unused)
{
	pid_t pid = t_fork(grandchild, 0);

	look(CHILD);
	t_join(pid);
}

static void without(long unused)
{
	pid_t pid = t_fork(look, STILL_WITH);
	int fd = SYS(open("/dev/tty", O_RDWR));

	SYS(ioctl(fd, TIOCNOTTY));
	SYS(close(fd));
	look(WITHOUT);
	t_join(pid);
}

static void lead(long unused)
{
	pid_t pid[2];

	leader = SYS(setsid());
	SYS(close(t_pts(master, O_RDWR)));
	SYS(close(master));
	pid[0] = t_fork(child, 0);
	pid[1] = t_fork(without, 0);
	look(LEADER);
	for (int i = 0; i < 2; i++)
		t_join(pid[i]);
}

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	leader = t_fork(lead, 0);
	for (int i = 0; i < TASKS; i++)
		t_wait(READY);
}

static void check(void)
{
	for (int i = 0; i < TASKS; i++)
		t_wake(ASK);
	for (int i = 0; i < TASKS; i++)
		t_wait(TOLD);
	t_join(leader);
}

ZDTM_TEST = {
	.doc = "all members of a session have its terminal, but those that gave it up",
	.object = "tty",
	.setup = setup,
	.check = check,
};
