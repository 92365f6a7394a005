// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that executes its program over and over: threads and handlers of the one before are gone
 * each time, what it is told and what it has open is not. The rounds are numbered, in a file.
 */
#include "zdtm.h"

#define FD_COUNT 50
#define FD_STOP  51

static struct {
	pid_t loop;
	int stop[2];
} was;

static void put_number(long nr)
{
	t_write(FD_COUNT, &nr, sizeof(nr));
}

static void on_usr1(int sig)
{
}

static void sleeper(long unused)
{
	t_wait(0);
}

/* With a thread and a handler, which the next one must not have. */
static void rounds(long nr)
{
	struct sigaction act;
	char c;

	SYS(sigaction(SIGUSR1, NULL, &act));
	EXPECT_EQ(act.sa_handler, SIG_DFL);
	EXPECT_EQ(t_field_num("/proc/self/status", "Threads", 10), 1);
	put_number(nr);
	if (read(FD_STOP, &c, 1) == 0)
		return;
	EXPECT_EQ(errno, EAGAIN);
	act.sa_handler = on_usr1;
	SYS(sigaction(SIGUSR1, &act, NULL));
	if (nr % 8 == 0)
		t_thread(sleeper, 0);
	t_exec(-1, rounds, nr + 1);
}

static void begins(long unused)
{
	SYS(close(was.stop[1]));
	rounds(0);
}

static long rounds_so_far(void)
{
	return SYS(lseek(FD_COUNT, 0, SEEK_END)) / sizeof(long);
}

static void setup(void)
{
	SYS(dup2(SYS(open("count", O_CREAT | O_RDWR | O_APPEND, 0600)), FD_COUNT));
	SYS(pipe2(was.stop, O_NONBLOCK));
	SYS(dup2(was.stop[0], FD_STOP));
	SYS(fcntl(was.stop[1], F_SETFD, FD_CLOEXEC));
	was.loop = t_fork(begins, 0);
	SYS(close(FD_STOP));
	T_UNTIL(rounds_so_far() > 5);
}

static void check(void)
{
	long before = rounds_so_far(), nr;

	T_UNTIL(rounds_so_far() > before + 3);
	SYS(close(was.stop[1]));
	t_join(was.loop);
	for (long i = 0, n = rounds_so_far(); i < n; i++) {
		SYS(pread(FD_COUNT, &nr, sizeof(nr), i * sizeof(nr)));
		if (!EXPECT_EQ(nr, i))
			break;
	}
}

ZDTM_TEST = {
	.doc = "a task that executes itself all the time goes on, and skips no round",
	.object = "mm",
	.setup = setup,
	.check = check,
};
