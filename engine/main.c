// SPDX-License-Identifier: GPL-2.0-only
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>

#include "check.h"
#include "dump.h"
#include "options.h"
#include "restore.h"

int main(int argc, char **argv)
{
	static struct options opts;
	bool done;
	int r;

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
