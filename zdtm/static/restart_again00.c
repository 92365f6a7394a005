// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task that sleeps with a time limit and has been stopped and continued: the kernel has begun the
 * call again as restart_syscall(), and the registers do not tell any more what call that is. It
 * goes on as if nothing had been. An engine may find the call in the program's text, but not where
 * the C library's syscall() made it: that has every number. criu 4.2 ends all of them with EINTR.
 */
#include <linux/futex.h>
#include <poll.h>
#include <time.h>

#include "zdtm.h"

#define LONG 1000 /* seconds */

enum {
	NANOSLEEP,
	POLL,
	RAW_NANOSLEEP,
	RAW_CLOCK,
	RAW_POLL,
	RAW_FUTEX,
	NEAR_ANOTHER
}; /* variant->arg */

#ifdef __x86_64__
/* What makes the call is given its number; what loads one just before is another function. */
__asm__(".text\n"
	"	mov $1, %eax\n" /* write */
	"	ret\n"
	"near_another:\n"
	"	mov %edi, %eax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	syscall\n"
	"	ret\n");
long near_another(int number, const void *a, const void *b);
#endif

static struct {
	pid_t child;
	int pipe[2];
	bool *may_wake; /* shared */
} was;

static void on_usr1(int sig)
{
}

static long sleep_long(void)
{
	struct pollfd p = { .fd = was.pipe[0], .events = POLLIN };
	const struct timespec t = { .tv_sec = LONG };
	struct timespec left;
	uint32_t word = 0;

	switch (variant->arg) {
	case NANOSLEEP:
		return nanosleep(&t, &left);
	case POLL:
		return poll(&p, 1, LONG * 1000);
	case RAW_NANOSLEEP:
		return syscall(SYS_nanosleep, &t, &left);
	case RAW_CLOCK:
		return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, &left);
	case RAW_POLL:
		return syscall(SYS_poll, &p, 1, LONG * 1000);
#ifdef __x86_64__
	case NEAR_ANOTHER:
		errno = -near_another(SYS_nanosleep, &t, &left);
		return errno ? -1 : 0;
#endif
	default:
		return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	}
}

static void sleeps(long unused)
{
	SYS(pipe(was.pipe));
	t_wake(0);
	EXPECT_ERRNO(sleep_long(), EINTR);
	EXPECT(*was.may_wake);
}

static void setup(void)
{
	const struct sigaction act = { .sa_handler = on_usr1 };

	SYS(sigaction(SIGUSR1, &act, NULL));
	was.may_wake =
		SYS(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	was.child = t_fork(sleeps, 0);
	t_wait(0);
	t_wait_state(was.child, 'S');
	for (int i = 0; i < 2; i++) {
		SYS(kill(was.child, SIGSTOP));
		t_wait_state(was.child, 'T');
		SYS(kill(was.child, SIGCONT));
		t_wait_syscall(was.child, SYS_restart_syscall);
	}
}

static void check(void)
{
	t_wait_state(was.child, 'S');
	*was.may_wake = true;
	SYS(kill(was.child, SIGUSR1));
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "a sleep that has been interrupted before goes on once more",
	.object = "task",
	.variants = VARIANTS({ "nanosleep", NANOSLEEP }, { "poll", POLL },
			     { "raw_nanosleep", RAW_NANOSLEEP }, { "raw_clock", RAW_CLOCK },
			     { "raw_poll", RAW_POLL }, { "raw_futex", RAW_FUTEX },
			     { "near_another", NEAR_ANOTHER }),
	.setup = setup,
	.check = check,
};
