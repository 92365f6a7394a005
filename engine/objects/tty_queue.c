// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "tty_queue.h"

void tty_queue_done(struct tty_queue *q)
{
	buf_done(&q->output);
	buf_done(&q->echo);
	buf_done(&q->input);
	free(q->lines);
	*q = (struct tty_queue){};
}

bool tty_queue_idle(const struct tty_queue *q)
{
	return !q->output.len && !q->echo.len && !q->input.len && !q->n_lines && !q->literal &&
	       !q->output_flow && !q->input_flow && !q->packet_status;
}

int tty_failed(const struct tty_ends *p, const char *what)
{
	return log_err(errno ? -errno : -EIO, "%s: %s", p->who, what);
}

short tty_events(int fd, short which)
{
	struct pollfd pfd = { .fd = fd, .events = which };

	return poll(&pfd, 1, 0) < 0 ? 0 : pfd.revents;
}

bool tty_by_lines(const struct tty_ends *p)
{
	return (p->set.c_lflag & (ICANON | EXTPROC)) == ICANON;
}

bool tty_has_column(const struct tty_ends *p)
{
	tcflag_t o = p->set.c_oflag;

	return o & OPOST && ((o & TABDLY) == XTABS || o & ONOCR);
}

bool tty_any_locked(const struct tty_ends *p)
{
	static const struct termios none;

	return memcmp(&p->locked, &none, sizeof(none)) != 0;
}

struct termios2 tty_plain(const struct tty_ends *p)
{
	struct termios2 t = p->set;

	/* Raw as it is. */
	if (!(t.c_lflag & (ICANON | EXTPROC | ISIG | ECHO | ECHONL)) &&
	    !(t.c_iflag & (ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | PARMRK | IXON)) &&
	    !(t.c_oflag & OPOST))
		return t;
	t.c_iflag = t.c_oflag = 0;
	t.c_lflag &= tty_by_lines(p) ? ICANON : t.c_lflag & EXTPROC ? ICANON | EXTPROC : 0;
	memset(t.c_cc, 0, sizeof(t.c_cc));
	t.c_cc[VMIN] = 1;
	return t;
}

int tty_set(const struct tty_ends *p, const struct termios2 *t)
{
	if (p->now->known && memcmp(&p->now->modes, t, sizeof(*t)) == 0)
		return 0;
	p->now->known = ioctl(p->slave, TCSETS2, t) == 0;
	p->now->modes = *t;
	return p->now->known ? 0 : tty_failed(p, "terminal modes");
}

int tty_set_locked(const struct tty_ends *p, bool locked)
{
	static const struct termios none;

	if (!tty_any_locked(p) || p->now->locked == locked)
		return 0;
	p->now->locked = locked;
	return ioctl(p->slave, TIOCSLCKTRMIOS, locked ? &p->locked : &none) < 0
		       ? tty_failed(p, "locked modes")
		       : 0;
}

int tty_set_packets(const struct tty_ends *p, int on)
{
	return ioctl(p->master, TIOCPKT, &on) < 0 ? tty_failed(p, "packet mode") : 0;
}

bool tty_ends_line(const struct tty_ends *p, unsigned char c)
{
	return c == '\n' || (c && c == p->set.c_cc[VEOL]) ||
	       (c && c == p->set.c_cc[VEOL2] && p->set.c_lflag & IEXTEN);
}

size_t tty_queue_slots(const struct tty_queue *q)
{
	return q->input.len + q->n_eofs;
}

int tty_type(const struct tty_ends *p, unsigned char c)
{
	return ioctl(p->slave, TIOCSTI, &c) < 0 ? tty_failed(p, "insert input") : 0;
}

int tty_type_output(const struct tty_ends *p, unsigned char c)
{
	return ioctl(p->master, TIOCSTI, &c) < 0 ? tty_failed(p, "insert output") : 0;
}

int tty_drain_output(const struct tty_ends *p, struct buf *to)
{
	int n, r;

	while (tty_events(p->master, POLLIN) & POLLIN) {
		if (ioctl(p->master, FIONREAD, &n) < 0)
			return tty_failed(p, "how much can be read");
		if (n == 0)
			return 0;
		r = buf_reserve(to, n);
		if (r < 0)
			return log_err(r, "%s", p->who);
		n = read(p->master, to->data + to->len, n);
		if (n <= 0)
			return tty_failed(p, "read from the master");
		to->len += n;
	}
	return 0;
}
