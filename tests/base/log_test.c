// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "tests/unit.h"

static int begin(enum log_level level)
{
	int fd = open("log", O_RDWR | O_CREAT | O_APPEND | O_TRUNC, 0600);

	ATF_REQUIRE(fd >= 0);
	/* Errors go there as well. */
	ATF_REQUIRE(freopen("errors", "w", stderr));
	log_open(fd, level);
	return fd;
}

static void expect(const char *path, const char *text, bool there)
{
	struct buf b = {};

	ATF_REQUIRE_EQ(read_file_at(AT_FDCWD, path, &b), 0);
	ATF_CHECK_MSG((strstr(b.data, text) != NULL) == there, "%s: '%s' in: %s", path, text,
		      b.data);
	ATF_CHECK(!b.len || b.data[b.len - 1] == '\n');
	buf_done(&b);
}

UNIT(levels, "lines up to the level are written, the others are not")
{
	int fd = begin(LOG_INFO);

	log_write(LOG_MSG, "a message");
	log_warn("a warning");
	log_info("information, %d", 42);
	log_debug("detail");
	expect("log", ") a message\n", true);
	expect("log", ") Warn: a warning\n", true);
	expect("log", ") information, 42\n", true);
	expect("log", "detail", false);
	expect("errors", "warning", false);
	log_set_pid(812);
	log_info("of a task");
	expect("log", "   812: of a task\n", true);
	ATF_CHECK(!log_first_error());
	close(fd);
}

UNIT(errors, "an error says what failed and why, goes to stderr too, and the first is remembered")
{
	int fd = begin(LOG_ERROR);

	ATF_CHECK_EQ(log_err(-ENOENT, "task %d: its file", 7), -ENOENT);
	ATF_CHECK_EQ(log_refuse("%s: not supported yet", "this"), -ENOTSUP);
	ATF_CHECK_EQ(log_bad_image("core-1.img: nonsense"), -EBADMSG);
	expect("log", "Error: task 7: its file: No such file or directory\n", true);
	expect("log", "Error: this: not supported yet\n", true);
	expect("log", "Error: core-1.img: nonsense\n", true);
	expect("errors", "refcr: task 7: its file: No such file or directory\n", true);
	ATF_CHECK_STREQ(log_first_error(), "task 7: its file: No such file or directory");
	close(fd);
}

UNIT(silent, "an error is remembered even when nobody wants to see any")
{
	int fd = begin(LOG_MSG);

	log_err(-EIO, "quiet");
	expect("log", "quiet", false);
	ATF_CHECK_STREQ(log_first_error(), "quiet: Input/output error");
	close(fd);
}

UNIT(long_lines, "a line that is too long is cut, and still is one")
{
	int fd = begin(LOG_INFO);
	char *text = malloc(10001);

	memset(text, 'x', 10000);
	text[10000] = '\0';
	log_info("%s", text);
	log_err(-EIO, "%s", text);
	log_info("next");
	expect("log", "xxx\n", true);
	expect("log", ") next\n", true);
	ATF_CHECK(strlen(log_first_error()) < 10000);
	free(text);
	close(fd);
}

UNIT(shared, "the first error of all children is the one that is remembered")
{
	int fd = begin(LOG_ERROR);
	pid_t pid;

	ATF_REQUIRE_EQ(log_share_first(), 0);
	pid = fork();
	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		log_err(-EPERM, "in a child");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	log_err(-EIO, "later");
	ATF_CHECK_STREQ(log_first_error(), "in a child: Operation not permitted");
	close(fd);
}

UNIT(full, "a full disk does not stop anybody")
{
	int fd = open("/dev/full", O_WRONLY);

	ATF_REQUIRE(freopen("errors", "w", stderr));
	log_open(fd, LOG_INFO);
	log_info("lost");
	ATF_CHECK_EQ(log_err(-EIO, "lost, too"), -EIO);
	ATF_CHECK_STREQ(log_first_error(), "lost, too: Input/output error");
	close(fd);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, levels);
	ATF_TP_ADD_TC(tp, errors);
	ATF_TP_ADD_TC(tp, silent);
	ATF_TP_ADD_TC(tp, long_lines);
	ATF_TP_ADD_TC(tp, shared);
	ATF_TP_ADD_TC(tp, full);
	return atf_no_error();
}
