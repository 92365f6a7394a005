// SPDX-License-Identifier: GPL-2.0-only
/* Data that can be recognised, and moving all of it. */
#include <poll.h>

#include "harness.h"

/* A bijection of 64 bits in which every bit of the input reaches every bit of the output. */
static uint64_t scramble(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static unsigned char byte_at(const struct blob *blob, size_t i)
{
	return scramble(blob->seed + i / 8) >> 8 * (i % 8);
}

struct blob t_blob(size_t size)
{
	static uint32_t count;
	uint64_t nr = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

	/* Seeds lie far apart, so that no blob is a shifted piece of another. */
	return (struct blob){ .size = size,
			      .at = -1,
			      .seed = scramble((uint64_t)getpid() << 32 | nr) };
}

void t_blob_copy(const struct blob *blob, void *to)
{
	unsigned char *p = to;

	for (size_t i = 0; i < blob->size; i++)
		p[i] = byte_at(blob, i);
}

struct blob t_fill_mem(void *at, size_t size)
{
	struct blob blob = t_blob(size);

	t_blob_copy(&blob, at);
	return blob;
}

struct blob t_fill(int fd, size_t size)
{
	struct blob blob = t_blob(size);
	unsigned char chunk[1024];

	blob.at = lseek(fd, 0, SEEK_CUR);
	for (size_t done = 0, n; done < size; done += n) {
		n = size - done < sizeof(chunk) ? size - done : sizeof(chunk);
		for (size_t i = 0; i < n; i++)
			chunk[i] = byte_at(&blob, done + i);
		t_write(fd, chunk, n);
	}
	return blob;
}

static bool same(const unsigned char *p, const struct blob *blob, size_t from, size_t n,
		 const char *what, const char *text, struct zdtm_here here)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != byte_at(blob, from + i)) {
			zdtm_fail(here, "%s holds %s: byte %zu of %zu is %#04x against %#04x", what,
				  text, from + i, blob->size, p[i], byte_at(blob, from + i));
			return false;
		}
	return true;
}

/* What cannot fail is no expectation: a blob that was never filled in. */
static bool not_empty(const struct blob *blob, const char *text, struct zdtm_here here)
{
	if (blob->size == 0)
		zdtm_fail(here, "%s is an empty blob", text);
	return blob->size > 0;
}

bool zdtm_expect_mem_is(const void *at, const struct blob *blob, const char *at_text,
			const char *text, struct zdtm_here here)
{
	return not_empty(blob, text, here) && same(at, blob, 0, blob->size, at_text, text, here);
}

bool zdtm_expect_data(int fd, const struct blob *blob, const char *fd_text, const char *text,
		      struct zdtm_here here)
{
	unsigned char chunk[1024];

	if (!not_empty(blob, text, here))
		return false;
	for (size_t done = 0, n; done < blob->size; done += n) {
		ssize_t got;

		n = blob->size - done < sizeof(chunk) ? blob->size - done : sizeof(chunk);
		if (blob->at < 0) {
			t_read(fd, chunk, n);
			got = n;
		} else {
			got = pread(fd, chunk, n, blob->at + done);
		}
		if (got < 0) {
			zdtm_fail(here, "%s holds %s: byte %zu: %s", fd_text, text, done,
				  strerror(errno));
			return false;
		}
		if (got == 0) {
			zdtm_fail(here, "%s holds %s: ends after %zu of %zu bytes", fd_text, text,
				  done, blob->size);
			return false;
		}
		n = got;
		if (!same(chunk, blob, done, n, fd_text, text, here))
			return false;
	}
	return true;
}

/* FNV-1a */
uint64_t t_sum(const void *data, size_t size)
{
	const unsigned char *p = data;
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ p[i]) * UINT64_C(0x100000001b3);
	return sum;
}

/* Other threads may be dumped right here, where a plain blocking call is the simplest state. */
static void wait_for(int fd, short events, const char *what, size_t done, size_t size)
{
	char others[1000];

	if (in_main_thread() && !ready_in_time(fd, events))
		end_caller("%s fd %d: %zu of %zu bytes after %u s; others: %s", what, fd, done,
			   size, patience(), what_others_do(others, sizeof(others)));
}

void t_read(int fd, void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n;

		wait_for(fd, POLLIN, "reading", done, size);
		n = read(fd, (char *)data + done, size - done);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			end_caller("reading fd %d: %s", fd, strerror(errno));
		if (n == 0)
			end_caller("reading fd %d: ends after %zu of %zu bytes", fd, done, size);
		done += n > 0 ? n : 0;
	}
}

void t_write(int fd, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n;

		wait_for(fd, POLLOUT, "writing", done, size);
		n = write(fd, (const char *)data + done, size - done);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			end_caller("writing fd %d: %s", fd, strerror(errno));
		done += n > 0 ? n : 0;
	}
}

bool zdtm_expect_files(const char *a, const char *b, struct zdtm_here here)
{
	FILE *x = fopen(a, "re"), *y = fopen(b, "re");
	size_t at = 0;
	int p = 0, q = 0;

	if (!x || !y)
		zdtm_fail(here, "%s: %s", x ? b : a, strerror(errno));
	else
		for (; (p = getc_unlocked(x)) == (q = getc_unlocked(y)) && p != EOF; at++)
			;
	if (p != q)
		zdtm_fail(here, "%s and %s differ at byte %zu: %#x against %#x%s", a, b, at, p, q,
			  p == EOF || q == EOF ? " (the one has ended)" : "");
	if (x)
		fclose(x);
	if (y)
		fclose(y);
	return x && y && p == q;
}
