// SPDX-License-Identifier: GPL-2.0-only
/*
 * A descriptor of a thread that is not the first: refcr cannot bring that back, as threads come
 * into being after all files, and criu 4.2 does not know of it.
 */
#include <poll.h>
#include <sys/pidfd.h>

#include "zdtm.h"

enum { READY, GO };

static struct {
	int fd;
	pid_t *tid;
	pthread_t thread;
} was;

static void thread(long unused)
{
	*was.tid = gettid();
	t_wake(READY);
	t_wait(GO);
}

static void setup(void)
{
	was.tid = t_map(T_PAGE, MAP_PRIVATE);
	was.thread = t_thread(thread, 0);
	t_wait(READY);
	was.fd = SYS(pidfd_open(*was.tid, O_EXCL /* PIDFD_THREAD */));
}

static void check(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", was.fd);
	EXPECT_EQ(t_field_num(path, "Pid", 10), *was.tid);
	EXPECT_EQ(t_ready(was.fd, POLLIN), 0);
	t_wake(GO);
	t_await_ready(was.fd, POLLIN);
	t_thread_join(was.thread);
}

ZDTM_TEST = {
	.doc = "a pidfd stands for a thread",
	.object = "pidfd",
	.demand = KEEP_OR_REFUSE,
	.needs = LIST("pidfd.thread"),
	.setup = setup,
	.check = check,
};
