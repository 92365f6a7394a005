// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of every kind (private and shared, anonymous and of a file) with every protection: what
 * is in them, and what may be done with them - which is found by doing it.
 */
#include <setjmp.h>

#include "zdtm.h"

#define SIZE   (3 * 4096)
#define RETURN 0xc3 /* x86: one instruction that can be called */

static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
			     PROT_READ | PROT_WRITE | PROT_EXEC };
static const int flags[] = { MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE,
			     MAP_SHARED };

static struct mapping {
	unsigned char *at;
	int prot;
	uint64_t sum;
} maps[4][4];

static sigjmp_buf refused;

static void on_segv(int sig)
{
	siglongjmp(refused, 1);
}

static bool may_read(const struct mapping *m)
{
	return sigsetjmp(refused, 1) ? false : (*(volatile unsigned char *)m->at, true);
}

static bool may_write(const struct mapping *m)
{
	if (sigsetjmp(refused, 1))
		return false;
	*(volatile unsigned char *)m->at = RETURN;
	return true;
}

static bool may_execute(const struct mapping *m)
{
	if (sigsetjmp(refused, 1))
		return false;
	((void (*)(void))m->at)();
	return true;
}

static void make(struct mapping *m, int how, int prot)
{
	int fd = -1;

	if (!(how & MAP_ANONYMOUS)) {
		fd = SYS(open(".", O_RDWR | O_TMPFILE, 0600));
		SYS(ftruncate(fd, SIZE));
	}
	m->prot = prot;
	m->at = SYS(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, how, fd, 0));
	t_fill_mem(m->at, SIZE);
	m->at[0] = RETURN;
	m->sum = t_sum(m->at, SIZE);
	SYS(mprotect(m->at, SIZE, prot));
	if (fd >= 0)
		SYS(close(fd));
}

static void setup(void)
{
	for (int f = 0; f < 4; f++)
		for (int p = 0; p < 4; p++)
			make(&maps[f][p], flags[f], prots[p]);
}

static void check(void)
{
	const struct sigaction act = { .sa_handler = on_segv };

	SYS(sigaction(SIGSEGV, &act, NULL));
	for (int f = 0; f < 4; f++)
		for (int p = 0; p < 4; p++) {
			const struct mapping *m = &maps[f][p];

			EXPECT_EQ(may_read(m), (m->prot & PROT_READ) != 0);
			EXPECT_EQ(may_write(m), (m->prot & PROT_WRITE) != 0);
			EXPECT_EQ(may_execute(m), (m->prot & PROT_EXEC) != 0);
			/* Behind PROT_NONE there is something, too. */
			SYS(mprotect(m->at, SIZE, PROT_READ));
			EXPECT_EQ(t_sum(m->at, SIZE), m->sum);
		}
}

ZDTM_TEST = {
	.doc = "mappings of every kind keep their bytes and their protection",
	.object = "mm",
	.setup = setup,
	.check = check,
};
