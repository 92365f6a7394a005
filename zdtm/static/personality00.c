// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bits of personality(2): asked back, seen at work where that is easy (uname() pretends, what is
 * readable is executable), and handed on to children. criu 4.2 loses them.
 */
#include <sys/personality.h>
#include <sys/utsname.h>

#include "zdtm.h"

#define KEEP_AS_IS 0xffffffff

static bool is_executable(const void *at)
{
	char *text = t_slurp("/proc/self/maps"), key[32];
	const char *line;
	bool found;

	snprintf(key, sizeof(key), "%lx-", (unsigned long)at);
	line = strstr(text, key);
	found = line && strchr(line, ' ')[3] == 'x';
	free(text);
	return found;
}

static void expect_personality(long bits)
{
	void *page = SYS(mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	struct utsname name;

	EXPECT_EQ(personality(KEEP_AS_IS), bits);
	SYS(uname(&name));
	EXPECT_EQ(strncmp(name.release, "2.6.", 4) == 0, (bits & UNAME26) != 0);
	EXPECT_EQ(is_executable(page), (bits & READ_IMPLIES_EXEC) != 0);
	SYS(munmap(page, 4096));
}

static void setup(void)
{
	SYS(personality(variant->arg));
}

static void check(void)
{
	expect_personality(variant->arg);
	t_join(t_fork(expect_personality, variant->arg));
}

ZDTM_TEST = {
	.doc = "the personality is the same, and works",
	.object = "task",
	.variants = VARIANTS({ "uname26", UNAME26 }, { "no_randomize", ADDR_NO_RANDOMIZE },
			     { "read_implies_exec", READ_IMPLIES_EXEC },
			     { "several", ADDR_COMPAT_LAYOUT | STICKY_TIMEOUTS | UNAME26 |
						  ADDR_LIMIT_3GB | SHORT_INODE }),
	.setup = setup,
	.check = check,
};
