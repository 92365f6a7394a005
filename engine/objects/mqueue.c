// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message queues outlive who has them open, and are opened again as any file is if a path leads
 * there, or else by their name in the IPC namespace. What waits in one that has lost its name goes
 * with it, and nobody can read it without taking it; who is to be told of the next message
 * (mq_notify) is shown, but not what that task is to be told.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
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

/* Names are all in one directory, that of the namespace: the link shows the name alone. */
static int find_by_name(const struct fd_view *v, MqueueEntry **ret)
{
	_cleanup_close_ int fd = mq_open(v->link, O_RDONLY | O_NONBLOCK);
	MqueueEntry *img = arena_new(&v->dump->arena, MqueueEntry);
	struct mq_attr attr;
	struct stat st;

	if (!img)
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != v->st.st_dev || st.st_ino != v->st.st_ino)
		return log_refuse("%s: %s is a POSIX message queue that no name leads to: not "
				  "supported yet",
				  fd_view_name(v), v->link);
	if (mq_getattr(fd, &attr) < 0)
		return log_err(-errno, "%s: message queue %s", fd_view_name(v), v->link);
	mqueue_entry__init(img);
	img->maxmsg = attr.mq_maxmsg;
	img->msgsize = attr.mq_msgsize;
	*ret = img;
	return 1;
}

int mqueue_check(const struct fd_view *v, MqueueEntry **ret)
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
	r = who_is_told(v, &pid);
	if (r < 0)
		return r;
	HASH_FIND_INT(v->dump->tree.by_pid, &pid, told);
	if (told)
		return log_refuse(
			"%s: task %d is to be told of the next message in %s (mq_notify), "
			"and nothing shows how: not supported yet",
			fd_view_name(v), pid, v->link);
	return v->found ? 0 : find_by_name(v, ret);
}

int mqueue_open(const RegFileEntry *img, int flags)
{
	_cleanup_close_ int fd = mq_open(img->name, flags & (O_ACCMODE | O_NONBLOCK));
	struct mq_attr attr;

	if (fd < 0 || mq_getattr(fd, &attr) < 0)
		return log_err(-errno, "message queue %s", img->name);
	if ((uint64_t)attr.mq_maxmsg != img->mqueue->maxmsg ||
	    (uint64_t)attr.mq_msgsize != img->mqueue->msgsize)
		return log_err(-EBADF,
			       "message queue %s takes %ld messages of %ld bytes, not %ju of %ju",
			       img->name, attr.mq_maxmsg, attr.mq_msgsize,
			       (uintmax_t)img->mqueue->maxmsg, (uintmax_t)img->mqueue->msgsize);
	return TAKE_FD(fd);
}
