// SPDX-License-Identifier: GPL-2.0-only
/*
 * A nameless file that is open for writing alone: who saves it has to read it all the same. Its name
 * may be somebody else's by now, who must neither be touched nor taken for it.
 */
#include "zdtm.h"

enum { FREE, TAKEN, TAKEN_BY_DIR };

static struct {
	int fd;
	struct blob data, others;
} was;

static void setup(void)
{
	int other;

	was.fd = SYS(open("victim", O_WRONLY | O_CREAT, 0600));
	was.data = t_fill(was.fd, 1000);
	SYS(unlink("victim"));
	if (variant->arg == TAKEN) {
		other = SYS(open("victim", O_WRONLY | O_CREAT, 0644));
		was.others = t_fill(other, 1000);
		SYS(close(other));
	} else if (variant->arg == TAKEN_BY_DIR) {
		SYS(mkdir("victim", 0700));
	}
}

static void check(void)
{
	struct stat st;
	char byte;
	int fd;

	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, 1000);
	EXPECT_EQ(st.st_nlink, 0);
	EXPECT_EQ(lseek(was.fd, 0, SEEK_CUR), 1000);
	EXPECT_ERRNO(read(was.fd, &byte, 1), EBADF);
	EXPECT_DATA(t_reopen(was.fd, O_RDONLY), &was.data);
	t_write(was.fd, "more", 4);

	fd = open("victim", O_RDONLY);
	EXPECT_EQ(fd >= 0, variant->arg != FREE);
	if (variant->arg == TAKEN) {
		EXPECT_DATA(fd, &was.others);
		SYS(fstat(fd, &st));
		EXPECT_EQ(st.st_mode & 0777, 0644);
	}
}

ZDTM_TEST = {
	.doc = "a nameless file open for writing only keeps its bytes, and its name's heir is safe",
	.object = "regfile",
	.variants = VARIANTS({ "name_free", FREE },
			     { "name_taken", TAKEN, .known_as = "static/unlink_fstat01+" },
			     { "name_taken_by_dir", TAKEN_BY_DIR }),
	.setup = setup,
	.check = check,
};
