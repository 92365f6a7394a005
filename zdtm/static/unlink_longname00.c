// SPDX-License-Identifier: GPL-2.0-only
/*
 * A nameless file whose name was as long as a name may be: none can be made up for it by adding to
 * that, which matters if somebody else has it by now.
 *
 * criu 4.2 cannot restore it: it always adds.
 */
#include <limits.h>

#include "zdtm.h"

static struct {
	int fd;
	struct blob data, others;
} was;

static char name[NAME_MAX + 1];

static void setup(void)
{
	int other;

	memset(name, 'n', NAME_MAX);
	was.fd = SYS(open(name, O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, 1000);
	SYS(unlink(name));
	if (variant->arg) {
		other = SYS(open(name, O_WRONLY | O_CREAT, 0600));
		was.others = t_fill(other, 1000);
		SYS(close(other));
	}
}

static void check(void)
{
	int other = open(name, O_RDONLY);
	struct stat st;

	EXPECT_DATA(was.fd, &was.data);
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(other >= 0, variant->arg);
	if (variant->arg)
		EXPECT_DATA(other, &was.others);
}

ZDTM_TEST = {
	.doc = "a nameless file is kept, however long its name was",
	.object = "regfile",
	.variants = VARIANTS({ "free", 0 }, { "taken", 1 }),
	.setup = setup,
	.check = check,
};
