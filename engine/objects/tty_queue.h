// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is on its way between the two ends of a pty, and what holds it up. Each end has a buffer of
 * 4095 bytes in its line discipline (N_TTY), and before that what did not fit there and has not been
 * looked at. The kernel shows neither: they are read and written again, with modes of our own, so
 * that nothing is echoed, changed or taken for a signal. Both are done for one pty in one go; a
 * target that is to run on has it all back before the next thing is done.
 */
#ifndef OBJECTS_TTY_QUEUE_H
#define OBJECTS_TTY_QUEUE_H

#include <asm/termbits.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "proto/tty.pb-c.h"

/* What was set last: setting it again can be left out. */
struct tty_now {
	bool known; /* the modes */
	struct termios2 modes;
	bool locked; /* struct tty_ends.locked is in force */
};

/*
 * Both ends of a pty, and how it is set: neither changes. The slave is an open file of our own that
 * does not block; the master may be the task's and may.
 */
struct tty_ends {
	int master, slave;
	struct termios2 set;
	struct termios locked; /* bits that cannot be changed: TIOCSLCKTRMIOS */
	bool packets;          /* TIOCPKT */
	bool frozen;           /* the master is the task's, whose open flags are put back */
	struct tty_now *now;
	const char *who; /* for messages */
};

typedef TtyPairEntry__Flow tty_flow;

struct tty_queue {
	struct buf output; /* the master can read it */
	struct buf echo;   /* waits for room, or for output to flow again */
	/*
	 * The slave can read it. In canonical mode these lines come first: for each twice its bytes,
	 * and 1 more when an end of file closes it, which is no byte.
	 */
	struct buf input;
	uint32_t *lines;
	size_t n_lines, n_eofs;
	uint32_t unprocessed; /* the last bytes of input: the line discipline is full */
	bool literal;         /* the character after VLNEXT is yet to come */
	tty_flow output_flow, input_flow;
	uint8_t packet_status;
	uint8_t column; /* of output: 1 to 7 stand for any with that rest, 8 for any without one but 0 */
};

void tty_queue_done(struct tty_queue *q);
/* Is there anything that a new pty does not have? */
bool tty_queue_idle(const struct tty_queue *q);

/*
 * Takes everything out of the pty, which cannot be known without. Afterwards it is empty, flows,
 * is not in packet mode, and set to some other modes: tty_queue_put() is to follow, whatever is
 * returned. -errno is logged.
 */
int tty_queue_take(const struct tty_ends *p, struct tty_queue *q);

/* Fills an empty pty, and sets its modes. */
int tty_queue_put(const struct tty_ends *p, const struct tty_queue *q);

/* Can it be filled again exactly? Refuses by name. */
int tty_queue_check(const struct tty_ends *p, const struct tty_queue *q);

/* ---- for both of these ---- */

#define TTY_QUEUE_FULL 4095U /* N_TTY_BUF_SIZE less the one that stays free */

/*
 * Adds what the master can read to `to`. It may be an open file that blocks: no more than there is.
 */
int tty_drain_output(const struct tty_ends *p, struct buf *to);

/* Logs with errno, or says EIO where there is none. */
int tty_failed(const struct tty_ends *p, const char *what);
/* Which of these poll(2) tells at once. */
short tty_events(int fd, short which);

/* Are there lines in the input, or just bytes? */
bool tty_by_lines(const struct tty_ends *p);
/* Does it matter to output processing where on a line it is? */
bool tty_has_column(const struct tty_ends *p);
bool tty_ends_line(const struct tty_ends *p, unsigned char c);
/* How much of the buffer the input took up: an end of file takes up one. */
size_t tty_queue_slots(const struct tty_queue *q);

/* The target's modes, with nothing done to the bytes, and lines and bytes being what they are. */
struct termios2 tty_plain(const struct tty_ends *p);
int tty_set(const struct tty_ends *p, const struct termios2 *t);
bool tty_any_locked(const struct tty_ends *p);
int tty_set_locked(const struct tty_ends *p, bool locked);
int tty_set_packets(const struct tty_ends *p, int on);

/*
 * One character that the slave (or the master) will read, through the line discipline at once:
 * TIOCSTI waits for no worker.
 */
int tty_type(const struct tty_ends *p, unsigned char c);
int tty_type_output(const struct tty_ends *p, unsigned char c);

#endif
