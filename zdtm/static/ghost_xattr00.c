// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended attributes of a nameless file, and the one that is an access control list: who may read it
 * depends on it, and it shows as the group's mode.
 *
 * criu 4.2 loses them.
 */
#include <endian.h>
#include <sys/xattr.h>

#include "zdtm.h"

enum { USER, ACL };

/* posix_acl(5) as the kernel takes it: user rw-, user 1234 r--, group ---, mask r--, others ---. */
static const struct {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} entry[5];
} acl = { 2, { { 1, 6, -1 }, { 2, 4, 1234 }, { 4, 0, -1 }, { 16, 4, -1 }, { 32, 0, -1 } } };

static const char *const names[] = { "user.zdtm", "system.posix_acl_access" };

static struct {
	int fd;
	size_t size;
	char value[1000];
} was;

static void setup(void)
{
	struct blob data = t_blob(sizeof(was.value));

	if (variant->arg == ACL)
		memcpy(was.value, &acl, was.size = sizeof(acl));
	else
		t_blob_copy(&data, was.value), was.size = sizeof(was.value);
	was.fd = SYS(open("victim", O_RDWR | O_CREAT, 0600));
	t_fill(was.fd, 100);
	if (fsetxattr(was.fd, names[variant->arg], was.value, was.size, 0) < 0)
		t_skip("this file system has no %s: %s", names[variant->arg], strerror(errno));
	SYS(unlink("victim"));
}

static void check(void)
{
	char value[sizeof(was.value)];
	struct stat st;

	if (EXPECT_EQ(fgetxattr(was.fd, names[variant->arg], value, sizeof(value)), was.size))
		EXPECT_MEM(value, was.value, was.size);
	SYS(fstat(was.fd, &st));
	EXPECT_EQ(st.st_mode & 0777, variant->arg == ACL ? 0640 : 0600);
}

ZDTM_TEST = {
	.doc = "a nameless file keeps its extended attributes and access control list",
	.object = "regfile",
	.variants = VARIANTS({ "user", USER }, { "acl", ACL }),
	.setup = setup,
	.check = check,
};
