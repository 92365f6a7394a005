// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file whose last name is gone but which is still open keeps its bytes, offset, mode and owner -
 * and is still nameless afterwards. Mode and owner are changed only when it has no name any more.
 */
#include "zdtm.h"

static struct {
	int fd;
	struct stat st;
	struct blob data;
} was;

static void setup(void)
{
	bool born_nameless = variant->arg & O_TMPFILE;

	was.fd = born_nameless ? SYS(open(".", O_RDWR | O_TMPFILE, 0640))
			       : SYS(open("victim", O_RDWR | O_CREAT, 0640));
	was.data = t_fill(was.fd, 3 * 4096 + 17);
	SYS(lseek(was.fd, 100, SEEK_SET));
	if (!born_nameless)
		SYS(unlink("victim"));
	SYS(fchown(was.fd, 1234, 5678));
	SYS(fchmod(was.fd, 0604));
	SYS(fstat(was.fd, &was.st));
}

static void check(void)
{
	struct stat now;

	SYS(fstat(was.fd, &now));
	EXPECT_EQ(now.st_nlink, 0);
	EXPECT_EQ(now.st_mode, was.st.st_mode);
	EXPECT_EQ(now.st_uid, was.st.st_uid);
	EXPECT_EQ(now.st_gid, was.st.st_gid);
	EXPECT_EQ(now.st_size, was.st.st_size);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 100);
	EXPECT_DATA(was.fd, &was.data);
}

ZDTM_TEST = {
	.doc = "a file with no name left keeps bytes, offset, mode and owner",
	.object = "regfile",
	/* fchown(), and then fchmod() of what is somebody else's. */
	.caps = CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_FOWNER),
	.engine = LIST("--ghost-limit=1M"),
	.variants = VARIANTS({ "unlinked" },
			     { "tmpfile", O_TMPFILE, .known_as = "static/unlink_fstat041" }),
	.setup = setup,
	.check = check,
};
