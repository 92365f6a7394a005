// SPDX-License-Identifier: GPL-2.0-only
/* Locks of a dumped tree that somebody else has taken when it is to come back. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

enum kind { POSIX, OFD, FLOCK, LEASE };

#define FD 100

static int lock(enum kind kind, int fd)
{
	struct flock range = { .l_type = F_WRLCK, .l_start = 10, .l_len = 20 };

	switch (kind) {
	case POSIX:
		return fcntl(fd, F_SETLK, &range);
	case OFD:
		return fcntl(fd, F_OFD_SETLK, &range);
	case FLOCK:
		return flock(fd, LOCK_EX | LOCK_NB);
	case LEASE:
		return fcntl(fd, F_SETLEASE, F_WRLCK);
	}
	return -1;
}

static _Noreturn void has_lock(enum kind kind)
{
	setsid();
	dup2(open("locked", O_RDWR | O_CREAT, 0600), FD);
	closefrom(FD + 1);
	for (int fd = 0; fd < FD; fd++)
		close(fd);
	open("/dev/null", O_RDWR);
	dup(0);
	dup(0);
	if (lock(kind, FD) == 0)
		raise(SIGSTOP);
	_exit(1);
}

/* Dumped into img/, while it is stopped, and gone. */
static pid_t dumped(enum kind kind)
{
	struct ran r;
	pid_t pid = fork();
	int status;

	ATF_REQUIRE(pid >= 0);
	if (pid == 0)
		has_lock(kind);
	ATF_REQUIRE_EQ(waitpid(pid, &status, WUNTRACED), pid);
	ATF_REQUIRE(WIFSTOPPED(status));
	empty("img");
	r = refcr("dump -t %d -D img", pid);
	expect_failed(&r, "it takes --file-locks to save its");
	await_state(pid, 'T');
	r = refcr("dump -t %d -D img --file-locks", pid);
	expect_fine(&r);
	ATF_REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	expect_nobody();
	return pid;
}

/* As long as we have it, it does not come back, and ours is not harmed. */
static void check_taken(enum kind kind, const char *says)
{
	int fd, other;
	struct ran r;
	pid_t pid;

	arena();
	pid = dumped(kind);
	fd = open("locked", O_RDWR);
	ATF_REQUIRE(fd >= 0);
	if (kind != LEASE)
		ATF_REQUIRE_EQ(lock(kind, fd), 0);
	r = refcr("restore -d -D img");
	expect_failed(&r, says);
	expect_nobody();
	other = open("locked", O_RDWR);
	if (kind == OFD || kind == FLOCK)
		ATF_CHECK_EQ(lock(kind, other), -1);
	ATF_REQUIRE_EQ(close(other), 0);
	ATF_REQUIRE_EQ(close(fd), 0);

	r = refcr("restore -d -D img");
	expect_fine(&r);
	fd = open("locked", O_RDONLY | O_NONBLOCK);
	if (kind == LEASE)
		ATF_CHECK(fd < 0 && errno == EWOULDBLOCK);
	else
		ATF_CHECK(close(fd) == 0 && (fd = open("locked", O_RDWR)) >= 0 &&
			  lock(kind, fd) == -1);
	ATF_REQUIRE_EQ(kill(pid, SIGKILL), 0);
	expect_nobody();
}

ROOT_TC(posix, "a lock of a process that another one has")
{
	check_taken(POSIX, "POSIX write lock on ");
}

ROOT_TC(ofd, "a lock of an open file that another one has")
{
	check_taken(OFD, "somebody has a lock that conflicts");
}

ROOT_TC(flock, "a lock of flock(2) that another open file has")
{
	check_taken(FLOCK, "somebody has a lock that conflicts");
}

ROOT_TC(lease, "a lease on a file that is open elsewhere")
{
	check_taken(LEASE, "somebody has it open");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, posix);
	ATF_TP_ADD_TC(tp, ofd);
	ATF_TP_ADD_TC(tp, flock);
	ATF_TP_ADD_TC(tp, lease);
	return atf_no_error();
}
