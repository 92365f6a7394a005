// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into every program of a SAN=1 build: what its sanitizers do. One that finds something ends its
 * program by SIGABRT, which nobody takes for an answer, as an exit status of 1 might be. What is in
 * ASAN_OPTIONS and UBSAN_OPTIONS comes on top.
 */
#include <stddef.h>

/*
 * libatf never frees its own lists of cases, and stands in the stack of whatever a test case takes: such
 * programs look for leaks themselves, as tests/unit.h does. Probes ask about handlers of signals.
 */
int atf_tp_main(int argc, char **argv, void *add) __attribute__((weak));

/*
 * An image may ask for more memory than there is, and be told so. Tasks that refcr makes inherit its
 * alternate signal stack: it must not have one.
 */
#define COMMON                                                                                     \
	"abort_on_error=1:allocator_may_return_null=1:use_sigaltstack=0:"                          \
	"detect_stack_use_after_return=1"
#define ATF COMMON ":leak_check_at_exit=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0"

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return atf_tp_main ? ATF : COMMON;
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}
