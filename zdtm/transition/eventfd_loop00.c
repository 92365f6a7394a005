// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that hand numbers to each other through an eventfd all the time, asleep in it half of it: what
 * was put in is what was taken out, all at once or, from a semaphore, in ones.
 *
 * criu 4.2 makes a semaphore a counter.
 */
#include <sys/eventfd.h>

#include "zdtm.h"

enum { TURNING };

static struct {
	int fd;
	volatile struct sums {
		uint64_t put, taken;
		bool last; /* what is put next is the last */
	} * sums;          /* shared */
	pid_t producer, consumer;
} was;

static void put(uint64_t n)
{
	was.sums->put += n;
	SYS(write(was.fd, &n, sizeof(n)));
}

static void producer(long unused)
{
	for (int n = 1; !t_over(); n++) {
		put(n % 10 + 1);
		if (n == 100)
			t_wake(TURNING);
		/* Let the other one take it, or else it would never sleep. */
		while (was.sums->put > was.sums->taken + 20 && !t_over())
			SYS(syscall(SYS_sched_yield));
	}
	was.sums->last = true;
	put(1);
}

static void consumer(long unused)
{
	uint64_t n;

	do {
		SYS(read(was.fd, &n, sizeof(n)));
		was.sums->taken += n;
		if (variant->arg & EFD_SEMAPHORE && !EXPECT_EQ(n, 1))
			return;
	} while (!was.sums->last || was.sums->taken != was.sums->put);
}

static void setup(void)
{
	was.sums = t_map(T_PAGE, MAP_SHARED);
	was.fd = SYS(eventfd(0, variant->arg));
	was.producer = t_fork(producer, 0);
	was.consumer = t_fork(consumer, 0);
	t_wait(TURNING);
}

static void check(void)
{
	uint64_t left;

	t_join(was.producer);
	t_join(was.consumer);
	SYS(fcntl(was.fd, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(read(was.fd, &left, sizeof(left)), EAGAIN);
}

ZDTM_TEST = {
	.doc = "numbers handed on through an eventfd all the time add up",
	.object = "eventfd",
	.needs = LIST("eventfd.count", "eventfd.semaphore_flag"),
	.variants = VARIANTS({ "counter", 0 }, { "semaphore", EFD_SEMAPHORE }),
	.setup = setup,
	.check = check,
};
