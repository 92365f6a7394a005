// SPDX-License-Identifier: GPL-2.0-only
/* Terminals: tty(4), pty(7). How they are told apart, and the modes each of them has. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/mounts.h"
#include "tty.h"

/* Major numbers: Documentation/admin-guide/devices.txt. */
#define TTY_MAJOR       4
#define TTYAUX_MAJOR    5
#define PTY_SLAVE_MAJOR 136

enum tty_kind tty_kind_of(dev_t rdev)
{
	unsigned int n = minor(rdev);

	switch (major(rdev)) {
	case PTY_SLAVE_MAJOR:
		return TTY_SLAVE;
	case TTY_MAJOR:
		return n < 64 ? TTY_VT : TTY_SERIAL;
	case TTYAUX_MAJOR:
		return n == 0 ? TTY_CURRENT : n == 1 ? TTY_CONSOLE : n == 2 ? TTY_MASTER : TTY_NONE;
	}
	return TTY_NONE;
}

bool tty_is(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && tty_kind_of(st->st_rdev) != TTY_NONE;
}

uint32_t tty_index_of(dev_t rdev)
{
	return minor(rdev);
}

#define FIRST_OTHER 2000
#define END_OTHER   2176
#define ID_MANY     (1U << 30)
#define ID_HIGH     (1U << 29)

uint32_t tty_pty_id(uint32_t devpts, uint32_t index, bool master)
{
	uint32_t id = index << 1 | master;

	return id < FIRST_OTHER ? devpts << 22 | id : ID_HIGH | devpts << 22 | id;
}

uint32_t tty_other_id(unsigned int n)
{
	return n < END_OTHER - FIRST_OTHER ? FIRST_OTHER + n : ID_MANY | n;
}

const char *tty_key(uint32_t rdev, uint32_t dev, char to[TTY_KEY_SIZE])
{
	snprintf(to, TTY_KEY_SIZE, "tty[%x:%x]", rdev, dev);
	return to;
}

/* ---- modes ---- */

#define CC_WORDS 19

static TermiosEntry *termios_entry(struct arena *a, const struct termios2 *t, bool speeds)
{
	TermiosEntry *e = arena_new(a, TermiosEntry);
	uint32_t *cc = arena_array(a, uint32_t, CC_WORDS);

	if (!e || !cc)
		return NULL;
	termios_entry__init(e);
	e->c_iflag = t->c_iflag;
	e->c_oflag = t->c_oflag;
	e->c_cflag = t->c_cflag;
	e->c_lflag = t->c_lflag;
	e->c_line = t->c_line;
	if (speeds) {
		e->c_ispeed = t->c_ispeed;
		e->c_ospeed = t->c_ospeed;
	}
	/* The format's words hold the characters as they lie in memory, four to each. */
	memcpy(cc, t->c_cc, sizeof(t->c_cc));
	e->c_cc = cc;
	e->n_c_cc = CC_WORDS;
	return e;
}

int tty_modes_dump(struct arena *a, int fd, const char *who, TtyInfoEntry *img)
{
	struct termios2 t, locked = {};
	struct winsize size;
	struct termios l;
	int discipline, on;

	if (ioctl(fd, TIOCGETD, &discipline) < 0)
		return log_err(-errno, "%s: line discipline", who);
	if (discipline != 0)
		return log_refuse("%s: line discipline %d: only that of terminals (0) is supported",
				  who, discipline);
	if (ioctl(fd, TCGETS2, &t) < 0 || ioctl(fd, TIOCGLCKTRMIOS, &l) < 0 ||
	    ioctl(fd, TIOCGWINSZ, &size) < 0 || ioctl(fd, TIOCGEXCL, &on) < 0)
		return log_err(-errno, "%s: modes of the terminal", who);
	locked.c_iflag = l.c_iflag;
	locked.c_oflag = l.c_oflag;
	locked.c_cflag = l.c_cflag;
	locked.c_lflag = l.c_lflag;
	locked.c_line = l.c_line;
	memcpy(locked.c_cc, l.c_cc, sizeof(l.c_cc));
	img->exclusive = on;
	img->termios = termios_entry(a, &t, true);
	img->termios_locked = termios_entry(a, &locked, false);
	img->winsize = arena_new(a, WinsizeEntry);
	if (!img->termios || !img->termios_locked || !img->winsize)
		return -ENOMEM;
	winsize_entry__init(img->winsize);
	img->winsize->ws_row = size.ws_row;
	img->winsize->ws_col = size.ws_col;
	img->winsize->ws_xpixel = size.ws_xpixel;
	img->winsize->ws_ypixel = size.ws_ypixel;
	return 0;
}

static int check_cc(const TtyInfoEntry *img, const TermiosEntry *e)
{
	if (e && e->n_c_cc * sizeof(*e->c_cc) < sizeof(((struct termios2 *)0)->c_cc))
		return log_bad_image("tty-info.img: terminal %u: too few control characters",
				     img->id);
	return 0;
}

int tty_modes_check(const TtyInfoEntry *img)
{
	int r = check_cc(img, img->termios);

	return r < 0 ? r : check_cc(img, img->termios_locked);
}

void tty_modes_of(const TtyInfoEntry *img, struct termios2 *set, struct termios *locked)
{
	const TermiosEntry *e = img->termios, *l = img->termios_locked;

	*set = (struct termios2){
		.c_iflag = e->c_iflag,
		.c_oflag = e->c_oflag,
		.c_cflag = e->c_cflag,
		.c_lflag = e->c_lflag,
		.c_line = e->c_line,
		.c_ispeed = e->c_ispeed,
		.c_ospeed = e->c_ospeed,
	};
	memcpy(set->c_cc, e->c_cc, sizeof(set->c_cc));
	*locked = (struct termios){};
	if (!l)
		return;
	locked->c_iflag = l->c_iflag;
	locked->c_oflag = l->c_oflag;
	locked->c_cflag = l->c_cflag;
	locked->c_lflag = l->c_lflag;
	locked->c_line = l->c_line;
	memcpy(locked->c_cc, l->c_cc, sizeof(locked->c_cc));
}

int tty_open_peer(int master, int flags)
{
	_cleanup_close_ int devpts = -EBADF;
	unsigned int index;
	struct stat st;
	char name[16];
	int fd;

	fd = ioctl(master, TIOCGPTPEER, flags);
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	if (fstat(master, &st) < 0 || ioctl(master, TIOCGPTN, &index) < 0)
		return -errno;
	devpts = mounts_open_device(major(st.st_dev), minor(st.st_dev));
	if (devpts < 0)
		return devpts;
	snprintf(name, sizeof(name), "%u", index);
	fd = openat(devpts, name, flags);
	return fd < 0 ? -errno : fd;
}

/*
 * An open that fails, because it is locked, marks the slave as broken; and when a broken one is
 * closed the kernel has nothing to tell the master. The next open that works mends it.
 */
int tty_close_unnoticed(int master, int slave, int locked)
{
	int on = 1, r, fd;

	r = ioctl(master, TIOCSPTLCK, &on);
	if (r == 0) {
		fd = tty_open_peer(master, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			errno = EBUSY;
			r = -1;
		}
		if (ioctl(master, TIOCSPTLCK, &locked) < 0)
			r = -1;
	}
	r = r < 0 ? -errno : 0;
	close(slave);
	return r;
}

static bool claims(const struct fd_view *v)
{
	return !(v->flags & O_PATH) && tty_is(&v->st);
}

const struct object tty_object = {
	.name = "tty",
	.type = FD_TYPES__TTY,
	.claims = claims,
	.dump = tty_dump,
	.dump_end = tty_dump_end,
	.check = tty_check,
	.plan = tty_plan,
	.prepare = tty_prepare,
	.finish = tty_finish,
	.after = LIST("regfile"),
};
