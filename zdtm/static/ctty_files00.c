// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of /dev/tty stand for the terminal they were opened on: also in a task that has left its
 * session, and also when there are two sessions, whose terminals have one number in two devpts
 * instances. criu 4.2 refuses /dev/tty where the master is another session's.
 */
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "zdtm.h"

enum { INHERITED, TWO, TWO_INSTANCES };
enum { READY, WRITE, END };

static int master[2];
static pid_t leader[2];

static void leaver(long tty)
{
	SYS(setsid());
	t_wake(READY);
	t_wait(WRITE);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	t_write(tty, "away", 4);
	t_wait(END);
}

static void lead(long i)
{
	pid_t child;
	int tty;

	SYS(setsid());
	SYS(close(SYS(open(i && variant->arg == TWO_INSTANCES ? "more/0"
			   : i                                ? "/dev/pts/1"
							      : "/dev/pts/0",
			   O_RDWR))));
	for (int k = 0; k < 2; k++)
		SYS(close(master[k]));
	tty = SYS(open("/dev/tty", O_WRONLY));
	if (variant->arg == INHERITED) {
		child = t_fork(leaver, tty);
		SYS(close(tty));
		t_join(child);
		return;
	}
	t_wake(READY);
	t_wait(WRITE);
	t_write(tty, i ? "second" : "first", i ? 6 : 5);
	t_wait(END);
}

static void setup(void)
{
	master[0] = t_ptmx(O_RDWR);
	if (variant->arg == TWO_INSTANCES) {
		SYS(mkdir("more", 0755));
		SYS(mount("devpts", "more", "devpts", 0, "newinstance,ptmxmode=0666"));
		master[1] = SYS(open("more/ptmx", O_RDWR | O_NOCTTY));
		SYS(unlockpt(master[1]));
	} else {
		master[1] = t_ptmx(O_RDWR);
	}
	for (int i = 0; i < (variant->arg == INHERITED ? 1 : 2); i++) {
		leader[i] = t_fork(lead, i);
		t_wait(READY);
	}
}

static void check(void)
{
	int n = variant->arg == INHERITED ? 1 : 2;

	for (int i = 0; i < n; i++)
		t_wake(WRITE);
	if (variant->arg == INHERITED) {
		EXPECT_READS(master[0], "away");
	} else {
		EXPECT_READS(master[0], "first");
		EXPECT_READS(master[1], "second");
	}
	for (int i = 0; i < n; i++)
		t_wake(END);
	for (int i = 0; i < n; i++)
		t_join(leader[i]);
}

ZDTM_TEST = {
	.doc = "open files of /dev/tty stand for the terminal they were opened on",
	.object = "tty",
	.flavors = ZDTM_HOST | ZDTM_NS,
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* mount() */
	.variants = VARIANTS({ "inherited", INHERITED }, { "two", TWO },
			     { "two_instances", TWO_INSTANCES }),
	.setup = setup,
	.check = check,
};
