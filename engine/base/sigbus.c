// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stddef.h>

#include "sigbus.h"

static __thread sigjmp_buf *reader;

static void caught(int sig)
{
	if (reader)
		siglongjmp(*reader, 1);
	/* Somebody else's: it comes again, as ever. */
	signal(sig, SIG_DFL);
}

void sigbus_expect(struct sigaction *before)
{
	/* Left by a jump, the handler does not end. */
	struct sigaction sa = { .sa_handler = caught, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &sa, before);
}

void sigbus_done(const struct sigaction *before)
{
	sigaction(SIGBUS, before, NULL);
}

bool read_mapped(void (*fn)(void *arg), void *arg)
{
	sigset_t set, before;
	sigjmp_buf here;
	bool there;

	/* Blocked, it would end us whatever its action. */
	sigemptyset(&set);
	sigaddset(&set, SIGBUS);
	pthread_sigmask(SIG_UNBLOCK, &set, &before);
	there = !sigsetjmp(here, 0);
	if (there) {
		reader = &here;
		fn(arg);
	}
	reader = NULL;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return there;
}
