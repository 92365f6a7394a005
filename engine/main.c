// SPDX-License-Identifier: GPL-2.0-only
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>

#include "base/fd.h"
#include "check.h"
#include "dump.h"
#include "options.h"
#include "restore.h"

static void go_on(int sig)
{
}

/*
 * A limit on files and a reader who has gone are errors of a write, not our end. A handler does that,
 * and unlike an ignored signal is not inherited by commands.
 */
static void outlive(int sig)
{
	struct sigaction was, act = { .sa_handler = go_on, .sa_flags = SA_RESTART };

	if (sigaction(sig, NULL, &was) == 0 && was.sa_handler == SIG_DFL)
		sigaction(sig, &act, NULL);
}

int main(int argc, char **argv)
{
	static struct options opts;
	bool done;
	int r;

	open_standard_fds();
	outlive(SIGXFSZ);
	outlive(SIGPIPE);
	/* Who inherits this ignored cannot wait for children. */
	signal(SIGCHLD, SIG_DFL);

	/* Buffers of pages come and go: their memory should not have to be faulted in each time. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);

	r = options_parse(argc, argv, &opts, &done);
	if (r < 0)
		return opts.status;
	if (done)
		return EXIT_SUCCESS;
	switch (opts.command) {
	case CMD_DUMP:
		r = dump_main(&opts);
		break;
	case CMD_RESTORE:
		r = restore_main(&opts);
		break;
	case CMD_CHECK:
		r = check_main(&opts);
		break;
	case CMD_NONE:
	case CMD_VERSION:
		break;
	}
	return r < 0 ? EXIT_FAILURE : r;
}
