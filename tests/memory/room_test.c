// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/memory/room.h"
#include "tests/unit.h"

#define MANY  5
#define SIZE  (9 * ROOM_PART + 4096)
#define BLOCK 512 /* of st_blocks */

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* since 6.1 */
#endif

static uint64_t bytes_in(int fd)
{
	struct stat st;

	ATF_REQUIRE_EQ(fstat(fd, &st), 0);
	return st.st_blocks * BLOCK;
}

/* What is written into memory there is in the file; the number of parts where it can be. */
static unsigned int expect_writable(const struct room *r)
{
	unsigned int n = 0;
	char text[16];

	for (uint64_t at = 0; at < r->size; at += ROOM_PART) {
		uint64_t len = r->size - at < ROOM_PART ? r->size - at : ROOM_PART;
		char *to = room_at(r, at, len);

		ATF_CHECK(!room_at(r, at, len + 1) || at + len + 1 <= r->size);
		if (!to)
			continue;
		n++;
		ATF_CHECK(to[0] == 0 && memcmp(to, to + 1, len - 1) == 0);
		strcpy(to + len - 16, "at the end");
		ATF_REQUIRE_EQ(pread(r->fd, text, 16, at + len - 16), 16);
		ATF_CHECK_STREQ(text, "at the end");
	}
	return n;
}

static bool huge_pages(void)
{
	int fd = memfd_create("huge", MFD_CLOEXEC);
	char *p, *at;
	bool made;

	ATF_REQUIRE_EQ(ftruncate(fd, ROOM_PART), 0);
	p = mmap(NULL, 2 * ROOM_PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(p != MAP_FAILED);
	at = p + ROOM_PART - (uintptr_t)p % ROOM_PART;
	ATF_REQUIRE_EQ(mmap(at, ROOM_PART, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0),
		       at);
	at[0] = 1;
	made = madvise(at, ROOM_PART, MADV_COLLAPSE) == 0;
	munmap(p, 2 * ROOM_PART);
	close(fd);
	return made;
}

static uint64_t mapped_huge(void)
{
	static const char key[] = "ShmemPmdMapped:";
	FILE *f = fopen("/proc/self/smaps", "re");
	uint64_t kib = 0;
	char line[4200];

	ATF_REQUIRE(f);
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			kib += strtoull(line + strlen(key), NULL, 10);
	fclose(f);
	return kib;
}

static void make_in_memory(unsigned int n)
{
	struct room room[MANY], *list[MANY];
	bool huge = huge_pages();

	for (unsigned int i = 0; i < n; i++) {
		room[i] = (struct room){ .fd = memfd_create("room", MFD_CLOEXEC), .size = SIZE };
		list[i] = &room[i];
		ATF_REQUIRE(room_is_memory(room[i].fd));
	}
	room_make(list, n);
	for (unsigned int i = 0; i < n; i++) {
		ATF_CHECK_EQ_MSG(bytes_in(room[i].fd), SIZE, "%ju bytes",
				 (uintmax_t)bytes_in(room[i].fd));
		(void)expect_writable(&room[i]);
		/* One that takes long is the last. */
		if (huge && i == 0)
			ATF_CHECK(mapped_huge() > 0);
		room_done(&room[i]);
		ATF_CHECK(!room_at(&room[i], SIZE - 4096, 4096));
		close(room[i].fd);
	}
}

UNIT(all_of_it, "files have all their pages, and some of them are in memory")
{
	make_in_memory(1);
	make_in_memory(MANY);
	make_in_memory(0);
}

UNIT(small_pages, "the same where there are no huge pages")
{
	ATF_REQUIRE_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	ATF_REQUIRE(!huge_pages());
	make_in_memory(1);
	make_in_memory(MANY);
}

UNIT(elsewhere, "a file of proc is not in memory")
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	ATF_CHECK(!room_is_memory(fd));
	close(fd);
}

static void expect_full(void)
{
	for (unsigned int mib = 1; mib < 21; mib++) {
		char size[32];
		struct room room = { .size = SIZE }, *list = &room;

		snprintf(size, sizeof(size), "size=%uM", mib);
		ATF_REQUIRE_EQ(mount("none", "small", "tmpfs", 0, size), 0);
		room.fd = open("small/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		ATF_REQUIRE(room.fd >= 0);
		room_make(&list, 1);
		/* A part that is there in part is none. */
		ATF_CHECK(expect_writable(&room) * ROOM_PART <=
			  bytes_in(room.fd) + ROOM_PART - 4096);
		ATF_CHECK_EQ(bytes_in(room.fd) == SIZE, (uint64_t)mib << 20 >= SIZE);
		room_done(&room);
		close(room.fd);
		ATF_REQUIRE_EQ(umount("small"), 0);
	}
}

ATF_TC(full);
ATF_TC_HEAD(full, tc)
{
	atf_tc_set_md_var(tc, "descr", "where the disk is full, nothing says there were room");
	atf_tc_set_md_var(tc, "require.user", "root");
}
ATF_TC_BODY(full, tc)
{
	ATF_REQUIRE_EQ(unshare(CLONE_NEWNS), 0);
	ATF_REQUIRE_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ATF_REQUIRE_EQ(mkdir("small", 0700), 0);
	expect_full();
	ATF_REQUIRE_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	expect_full();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_of_it);
	ATF_TP_ADD_TC(tp, small_pages);
	ATF_TP_ADD_TC(tp, elsewhere);
	ATF_TP_ADD_TC(tp, full);
	return atf_no_error();
}
