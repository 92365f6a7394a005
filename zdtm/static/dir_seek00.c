// SPDX-License-Identifier: GPL-2.0-only
/*
 * A directory half read. The rest comes next, every entry once and none again: file systems give
 * positions in directories that only they understand.
 */
#include <dirent.h>

#include "zdtm.h"

#define FILES 300

static struct {
	int fd;
	unsigned char seen[FILES];
	int count;
} was;

/* Some entries; false at the end. Not readdir(), which reads ahead. */
static bool read_some(void)
{
	struct dirent64 entry[10]; /* room for some twenty short ones */
	ssize_t n = SYS(getdents64(was.fd, entry, sizeof(entry)));

	for (char *at = (char *)entry; at < (char *)entry + n;) {
		struct dirent64 *e = (struct dirent64 *)at;
		int i;

		if (sscanf(e->d_name, "file-%d", &i) == 1) {
			was.seen[i]++;
			was.count++;
		}
		at += e->d_reclen;
	}
	return n > 0;
}

static void setup(void)
{
	SYS(mkdir("dir", 0700));
	was.fd = SYS(open("dir", O_RDONLY | O_DIRECTORY));
	for (int i = 0; i < FILES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "file-%d", i);
		SYS(close(SYS(openat(was.fd, name, O_CREAT | O_WRONLY, 0600))));
	}
	while (was.count < FILES / 2)
		EXPECT(read_some());
}

static void check(void)
{
	EXPECT_NE(lseek(was.fd, 0, SEEK_CUR), 0);
	while (read_some())
		;
	for (int i = 0; i < FILES; i++)
		if (!EXPECT_EQ(was.seen[i], 1))
			break;
	EXPECT_EQ(was.count, FILES);
	SYS(faccessat(was.fd, "file-0", F_OK, 0));
}

ZDTM_TEST = {
	.doc = "reading a directory goes on where it was",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
