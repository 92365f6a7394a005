// SPDX-License-Identifier: GPL-2.0-only
/* Running programs. */
#ifndef ZDTM_SPAWN_H
#define ZDTM_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/buf.h"

/*
 * Runs argv with stdin /dev/null, appends what it writes to stdout to out, and waits for it.
 * Gives its wait status, or -errno when it could not be started.
 */
int spawn_capture(const char *const argv[], struct buf *out);

/* The same; it is killed, and -ETIMEDOUT given, when it has not ended within so many seconds. */
int spawn_capture_within(const char *const argv[], unsigned int seconds, struct buf *out);

/*
 * The same for what may take long. When `signals`, a signalfd, has one it is passed on to all that the
 * program has started, and its number is in *sig once that is over.
 */
int spawn_capture_long(const char *const argv[], struct buf *out, int signals, int *sig);

/*
 * Starts argv with a socket as its stdin and stdout, and gives the other end of it, or -errno. Who
 * writes there sends with MSG_NOSIGNAL: it may be dead.
 */
int spawn_talk(const char *const argv[], pid_t *pid);

/* How a program is started that others wait for. What is 0 or NULL stays as it is. */
struct spawn {
	const char *const *argv;
	char *const *env;   /* NULL: ours */
	const char *dir;    /* working directory */
	const char *output; /* file that stdout and stderr are appended to */
	bool session;       /* leader of a session of its own */
};

/* All signals have their default action, none is blocked, stdin is /dev/null. -errno on failure. */
int spawn_start(const struct spawn *s, pid_t *ret);

/* "exited with 1", "was killed by signal 11 (Segmentation fault)", in a buffer of the caller's. */
const char *status_text(int status, char *to, size_t size);

/* From now on an interruption of this command is to be read here: a signalfd. */
int interruptions_open(void);

#endif
