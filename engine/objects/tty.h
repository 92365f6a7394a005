// SPDX-License-Identifier: GPL-2.0-only
/* Terminals, both halves: what kinds there are, and what their images say. */
#ifndef OBJECTS_TTY_H
#define OBJECTS_TTY_H

#include <sys/ioctl.h>

#include "engine/objects/files.h"
#include "tty_queue.h"

enum tty_kind {
	TTY_NONE,
	TTY_MASTER, /* /dev/ptmx */
	TTY_SLAVE,
	TTY_CURRENT, /* /dev/tty */
	TTY_CONSOLE,
	TTY_VT,
	TTY_SERIAL,
};

/* By the device number of its node. */
enum tty_kind tty_kind_of(dev_t rdev);
bool tty_is(const struct stat *st);
/* Of a pty's slave. */
uint32_t tty_index_of(dev_t rdev);

/*
 * Numbers of infos. Other engines know ptys below 1000 of one devpts by twice their number, and
 * nothing from 2176 up; what is not a pty goes in between.
 */
uint32_t tty_pty_id(uint32_t devpts, uint32_t index, bool master);
uint32_t tty_other_id(unsigned int n);
#define TTY_MAX_DEVPTS 128
#define TTY_MAX_INDEX  (1U << 20) /* as many as there are minor numbers */
#define TTY_ID_HUNG_UP (1U << 31) /* beside the slave of the same pty */

/* "tty[8803:1b]": how --external and --inherit-fd name one. */
#define TTY_KEY_SIZE 32
const char *tty_key(uint32_t rdev, uint32_t dev, char to[TTY_KEY_SIZE]);

/*
 * Modes, locks, window size and exclusive mode of what `fd` is open for, into the image; refuses
 * other line disciplines than N_TTY.
 */
int tty_modes_dump(struct arena *a, int fd, const char *who, TtyInfoEntry *img);
void tty_modes_of(const TtyInfoEntry *img, struct termios2 *set, struct termios *locked);
int tty_modes_check(const TtyInfoEntry *img);

/*
 * The slave of a pty, opened with these flags: a descriptor or -errno. The kernel finds it unless the
 * master was opened by a node that is mounted alone; then the mounts must know.
 */
int tty_open_peer(int master, int flags);

/*
 * Closes a slave of ours, the only one that was ever open, so that the master does not take it for
 * closed: as long as there was none its reads wait. Afterwards the pty is locked or not.
 */
int tty_close_unnoticed(int master, int slave, int locked);

/* dump */
int tty_dump(const struct fd_view *v, FileEntry *fe);
int tty_dump_end(struct dump *d);

/* restore */
int tty_check(struct restore *r, struct restore_file *f);
int tty_plan(struct restore *r);
int tty_prepare(struct restore *r);
void tty_finish(struct restore *r, bool ok);

#endif
