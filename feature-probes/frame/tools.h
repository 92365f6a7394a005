// SPDX-License-Identifier: GPL-2.0-only
/* Small things every probe needs. Calls fail as system calls do: -1 or NULL, and errno. */
#ifndef FEATURE_PROBES_FRAME_TOOLS_H
#define FEATURE_PROBES_FRAME_TOOLS_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LIST(...)     ((const char *const[]){ __VA_ARGS__, NULL })

#define MIN(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	})

#define MAX(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	})

static inline void cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}
#define _cleanup_close_ __attribute__((cleanup(cleanup_close)))

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* What follows the prefix, or NULL. */
static inline const char *str_after(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_ends_with(const char *s, const char *suffix);
bool str_in(const char *s, const char *const *list);

/* Monotonic milliseconds. */
uint64_t now_ms(void);

/* The size of a page, as a number one can compute with. */
size_t page_size(void);

/*
 * Fresh zeroed pages: private, or shared with what is spawned later. Broken when there are none.
 * The memory of pages() is written to, so that it is really there.
 */
void *pages(size_t count);
void *share(size_t size);

/* mmap() of so many pages from the start of a file (-1 and MAP_ANONYMOUS: of none), wherever. */
char *map(int fd, size_t count, int prot, int flags);

/* Enters a directory of the probe's own, made on the first call and removed after the probe. */
void workdir(void);

/* A fresh empty file there, open for reading and writing. */
int workfile(const char *name);

/* Has a directory elsewhere (a cgroup) removed after the probe, when its tasks are gone. */
void rmdir_later(const char *path);

/* One write() of a text to an existing file, as /proc and /sys want it. */
int write_text(const char *text, const char *path_fmt, ...) __attribute__((format(printf, 2, 3)));

/* A device number as the kernel packs it for users into one word: tty_nr in /proc/PID/stat. */
unsigned int packed_dev(dev_t dev);

/* Whether poll() finds one of these events now. */
bool poll_now(int fd, short events);

/* What a link says; "" when it cannot be read. The text lives until the next but three call. */
const char *link_text(const char *path_fmt, ...) __attribute__((format(printf, 1, 2)));

/* One descriptor over a unix socket (the socket may be of any type). */
int send_fd(int sock, int fd);
int recv_fd(int sock);

/* An errno by its name: "ENOENT". */
const char *errno_name(int err);

#endif
