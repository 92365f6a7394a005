// SPDX-License-Identifier: GPL-2.0-only
/*
 * One nameless file in several hands: opened once by the parent, once by each of two children, mapped
 * by one of these, with a duplicate here and there. What one writes the others read.
 */
#include "zdtm.h"

#define SIZE (2 * T_PAGE)

enum { MAPPED, WRITES };

static struct {
	int fd, dup;
	struct blob data, more;
	unsigned char bytes[SIZE];
	pid_t child[2];
} was;

static void child(long which)
{
	int fd = SYS(open("victim", which == WRITES ? O_WRONLY : O_RDONLY));
	unsigned char *at;

	SYS(close(was.fd));
	if (which == WRITES) {
		t_wake(WRITES);
		t_wait(10 + WRITES);
		t_write(fd, was.bytes, SIZE);
	} else {
		at = SYS(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0));
		t_wake(MAPPED);
		t_wait(10 + MAPPED);
		EXPECT_MEM_IS(at, &was.more);
		EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 0);
		EXPECT_EQ(lseek(was.dup, 0, SEEK_CUR), 77);
	}
}

static void setup(void)
{
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	was.data = t_fill(was.fd, SIZE);
	was.dup = SYS(dup(was.fd));
	was.more = t_fill_mem(was.bytes, SIZE);
	was.more.at = 0;
	for (int i = MAPPED; i <= WRITES; i++) {
		was.child[i] = t_fork(child, i);
		t_wait(i);
	}
	SYS(unlink("victim"));
}

static void check(void)
{
	EXPECT_DATA(was.fd, &was.data);
	t_wake(10 + WRITES);
	t_join(was.child[WRITES]);
	EXPECT_DATA(was.fd, &was.more);
	SYS(lseek(was.fd, 77, SEEK_SET));
	t_wake(10 + MAPPED);
	t_join(was.child[MAPPED]);
	EXPECT_ERRNO(access("victim", F_OK), ENOENT);
}

ZDTM_TEST = {
	.doc = "a nameless file that several tasks have opened and mapped is one file",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
