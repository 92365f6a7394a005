// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mounted file system whose server is a task of the tree: it answers afterwards, or the dump is
 * refused. What was agreed on with the kernel is in the open file of /dev/fuse, and nobody tells it.
 */
#include <linux/fuse.h>
#include <sys/mount.h>

#include "zdtm.h"

#define INODES 77 /* of its root, as it says */

static pid_t server;

static void answer(int fd, const struct fuse_in_header *in, int error, const void *data, size_t n)
{
	struct {
		struct fuse_out_header head;
		char data[256];
	} out = { .head = { .len = sizeof(out.head) + n, .unique = in->unique, .error = error } };

	if (n)
		memcpy(out.data, data, n);
	t_write(fd, &out, out.head.len);
}

static void serve(long fd)
{
	static union {
		struct fuse_in_header head;
		char room[FUSE_MIN_READ_BUFFER + 65536];
	} in;
	const struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 4096,
	};
	const struct fuse_attr_out attr = {
		.attr = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2, .size = INODES },
	};

	/* Until it is mounted no more. */
	while (read(fd, &in, sizeof(in)) > 0) {
		if (in.head.opcode == FUSE_INIT)
			answer(fd, &in.head, 0, &init, sizeof(init));
		else if (in.head.opcode == FUSE_GETATTR)
			answer(fd, &in.head, 0, &attr, sizeof(attr));
		else if (in.head.opcode != FUSE_FORGET && in.head.opcode != FUSE_INTERRUPT)
			answer(fd, &in.head, -ENOSYS, NULL, 0);
	}
	EXPECT_EQ(errno, ENODEV);
}

static void expect_served(void)
{
	struct stat st;

	SYS(stat("fuse", &st));
	EXPECT_EQ(st.st_size, INODES);
}

static void setup(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (fd < 0)
		t_skip("/dev/fuse: %s", strerror(errno));
	SYS(mkdir("fuse", 0755));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	SYS(mount("server", "fuse", "fuse", MS_NOSUID | MS_NODEV, options));
	server = t_fork(serve, fd);
	SYS(close(fd));
	expect_served();
}

static void check(void)
{
	expect_served();
	SYS(umount("fuse"));
	t_join(server);
}

ZDTM_TEST = {
	.doc = "a file system is served by a task of the tree as before, or the dump is refused",
	.object = "fuse",
	.flavors = ZDTM_HOST,
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("fuse.clone"),
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* to mount */
	.setup = setup,
	.check = check,
};
