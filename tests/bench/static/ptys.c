// SPDX-License-Identifier: GPL-2.0-only
/* Ptys, both ends of each open, with something under way both ways. */
#include <termios.h>

#include "zdtm.h"

#define PTYS 200

static int master[PTYS], slave[PTYS];

static void setup(void)
{
	for (int i = 0; i < PTYS; i++) {
		struct termios t;

		master[i] = t_ptmx(O_RDWR);
		slave[i] = t_pts(master[i], O_RDWR | O_NOCTTY);
		SYS(tcgetattr(slave[i], &t));
		cfmakeraw(&t);
		if (variant->arg)
			t.c_lflag |= ICANON;
		SYS(tcsetattr(slave[i], TCSANOW, &t));
		t_write(master[i], "a line\n", 7);
		t_write(slave[i], "output", 6);
	}
}

static void check(void)
{
	for (int i = 0; i < PTYS; i++) {
		EXPECT_READS(slave[i], "a line\n");
		EXPECT_READS(master[i], "output");
	}
}

ZDTM_TEST = {
	.doc = "ptys",
	.object = "tty",
	.flavors = ZDTM_HOST,
	.variants = VARIANTS({ "200_raw", 0 }, { "200_cooked", 1 }),
	.timeout = 120,
	.setup = setup,
	.check = check,
};
