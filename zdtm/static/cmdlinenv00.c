// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel keeps of the beginning of a program: where its arguments and environment lie,
 * and the auxiliary vector. The title, which programs write over their arguments, is in the first.
 */
#include <elf.h>
#include <sys/auxv.h>

#include "zdtm.h"

#define TITLE "a new title"

struct text {
	char bytes[8192];
	size_t size;
};

static struct {
	struct text cmdline, environ, auxv;
	char *argv0;
} was;

static void read_proc(const char *name, struct text *to)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = SYS(open(path, O_RDONLY));
	to->size = 0;
	while ((n = SYS(read(fd, to->bytes + to->size, sizeof(to->bytes) - to->size))) > 0)
		to->size += n;
	SYS(close(fd));
}

static void expect_same(const char *name, const struct text *before)
{
	struct text now;

	read_proc(name, &now);
	EXPECT_EQ(now.size, before->size);
	EXPECT_MEM(now.bytes, before->bytes, before->size);
}

/* Field 48 of stat: where the arguments begin. */
static char *arg_start(void)
{
	char *text = t_slurp("/proc/self/stat"), *at = strrchr(text, ')');
	unsigned long start;

	for (int field = 2; field < 48; field++)
		at = strchr(at + 1, ' ');
	start = strtoul(at, NULL, 10);
	free(text);
	return (char *)start;
}

static void setup(void)
{
	was.argv0 = arg_start();
	EXPECT(strlen(was.argv0) > strlen(TITLE));
	memcpy(was.argv0, TITLE, strlen(TITLE));
	read_proc("cmdline", &was.cmdline);
	read_proc("environ", &was.environ);
	read_proc("auxv", &was.auxv);
	EXPECT_GT(was.environ.size, 0);
}

static void check(void)
{
	EXPECT_EQ(arg_start(), was.argv0);
	EXPECT_MEM(was.cmdline.bytes, TITLE, strlen(TITLE));
	expect_same("cmdline", &was.cmdline);
	expect_same("environ", &was.environ);
	expect_same("auxv", &was.auxv);
	/* It points to what is really there. */
	EXPECT_MEM((void *)getauxval(AT_SYSINFO_EHDR), ELFMAG, SELFMAG);
	/* The kernel still looks there. */
	was.argv0[0] = 'A';
	read_proc("cmdline", &was.cmdline);
	EXPECT_EQ(was.cmdline.bytes[0], 'A');
}

ZDTM_TEST = {
	.doc = "command line, environment and auxiliary vector, as /proc shows them",
	.object = "mm",
	.setup = setup,
	.check = check,
};
