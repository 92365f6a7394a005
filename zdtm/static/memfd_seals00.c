// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each seal of a memfd, and several at once. Which ones it has is told, and tried: what a seal forbids
 * fails, and everything else is still allowed, adding seals included.
 */
#include "zdtm.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SIZE (2 * T_PAGE)
#define ANY  (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define OLD  (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)
#define AT_MAKE                                                                                    \
	(1L << 32) /* the seals of one that was made without MFD_ALLOW_SEALING, or not executable */

static struct {
	int fd, seals;
	struct blob data;
} was;

static void setup(void)
{
	int seals = variant->arg & 0xff;

	if (!(variant->arg & AT_MAKE))
		was.fd = SYS(memfd_create("sealed", MFD_ALLOW_SEALING));
	else
		was.fd = SYS(memfd_create("sealed", seals & F_SEAL_EXEC ? MFD_NOEXEC_SEAL : 0));
	was.data = t_fill(was.fd, SIZE);
	/* Sealed while it may be executed it would get the seals against change as well. */
	SYS(fchmod(was.fd, 0600));
	if (!(variant->arg & AT_MAKE))
		SYS(fcntl(was.fd, F_ADD_SEALS, seals));
	was.seals = SYS(fcntl(was.fd, F_GET_SEALS));
	EXPECT_EQ(was.seals, seals);
}

/* The call failed, or not, as the seals against it say. */
static void expect_by_seals(long r, int against, const char *what)
{
	bool forbidden = was.seals & against;

	if ((r < 0) != forbidden)
		t_fail("%s: %s, with seals %#x", what, r < 0 ? strerror(errno) : "done", was.seals);
	else if (forbidden && errno != EPERM)
		t_fail("%s: %s instead of EPERM, with seals %#x", what, strerror(errno), was.seals);
}

static void check(void)
{
	void *p;

	EXPECT_EQ(fcntl(was.fd, F_GET_SEALS), was.seals);
	EXPECT_DATA(was.fd, &was.data);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0);
	expect_by_seals(p == MAP_FAILED ? -1 : 0, ANY, "a writable mapping");
	if (p != MAP_FAILED)
		SYS(munmap(p, SIZE));
	expect_by_seals(pwrite(was.fd, "x", 1, 7), ANY, "pwrite()");
	expect_by_seals(fallocate(was.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, T_PAGE),
			ANY, "a hole");
	expect_by_seals(pwrite(was.fd, "x", 1, SIZE), ANY | F_SEAL_GROW, "pwrite() at the end");
	expect_by_seals(ftruncate(was.fd, 3 * T_PAGE), F_SEAL_GROW, "growing");
	expect_by_seals(ftruncate(was.fd, T_PAGE), F_SEAL_SHRINK, "shrinking");
	SYS(fchmod(was.fd, 0640));
	expect_by_seals(fchmod(was.fd, 0700), F_SEAL_EXEC, "chmod +x");
	expect_by_seals(fcntl(was.fd, F_ADD_SEALS, F_SEAL_SHRINK), F_SEAL_SEAL, "one more seal");
	EXPECT_EQ(fcntl(was.fd, F_GET_SEALS),
		  was.seals & F_SEAL_SEAL ? was.seals : was.seals | F_SEAL_SHRINK);
}

#define FUTURE .needs = LIST("memfd.future_write")
#define EXEC   .needs = LIST("memfd.exec_seal")

ZDTM_TEST = {
	.doc = "a memfd has the seals it had, and they forbid what they did",
	.object = "memfd",
	.variants = VARIANTS(
		{ "none", 0 }, { "shrink", F_SEAL_SHRINK }, { "grow", F_SEAL_GROW },
		{ "write", F_SEAL_WRITE }, { "seal", F_SEAL_SEAL },
		{ "size", F_SEAL_SHRINK | F_SEAL_GROW },
		{ "write_grow", F_SEAL_WRITE | F_SEAL_GROW }, { "old", OLD },
		{ "unsealable", F_SEAL_SEAL | AT_MAKE }, { "future", F_SEAL_FUTURE_WRITE, FUTURE },
		{ "both_writes", F_SEAL_FUTURE_WRITE | F_SEAL_WRITE, FUTURE },
		{ "future_grow", F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SEAL, FUTURE },
		{ "exec", F_SEAL_EXEC, EXEC }, { "exec_write", F_SEAL_EXEC | F_SEAL_WRITE, EXEC },
		{ "noexec", F_SEAL_EXEC | AT_MAKE, EXEC },
		{ "all", OLD | F_SEAL_FUTURE_WRITE | F_SEAL_EXEC, EXEC }),
	.setup = setup,
	.check = check,
};
