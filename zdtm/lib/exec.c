// SPDX-License-Identifier: GPL-2.0-only
/* Executing this program anew, as a child that goes on in a function of the test. */
#include <sys/sendfile.h>

#include "harness.h"

/* Functions move with the program, which is loaded somewhere else each time. */
static intptr_t distance(t_task *fn)
{
	return (intptr_t)fn - (intptr_t)begin_task;
}

void t_copy_program(int fd)
{
	int self = SYS(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	struct stat st;

	SYS(fstat(self, &st));
	for (off_t left = st.st_size, n; left > 0; left -= n) {
		n = sendfile(fd, self, NULL, left);
		if (n <= 0)
			end_caller("copying this program to fd %d: %s", fd, strerror(errno));
	}
	close(self);
}

void t_exec(int fd, t_task *fn, long arg)
{
	char function[32], number[32];
	char *argv[] = { program_invocation_name, ZDTM_ARG_TASK, function, number,
			 (char *)variant->name,   NULL };

	snprintf(function, sizeof(function), "%jd", (intmax_t)distance(fn));
	snprintf(number, sizeof(number), "%ld", arg);
	if (fd < 0)
		execv("/proc/self/exe", argv);
	else
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	end_caller("executing this program again: %s", strerror(errno));
}

void begin_task(char **argv)
{
	intptr_t function = (intptr_t)begin_task + strtoll(argv[2], NULL, 10);

	run_task((t_task *)function, strtol(argv[3], NULL, 10));
}
