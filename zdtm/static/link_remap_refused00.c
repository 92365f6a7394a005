// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that was opened by a name it has lost, and that has another one: without leave to make a
 * link (--link-remap) an engine cannot keep it - a copy would be another file - and makes none.
 */
#include "zdtm.h"

static struct {
	int fd;
	unsigned char *at;
} was;

static void setup(void)
{
	int fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));

	t_fill(fd, T_PAGE);
	SYS(link("victim", "other"));
	SYS(unlink("victim"));
	if (variant->arg) {
		was.at = SYS(mmap(NULL, T_PAGE, PROT_READ, MAP_SHARED, fd, 0));
		SYS(close(fd));
	}
	was.fd = SYS(open("other", O_RDWR));
}

static void check(void)
{
	struct stat st;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_ERRNO(access("victim", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "without --link-remap a file with another name is refused, and gets no third one",
	.object = "regfile",
	.demand = MUST_REFUSE,
	.variants = VARIANTS({ "open", 0 }, { "mapped", 1 }),
	.setup = setup,
	.check = check,
};
