// SPDX-License-Identifier: GPL-2.0-only
/* Emptying a pty. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "tty_queue.h"

#define FULL TTY_QUEUE_FULL
#define LOW  (FULL - 128U) /* TTY_THRESHOLD_UNTHROTTLE: below it the kernel lets more in */

static int add_line(struct tty_queue *q, size_t len, bool eof)
{
	if ((q->n_lines & (q->n_lines + 1)) == 0) {
		uint32_t *more = realloc(q->lines, 2 * (q->n_lines + 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		q->lines = more;
	}
	q->lines[q->n_lines++] = 2 * len + eof;
	q->n_eofs += eof;
	return 0;
}

enum unit { BYTES, LINE, PLAIN_LINE /* that came in with modes of ours */ };

static bool by_eof(const struct tty_ends *p, const char *line, ssize_t n, enum unit unit)
{
	return n == 0 ||
	       !(tty_ends_line(p, line[n - 1]) || (unit == PLAIN_LINE && line[n - 1] == '\r'));
}

/* One read: a line, or bytes. 1, or 0 when there is nothing (the flip buffer is empty then, too). */
static int take_once(const struct tty_ends *p, struct tty_queue *q, enum unit unit)
{
	static char some[2 * FULL];
	ssize_t n = read(p->slave, some, sizeof(some));
	int r;

	if (n < 0)
		return errno == EAGAIN ? 0 : tty_failed(p, "read from the slave");
	r = buf_append(&q->input, some, n);
	if (r == 0 && unit != BYTES)
		r = add_line(q, n, by_eof(p, some, n, unit));
	else if (r == 0 && n == 0)
		return tty_failed(p, "end of file where there is none");
	return r < 0 ? log_err(r, "%s", p->who) : 1;
}

/*
 * What is typed but no line yet is only given out with the end of it. So we type that; if the line
 * is still not complete, it was taken as it is, after a VLNEXT.
 */
static int take_rest(const struct tty_ends *p, struct tty_queue *q)
{
	size_t at = q->input.len;
	int r;

	for (int newlines = 1; newlines <= 2; newlines++) {
		r = tty_type(p, '\n');
		if (r == 0)
			r = take_once(p, q, BYTES);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (q->input.len < at + newlines)
			break;
		q->input.len -= newlines;
		q->literal = newlines == 2;
		return 0;
	}
	errno = 0;
	return tty_failed(p, "a line does not end");
}

/* Lines behind the point where the line discipline was full are only ours. */
static void tell_unprocessed(const struct tty_ends *p, struct tty_queue *q)
{
	size_t all = tty_queue_slots(q), n = 0, i;

	if (all <= FULL || p->set.c_lflag & EXTPROC)
		return;
	q->unprocessed = all - FULL;
	for (i = 0; i < q->n_lines; i++) {
		n += q->lines[i] / 2 + (q->lines[i] & 1);
		if (n > FULL)
			break;
	}
	q->n_lines = i;
}

static int take_input(const struct tty_ends *p, struct tty_queue *q)
{
	int r;

	do
		r = take_once(p, q, tty_by_lines(p) ? PLAIN_LINE : BYTES);
	while (r > 0);
	if (r < 0)
		return r;
	if (!(tty_events(p->master, POLLOUT) & POLLOUT)) {
		errno = 0;
		if (ioctl(p->master, TCXONC, TCOON) < 0 ||
		    !(tty_events(p->master, POLLOUT) & POLLOUT))
			return tty_failed(p, "the master cannot write");
		q->input_flow = TTY_PAIR_ENTRY__FLOW__STOPPED_BY_CALL;
	}
	if (tty_by_lines(p)) {
		r = take_rest(p, q);
		if (r < 0)
			return r;
	}
	tell_unprocessed(p, q);
	return 0;
}

/* Output that was stopped by VSTOP has begun to flow again when the plain modes were set. */
static int start_output(const struct tty_ends *p, struct tty_queue *q)
{
	if (tty_events(p->slave, POLLOUT) & POLLOUT) {
		q->output_flow = TTY_PAIR_ENTRY__FLOW__STOPPED_BY_CHARACTER;
		return 0;
	}
	errno = 0;
	if (ioctl(p->slave, TCXONC, TCOON) < 0 || !(tty_events(p->slave, POLLOUT) & POLLOUT))
		return tty_failed(p, "the slave cannot write");
	q->output_flow = TTY_PAIR_ENTRY__FLOW__STOPPED_BY_CALL;
	return 0;
}

/* Writes with these ways of processing, and tells what came of it. */
static int process(const struct tty_ends *p, tcflag_t oflag, const char *text, size_t n,
		   struct buf *came)
{
	struct termios2 t = tty_plain(p);
	int r;

	t.c_oflag = OPOST | oflag;
	r = tty_set(p, &t);
	if (r == 0 && write(p->slave, text, n) != (ssize_t)n)
		r = tty_failed(p, "write to the slave");
	came->len = 0;
	return r < 0 ? r : tty_drain_output(p, came);
}

/*
 * Where on a line output is shows in how many blanks a tab becomes; as many steps back undo it. Of a
 * multiple of eight only a carriage return that is left out tells whether it is the first.
 */
static int take_column(const struct tty_ends *p, struct tty_queue *q)
{
	static const char back[] = "\b\b\b\b\b\b\b\b";
	_cleanup_buf_ struct buf came = {};
	size_t n;
	int r;

	if (!tty_has_column(p))
		return 0;
	r = process(p, XTABS, "\t", 1, &came);
	n = came.len;
	if (r == 0 && (n < 1 || n > 8)) {
		errno = 0;
		r = tty_failed(p, "a tab that is not one to eight blanks");
	}
	if (r == 0)
		r = process(p, XTABS, back, n, &came);
	q->column = 8 - n;
	if (r < 0 || n < 8)
		return r;
	r = process(p, ONOCR, "\r", 1, &came);
	if (r == 0 && came.len) {
		q->column = 8;
		r = process(p, 0, "        ", 8, &came);
	}
	return r;
}

static int take_status(const struct tty_ends *p, struct tty_queue *q)
{
	if (tty_events(p->master, POLLPRI) & POLLPRI && read(p->master, &q->packet_status, 1) != 1)
		return tty_failed(p, "packet status");
	return tty_set_packets(p, 0);
}

/* Echoes only wait where output was stopped, or full when they came. */
static bool nothing_waits(const struct tty_ends *p, const struct tty_queue *q,
			  const struct termios2 *plain)
{
	struct pollfd ends[] = { { .fd = p->slave, .events = POLLOUT },
				 { .fd = p->master, .events = POLLOUT } };

	return memcmp(plain, &p->set, sizeof(*plain)) == 0 && tty_queue_slots(q) < LOW &&
	       q->output.len < FULL && poll(ends, 2, 0) == 2 && ends[0].revents & POLLOUT &&
	       ends[1].revents & POLLOUT;
}

/* With modes of our own. */
static int take_rest_of_all(const struct tty_ends *p, struct tty_queue *q, struct termios2 *plain)
{
	bool stopped;
	int r = tty_drain_output(p, &q->output);

	if (r == 0)
		r = tty_set_locked(p, false);
	stopped = !(tty_events(p->slave, POLLOUT) & POLLOUT);
	/* What comes in now comes as it was written: a line may also end as ICRNL would have it. */
	if (tty_by_lines(p))
		plain->c_cc[VEOL] = '\r';
	if (r == 0)
		r = tty_set(p, plain);
	if (r == 0 && stopped)
		r = start_output(p, q);
	/* A write, even of nothing, begins with the echoes that wait. */
	if (r == 0 && write(p->slave, "", 0) < 0)
		r = tty_failed(p, "echoes");
	if (r == 0)
		r = tty_drain_output(p, &q->echo);
	if (r == 0)
		r = take_column(p, q);
	if (r == 0)
		r = tty_set(p, plain);
	return r < 0 ? r : take_input(p, q);
}

int tty_queue_take(const struct tty_ends *p, struct tty_queue *q)
{
	struct termios2 plain = tty_plain(p);
	int r = 0;

	errno = 0;
	if (p->packets)
		r = take_status(p, q);
	if (r == 0)
		r = tty_drain_output(p, &q->output);
	/*
	 * What has only just been written is to be looked at with the target's own modes, and a read
	 * that finds nothing has seen to that. But not so far that there would be room for more.
	 */
	while (r == 0 && tty_queue_slots(q) < LOW) {
		r = take_once(p, q, tty_by_lines(p) ? LINE : BYTES);
		if (r == 0)
			break;
		r = MIN(r, 0);
	}
	return r < 0 || nothing_waits(p, q, &plain) ? r : take_rest_of_all(p, q, &plain);
}
