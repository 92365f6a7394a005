// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners that free themselves. A variable declared with one of these releases what it holds when
 * it goes out of scope, whichever way the function is left; TAKE_PTR and TAKE_FD hand the thing on
 * and leave the variable empty. Releasing keeps errno.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_closedir(DIR **d)
{
	int saved = errno;

	if (*d)
		closedir(*d);
	errno = saved;
}

static inline void cleanup_fclose(FILE **f)
{
	int saved = errno;

	if (*f)
		fclose(*f);
	errno = saved;
}

#define _cleanup_free_     _cleanup_(cleanup_free)
#define _cleanup_close_    _cleanup_(cleanup_close)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)
#define _cleanup_fclose_   _cleanup_(cleanup_fclose)

#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define TAKE_FD(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -EBADF;                                                                     \
		taken_;                                                                            \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LIST(...)     ((const char *const[]){ __VA_ARGS__, NULL })

/* Both sides are evaluated once; the names differ from use to use, so that uses can be nested. */
#define PICK_(a, b, op, x, y)                                                                      \
	({                                                                                         \
		__typeof__(a) x = (a);                                                             \
		__typeof__(b) y = (b);                                                             \
		x op y ? x : y;                                                                    \
	})
#define PASTE__(a, b)            a##b
#define PASTE_(a, b)             PASTE__(a, b)
#define PICK_NAMED_(a, b, op, n) PICK_(a, b, op, PASTE_(pick_a_, n), PASTE_(pick_b_, n))
#define MIN(a, b)                PICK_NAMED_(a, b, <, __COUNTER__)
#define MAX(a, b)                PICK_NAMED_(a, b, >, __COUNTER__)

#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN_UP(x, a)   ALIGN_DOWN((x) + (a)-1, a)

#endif
