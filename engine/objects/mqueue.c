// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message queues outlive who has them open, and are opened again as any file is if a path leads
 * there. What waits in one nobody can read without taking it; who is to be told of the next message
 * (mq_notify) is shown, but not what that task is to be told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "engine/kernel/procfs.h"
#include "files.h"
#include "mqueue.h"

#define MQUEUE_MAGIC 0x19800202 /* ipc/mqueue.c */
#define MQUEUE_SIZE  80         /* its FILENT_SIZE, which st_size is */

/* "QSIZE:0 NOTIFY:0 SIGNO:34 NOTIFY_PID:812"; 0: nobody. */
static int who_is_told(const struct fd_view *v, pid_t *pid)
{
	_cleanup_close_ int fd = -EBADF;
	char text[2 * MQUEUE_SIZE] = "", link[FD_LINK_SIZE];
	const char *at;
	ssize_t n;

	/* The task's may be open for writing only. */
	fd = open(fd_link(v->copy, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		return log_err(-errno, "%s: state of the message queue %s", fd_view_name(v),
			       v->link);
	at = strstr(text, "NOTIFY_PID:");
	if (!at)
		return log_err(-EBADMSG, "%s: state of the message queue %s", fd_view_name(v),
			       v->link);
	*pid = atoi(at + strlen("NOTIFY_PID:"));
	return 0;
}

int mqueue_check(const struct fd_view *v)
{
	struct task *told;
	struct statfs fs;
	pid_t pid = 0;
	int r;

	if (!S_ISREG(v->st.st_mode) || v->st.st_size != MQUEUE_SIZE || v->flags & O_PATH)
		return 0;
	if (fstatfs(v->copy, &fs) < 0)
		return log_err(-errno, "%s: %s", fd_view_name(v), v->link);
	if (fs.f_type != MQUEUE_MAGIC)
		return 0;
	if (!v->found)
		return log_refuse("%s: %s is a POSIX message queue that no path leads to: not "
				  "supported yet",
				  fd_view_name(v), v->link);
	r = who_is_told(v, &pid);
	if (r < 0 || !pid)
		return r;
	HASH_FIND_INT(v->dump->tree.by_pid, &pid, told);
	if (told)
		return log_refuse(
			"%s: task %d is to be told of the next message in %s (mq_notify), "
			"and nothing shows how: not supported yet",
			fd_view_name(v), pid, v->link);
	return 0;
}
