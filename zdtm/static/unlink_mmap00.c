// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that nothing but mappings holds: no name, no descriptor. Two mappings of different
 * protection, had by one name or by two, show one file; a private one has its own copy on top.
 *
 * criu 4.2 loses the second name: both mappings come back with one.
 */
#include "zdtm.h"

enum { ONE_NAME, TWO_NAMES };

static struct {
	unsigned char *read, *write, *priv;
	struct blob data, own;
} was;

static void *map(int fd, int prot, int flags)
{
	return SYS(mmap(NULL, 2 * T_PAGE, prot, flags, fd, 0));
}

static void setup(void)
{
	int fd = SYS(open("first", O_RDWR | O_CREAT, 0600));

	was.data = t_fill(fd, 2 * T_PAGE);
	was.read = map(fd, PROT_READ, MAP_PRIVATE);
	was.priv = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	if (variant->arg == TWO_NAMES) {
		SYS(link("first", "second"));
		SYS(close(fd));
		fd = SYS(open("second", O_RDWR));
		SYS(unlink("second"));
	}
	was.write = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	SYS(close(fd));
	SYS(unlink("first"));
	was.own = t_fill_mem(was.priv + T_PAGE, T_PAGE);
}

static void check(void)
{
	EXPECT_MEM_IS(was.read, &was.data);
	EXPECT_MEM_IS(was.write, &was.data);
	EXPECT_MEM(was.priv, was.read, T_PAGE);
	EXPECT_MEM_IS(was.priv + T_PAGE, &was.own);
	EXPECT_EQ(t_try_write(was.read), SIGSEGV);
	EXPECT_EQ(t_vma(was.read).perms[3], 'p');
	EXPECT(strstr(t_vma(was.read).name, "/first (deleted)"));
	EXPECT(strstr(t_vma(was.write).name,
		      variant->arg == TWO_NAMES ? "/second (deleted)" : "/first (deleted)"));

	for (int i = 0; i < 2; i++)
		was.write[i * T_PAGE + 7] ^= 0xff;
	EXPECT_EQ(was.read[7], was.write[7]);
	EXPECT_EQ(was.priv[7], was.write[7]);
	EXPECT_MEM_IS(was.priv + T_PAGE, &was.own);
}

ZDTM_TEST = {
	.doc = "mappings that alone hold a nameless file show that one file",
	.object = "regfile",
	.variants = VARIANTS({ "one_name", ONE_NAME },
			     { "two_names", TWO_NAMES, .known_as = "static/unlink_mmap01" }),
	.setup = setup,
	.check = check,
};
