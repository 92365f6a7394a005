// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that was never given a name can still be given one; that is what O_TMPFILE is for: write it,
 * and let it appear whole. A file that has lost its name never can. It may be open several times.
 *
 * criu 4.2 loses that: the file comes back as one that has lost its name.
 */
#include "zdtm.h"

enum { PLAIN, READ_ONLY_TOO, MAPPED };

static struct {
	int fd, again;
	unsigned char *at;
	struct blob data;
} was;

static void setup(void)
{
	was.fd = SYS(open(".", O_RDWR | O_TMPFILE | O_APPEND, 0640));
	was.data = t_fill(was.fd, 3000);
	was.data.at = 0;
	was.again = -1;
	if (variant->arg == READ_ONLY_TOO)
		was.again = t_reopen(was.fd, O_RDONLY);
	if (variant->arg == MAPPED)
		was.at = SYS(mmap(NULL, T_PAGE, PROT_READ, MAP_SHARED, was.fd, 0));
}

static void check(void)
{
	char path[32];
	struct stat st;

	EXPECT_EQ(fcntl(was.fd, F_GETFL) & (O_TMPFILE | O_APPEND), O_TMPFILE | O_APPEND);
	EXPECT_DATA(was.fd, &was.data);
	if (was.again >= 0) {
		EXPECT(t_same_file(was.fd, was.again));
		EXPECT_EQ(fcntl(was.again, F_GETFL) & (O_TMPFILE | O_ACCMODE), O_RDONLY);
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", was.fd);
	SYS(linkat(AT_FDCWD, path, AT_FDCWD, "born", AT_SYMLINK_FOLLOW));
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_nlink, 1);
	EXPECT_EQ(st.st_mode & 0777, 0640);
	EXPECT_DATA(SYS(open("born", O_RDONLY)), &was.data);
	t_write(was.fd, "x", 1);
	if (was.at)
		EXPECT_EQ(was.at[3000], 'x');
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_size, 3001);
}

ZDTM_TEST = {
	.doc = "a file that never had a name can still be given one",
	.object = "regfile",
	.variants = VARIANTS({ "plain", PLAIN }, { "read_only_too", READ_ONLY_TOO },
			     { "mapped", MAPPED }),
	.setup = setup,
	.check = check,
};
