// SPDX-License-Identifier: GPL-2.0-only
/* A small set with every form that a file of a set can have, for the tests of engine/image. */
#ifndef TESTS_IMAGE_SET_H
#define TESTS_IMAGE_SET_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/crc32c.h"
#include "engine/base/fd.h"
#include "engine/image/image.h"
#include "proto/fs.pb-c.h"
#include "proto/pipe.pb-c.h"
#include "proto/pstree.pb-c.h"
#include "tests/unit.h"

static inline int set_dir(const char *name)
{
	int fd;

	ATF_REQUIRE(mkdir(name, 0700) == 0 || errno == EEXIST);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ATF_REQUIRE(fd >= 0);
	return fd;
}

static inline InventoryEntry set_inventory(void)
{
	InventoryEntry inv = INVENTORY_ENTRY__INIT;

	inv.img_version = 2;
	inv.engine = (char *)"a test";
	inv.has_root_pid = true;
	inv.root_pid = 4711;
	return inv;
}

/* One file with several records, */
static inline void set_put_pstree(struct image_dir *d, uint32_t tasks)
{
	struct image_out o;

	ATF_REQUIRE_EQ(image_create(d, IMAGE_PSTREE, 0, &o), 0);
	for (uint32_t i = 0; i < tasks; i++) {
		PstreeEntry e = PSTREE_ENTRY__INIT;

		e.pid = i + 1;
		e.ppid = i;
		e.pgid = e.sid = 1;
		e.threads = &e.pid;
		e.n_threads = 1;
		ATF_REQUIRE_EQ(image_put(&o, &e.base), 0);
	}
	ATF_REQUIRE_EQ(image_close(&o), 0);
}

/* one with one, */
static inline void set_put_fs(struct image_dir *d, uint64_t id, uint32_t umask)
{
	FsEntry fs = FS_ENTRY__INIT;

	fs.cwd_id = 1;
	fs.root_id = 2;
	fs.has_umask = true;
	fs.umask = umask;
	ATF_REQUIRE_EQ(image_write_one(d, IMAGE_FS, id, &fs.base), 0);
}

/* one with raw data between records, */
static inline void set_put_pipes(struct image_dir *d, size_t bytes)
{
	char *data = calloc(1, bytes + 1);
	struct image_out o;

	ATF_REQUIRE(data);
	ATF_REQUIRE_EQ(image_create(d, IMAGE_PIPES_DATA, 0, &o), 0);
	for (uint32_t id = 1; id <= 3; id++) {
		PipeDataEntry e = PIPE_DATA_ENTRY__INIT;

		memset(data, 'a' + id, bytes);
		e.pipe_id = id;
		e.bytes = bytes;
		ATF_REQUIRE_EQ(image_put(&o, &e.base), 0);
		ATF_REQUIRE_EQ(image_put_raw(&o, data, bytes), 0);
	}
	ATF_REQUIRE_EQ(image_close(&o), 0);
	free(data);
}

/* and one that is raw. */
static inline void set_put_pages(struct image_dir *d, uint64_t id, char what, size_t n)
{
	char *data = malloc(n);
	unsigned int index;
	int fd;

	ATF_REQUIRE(data);
	memset(data, what, n);
	fd = image_create_raw(d, IMAGE_PAGES, id, &index);
	ATF_REQUIRE(fd >= 0);
	ATF_REQUIRE_EQ(write_full(fd, data, n), 0);
	image_raw_done(d, index, n, crc32c(0, data, n));
	close(fd);
	free(data);
}

static inline void set_write(int dirfd, uint32_t tasks)
{
	InventoryEntry inv = set_inventory();
	struct image_dir d;

	ATF_REQUIRE_EQ(image_dir_begin(dirfd, &d), 0);
	set_put_pstree(&d, tasks);
	set_put_fs(&d, 1, 022);
	set_put_pipes(&d, 20);
	set_put_pages(&d, 1, 'p', 100);
	ATF_REQUIRE_EQ(image_dir_commit(&d, &inv), 0);
}

/* Everything in it that can be read, whatever it is. 0 when all of it could. */
static inline int set_read_all(struct image_set *s)
{
	const uint8_t *raw;
	PipeDataEntry *pipe;
	struct image_in in;
	PstreeEntry *e;
	uint64_t size;
	FsEntry *fs;
	int r, fd;

	r = image_open(s, IMAGE_PSTREE, 0, &in);
	while (r >= 0 && (r = image_get(&in, &pstree_entry__descriptor, &e)) > 0)
		;
	if (r == 0)
		r = image_read_one(s, IMAGE_FS, 1, &fs_entry__descriptor, &fs);
	if (r == 0)
		r = image_open(s, IMAGE_PIPES_DATA, 0, &in);
	while (r >= 0 && (r = image_get(&in, &pipe_data_entry__descriptor, &pipe)) > 0)
		r = image_get_raw(&in, pipe->bytes, &raw);
	if (r < 0)
		return r;
	fd = image_open_raw(s, IMAGE_PAGES, 1, &size);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Opens the set and reads all of it. What was wrong, if anything, is in *file. */
static inline int set_check(int dirfd, bool accept_edited, char file[IMAGE_NAME_SIZE])
{
	struct image_set s;
	struct arena a;
	int r;

	arena_init(&a, false);
	r = image_set_open(dirfd, &a, accept_edited, &s);
	if (r == 0)
		r = set_read_all(&s);
	if (r == -EBADMSG)
		ATF_CHECK_MSG(s.file[0] && s.why && s.why[0], "it does not say what is wrong");
	if (file)
		memcpy(file, s.file, IMAGE_NAME_SIZE);
	image_set_close(&s);
	arena_done(&a);
	return r;
}

static inline void set_get(int dirfd, const char *name, struct buf *b)
{
	ATF_REQUIRE_EQ(read_file_at(dirfd, name, b), 0);
}

static inline void set_put(int dirfd, const char *name, const void *data, size_t n)
{
	int fd;

	/* Some file systems write a file that was cut short to the disk, and wait for that. */
	unlinkat(dirfd, name, 0);
	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ATF_REQUIRE(fd >= 0);
	ATF_REQUIRE_EQ(write_full(fd, data, n), 0);
	close(fd);
}

#endif
