// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/map_files: the very file behind a mapping. */
#include <dirent.h>

#include "probe.h"

#define DECLARED                                                                                   \
	.since = "4.3", .commit = "bdb4d100afe9", .kconfig = "CONFIG_PROC_FS",                     \
	.source = "proc_pid_map_files(5), fs/proc/base.c"
#define FOLLOWS                                                                                    \
	DECLARED, .capability =                                                                    \
			  "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace"

/* The path of the entry for a mapping. */
static const char *entry(pid_t pid, const char *addr, size_t count)
{
	static char paths[4][96];
	static unsigned int turn;
	char *path = paths[turn++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "/proc/%d/map_files/%lx-%lx", pid, (unsigned long)addr,
		 (unsigned long)addr + count * page_size());
	return path;
}

/* A file of some pages, and then the same file with no name left. */
static int file_of(size_t count)
{
	int fd = workfile("mapped");

	NEED(ftruncate(fd, count * page_size()));
	return fd;
}

PROBE(names, .what = "map_files has a link for each mapping with a file, named by its range",
      DECLARED)
{
	struct vma *all;
	size_t entries = 0, files = 0;
	const struct dirent *e;
	int n;
	DIR *dir;

	map(file_of(3), 3, PROT_READ, MAP_PRIVATE);
	map(-1, 2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
	map(-1, 2, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);

	/* Reading both may map memory of our own, but none with a file. */
	dir = OFFERED(opendir("/proc/self/map_files"), "map_files", ENOENT);
	n = NEED(vma_all(0, &all));
	for (int i = 0; i < n; i++)
		files += all[i].ino != 0;
	while ((e = readdir(dir))) {
		unsigned long start, end;
		bool found = false;
		char name[64];

		if (e->d_name[0] == '.')
			continue;
		entries++;
		PROMISE_EQ(sscanf(e->d_name, "%lx-%lx", &start, &end), 2);
		snprintf(name, sizeof(name), "%lx-%lx", start, end);
		PROMISE_STR(e->d_name, name);
		for (int i = 0; i < n; i++)
			found |= all[i].start == start && all[i].end == end && all[i].ino;
		if (!found)
			DEVIATES("map_files has %s, maps has not", e->d_name);
	}
	PROMISE_EQ(entries, files);
}

PROBE(link_text, .what = "a map_files link says what maps says of the same range", DECLARED)
{
	char *p = map(file_of(1), 1, PROT_READ, MAP_PRIVATE);
	struct vma v;

	NEED(vma_at(0, p, &v));
	if (access("/proc/self/map_files", F_OK) < 0)
		ABSENT("no map_files");
	PROMISE_STR(link_text("%s", entry(getpid(), p, 1)), v.name);
	PROMISE_EQ(v.name[0], '/');
	NEED(unlink("mapped"));
	PROMISE(str_ends_with(link_text("%s", entry(getpid(), p, 1)), "/mapped (deleted)"));
}

PROBE(link_mode, .what = "a map_files link has the mode the file was opened with", DECLARED)
{
	int rw = file_of(2), ro = NEED(open("mapped", O_RDONLY));
	char *a = map(rw, 1, PROT_READ, MAP_SHARED), *b = map(ro, 2, PROT_READ, MAP_SHARED);
	struct stat st;

	OFFERED(lstat(entry(getpid(), a, 1), &st), "map_files", ENOENT);
	PROMISE_EQ(st.st_mode & 0700, 0600);
	NEED(lstat(entry(getpid(), b, 2), &st));
	PROMISE_EQ(st.st_mode & 0700, 0400);
}

PROBE(open_unlinked, .what = "opening a map_files link gives the mapped inode, unlinked or not",
      FOLLOWS)
{
	int fd = file_of(2), again;
	char *p = map(fd, 2, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct stat was, now;

	NEED(fstat(fd, &was));
	again = OFFERED(open(entry(getpid(), p, 2), O_RDWR), "map_files", ENOENT);
	NEED(fstat(again, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
	PROMISE_EQ(now.st_dev, was.st_dev);

	NEED(unlink("mapped"));
	close(fd);
	again = NEED(open(entry(getpid(), p, 2), O_RDWR));
	NEED(fstat(again, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
	PROMISE_EQ(now.st_nlink, 0);
	NEED(pwrite(again, "seen", 4, 5000));
	PROMISE_MEM(p + 5000, "seen", 4);
}

PROBE(open_memfd, .what = "opening a map_files link reaches a memfd that nobody holds open",
      FOLLOWS)
{
	int fd = NEED(memfd_create("mapped", 0)), again;
	struct stat was, now;
	char *p;

	NEED(ftruncate(fd, page_size()));
	NEED(fstat(fd, &was));
	p = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	close(fd);
	again = OFFERED(open(entry(getpid(), p, 1), O_RDWR), "map_files", ENOENT);
	NEED(fstat(again, &now));
	PROMISE_EQ(now.st_ino, was.st_ino);
	NEED(pwrite(again, "seen", 4, 0));
	PROMISE_MEM(p, "seen", 4);
}

PROBE(shared_anon, .what = "tasks that share an anonymous segment see one inode, others another",
      FOLLOWS)
{
	char *p = map(-1, 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	char *q = map(-1, 2, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	pid_t pid = spawn_idle();
	struct stat mine, theirs, other;
	int fd;

	OFFERED(stat(entry(getpid(), p, 2), &mine), "map_files", ENOENT);
	NEED(stat(entry(pid, p, 2), &theirs));
	NEED(stat(entry(pid, q, 2), &other));
	PROMISE_EQ(mine.st_ino, theirs.st_ino);
	PROMISE_EQ(mine.st_dev, theirs.st_dev);
	PROMISE_EQ(mine.st_dev, other.st_dev);
	PROMISE_NE(mine.st_ino, other.st_ino);

	/* And a third task could map it from here. */
	fd = NEED(open(entry(pid, p, 2), O_RDWR));
	NEED(pwrite(fd, "seen", 4, 0));
	PROMISE_MEM(p, "seen", 4);
}

PROBE(no_such_range, .what = "a range that is not exactly one mapping is ENOENT", DECLARED,
      .guards = "map-files-eintr")
{
	char *p = map(file_of(3), 3, PROT_READ, MAP_PRIVATE);
	const char *const wrong[] = {
		"0-0",        "1000-2000",  "zzz",
		"1000",       "2000-1000",  "-",
		"00001-0002", "1000-2000 ", "ffffffffffffffff0-ffffffffffffffff1",
	};
	struct stat st;
	char path[128];

	OFFERED(lstat(entry(getpid(), p, 3), &st), "map_files", ENOENT);
	PROMISE_FAILS(lstat(entry(getpid(), p, 2), &st), ENOENT);
	PROMISE_FAILS(lstat(entry(getpid(), p + page_size(), 1), &st), ENOENT);
	PROMISE_FAILS(lstat(entry(getpid(), p, 4), &st), ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(path, sizeof(path), "/proc/self/map_files/%s", wrong[i]);
		PROMISE_FAILS(lstat(path, &st), ENOENT);
	}
}

PROBE(refused, .what = "without a capability map_files can be read but not followed: EPERM",
      DECLARED)
{
	pid_t pid = spawn();

	if (pid == 0) {
		char *p;

		lose_privileges();
		p = map(-1, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
		if (access("/proc/self/map_files", F_OK) < 0)
			ABSENT("no map_files");
		NEED(opendir("/proc/self/map_files"));
		PROMISE(str_after(link_text("%s", entry(getpid(), p, 1)), "/dev/zero"));
		PROMISE_FAILS(open(entry(getpid(), p, 1), O_RDONLY), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(cap, .what = "CAP_CHECKPOINT_RESTORE alone lets map_files links be followed", .since = "5.9",
      .commit = "12886f8ab10c", .kconfig = "CONFIG_PROC_FS",
      .capability = "CAP_CHECKPOINT_RESTORE in the initial user namespace",
      .source = "proc_pid_map_files(5)")
{
	pid_t pid;

	need_privilege("CAP_CHECKPOINT_RESTORE in the initial user namespace");
	pid = spawn();
	if (pid == 0) {
		char *p;

		lose_privileges_but(CAP_CHECKPOINT_RESTORE);
		p = map(-1, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
		OFFERED(open(entry(getpid(), p, 1), O_RDONLY), "map_files for that capability",
			ENOENT, EPERM);
		_exit(0);
	}
	reap_good(pid);
}
