// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread and another process, both blocked in a call that has no time limit or a far one: neither
 * comes back before what it waits for has happened. criu 4.2 ends waits for a futex, an epoll or a signal with
 * EINTR.
 */
#include <linux/futex.h>
#include <sys/epoll.h>
#include <time.h>

#include "zdtm.h"

enum {
	READ,
	WRITE,
	OPEN,
	PAUSE,
	SUSPEND,
	SIGWAIT,
	FUTEX,
	FUTEX_UNTIL,
	EPOLL,
	EPOLL_MASK,
	EPOLL_2
}; /* variant->arg */
enum { THREAD, PROCESS, WAITERS };

static const long numbers[] = {
	[READ] = SYS_read,
	[WRITE] = SYS_write,
	[OPEN] = SYS_openat,
	[PAUSE] = SYS_pause,
	[SUSPEND] = SYS_rt_sigsuspend,
	[SIGWAIT] = SYS_rt_sigtimedwait,
	[FUTEX] = SYS_futex,
	[FUTEX_UNTIL] = SYS_futex,
	[EPOLL] = SYS_epoll_wait,
	[EPOLL_MASK] = SYS_epoll_pwait,
	[EPOLL_2] = SYS_epoll_pwait2,
};

static struct {
	pthread_t thread;
	pid_t process;
	int pipe[WAITERS][2];
	struct {
		pid_t tid;
		uint32_t may_wake, futex;
	} * of; /* shared, one for each */
} was;

static volatile int signals;

static void on_usr1(int sig)
{
	signals++;
}

static const char *fifo(long who)
{
	return who == THREAD ? "fifo-0" : "fifo-1";
}

static long wait_futex(long who)
{
	/* One is told how long, the other until when; neither will see it. */
	struct timespec t = { .tv_sec = 1000 };

	if (variant->arg == FUTEX)
		return syscall(SYS_futex, &was.of[who].futex, FUTEX_WAIT, 0, &t, NULL, 0);
	SYS(clock_gettime(CLOCK_REALTIME, &t));
	t.tv_sec += 1000;
	return syscall(SYS_futex, &was.of[who].futex, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0,
		       &t, NULL, FUTEX_BITSET_MATCH_ANY);
}

static void wait_epoll(long who)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = SYS(epoll_create1(0));
	sigset_t none;

	sigemptyset(&none);
	SYS(epoll_ctl(fd, EPOLL_CTL_ADD, was.pipe[who][0], &e));
	if (variant->arg == EPOLL)
		EXPECT_EQ(SYS(epoll_wait(fd, &e, 1, -1)), 1);
	else if (variant->arg == EPOLL_MASK)
		EXPECT_EQ(SYS(epoll_pwait(fd, &e, 1, -1, &none)), 1);
	else
		EXPECT_EQ(SYS(syscall(SYS_epoll_pwait2, fd, &e, 1, NULL, NULL, 0)), 1);
}

static void blocks(long who)
{
	char some[4096];
	sigset_t set;

	was.of[who].tid = gettid();
	t_wake(0);
	switch (variant->arg) {
	case READ:
		EXPECT_EQ(SYS(read(was.pipe[who][0], some, sizeof(some))), 3);
		break;
	case WRITE:
		EXPECT_EQ(SYS(write(was.pipe[who][1], "abc", 3)), 3);
		break;
	case OPEN:
		SYS(open(fifo(who), O_WRONLY));
		break;
	case PAUSE:
		EXPECT_ERRNO(pause(), EINTR);
		EXPECT_EQ(signals, 1);
		break;
	case SUSPEND:
		sigemptyset(&set);
		EXPECT_ERRNO(sigsuspend(&set), EINTR);
		EXPECT_EQ(signals, 1);
		break;
	case SIGWAIT:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		EXPECT_EQ(SYS(sigwaitinfo(&set, NULL)), SIGUSR2);
		break;
	case EPOLL:
	case EPOLL_MASK:
	case EPOLL_2:
		wait_epoll(who);
		break;
	default:
		EXPECT_EQ(SYS(wait_futex(who)), 0);
	}
	EXPECT(was.of[who].may_wake);
}

static void wake(long who)
{
	char some[4096];

	was.of[who].may_wake = true;
	switch (variant->arg) {
	case READ:
	case EPOLL:
	case EPOLL_MASK:
	case EPOLL_2:
		t_write(was.pipe[who][1], "abc", 3);
		break;
	case WRITE:
		t_read(was.pipe[who][0], some, 4096);
		break;
	case OPEN:
		SYS(open(fifo(who), O_RDONLY));
		break;
	case PAUSE:
	case SUSPEND:
	case SIGWAIT:
		SYS(syscall(SYS_tgkill, who == THREAD ? getpid() : was.process, was.of[who].tid,
			    variant->arg == SIGWAIT ? SIGUSR2 : SIGUSR1));
		break;
	default:
		was.of[who].futex = 1;
		EXPECT_EQ(SYS(syscall(SYS_futex, &was.of[who].futex, FUTEX_WAKE, 1, NULL, NULL, 0)),
			  1);
	}
}

/* To the last byte before anybody waits: a call that has done half its work any stop ends. */
static void fill(int fd)
{
	int size = SYS(fcntl(fd, F_GETPIPE_SZ));
	char *some = SYS_PTR(calloc(size, 1));

	EXPECT_EQ(SYS(write(fd, some, size)), size);
	free(some);
}

static void setup(void)
{
	const struct sigaction act = { .sa_handler = on_usr1 };
	sigset_t usr2;

	SYS(sigaction(SIGUSR1, &act, NULL));
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	SYS(sigprocmask(SIG_BLOCK, &usr2, NULL));
	if (variant->arg == EPOLL_2 && syscall(SYS_epoll_pwait2, -1, NULL, 0, NULL, NULL, 0) < 0 &&
	    errno == ENOSYS)
		t_skip("no epoll_pwait2");
	was.of = SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	for (int who = 0; who < WAITERS; who++) {
		SYS(pipe(was.pipe[who]));
		if (variant->arg == WRITE)
			fill(was.pipe[who][1]);
		SYS(mkfifo(fifo(who), 0600));
	}
	was.thread = t_thread(blocks, THREAD);
	was.process = t_fork(blocks, PROCESS);
	for (int who = 0; who < WAITERS; who++)
		t_wait(0);
	for (int who = 0; who < WAITERS; who++)
		t_wait_syscall(was.of[who].tid, numbers[variant->arg]);
}

static void check(void)
{
	for (int who = 0; who < WAITERS; who++)
		t_wait_state(was.of[who].tid, 'S');
	for (int who = 0; who < WAITERS; who++)
		wake(who);
	t_thread_join(was.thread);
	t_join(was.process);
}

ZDTM_TEST = {
	.doc = "who was blocked in a call still is, until it is time",
	.object = "task",
	.variants = VARIANTS({ "read", READ }, { "write", WRITE }, { "open", OPEN },
			     { "pause", PAUSE, .known_as = "static/sleeping00" },
			     { "suspend", SUSPEND }, { "sigwait", SIGWAIT }, { "futex", FUTEX },
			     { "futex_until", FUTEX_UNTIL }, { "epoll", EPOLL },
			     { "epoll_mask", EPOLL_MASK }, { "epoll_2", EPOLL_2 }),
	.setup = setup,
	.check = check,
};
