// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "pipe_data.h"
#include "proto/pipe.pb-c.h"

/* What waits in a pipe, and how it is divided: a read ends where a packet does. */
struct content {
	struct buf data, reads; /* the bytes; how many each read gave, uint32_t */
};

static uint32_t *reads(const struct content *c, size_t *n)
{
	*n = c->reads.len / sizeof(uint32_t);
	return (uint32_t *)c->reads.data;
}

static void content_done(struct content *c)
{
	buf_done(&c->data);
	buf_done(&c->reads);
}

/* Everything in the pipe behind `from`, which is a copy that tee(2) made. */
static int read_copy(int from, struct content *c)
{
	for (;;) {
		ssize_t n;
		uint32_t len;
		int r = buf_reserve(&c->data, 65536);

		if (r < 0)
			return r;
		n = read(from, c->data.data + c->data.len, 65536);
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return 0;
		c->data.len += n;
		len = n;
		r = buf_append(&c->reads, &len, sizeof(len));
		if (r < 0)
			return r;
	}
}

/* Duplicates `left` bytes of `reader` into a new pipe as big as it; *copy is its reading end. */
static int copy_pipe(int reader, int size, int left, int *copy)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	ssize_t n;
	int p[2];

	if (pipe2(p, O_NONBLOCK | O_CLOEXEC) < 0)
		return -errno;
	out = p[0];
	in = p[1];
	/* As many slots as the original: every one may hold a single byte. */
	if (fcntl(in, F_SETPIPE_SZ, size) < 0)
		return -errno;
	n = tee(reader, in, left, SPLICE_F_NONBLOCK);
	if (n != left)
		return n < 0 ? -errno : -EIO;
	*copy = TAKE_FD(out);
	return 0;
}

/*
 * Is the last read's worth of bytes a packet? What a read leaves of one is dropped, of a stream it is
 * not: so another copy is read short by one byte. 1, 0; -ENODATA: of a single byte nobody can tell.
 */
static int last_is_packet(int reader, int size, const struct content *c)
{
	_cleanup_close_ int copy = -EBADF;
	size_t n;
	const uint32_t *len = reads(c, &n);
	_cleanup_free_ char *to = malloc(65536);
	int r, rest;

	if (len[n - 1] == 1)
		return -ENODATA;
	if (!to)
		return -ENOMEM;
	r = copy_pipe(reader, size, c->data.len, &copy);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_full(copy, to, len[i] - (i == n - 1));
	if (r == 0 && ioctl(copy, FIONREAD, &rest) < 0)
		r = -errno;
	return r < 0 ? r : rest == 0;
}

/* How many of the reads gave a packet each; the others are a stream. */
static int count_packets(int reader, int size, bool packets, const struct content *c)
{
	size_t n, first_full = 0;
	const uint32_t *len = reads(c, &n);
	int last;

	if (n == 0)
		return 0;
	/* A stream is read until the buffer is full, or the pipe empty. */
	while (first_full < n && len[first_full] == 65536)
		first_full++;
	last = last_is_packet(reader, size, c);
	if (last == -ENODATA && (packets || n == 1 || first_full >= n - 1))
		last = packets;
	if (last < 0)
		return last;
	return last ? n : first_full < n - 1 ? n - 1 : 0;
}

int pipe_data_dump(struct image_out *img, uint32_t pipe_id, int fd, bool packets, const char *what)
{
	_cleanup_(content_done) struct content c = {};
	_cleanup_close_ int reader = -EBADF, copy = -EBADF;
	PipeDataEntry e = PIPE_DATA_ENTRY__INIT;
	char link[FD_LINK_SIZE];
	int size, left, n, r = 0;
	size_t all;

	/* A reading end of its own: the task's may be gone, or be the writing one. */
	reader = open(fd_link(fd, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader < 0)
		return log_err(-errno, "%s: reading end", what);
	size = fcntl(reader, F_GETPIPE_SZ);
	if (size < 0 || ioctl(reader, FIONREAD, &left) < 0)
		return log_err(-errno, "%s: size", what);
	if (left > 0) {
		r = copy_pipe(reader, size, left, &copy);
		if (r == 0)
			r = read_copy(copy, &c);
		if (r == 0 && c.data.len != (size_t)left)
			r = -EIO;
	}
	if (r < 0)
		return log_err(r, "%s: copy of its data", what);
	n = count_packets(reader, size, packets, &c);
	if (n == -ENODATA)
		return log_refuse("%s: nobody can tell whether the byte behind its packets is one",
				  what);
	if (n < 0)
		return log_err(n, "%s: packets of its data", what);
	e.pipe_id = pipe_id;
	e.bytes = c.data.len;
	e.has_size = true;
	e.size = size;
	e.packets = reads(&c, &all);
	e.n_packets = n;
	r = image_put(img, &e.base);
	return r < 0 ? r : image_put_raw(img, c.data.data, c.data.len);
}

int pipe_data_read(struct restore *r, enum image_type type, struct pipe_data **ret)
{
	struct image_in in;
	PipeDataEntry *e;
	int ret_;

	*ret = NULL;
	ret_ = image_open(&r->set, type, 0, &in);
	if (ret_ == -ENOENT)
		return 0;
	while (ret_ >= 0 && (ret_ = image_get(&in, &pipe_data_entry__descriptor, &e)) > 0) {
		struct pipe_data *d = arena_new(&r->arena, struct pipe_data), *other;
		uint64_t sum = 0;

		if (!d)
			return -ENOMEM;
		d->pipe_id = e->pipe_id;
		d->bytes = e->bytes;
		d->size = e->size;
		d->packet = e->packets;
		d->n_packets = e->n_packets;
		for (size_t i = 0; i < e->n_packets; i++)
			sum += e->packets[i];
		/* What is left behind the packets is a stream. */
		if (sum > e->bytes)
			return log_bad_image("%s: pipe %u: packets do not add up", in.name,
					     d->pipe_id);
		HASH_FIND(hh, *ret, &d->pipe_id, sizeof(d->pipe_id), other);
		if (other)
			return log_bad_image("%s: pipe %u comes twice", in.name, d->pipe_id);
		HASH_ADD(hh, *ret, pipe_id, sizeof(d->pipe_id), d);
		ret_ = image_get_raw(&in, d->bytes, &d->data);
	}
	return ret_ < 0 ? log_bad_image("%s: %s", r->set.file, r->set.why) : 0;
}

/* O_DIRECT makes packets of what is written: pipe(2). */
static int set_mode(const struct pipe_data *d, int fd, int mode)
{
	return fcntl(fd, F_SETFL, mode) < 0 ? log_err(-errno, "pipe %u: mode", d->pipe_id) : 0;
}

int pipe_data_restore(const struct pipe_data *d, int fd)
{
	const uint8_t *at = d->data, *end = at + d->bytes;
	int r = 0;

	if (d->size && fcntl(fd, F_SETPIPE_SZ, d->size) < 0)
		return log_err(-errno, "pipe %u: capacity of %u bytes", d->pipe_id, d->size);
	if (d->n_packets)
		r = set_mode(d, fd, O_NONBLOCK | O_DIRECT);
	for (size_t i = 0; r == 0 && i < d->n_packets; at += d->packet[i++]) {
		r = write_full(fd, at, d->packet[i]);
		if (r < 0)
			log_err(r, "pipe %u: packet of %u bytes", d->pipe_id, d->packet[i]);
	}
	if (r == 0 && at < end) {
		r = set_mode(d, fd, O_NONBLOCK);
		if (r == 0)
			r = write_full(fd, at, end - at);
		if (r < 0)
			log_err(r, "pipe %u: %u bytes", d->pipe_id, d->bytes);
	}
	return r < 0 ? r : set_mode(d, fd, 0);
}
