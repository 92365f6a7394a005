// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that makes files all the time, and renames, replaces and removes them while it has them
 * open: a handful is always there, in every state a name can be in. Each has its own bytes when it is
 * closed at last.
 */
#include "zdtm.h"

#define FILES 8

enum { TURNING };
enum { NAMED, REMOVED, RENAMED, REPLACED, NEVER_NAMED, FATES };

static pid_t child;

static struct file {
	int fd;
	struct blob data;
	char name[16];
} files[FILES];

static void begin(struct file *f, int nr)
{
	int fate = nr % FATES;

	snprintf(f->name, sizeof(f->name), "file-%d", nr % 7);
	if (fate == NEVER_NAMED) {
		f->fd = SYS(open(".", O_RDWR | O_TMPFILE, 0600));
	} else {
		/* One of this name may be there, and open: it keeps what it has. */
		unlink(f->name);
		f->fd = SYS(open(f->name, O_RDWR | O_CREAT | O_EXCL, 0600));
	}
	f->data = t_fill(f->fd, 100 + nr % 3000);
	if (fate == REMOVED) {
		SYS(unlink(f->name));
	} else if (fate == RENAMED) {
		SYS(rename(f->name, "elsewhere"));
	} else if (fate == REPLACED) {
		SYS(close(SYS(open("heir", O_RDWR | O_CREAT, 0600))));
		SYS(rename("heir", f->name));
	}
}

static void end(struct file *f)
{
	EXPECT_EQ(lseek(f->fd, 0, SEEK_CUR), f->data.size);
	EXPECT_EQ(lseek(f->fd, 0, SEEK_END), f->data.size);
	EXPECT_DATA(f->fd, &f->data);
	SYS(close(f->fd));
}

static void make_and_remove(long unused)
{
	for (int nr = 0; !t_over(); nr++) {
		struct file *f = &files[nr % FILES];

		if (nr >= FILES)
			end(f);
		begin(f, nr);
		if (nr == 2 * FILES)
			t_wake(TURNING);
	}
	for (int i = 0; i < FILES; i++)
		end(&files[i]);
}

static void setup(void)
{
	child = t_fork(make_and_remove, 0);
	t_wait(TURNING);
}

static void check(void)
{
	t_join(child);
}

ZDTM_TEST = {
	.doc = "files made, renamed and removed all the time keep their bytes while they are open",
	.object = "regfile",
	.setup = setup,
	.check = check,
};
