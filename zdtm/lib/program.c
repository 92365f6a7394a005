// SPDX-License-Identifier: GPL-2.0-only
/* Programs that nobody here wrote. */
#include <limits.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "harness.h"

/* The machine's own, not what a developer's PATH may put before them. */
static const char *const folders[] = { "/usr/bin", "/bin", "/usr/local/bin" };

static bool find(const char *name, char path[PATH_MAX])
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, PATH_MAX, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

pid_t t_program(int in, int out, const char *const argv[])
{
	static char *const env[] = { (char *)"LC_ALL=C", (char *)"PATH=/usr/bin:/bin", NULL };
	char path[PATH_MAX];
	pid_t pid;

	if (!find(argv[0], path))
		t_skip("the program %s is not installed", argv[0]);
	fflush(NULL);
	pid = SYS(fork());
	if (pid != 0)
		return pid;
	if (in >= 0)
		SYS(dup2(in, STDIN_FILENO));
	if (out >= 0)
		SYS(dup2(out, STDOUT_FILENO));
	execve(path, (char *const *)argv, env);
	end_caller("%s: %s", path, strerror(errno));
}

void t_wait_hungry(int fd, pid_t reader)
{
	int64_t deadline = now_ms() + 1000 * patience();
	int left;

	for (;;) {
		t_wait_state(reader, 'S');
		SYS(ioctl(fd, FIONREAD, &left));
		if (left == 0)
			break;
		if (left_ms(deadline) == 0)
			end_caller("task %d leaves %d bytes unread for %u s", reader, left,
				   patience());
		sched_yield();
	}
	/* What it has read last it may still be working on. */
	t_wait_state(reader, 'S');
}
