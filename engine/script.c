// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "script.h"

static int set_environment(const struct options *o, const char *action, pid_t root)
{
	char dir[PATH_MAX], pid[16];

	if (!realpath(o->images ?: ".", dir))
		return -errno;
	snprintf(pid, sizeof(pid), "%d", root);
	if (setenv("CRTOOLS_SCRIPT_ACTION", action, true) < 0 ||
	    setenv("CRTOOLS_IMAGE_DIR", dir, true) < 0 ||
	    (root ? setenv("CRTOOLS_INIT_PID", pid, true) : unsetenv("CRTOOLS_INIT_PID")) < 0)
		return -errno;
	return 0;
}

static int run(const char *command, const char *action)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	int status, r;
	pid_t pid;

	r = -posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ);
	if (r < 0)
		return log_err(r, "%s: %s", action, command);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return log_err(-errno, "%s: %s", action, command);
	if (WIFSIGNALED(status))
		log_write(LOG_ERROR, "%s: %s was ended by signal %d", action, command,
			  WTERMSIG(status));
	else if (WEXITSTATUS(status))
		log_write(LOG_ERROR, "%s: %s said %d", action, command, WEXITSTATUS(status));
	return status ? -ECANCELED : 0;
}

int script_run(const struct options *o, const char *action, pid_t root)
{
	int r;

	if (!o->n_scripts)
		return 0;
	r = set_environment(o, action, root);
	if (r < 0)
		return log_err(r, "environment of scripts");
	for (unsigned int i = 0; r == 0 && i < o->n_scripts; i++)
		r = run(o->script[i], action);
	return r;
}
