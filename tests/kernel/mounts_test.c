// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>

#include <linux/stat.h>

#include "engine/base/fd.h"
#include "engine/kernel/mounts.h"
#include "text.h"

UNIT(files, "files of mounts are told from those that only the kernel has a mount for")
{
	int fd = open(".", O_RDONLY);

	ATF_CHECK_EQ(mounts_has_file(fd), 1);
	close(fd);
	fd = open("/proc/self/stat", O_RDONLY);
	ATF_CHECK_EQ(mounts_has_file(fd), 1);
	close(fd);
	fd = memfd_create("m", 0);
	ATF_CHECK_EQ(mounts_has_file(fd), 0);
	close(fd);
	ATF_CHECK_EQ(mounts_has_file(fd), -EBADF);
}

static uint64_t mount_id(int fd)
{
	struct statx st = {};

	ATF_REQUIRE_EQ(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st), 0);
	return st.stx_mnt_id;
}

ATF_TC(places);
ATF_TC_HEAD(places, tc)
{
	atf_tc_set_md_var(tc, "descr",
			  "a mount is found by its number or device, whatever its name");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(places, tc)
{
	static const char name[] = "a b\t\\040\nc";
	char cwd[4000], path[4100];
	const char *place;
	struct stat st;
	uint64_t id;
	int fd, at;

	ATF_REQUIRE_EQ(unshare(CLONE_NEWNS), 0);
	ATF_REQUIRE_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	fd = open(".", O_RDONLY);
	ATF_CHECK_EQ(mounts_has_file(fd), 1);
	close(fd);

	/* Made after the first question. */
	ATF_REQUIRE_EQ(mkdir(name, 0700), 0);
	ATF_REQUIRE_EQ(mount("none", name, "tmpfs", 0, NULL), 0);
	fd = open(name, O_RDONLY);
	ATF_CHECK_EQ(mounts_has_file(fd), 1);
	id = mount_id(fd);
	ATF_REQUIRE_EQ(mounts_find(id, &place), 0);
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)));
	snprintf(path, sizeof(path), "%s/%s", cwd, name);
	ATF_CHECK_STREQ(place, path);

	ATF_REQUIRE_EQ(fstat(fd, &st), 0);
	at = mounts_open_device(major(st.st_dev), minor(st.st_dev));
	ATF_REQUIRE(at >= 0);
	ATF_CHECK_EQ(fd_path(at, path, sizeof(path)), 0);
	ATF_CHECK_EQ(mount_id(at), id);
	close(at);

	/* Out of reach. */
	ATF_REQUIRE_EQ(mount("none", name, "tmpfs", 0, NULL), 0);
	ATF_CHECK_EQ(mounts_find(id, &place), -ENOENT);
	ATF_CHECK_EQ(mounts_open_device(major(st.st_dev), minor(st.st_dev)), -ENOENT);
	ATF_REQUIRE_EQ(umount(name), 0);
	close(fd);
	ATF_REQUIRE_EQ(umount(name), 0);
	ATF_CHECK_EQ(mounts_open_device(4095, 77), -ENOENT);
	ATF_CHECK_EQ(mounts_find(UINT64_MAX, &place), -ENOENT);
}

ATF_TC(ahead);
ATF_TC_HEAD(ahead, tc)
{
	atf_tc_set_md_var(tc, "descr", "what was read ahead is not believed when it has changed");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(ahead, tc)
{
	int fd;

	ATF_REQUIRE_EQ(unshare(CLONE_NEWNS), 0);
	ATF_REQUIRE_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ATF_REQUIRE_EQ(mkdir("m", 0700), 0);
	ATF_REQUIRE_EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	fd = open("m", O_RDONLY);
	mounts_read_ahead();
	ATF_CHECK_EQ(mounts_has_file(fd), 1);
	mounts_read_ahead();
	ATF_REQUIRE_EQ(umount2("m", MNT_DETACH), 0);
	ATF_CHECK_EQ(mounts_has_file(fd), 0);
	close(fd);

	mounts_read_ahead();
	ATF_REQUIRE_EQ(mount("none", "m", "tmpfs", 0, NULL), 0);
	fd = open("m", O_RDONLY);
	ATF_CHECK_EQ(mounts_has_file(fd), 1);
	close(fd);
	ATF_REQUIRE_EQ(umount("m"), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, places);
	ATF_TP_ADD_TC(tp, ahead);
	return atf_no_error();
}
