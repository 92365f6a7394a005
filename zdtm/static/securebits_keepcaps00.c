// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of capabilities when root gives up its uid: nothing, by securebits that are set and
 * perhaps locked. Asked back, by giving it up, and by trying to unlock.
 */
#include <linux/securebits.h>
#include <sys/prctl.h>

#include "zdtm.h"

#define CAPS (CAP_BIT(CAP_SETPCAP) | CAP_BIT(CAP_SETUID))

static uint64_t caps(const char *which)
{
	return t_field_num("/proc/self/status", which, 16);
}

static void becomes_ordinary(long bits)
{
	bool keep_effective = bits & SECBIT_NO_SETUID_FIXUP;
	bool keep_permitted = keep_effective || bits & SECBIT_KEEP_CAPS;

	SYS(setresuid(1000, 1000, 1000));
	EXPECT_EQ(caps("CapPrm"), keep_permitted ? CAPS : 0);
	EXPECT_EQ(caps("CapEff"), keep_effective ? CAPS : 0);
}

static void executed(long bits)
{
	EXPECT_EQ(caps("CapPrm"), bits & SECBIT_NOROOT ? 0 : CAPS);
}

static void executes(long bits)
{
	t_exec(-1, executed, bits);
}

static void setup(void)
{
	SYS(prctl(PR_SET_SECUREBITS, variant->arg));
}

static void check(void)
{
	long locked = variant->arg & SECURE_ALL_LOCKS;

	EXPECT_EQ(prctl(PR_GET_SECUREBITS), variant->arg);
	EXPECT_EQ(prctl(PR_GET_KEEPCAPS), !!(variant->arg & SECBIT_KEEP_CAPS));
	/* A lock is the bit above the one it locks. */
	if (locked)
		EXPECT_ERRNO(prctl(PR_SET_SECUREBITS, variant->arg ^ locked >> 1), EPERM);
	t_join(t_fork(becomes_ordinary, variant->arg));
	t_join(t_fork(executes, variant->arg));
}

ZDTM_TEST = {
	.doc = "securebits are set and locked as before",
	.object = "creds",
	.caps = CAPS,
	.variants = VARIANTS({ "keep_caps", SECBIT_KEEP_CAPS },
			     { "keep_caps_locked", SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED },
			     { "no_setuid_fixup", SECBIT_NO_SETUID_FIXUP },
			     { "no_setuid_fixup_locked",
			       SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED },
			     { "noroot", SECBIT_NOROOT },
			     { "noroot_locked", SECBIT_NOROOT | SECBIT_NOROOT_LOCKED },
			     { "lock_only", SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED }),
	.setup = setup,
	.check = check,
};
