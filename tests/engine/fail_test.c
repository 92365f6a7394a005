// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each system call of an engine can fail: for want of memory, of descriptors, of room, or by a bad
 * disk. A dump then has done its target no harm, a restore has left nobody behind, and neither says
 * that it went well unless it did.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/fail.h"
#include "lib/lib.h"

/* Such as fail on machines, and with what. */
static const struct {
	long nr;
	int err;
} failures[] = {
	{ SYS_openat, EMFILE },
	{ SYS_openat2, EMFILE },
	{ SYS_mmap, ENOMEM },
	{ SYS_clone3, EAGAIN },
	{ SYS_fcntl, EMFILE },
	{ SYS_dup3, EMFILE },
	{ SYS_pidfd_open, EMFILE },
	{ SYS_pidfd_getfd, EMFILE },
	{ SYS_read, EIO },
	{ SYS_pread64, EIO },
	{ SYS_preadv, EIO },
	{ SYS_write, ENOSPC },
	{ SYS_pwrite64, ENOSPC },
	{ SYS_pwritev, ENOSPC },
	{ SYS_ftruncate, ENOSPC },
	{ SYS_fallocate, ENOSPC },
	{ SYS_getdents64, EIO },
	{ SYS_newfstatat, EIO },
	{ SYS_statx, EIO },
	{ SYS_fstatfs, EIO },
	{ SYS_readlinkat, ENOMEM },
	{ SYS_ioctl, ENOMEM },
	{ SYS_process_vm_readv, ENOMEM },
	{ SYS_process_vm_writev, ENOMEM },
	{ SYS_socketpair, EMFILE },
	{ SYS_socket, EMFILE },
	{ SYS_sendmsg, ENOBUFS },
	{ SYS_recvmsg, ENOMEM },
	{ SYS_memfd_create, EMFILE },
	{ SYS_eventfd2, EMFILE },
	{ SYS_pipe2, EMFILE },
	{ SYS_epoll_create1, EMFILE },
	{ SYS_renameat, EIO },
	{ SYS_madvise, ENOMEM },
	{ SYS_mprotect, ENOMEM },
};

static int failure_of(long nr)
{
#ifdef __SANITIZE_ADDRESS__
	if (nr == SYS_mmap)
		return 0; /* its own allocator dies of that */
#endif
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].nr == nr)
			return failures[i].err;
	return 0;
}

/* What a library of the engine begins with, when the loader is done. */
#define FROM SYS_prctl

/* Fails the n-th call that can. false: there are not so many; *count tells how many. */
static bool run_to_failure(pid_t pid, unsigned int n, unsigned int *count, int *status)
{
	bool begun = false;
	long nr;

	*count = 0;
	while (traced_step(pid, &nr, status)) {
		begun |= nr == FROM;
		if (!begun || !failure_of(nr) || (*count)++ != n)
			continue;
		printf("call %ld fails with %s\n", nr, strerrorname_np(failure_of(nr)));
		fail_call(pid, failure_of(nr));
		return true;
	}
	return false;
}

struct failing {
	struct target t;
	const char *args;
	char *maps; /* of a target that must get back exactly those; else NULL */
};

static unsigned int count_calls(const struct failing *f)
{
	pid_t pid = traced("%s", f->args);
	unsigned int count;
	int status;

	ATF_REQUIRE(!run_to_failure(pid, -1, &count, &status));
	ATF_REQUIRE_EQ(traced_ended(pid, status).status, 0);
	return count;
}

static struct ran run_with_failure(const struct failing *f, unsigned int n)
{
	pid_t pid = traced("%s", f->args);
	unsigned int count;
	int status;

	if (!run_to_failure(pid, n, &count, &status))
		return traced_ended(pid, status);
	traced_let_go(pid);
	return refcr_end(pid);
}

static void fail_dump(unsigned int n, void *arg)
{
	const struct failing *f = arg;
	struct ran r;
	char *now;

	empty("img");
	r = run_with_failure(f, n);
	expect_no_crash(&r);
	expect_well(&f->t);
	if (f->maps) {
		now = maps_of(f->t.pid);
		ATF_CHECK_STREQ(now, f->maps);
		free(now);
	}
	ATF_CHECK_EQ(tracer_of(f->t.pid), 0);
	if (r.status != 0) {
		ATF_CHECK_MSG(r.err[0], "it failed and said nothing");
		ATF_CHECK_MSG(!exists("img/inventory.img"), "it failed and left a set");
		return;
	}
	/* It has found another way. */
	target_kill(&f->t);
	expect_nobody();
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&f->t);
}

static void failing_dumps(const char *how, unsigned int rounds)
{
	struct failing f = { .t = target(how) };

	f.args = strdup(refcr_args("dump -R -t %d -D img", f.t.pid));
	if (strcmp(how, "one") == 0)
		f.maps = maps_of(f.t.pid);
	empty("img");
	at_moments(count_calls(&f), rounds, fail_dump, &f);
	target_end(&f.t);
	expect_nobody();
}

ROOT_TC(dump_one,
	"a dump one of whose calls fails leaves a single thread as it was, and its memory")
{
	arena();
	failing_dumps("one", 60);
}

ROOT_TC(dump_many, "a dump one of whose calls fails leaves a tree of tasks and threads running")
{
	arena();
	failing_dumps("many", 30);
}

static void fail_restore(unsigned int n, void *arg)
{
	const struct failing *f = arg;
	struct ran r = run_with_failure(f, n);

	expect_no_crash(&r);
	if (r.status != 0) {
		ATF_CHECK_MSG(r.err[0], "it failed and said nothing");
		expect_nobody();
		return;
	}
	expect_well(&f->t);
	target_kill(&f->t);
	expect_nobody();
}

ROOT_TC(restore, "a restore one of whose calls fails leaves nobody behind")
{
	struct failing f = { .args = "restore -d -D img" };
	unsigned int calls;
	struct ran r;

	arena();
	f.t = target("many");
	empty("img");
	r = refcr("dump -t %d -D img", f.t.pid);
	expect_fine(&r);
	waitpid(f.t.pid, NULL, 0);
	calls = count_calls(&f);
	target_kill(&f.t);
	expect_nobody();
	at_moments(calls, 40, fail_restore, &f);
	/* The images have not suffered. */
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&f.t);
	target_end(&f.t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, dump_one);
	ATF_TP_ADD_TC(tp, dump_many);
	ATF_TP_ADD_TC(tp, restore);
	return atf_no_error();
}
