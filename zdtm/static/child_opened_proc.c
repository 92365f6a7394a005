// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in the /proc of live relatives: of a child, its descriptors, and, in the child, of its
 * parent; or of a thread of the child. Each is open before or after the task it is about has come into
 * being again, and tells of that one.
 *
 * criu 4.2 opens files before there are threads, and cannot restore what is about one. To the name of
 * a task's directory it adds a byte of something else.
 */
#include "zdtm.h"

enum { READY, GO };
enum { STAT, DIRECTORY, FDS, TASK, FILES };
enum { PROCESS, PROCESS_DIR, THREAD }; /* variant->arg */

static struct {
	pid_t child, tid;
	int fd[FILES];
} * was; /* shared */

/* That of the task, whose pid it begins with; at its offset. */
static void expect_stat_of(int fd, pid_t pid)
{
	char text[64] = "", begin[32];

	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
	SYS(pread(fd, text, sizeof(text) - 1, 0));
	snprintf(begin, sizeof(begin), "%d (", pid);
	text[strlen(begin)] = '\0';
	EXPECT_STR(text, begin);
}

static int open_stat(const char *format, pid_t a, pid_t b)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), format, a, b);
	fd = SYS(open(path, O_RDONLY));
	t_read(fd, path, 3);
	return fd;
}

static void thread(long unused)
{
	was->tid = gettid();
	t_wake(READY);
	t_wait(GO);
}

static void child(long unused)
{
	int of_parent = open_stat("/proc/%d/stat", getppid(), 0);
	pthread_t other = t_thread(thread, 0);

	t_wake(READY);
	t_wait(GO);
	expect_stat_of(of_parent, getppid());
	t_thread_join(other);
}

static void setup(void)
{
	char path[64];

	was = t_map(sizeof(*was), MAP_SHARED);
	was->child = t_fork(child, 0);
	t_wait(READY);
	t_wait(READY);
	was->fd[STAT] = open_stat("/proc/%d/stat", was->child, 0);
	if (variant->arg == THREAD)
		was->fd[TASK] = open_stat("/proc/%d/task/%d/stat", was->child, was->tid);
	snprintf(path, sizeof(path), "/proc/%d", was->child);
	if (variant->arg == PROCESS_DIR)
		was->fd[DIRECTORY] = SYS(open(path, O_RDONLY | O_DIRECTORY));
	snprintf(path, sizeof(path), "/proc/%d/fd", was->child);
	was->fd[FDS] = SYS(open(path, O_RDONLY | O_DIRECTORY));
}

static void check(void)
{
	char byte, path[3];
	int fd;

	expect_stat_of(was->fd[STAT], was->child);
	if (variant->arg == THREAD)
		expect_stat_of(was->fd[TASK], was->tid);
	if (variant->arg == PROCESS_DIR) {
		fd = SYS(openat(was->fd[DIRECTORY], "stat", O_RDONLY));
		t_read(fd, path, 3);
		expect_stat_of(fd, was->child);
	}
	SYS(faccessat(was->fd[FDS], "0", F_OK, 0));
	t_wake(GO);
	t_wake(GO);
	t_join(was->child);
	/* They are of that child, and it is no more. */
	EXPECT_ERRNO(pread(was->fd[STAT], &byte, 1, 0), ESRCH);
	if (variant->arg == THREAD)
		EXPECT_ERRNO(pread(was->fd[TASK], &byte, 1, 0), ESRCH);
	if (variant->arg == PROCESS_DIR)
		EXPECT_EQ(faccessat(was->fd[DIRECTORY], "stat", F_OK, 0), -1);
}

ZDTM_TEST = {
	.doc = "files of a live task in /proc are open, and that task's",
	.object = "regfile",
	.variants = VARIANTS({ "process", PROCESS }, { "process_dir", PROCESS_DIR },
			     { "thread", THREAD, .demand = KEEP_OR_REFUSE }),
	.setup = setup,
	.check = check,
};
