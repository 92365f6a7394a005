// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "pipe_data.h"
#include "proto/pipe.pb-c.h"

/*
 * What tee() duplicated into `from`, read packet by packet: with packet boundaries a read ends at
 * each, without them the first one takes all there is room for.
 */
static int read_copies(int from, struct buf *data, struct buf *packets)
{
	for (;;) {
		ssize_t n;
		uint32_t len;
		int r = buf_reserve(data, 65536);

		if (r < 0)
			return r;
		n = read(from, data->data + data->len, 65536);
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (n == 0)
			return 0;
		data->len += n;
		len = n;
		r = buf_append(packets, &len, sizeof(len));
		if (r < 0)
			return r;
	}
}

int pipe_data_dump(struct image_out *img, uint32_t pipe_id, int fd, bool packets, const char *what)
{
	PipeDataEntry e = PIPE_DATA_ENTRY__INIT;
	_cleanup_buf_ struct buf data = {}, lengths = {};
	_cleanup_close_ int reader = -EBADF, copy_in = -EBADF, copy_out = -EBADF;
	char link[FD_LINK_SIZE];
	int size, left, p[2], r;

	/* A reading end of its own: the task's may be gone, or be the writing one. */
	reader = open(fd_link(fd, link), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader < 0)
		return log_err(-errno, "%s: reading end", what);
	size = fcntl(reader, F_GETPIPE_SZ);
	if (size < 0 || ioctl(reader, FIONREAD, &left) < 0)
		return log_err(-errno, "%s: size", what);
	if (pipe2(p, O_NONBLOCK | O_CLOEXEC) < 0)
		return log_err(-errno, "%s: pipe for a copy", what);
	copy_out = p[0];
	copy_in = p[1];
	if (left > 0) {
		ssize_t n;

		/* As many slots as the original: every one may hold a single byte. */
		if (fcntl(copy_in, F_SETPIPE_SZ, size) < 0)
			return log_err(-errno, "%s: a copy of %d bytes", what, size);
		n = tee(reader, copy_in, left, SPLICE_F_NONBLOCK);
		if (n != left)
			return log_err(n < 0 ? -errno : -EIO, "%s: copy of its data", what);
		r = read_copies(copy_out, &data, &lengths);
		if (r == 0 && data.len != (size_t)left)
			r = -EIO;
		if (r < 0)
			return log_err(r, "%s: copy of its data", what);
	}
	e.pipe_id = pipe_id;
	e.bytes = data.len;
	e.has_size = true;
	e.size = size;
	if (packets) {
		e.packets = (uint32_t *)lengths.data;
		e.n_packets = lengths.len / sizeof(uint32_t);
	}
	r = image_put(img, &e.base);
	return r < 0 ? r : image_put_raw(img, data.data, data.len);
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
		if (e->n_packets && sum != e->bytes)
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

int pipe_data_restore(const struct pipe_data *d, int fd)
{
	const uint8_t *at = d->data;
	int r;

	if (d->size && fcntl(fd, F_SETPIPE_SZ, d->size) < 0)
		return log_err(-errno, "pipe %u: capacity of %u bytes", d->pipe_id, d->size);
	if (fcntl(fd, F_SETFL, O_NONBLOCK | (d->n_packets ? O_DIRECT : 0)) < 0)
		return log_err(-errno, "pipe %u: mode", d->pipe_id);
	for (size_t i = 0; i < d->n_packets; i++) {
		r = write_full(fd, at, d->packet[i]);
		if (r < 0)
			return log_err(r, "pipe %u: packet of %u bytes", d->pipe_id, d->packet[i]);
		at += d->packet[i];
	}
	if (!d->n_packets && d->bytes) {
		r = write_full(fd, at, d->bytes);
		if (r < 0)
			return log_err(r, "pipe %u: %u bytes", d->pipe_id, d->bytes);
	}
	if (fcntl(fd, F_SETFL, 0) < 0)
		return log_err(-errno, "pipe %u: mode", d->pipe_id);
	return 0;
}
