// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log. Only files that know what a thing *is* write to it, once per failure: the thing, what
 * failed, the errno text. base/, kernel/ and image/ return errors and stay silent.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>

enum log_level {
	LOG_MSG, /* always written */
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

/*
 * Lines up to `level` go to `fd` (borrowed, appended to with one write() each). Errors go to
 * stderr as well when fd is another file. Before the first call everything up to LOG_WARN goes to
 * stderr.
 */
void log_open(int fd, enum log_level level);

/* The descriptor lines go to: a restored task moves it out of the way of its own files. */
int log_fd(void);
void log_set_fd(int fd);

/* Prefix for every line of this process ("812: "), so that tasks restored side by side can be told apart. */
void log_set_pid(int pid);

/*
 * The first error this process (or, once log_share_first() was called, any process forked since)
 * logged; NULL when there was none. The text lives as long as the process.
 */
const char *log_first_error(void);

/* Keeps the first error in memory shared with children. -errno on failure. */
int log_share_first(void);

void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes "what: strerror(-err)" at LOG_ERROR; returns err, so that a failing path is one line. */
int log_err(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What cannot be saved or rebuilt exactly is refused by name: logs the sentence, returns -ENOTSUP. */
int log_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An image says something impossible: logs the sentence, returns -EBADMSG. */
int log_bad_image(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
