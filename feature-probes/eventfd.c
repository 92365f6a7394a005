// SPDX-License-Identifier: GPL-2.0-only
/* What fdinfo tells about an eventfd. */
#include <sys/eventfd.h>

#include "probe.h"

PROBE(semaphore_flag, .what = "fdinfo tells whether an eventfd was made with EFD_SEMAPHORE",
      .since = "6.5", .commit = "33d8b5d7824c", .kconfig = "CONFIG_EVENTFD CONFIG_PROC_FS",
      .source = "fs/eventfd.c")
{
	int semaphore = NEED(eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE));
	int plain = NEED(eventfd(0, EFD_CLOEXEC));

	PROMISE_STR(OFFERED(fdinfo_field(0, semaphore, "eventfd-semaphore"),
			    "eventfd-semaphore line in fdinfo", ENODATA),
		    "1");
	PROMISE_STR(NEED(fdinfo_field(0, plain, "eventfd-semaphore")), "0");
}
