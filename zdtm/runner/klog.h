// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel has to complain of while tests run: in its log, and by its taint. */
#ifndef ZDTM_KLOG_H
#define ZDTM_KLOG_H

#include <stddef.h>
#include <sys/types.h>

enum complaint {
	NO_COMPLAINT,
	WARNED, /* a WARN, a stall, a taint: reported with the test that was running */
	WRONG,  /* an oops, a lockdep splat, KASAN: nothing after it can be trusted */
};

/* What a line of the kernel's log is the beginning of. */
enum complaint klog_judge(const char *line, size_t len);

/* From the first call on. Where the log cannot be read there are no complaints. */
void klog_open(void);

/* Readable when there is more. -1 where the log cannot be read. */
int klog_fd(void);

/*
 * What has been said since it was opened or last taken: lines appended to `to`, as far as they have
 * room, and the worst of it. With `all` it is every line, complaint or not.
 */
enum complaint klog_take(char *to, size_t size, int all);

/* The one task that it says was running ("PID: 12 Comm: a"), as the first pid namespace knows it; else 0. */
pid_t klog_task(const char *text);

/* From the first line of the worst complaint in it on. */
const char *klog_worst(const char *text);

/*
 * Of a kernel that hung, what tells where: its own last word of something that does not end, and the
 * place it names next; or else "at" the place where our NMI found it. Static memory; "" if there is neither.
 */
const char *klog_stuck(const char *text);

/* The line of a complaint that says most, without its time stamp. Static memory; "" if there is none. */
const char *klog_headline(const char *text);

#endif
