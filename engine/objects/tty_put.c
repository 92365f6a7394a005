// SPDX-License-Identifier: GPL-2.0-only
/* Filling a pty again. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "tty_queue.h"

#define FULL      TTY_QUEUE_FULL
#define AT_ONCE   1024U
#define FEW       256U /* bytes that are typed sooner than a worker comes by */
#define WAIT_MS   5000
#define CHAR_XON  '\021'
#define CHAR_XOFF '\023'

static bool usual_flow(const struct tty_ends *p)
{
	return p->set.c_iflag & IXON && p->set.c_cc[VSTOP] == CHAR_XOFF &&
	       p->set.c_cc[VSTART] == CHAR_XON;
}

/* A line that is longer than the line discipline has room for: nobody keeps the rest of it. */
static bool may_be_cut(const struct tty_ends *p, const struct tty_queue *q)
{
	const char *end = q->input.data + q->input.len, *at = end;

	if (!tty_by_lines(p) || !q->unprocessed)
		return false;
	while (at > q->input.data && at[-1] != '\n' && at[-1] != '\r')
		at--;
	return end - at >= FULL;
}

static bool has_flow_characters(const struct tty_queue *q)
{
	return memchr(q->input.data ?: "", CHAR_XOFF, q->input.len) ||
	       memchr(q->input.data ?: "", CHAR_XON, q->input.len);
}

int tty_queue_check(const struct tty_ends *p, const struct tty_queue *q)
{
	unsigned int status = q->packet_status;
	bool stop = status & TIOCPKT_STOP;

	if (may_be_cut(p, q) || (p->set.c_iflag & PARMRK && tty_queue_slots(q) > FULL - 3))
		return log_refuse("%s: more unread input than its line discipline has room for",
				  p->who);
	if (!status)
		return 0;
	/* Each of these would make the kernel note something else besides. */
	if (stop != (q->output_flow != TTY_PAIR_ENTRY__FLOW__FLOWS) ||
	    (p->set.c_lflag & EXTPROC && !(status & TIOCPKT_IOCTL)) ||
	    (!tty_by_lines(p) && usual_flow(p) && has_flow_characters(q)))
		return log_refuse("%s: packet mode: a status of %#x that nobody has read cannot be "
				  "brought about",
				  p->who, status);
	return 0;
}

/* A worker of the kernel carries the bytes over: there is only room when it has come by. */
static int write_all(const struct tty_ends *p, int fd, const char *data, size_t n)
{
	int64_t end = now_ns() + WAIT_MS * 1000000LL;
	ssize_t done;

	for (size_t at = 0; at < n; at += done) {
		done = write(fd, data + at, MIN(n - at, (size_t)AT_ONCE));
		if (done < 0 && (errno != EAGAIN || now_ns() > end))
			return tty_failed(p, fd == p->master ? "write to the master"
							     : "write to the slave");
		if (done < 0) {
			done = 0;
			(void)poll(NULL, 0, 1);
		}
	}
	return 0;
}

/* Waits until bytes written to the master have been looked at. Not with lines. */
static int await_input(const struct tty_ends *p, int n)
{
	int64_t end = now_ns() + WAIT_MS * 1000000LL;
	int there;

	for (;;) {
		if (ioctl(p->slave, FIONREAD, &there) < 0)
			return tty_failed(p, "how much can be read");
		if (there >= n)
			return 0;
		if (now_ns() > end)
			return log_err(-ETIMEDOUT, "%s: %d bytes of input, not %d", p->who, there,
				       n);
		(void)poll(NULL, 0, 0);
	}
}

/* What the master has not read of what happened, made to happen once more while all is empty. */
static int put_status(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = tty_plain(p), other;
	unsigned int status = q->packet_status;
	int r;

	t.c_lflag &= ~(ICANON | EXTPROC);
	other = t;
	if (usual_flow(p)) {
		t.c_iflag |= IXON;
		t.c_cc[VSTOP] = CHAR_XOFF;
		t.c_cc[VSTART] = CHAR_XON;
	}
	/* The way to the flow control it has is noted, if that is what is to be. */
	if (!(status & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP))) {
		other = t;
	} else if (!usual_flow(p)) {
		other.c_iflag |= IXON;
		other.c_cc[VSTOP] = CHAR_XOFF;
		other.c_cc[VSTART] = CHAR_XON;
	}
	if (status & TIOCPKT_IOCTL)
		other.c_lflag |= EXTPROC;
	r = tty_set(p, &other);
	if (r == 0)
		r = tty_set_packets(p, 1);
	if (r == 0)
		r = tty_set(p, &t);
	if (r < 0)
		return r;
	if ((status & TIOCPKT_FLUSHREAD && ioctl(p->slave, TCFLSH, TCIFLUSH) < 0) ||
	    (status & TIOCPKT_FLUSHWRITE && ioctl(p->slave, TCFLSH, TCOFLUSH) < 0) ||
	    (status & TIOCPKT_START &&
	     (ioctl(p->slave, TCXONC, TCOOFF) < 0 || ioctl(p->slave, TCXONC, TCOON) < 0)))
		return tty_failed(p, "packet status");
	return 0;
}

/* Modes for filling: those of tty_plain(), with flow control as it is, which starts or stops nothing. */
static struct termios2 filling(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = tty_plain(p);

	t.c_iflag = p->set.c_iflag & IXON;
	if (q->packet_status) {
		t.c_cc[VSTART] = p->set.c_cc[VSTART];
		t.c_cc[VSTOP] = p->set.c_cc[VSTOP];
	}
	return t;
}

static int put_stop(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = filling(p, q);
	int r;

	if (q->output_flow == TTY_PAIR_ENTRY__FLOW__STOPPED_BY_CALL)
		return ioctl(p->slave, TCXONC, TCOOFF) < 0 ? tty_failed(p, "stop output") : 0;
	t.c_iflag |= IXON;
	if (!usual_flow(p) || !q->packet_status) {
		t.c_cc[VSTOP] = 1;
		t.c_cc[VSTART] = 2;
	}
	r = tty_set(p, &t);
	return r < 0 ? r : tty_type(p, t.c_cc[VSTOP]);
}

/* Input that is echoed, and taken away again: its echo stays where it is. */
static int put_echo(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = filling(p, q);
	char away[AT_ONCE];
	ssize_t n;
	int r;

	t.c_lflag = ECHO;
	t.c_oflag = p->set.c_oflag;
	r = tty_set(p, &t);
	for (size_t at = 0; r == 0 && at < q->echo.len; at += n) {
		n = MIN(q->echo.len - at, sizeof(away));
		r = write_all(p, p->master, q->echo.data + at, n);
		if (r == 0)
			r = await_input(p, n);
		if (r == 0 && read(p->slave, away, n) != n)
			r = tty_failed(p, "read from the slave");
	}
	return r;
}

/* A character that means nothing else while lines are put back. */
static unsigned char pick(const struct termios2 *t, unsigned char above)
{
	for (;;) {
		above++;
		if (above != '\n' && above != t->c_cc[VEOL] && above != t->c_cc[VEOL2] &&
		    above != t->c_cc[VSTART] && above != t->c_cc[VSTOP])
			return above;
	}
}

static int type_plainly(const struct tty_ends *p, const struct termios2 *t, unsigned char c)
{
	bool special = c == '\n' || (c && memchr(t->c_cc, c, sizeof(t->c_cc)));
	int r = special ? tty_type(p, t->c_cc[VLNEXT]) : 0;

	return r < 0 ? r : tty_type(p, c);
}

static int put_lines(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = filling(p, q);
	size_t at = 0, end = q->input.len - q->unprocessed;
	int r;

	t.c_lflag = ICANON | IEXTEN;
	t.c_cc[VMIN] = 0;
	t.c_cc[VEOL] = p->set.c_cc[VEOL];
	t.c_cc[VEOL2] = p->set.c_lflag & IEXTEN ? p->set.c_cc[VEOL2] : 0;
	t.c_cc[VEOF] = pick(&t, 0);
	t.c_cc[VLNEXT] = pick(&t, t.c_cc[VEOF]);
	r = tty_set(p, &t);
	for (size_t i = 0; r == 0 && i < q->n_lines; i++) {
		size_t n = q->lines[i] / 2, last = at + n;
		bool eof = q->lines[i] & 1;

		/* Whatever marked the end of the line: a reader that gets it sees no difference. */
		eof |= n == 0 || !tty_ends_line(p, q->input.data[last - 1]);
		for (; r == 0 && at < (eof ? last : last - 1); at++)
			r = type_plainly(p, &t, q->input.data[at]);
		if (r == 0)
			r = tty_type(p, eof ? t.c_cc[VEOF] : q->input.data[at++]);
	}
	for (; r == 0 && at < end; at++)
		r = type_plainly(p, &t, q->input.data[at]);
	if (r == 0 && q->literal)
		r = tty_type(p, t.c_cc[VLNEXT]);
	return r;
}

static int put_bytes(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = filling(p, q);
	size_t n = q->input.len - q->unprocessed;
	int r = tty_set(p, &t);

	for (size_t i = 0; r == 0 && i < n && n <= FEW; i++)
		r = tty_type(p, q->input.data[i]);
	if (r < 0 || n <= FEW)
		return r;
	r = write_all(p, p->master, q->input.data, n);
	return r < 0 ? r : await_input(p, MIN(n, (size_t)FULL));
}

static int put_input(const struct tty_ends *p, const struct tty_queue *q)
{
	const char *rest = q->input.data + q->input.len - q->unprocessed;
	int r = tty_by_lines(p) ? put_lines(p, q) : put_bytes(p, q);

	if (r == 0)
		r = tty_set(p, &p->set);
	return r < 0 || !q->unprocessed ? r : write_all(p, p->master, rest, q->unprocessed);
}

/* A write must not wait: the target's own flags for the master are put back. */
static int unblock(const struct tty_ends *p, int *flags)
{
	*flags = fcntl(p->master, F_GETFL);
	if (*flags < 0 || fcntl(p->master, F_SETFL, *flags | O_NONBLOCK) < 0)
		return tty_failed(p, "open flags of the master");
	return 0;
}

/* A new terminal is at the begin of a line. What brings it elsewhere is not for the master. */
static int put_column(const struct tty_ends *p, const struct tty_queue *q)
{
	_cleanup_buf_ struct buf away = {};
	struct termios2 t = tty_plain(p);
	int64_t end = now_ns() + WAIT_MS * 1000000LL;
	int r;

	t.c_oflag = OPOST;
	r = tty_set(p, &t);
	if (r == 0)
		r = write_all(p, p->slave, "        ", q->column);
	while (r == 0 && away.len < q->column) {
		r = tty_drain_output(p, &away);
		if (r == 0 && now_ns() > end)
			r = log_err(-ETIMEDOUT, "%s: output does not come", p->who);
	}
	return r;
}

static int put_output(const struct tty_ends *p, const struct tty_queue *q)
{
	struct termios2 t = filling(p, q);
	int r = 0;

	if (q->output.len > FEW) {
		t.c_oflag = 0;
		r = tty_set(p, &t);
		return r < 0 ? r : write_all(p, p->slave, q->output.data, q->output.len);
	}
	for (size_t i = 0; r == 0 && i < q->output.len; i++)
		r = tty_type_output(p, q->output.data[i]);
	return r;
}

static int put_all(const struct tty_ends *p, const struct tty_queue *q)
{
	/* One that we have emptied is where it was. */
	int r = q->column && !p->frozen ? put_column(p, q) : 0;

	if (r == 0 && p->packets && q->packet_status)
		r = put_status(p, q);
	if (r == 0)
		r = put_output(p, q);
	if (r == 0 && q->output_flow != TTY_PAIR_ENTRY__FLOW__FLOWS)
		r = put_stop(p, q);
	if (r == 0 && q->echo.len)
		r = put_echo(p, q);
	if (r == 0 && (q->input.len || q->n_lines || q->literal))
		r = put_input(p, q);
	return r;
}

int tty_queue_put(const struct tty_ends *p, const struct tty_queue *q)
{
	bool writes = p->frozen && (q->input.len > FEW || q->echo.len);
	int flags = 0, r = 0;

	errno = 0;
	if (writes)
		r = unblock(p, &flags);
	if (r == 0)
		r = put_all(p, q);
	if (writes)
		(void)fcntl(p->master, F_SETFL, flags);
	if (r == 0)
		r = tty_set(p, &p->set);
	if (r == 0 && q->input_flow && ioctl(p->master, TCXONC, TCOOFF) < 0)
		r = tty_failed(p, "stop input");
	if (r == 0 && p->packets && !q->packet_status)
		r = tty_set_packets(p, 1);
	return r < 0 ? r : tty_set_locked(p, true);
}
