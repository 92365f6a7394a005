// SPDX-License-Identifier: GPL-2.0-only
/*
 * One memfd mapped by three tasks: to be written, to be read from its second page on, and privately
 * with one page changed. With the descriptor still open, or by mappings alone, which keep name, mode
 * and seals as well.
 */
#include "zdtm.h"

enum { OPEN, CLOSED };
enum { READY, GO, READER = GO, PRIVATE };

#define PAGES 4
#define SEALS (F_SEAL_GROW | F_SEAL_SHRINK)

static struct {
	int fd;
	char *at;
	pid_t reader, private;
	struct blob data;
	struct vma vma;
} was;

static char *map(size_t from, int prot, int flags)
{
	char *at = SYS(mmap(NULL, (PAGES - from) * T_PAGE, prot, flags, was.fd, from * T_PAGE));

	if (variant->arg == CLOSED)
		SYS(close(was.fd));
	return at;
}

static void reads(long unused)
{
	char *at = map(1, PROT_READ, MAP_SHARED);

	SYS(munmap(was.at, PAGES * T_PAGE));
	t_wake(READY);
	t_wait(READER);
	EXPECT_EQ(at[7], '!');
	EXPECT_STR(t_vma(at).name, was.vma.name);
	EXPECT_EQ(at[2 * T_PAGE + 7], '?');
	EXPECT_EQ(t_try_write(at), SIGSEGV);
}

static void has_own(long unused)
{
	char *at = map(0, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	struct blob own;

	SYS(munmap(was.at, PAGES * T_PAGE));
	own = t_fill_mem(at + T_PAGE, T_PAGE);
	t_wake(READY);
	t_wait(PRIVATE);
	EXPECT_MEM_IS(at + T_PAGE, &own);
	EXPECT_EQ(at[3 * T_PAGE + 7], '?');
	EXPECT_STR(t_vma(at).name, was.vma.name);
}

static void setup(void)
{
	was.fd = SYS(memfd_create("mapped by three", MFD_ALLOW_SEALING));
	was.data = t_fill(was.fd, PAGES * T_PAGE);
	SYS(fchmod(was.fd, 0604));
	SYS(fcntl(was.fd, F_ADD_SEALS, SEALS));
	was.at = SYS(mmap(NULL, PAGES * T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
	was.vma = t_vma(was.at);
	was.reader = t_fork(reads, 0);
	was.private = t_fork(has_own, 0);
	if (variant->arg == CLOSED)
		SYS(close(was.fd));
	t_wait(READY);
	t_wait(READY);
}

static void check(void)
{
	char path[64];
	struct stat st;
	int fd;

	EXPECT_MEM_IS(was.at, &was.data);
	EXPECT_STR(t_vma(was.at).name, was.vma.name);
	was.at[T_PAGE + 7] = '!';
	was.at[3 * T_PAGE + 7] = '?';
	t_wake(READER);
	t_wake(PRIVATE);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)was.at,
		 (unsigned long)was.at + PAGES * T_PAGE);
	fd = SYS(open(path, O_RDWR));
	EXPECT_EQ(fcntl(fd, F_GET_SEALS), SEALS);
	SYS(fstat(fd, &st));
	EXPECT_EQ(st.st_mode, S_IFREG | 0604);
	EXPECT_EQ(st.st_size, PAGES * T_PAGE);
	if (variant->arg == OPEN)
		EXPECT(t_same_file(fd, was.fd));
	t_join(was.reader);
	t_join(was.private);
}

ZDTM_TEST = {
	.doc = "a memfd mapped by several tasks is one, open or not",
	.object = "memfd",
	.caps = CAP_BIT(CAP_CHECKPOINT_RESTORE), /* to open what is in map_files */
	.variants = VARIANTS({ "open", OPEN }, { "closed", CLOSED }),
	.setup = setup,
	.check = check,
};
