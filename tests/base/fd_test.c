// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/fd.h"
#include "tests/unit.h"

#define BIG 300000 /* more than a pipe takes at once */

static void ignore(int sig)
{
}

/* Calls are interrupted all the time. */
static void disturb(void)
{
	struct sigaction sa = { .sa_handler = ignore };
	struct itimerval often = { { 0, 500 }, { 0, 500 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void calm(void)
{
	setitimer(ITIMER_REAL, &(struct itimerval){}, NULL);
}

static unsigned char byte(size_t i)
{
	return i * 31 + i / 256;
}

UNIT(pipes, "all of it, through a pipe that takes and gives little, interrupted all the time")
{
	unsigned char *data = malloc(BIG);
	int p[2];
	pid_t pid;

	ATF_REQUIRE_EQ(pipe(p), 0);
	for (size_t i = 0; i < BIG; i++)
		data[i] = byte(i);
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	disturb();
	if (pid == 0) {
		close(p[0]);
		_exit(write_full(p[1], data, BIG) == 0 ? 0 : 1);
	}
	close(p[1]);
	memset(data, 0, BIG);
	ATF_CHECK_EQ(read_full(p[0], data, BIG), 0);
	for (size_t i = 0; i < BIG; i++)
		ATF_REQUIRE_EQ(data[i], byte(i));
	ATF_CHECK_EQ(read_full(p[0], data, 1), -ENODATA);
	calm();
	close(p[0]);
	waitpid(pid, NULL, 0);
	free(data);
}

UNIT(files, "whole reads and writes at a position; a file that ends early says so")
{
	char some[20] = {};
	int fd = open("file", O_RDWR | O_CREAT, 0600);

	ATF_REQUIRE(fd >= 0);
	ATF_CHECK_EQ(pwrite_full(fd, "0123456789", 10, 5), 0);
	ATF_CHECK_EQ(pread_full(fd, some, 10, 5), 0);
	ATF_CHECK_STREQ(some, "0123456789");
	ATF_CHECK_EQ(pread_full(fd, some, 11, 5), -ENODATA);
	ATF_CHECK_EQ(pread_full(fd, some, 0, 500), 0);
	ATF_CHECK_EQ(read_full(fd, some, 15), 0);
	ATF_CHECK_EQ(read_full(fd, some, 1), -ENODATA);
	close(fd);
	ATF_CHECK_EQ(read_full(fd, some, 1), -EBADF);
	ATF_CHECK_EQ(write_full(fd, some, 1), -EBADF);
	fd = open("/dev/full", O_WRONLY);
	ATF_CHECK_EQ(write_full(fd, some, 1), -ENOSPC);
	ATF_CHECK_EQ(pwrite_full(fd, some, 1, 0), -ENOSPC);
	close(fd);
}

UNIT(rest, "files of unknown size are read to their end")
{
	struct buf b = {};
	char line[32];
	FILE *f;

	ATF_CHECK_EQ(read_file_at(AT_FDCWD, "/proc/self/stat", &b), 0);
	snprintf(line, sizeof(line), "%d (", getpid());
	ATF_CHECK_MSG(strncmp(b.data, line, strlen(line)) == 0, "%s", b.data);
	ATF_CHECK_EQ(strlen(b.data), b.len);

	f = fopen("numbers", "w");
	ATF_REQUIRE(f);
	for (int i = 0; i < 100000; i++)
		fprintf(f, "%d\n", i);
	fclose(f);
	ATF_CHECK_EQ(read_file_at(AT_FDCWD, "numbers", &b), 0);
	ATF_CHECK_EQ(b.len, 588890);
	ATF_CHECK_STREQ(b.data + b.len - 6, "99999\n");
	ATF_CHECK_EQ(read_file_at(AT_FDCWD, "/dev/null", &b), 0);
	ATF_CHECK_EQ(b.len, 0);
	ATF_CHECK_STREQ(b.data, "");
	ATF_CHECK_EQ(read_file_at(AT_FDCWD, "nowhere", &b), -ENOENT);
	ATF_CHECK_EQ(read_file_at(AT_FDCWD, ".", &b), -EISDIR);
	buf_done(&b);
}

UNIT(controls, "a text for a file that is there, and not for one that is not")
{
	struct buf b = {};

	ATF_CHECK_EQ(write_file_at(AT_FDCWD, "control", "on"), -ENOENT);
	close(open("control", O_WRONLY | O_CREAT, 0600));
	ATF_CHECK_EQ(write_file_at(AT_FDCWD, "control", "on"), 0);
	ATF_CHECK_EQ(read_file_at(AT_FDCWD, "control", &b), 0);
	ATF_CHECK_STREQ(b.data, "on");
	ATF_CHECK_EQ(write_file_at(AT_FDCWD, "/dev/full", "on"), -ENOSPC);
	buf_done(&b);
}

UNIT(links, "what a link says, when there is room for it and a NUL")
{
	char to[PATH_MAX], link[FD_LINK_SIZE], cwd[PATH_MAX];
	int fd;

	ATF_REQUIRE_EQ(symlink("12345", "link"), 0);
	ATF_CHECK_EQ(read_link_at(AT_FDCWD, "link", to, 6), 0);
	ATF_CHECK_STREQ(to, "12345");
	ATF_CHECK_EQ(read_link_at(AT_FDCWD, "link", to, 5), -ENAMETOOLONG);
	ATF_CHECK_EQ(read_link_at(AT_FDCWD, "nowhere", to, sizeof(to)), -ENOENT);

	fd = open(".", O_RDONLY);
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)));
	ATF_CHECK_EQ(fd_path(fd, to, sizeof(to)), 0);
	ATF_CHECK_STREQ(to, cwd);
	ATF_CHECK_STREQ(fd_link(fd, link), link);
	ATF_CHECK_EQ(readlink(link, to, sizeof(to)), (ssize_t)strlen(cwd));
	close(fd);
	ATF_CHECK_EQ(fd_path(fd, to, sizeof(to)), -ENOENT);
}

UNIT(standard, "closed standard descriptors are nobody else's")
{
	pid_t pid = fork();
	int status;

	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		int kept = open("kept", O_RDWR | O_CREAT, 0600), next;

		close(STDIN_FILENO);
		dup2(kept, STDOUT_FILENO);
		close(STDERR_FILENO);
		open_standard_fds();
		next = open("next", O_RDWR | O_CREAT, 0600);
		_exit(next > STDERR_FILENO && write(STDOUT_FILENO, "x", 1) == 1 &&
				      write(STDERR_FILENO, "x", 1) < 0 &&
				      lseek(kept, 0, SEEK_CUR) == 1
			      ? 0
			      : 1);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_EQ(status, 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, pipes);
	ATF_TP_ADD_TC(tp, files);
	ATF_TP_ADD_TC(tp, rest);
	ATF_TP_ADD_TC(tp, controls);
	ATF_TP_ADD_TC(tp, links);
	ATF_TP_ADD_TC(tp, standard);
	return atf_no_error();
}
