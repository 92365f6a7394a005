// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/sigbus.h"
#include "tests/unit.h"

#define PAGE 4096UL

struct file {
	int fd;
	volatile char *at;
	int pages, seen;
};

static struct file mapped(int pages)
{
	struct file f = { .fd = memfd_create("pages", MFD_CLOEXEC), .pages = pages };

	ATF_REQUIRE(f.fd >= 0);
	ATF_REQUIRE_EQ(ftruncate(f.fd, pages * PAGE), 0);
	f.at = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, f.fd, 0);
	ATF_REQUIRE(f.at != MAP_FAILED);
	return f;
}

static void unmap(struct file *f)
{
	munmap((void *)f->at, f->pages * PAGE);
	close(f->fd);
}

static void look(void *arg)
{
	struct file *f = arg;

	for (f->seen = 0; f->seen < f->pages; f->seen++)
		ATF_CHECK_EQ(f->at[f->seen * PAGE], 0);
}

static void *look_twice(void *arg)
{
	struct file *f = arg;

	for (int i = 0; i < 2; i++) {
		ATF_CHECK(!read_mapped(look, f));
		ATF_CHECK_EQ(f->seen, 1);
	}
	return NULL;
}

UNIT(cut, "who reads what is not there any more is told, again and again, in any thread")
{
	struct file f = mapped(3), g = mapped(3);
	struct sigaction before, after;
	pthread_t id;

	sigbus_expect(&before);
	ATF_CHECK(read_mapped(look, &f));
	ATF_CHECK_EQ(f.seen, 3);
	ATF_REQUIRE_EQ(ftruncate(f.fd, PAGE), 0);
	ATF_REQUIRE_EQ(ftruncate(g.fd, PAGE), 0);
	ATF_REQUIRE_EQ(pthread_create(&id, NULL, look_twice, &g), 0);
	look_twice(&f);
	pthread_join(id, NULL);
	ATF_REQUIRE_EQ(ftruncate(f.fd, 3 * PAGE), 0);
	ATF_CHECK(read_mapped(look, &f));
	ATF_CHECK_EQ(f.seen, 3);
	sigbus_done(&before);
	ATF_REQUIRE_EQ(sigaction(SIGBUS, NULL, &after), 0);
	ATF_CHECK(after.sa_handler == before.sa_handler);
	unmap(&f);
	unmap(&g);
}

static void *look_blocked(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	return look_twice(arg);
}

UNIT(blocked, "so is who blocks all signals, as whoever started us may have done")
{
	struct file f = mapped(2);
	struct sigaction before;
	pthread_t id;

	sigbus_expect(&before);
	ATF_REQUIRE_EQ(ftruncate(f.fd, PAGE), 0);
	ATF_REQUIRE_EQ(pthread_create(&id, NULL, look_blocked, &f), 0);
	pthread_join(id, NULL);
	sigbus_done(&before);
	unmap(&f);
}

UNIT(others, "a SIGBUS of anybody else is what it was")
{
	struct file f = mapped(2);
	pid_t pid = fork();
	int status;

	ATF_REQUIRE(pid >= 0);
	if (pid == 0) {
		struct sigaction before;

		sigbus_expect(&before);
		if (ftruncate(f.fd, PAGE) < 0)
			_exit(1);
		_exit(f.at[PAGE] ? 2 : 3);
	}
	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	ATF_CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "status %#x", status);
	unmap(&f);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, cut);
	ATF_TP_ADD_TC(tp, blocked);
	ATF_TP_ADD_TC(tp, others);
	return atf_no_error();
}
