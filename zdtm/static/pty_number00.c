// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ptys with holes in their numbers, made in another order than that of their descriptors: each has
 * its number, is found by its name, and the next one made gets the lowest that is free.
 */
#include <sys/ioctl.h>

#include "zdtm.h"

#define MADE 40
#define KEPT 4

static const int kept[KEPT] = { 31, 2, 30, 7 };
static int master[KEPT];

static void setup(void)
{
	int all[MADE];

	for (int i = 0; i < MADE; i++)
		all[i] = t_ptmx(O_RDWR);
	for (int i = 0; i < KEPT; i++)
		master[i] = SYS(fcntl(all[kept[i]], F_DUPFD, 100));
	for (int i = 0; i < MADE; i++)
		SYS(close(all[i]));
}

static void check(void)
{
	int index = -1, next;

	for (int i = 0; i < KEPT; i++) {
		SYS(ioctl(master[i], TIOCGPTN, &index));
		EXPECT_EQ(index, kept[i]);
		SYS(close(t_pts(master[i], O_RDWR | O_NOCTTY)));
	}
	for (int i = 0; i < 3; i++) {
		next = t_ptmx(O_RDWR);
		SYS(ioctl(next, TIOCGPTN, &index));
		EXPECT_EQ(index, i == 2 ? 3 : i);
	}
}

ZDTM_TEST = {
	.doc = "ptys keep their numbers, and those between are free",
	.object = "tty",
	.setup = setup,
	.check = check,
};
