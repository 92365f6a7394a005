// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that come and go all the time: chains, each link of which makes the next and ends; and
 * threads that are joined for what they return. A list of threads is out of date when it has been
 * read.
 */
#include "zdtm.h"

#define CHAINS 3

enum { TURNING, ENDED = CHAINS + 1 };

static struct {
	pid_t child;
	int links[CHAINS];
} was;

static __thread long own = 1000;

static void chain_link(long chain)
{
	/* A new thread begins with new data. */
	EXPECT_EQ(own, 1000);
	own += chain;
	if (++was.links[chain] == 20)
		t_wake(TURNING);
	if (t_over())
		t_wake(ENDED);
	else
		SYS_RC(pthread_detach(t_thread(chain_link, chain)));
	EXPECT_EQ(own, 1000 + chain);
}

static void *give_back(void *p)
{
	own++;
	return (char *)p + own;
}

static void lives(long unused)
{
	char *p = NULL;
	pthread_t thread;
	void *back;

	for (long i = 0; i < CHAINS; i++)
		SYS_RC(pthread_detach(t_thread(chain_link, i)));
	do {
		SYS_RC(pthread_create(&thread, NULL, give_back, ++p));
		SYS_RC(pthread_join(thread, &back));
		EXPECT_EQ(back, p + 1001);
	} while (!t_over());
	for (int i = 0; i < CHAINS; i++)
		t_wait(ENDED);
}

static void setup(void)
{
	was.child = t_fork(lives, 0);
	for (int i = 0; i < CHAINS; i++)
		t_wait(TURNING);
}

static void check(void)
{
	t_join(was.child);
}

ZDTM_TEST = {
	.doc = "threads that make threads and end go on doing so",
	.object = "task",
	.setup = setup,
	.check = check,
};
