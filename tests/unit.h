// SPDX-License-Identifier: GPL-2.0-only
/* A unit test: its body ends with nothing left to free, when somebody looks (SAN=1). */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <atf-c.h>

/* The sanitizer's, where there is one. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static inline void unit_no_leaks(void)
{
	if (__lsan_do_recoverable_leak_check)
		ATF_CHECK_MSG(!__lsan_do_recoverable_leak_check(), "memory leaks");
}

#define UNIT(name, what)                                                                           \
	static void name##_body(void);                                                             \
	ATF_TC(name);                                                                              \
	ATF_TC_HEAD(name, tc)                                                                      \
	{                                                                                          \
		atf_tc_set_md_var(tc, "descr", what);                                              \
	}                                                                                          \
	ATF_TC_BODY(name, tc)                                                                      \
	{                                                                                          \
		name##_body();                                                                     \
		unit_no_leaks();                                                                   \
	}                                                                                          \
	static void name##_body(void)

#endif
