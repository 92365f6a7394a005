// SPDX-License-Identifier: GPL-2.0-only
/* A growing run of bytes, always followed by a NUL that does not count. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
};

void buf_done(struct buf *b);

/* Room for n more bytes after len (and the NUL). 0 or -ENOMEM. */
int buf_reserve(struct buf *b, size_t n);
int buf_append(struct buf *b, const void *data, size_t n);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define _cleanup_buf_ __attribute__((cleanup(buf_done)))

#endif
