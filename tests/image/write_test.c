// SPDX-License-Identifier: GPL-2.0-only
/* Sets are complete or not there, and an older one stays until a newer one is complete. */
#include <dirent.h>

#include "set.h"

static void expect_names(const char *dir, const char *names)
{
	char text[4096] = "";
	struct dirent **e;
	int n = scandir(dir, &e, NULL, alphasort);

	ATF_REQUIRE(n >= 0);
	for (int i = 0; i < n; i++) {
		if (strcmp(e[i]->d_name, ".") != 0 && strcmp(e[i]->d_name, "..") != 0) {
			strcat(text, e[i]->d_name);
			strcat(text, " ");
		}
		free(e[i]);
	}
	free(e);
	ATF_CHECK_STREQ(text, names);
}

#define ALL "fs-1.img inventory.img pages-1.img pipes-data.img pstree.img "

UNIT(round_trip, "what was written is what is read")
{
	int dir = set_dir("img");
	const uint8_t *raw;
	struct image_set s;
	struct image_in in;
	PipeDataEntry *pipe;
	PstreeEntry *e;
	struct arena a;
	uint64_t size;
	FsEntry *fs;
	int fd;

	set_write(dir, 5);
	expect_names("img", ALL);
	arena_init(&a, false);
	ATF_REQUIRE_EQ(image_set_open(dir, &a, false, &s), 0);
	ATF_CHECK(s.sealed);
	ATF_CHECK_EQ(s.inventory->img_version, 2);
	ATF_CHECK_EQ(s.inventory->root_pid, 4711);
	ATF_CHECK_STREQ(s.inventory->engine, "a test");
	ATF_CHECK_EQ(s.inventory->n_files, 4);

	ATF_REQUIRE_EQ(image_open(&s, IMAGE_PSTREE, 0, &in), 0);
	for (uint32_t i = 0; i < 5; i++) {
		ATF_REQUIRE_EQ(image_get(&in, &pstree_entry__descriptor, &e), 1);
		ATF_CHECK_EQ(e->pid, i + 1);
		ATF_CHECK_EQ(e->ppid, i);
		ATF_CHECK_EQ(e->n_threads, 1);
		ATF_CHECK_EQ(e->threads[0], i + 1);
	}
	ATF_CHECK_EQ(image_get(&in, &pstree_entry__descriptor, &e), 0);
	ATF_CHECK_EQ(image_left(&in), 0);

	ATF_REQUIRE_EQ(image_read_one(&s, IMAGE_FS, 1, &fs_entry__descriptor, &fs), 0);
	ATF_CHECK(fs->cwd_id == 1 && fs->root_id == 2 && fs->has_umask && fs->umask == 022);
	ATF_CHECK_EQ(image_read_one(&s, IMAGE_FS, 2, &fs_entry__descriptor, &fs), -ENOENT);

	ATF_REQUIRE_EQ(image_open(&s, IMAGE_PIPES_DATA, 0, &in), 0);
	for (uint32_t id = 1; id <= 3; id++) {
		ATF_REQUIRE_EQ(image_get(&in, &pipe_data_entry__descriptor, &pipe), 1);
		ATF_CHECK_EQ(pipe->pipe_id, id);
		ATF_REQUIRE_EQ(image_get_raw(&in, pipe->bytes, &raw), 0);
		ATF_CHECK(raw[0] == 'a' + id && raw[19] == 'a' + id);
	}
	ATF_CHECK_EQ(image_get_raw(&in, 1, &raw), -EBADMSG);

	fd = image_open_raw(&s, IMAGE_PAGES, 1, &size);
	ATF_CHECK(fd >= 0);
	ATF_CHECK_EQ(size, 100);
	close(fd);
	ATF_CHECK_EQ(image_open_raw(&s, IMAGE_PAGES, 2, &size), -ENOENT);
	image_set_close(&s);
	arena_done(&a);
	close(dir);
}

UNIT(framing, "magic numbers and lengths are where other readers of the format look for them")
{
	int dir = set_dir("img");
	uint32_t word[3];
	struct buf b = {};

	set_write(dir, 1);
	set_get(dir, "inventory.img", &b);
	memcpy(word, b.data, 8);
	ATF_CHECK_EQ(word[0], 0x58313116);
	ATF_CHECK_EQ(word[1], b.len - 8);
	set_get(dir, "pstree.img", &b);
	memcpy(word, b.data, 12);
	ATF_CHECK_EQ(word[0], 0x54564319);
	ATF_CHECK_EQ(word[1], 0x50273030);
	ATF_CHECK_EQ(word[2], b.len - 12);
	set_get(dir, "pages-1.img", &b);
	ATF_CHECK(b.len == 100 && b.data[0] == 'p');

	ATF_REQUIRE_EQ(image_write_stats(dir, IMAGE_STATS_DUMP, &(FsEntry)FS_ENTRY__INIT.base), 0);
	set_get(dir, "stats-dump", &b);
	memcpy(word, b.data, 12);
	ATF_CHECK_EQ(word[0], 0x55105940);
	ATF_CHECK_EQ(word[1], 0x57093306);
	ATF_CHECK_EQ(word[2], b.len - 12);
	buf_done(&b);
	close(dir);
}

UNIT(big, "files that do not fit into memory at once, and many that do")
{
	InventoryEntry inv = set_inventory();
	int dir = set_dir("img");
	struct image_dir d;
	struct image_set s;
	struct image_in in;
	PstreeEntry *e;
	struct arena a;
	unsigned int n = 0;
	FsEntry *fs;

	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	set_put_pstree(&d, 200000);
	set_put_pipes(&d, 3 << 20);
	for (unsigned int i = 0; i < 300; i++)
		set_put_fs(&d, i, i);
	set_put_pages(&d, 1, 'x', 20 << 20);
	set_put_pages(&d, 2, 'y', 1);
	ATF_REQUIRE_EQ(image_dir_commit(&d, &inv), 0);

	arena_init(&a, false);
	ATF_REQUIRE_EQ(image_set_open(dir, &a, false, &s), 0);
	ATF_CHECK_EQ(s.inventory->n_files, 304);
	ATF_REQUIRE_EQ(image_open(&s, IMAGE_PSTREE, 0, &in), 0);
	while (image_get(&in, &pstree_entry__descriptor, &e) == 1)
		n++;
	ATF_CHECK_EQ(n, 200000);
	for (unsigned int i = 0; i < 300; i++) {
		ATF_REQUIRE_EQ(image_read_one(&s, IMAGE_FS, i, &fs_entry__descriptor, &fs), 0);
		ATF_REQUIRE_EQ(fs->umask, i);
	}
	image_set_close(&s);
	arena_done(&a);
	close(dir);
}

UNIT(unfinished, "a set that is given up leaves nothing, and was never to be seen")
{
	int dir = set_dir("img");
	struct image_out o;
	struct image_dir d;
	unsigned int index;

	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	set_put_pstree(&d, 100000);
	set_put_fs(&d, 1, 0);
	set_put_pages(&d, 1, 'x', 100);
	ATF_REQUIRE_EQ(image_create(&d, IMAGE_CORE, 1, &o), 0);
	ATF_CHECK_EQ(set_check(dir, false, NULL), -ENOENT);
	image_drop(&o);
	image_dir_abort(&d);
	expect_names("img", "");

	/* One that is not wanted after all. */
	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	close(image_create_raw(&d, IMAGE_PAGES, 1, &index));
	image_raw_unused(&d, index);
	set_put_pages(&d, 2, 'x', 100);
	ATF_REQUIRE_EQ(image_dir_commit(&d, &(InventoryEntry[]){ set_inventory() }[0]), 0);
	expect_names("img", "inventory.img pages-2.img ");
	close(dir);
}

UNIT(second, "a second set is made beside the first, and takes its place at once")
{
	InventoryEntry inv = set_inventory();
	struct buf before = {}, now = {};
	int dir = set_dir("img");
	struct image_dir d;

	set_write(dir, 3);
	set_get(dir, "pstree.img", &before);

	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	set_put_pstree(&d, 7);
	set_put_fs(&d, 1, 0);
	set_put_pages(&d, 1, 'q', 50);
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	image_dir_abort(&d);
	expect_names("img", ALL);
	set_get(dir, "pstree.img", &now);
	ATF_CHECK(now.len == before.len && memcmp(now.data, before.data, now.len) == 0);
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);

	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	set_put_pstree(&d, 7);
	set_put_fs(&d, 1, 0);
	set_put_pipes(&d, 1);
	set_put_pages(&d, 1, 'q', 50);
	ATF_REQUIRE_EQ(image_dir_commit(&d, &inv), 0);
	expect_names("img", ALL);
	set_get(dir, "pstree.img", &now);
	ATF_CHECK(now.len > before.len);
	ATF_CHECK_EQ(set_check(dir, false, NULL), 0);
	buf_done(&before);
	buf_done(&now);
	close(dir);
}

UNIT(blocked, "a file that cannot be made fails the set, by name, and nothing looks complete")
{
	InventoryEntry inv = set_inventory();
	int dir = set_dir("img");
	struct image_dir d;

	/* The first set has no such file: so it is only in the way when the names change. */
	set_write(dir, 3);
	ATF_REQUIRE_EQ(mkdirat(dir, "fs-77.img", 0700), 0);
	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	set_put_fs(&d, 77, 0);
	ATF_CHECK(image_dir_commit(&d, &inv) < 0);
	ATF_CHECK_STREQ(d.failed, "fs-77.img");
	image_dir_abort(&d);
	/* It was about to change names: by then the older set is of no more use. */
	ATF_CHECK_EQ(set_check(dir, false, NULL), -ENOENT);
	close(dir);

	dir = set_dir("new");
	ATF_REQUIRE_EQ(mkdirat(dir, "fs-1.img", 0700), 0);
	ATF_REQUIRE_EQ(image_dir_begin(dir, &d), 0);
	set_put_pstree(&d, 1);
	set_put_fs(&d, 1, 0);
	ATF_CHECK_EQ(image_dir_commit(&d, &inv), -EISDIR);
	ATF_CHECK_STREQ(d.failed, "fs-1.img");
	image_dir_abort(&d);
	expect_names("new", "fs-1.img ");
	close(dir);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, framing);
	ATF_TP_ADD_TC(tp, big);
	ATF_TP_ADD_TC(tp, unfinished);
	ATF_TP_ADD_TC(tp, second);
	ATF_TP_ADD_TC(tp, blocked);
	return atf_no_error();
}
