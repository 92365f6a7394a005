// SPDX-License-Identifier: GPL-2.0-only
/* Terminals: pty pairs, their modes, and who controls which. */
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <termios.h>

#include "frame/mount.h"
#include "probe.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_UNIX98_PTYS", .source = "ioctl_tty(2), pty(7)"

/* A fresh pair; the slave unlocked. */
static int open_master(void)
{
	int master = OFFERED(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "/dev/ptmx", ENOENT,
			     ENODEV),
	    unlocked = 0;

	NEED(ioctl(master, TIOCSPTLCK, &unlocked));
	return master;
}

static int open_slave(int master)
{
	return OFFERED(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC), "TIOCGPTPEER",
		       EINVAL, ENOTTY);
}

PROBE(ptn_lock, .what = "a pty tells its index, and whether its slave may be opened yet",
      DECLARED("3.8"))
{
	int master = OFFERED(open("/dev/ptmx", O_RDWR | O_NOCTTY), "/dev/ptmx", ENOENT, ENODEV),
	    index = -1, locked = -1;
	char path[32];

	NEED(ioctl(master, TIOCGPTN, &index));
	PROMISE_GE(index, 0);
	OFFERED(ioctl(master, TIOCGPTLCK, &locked), "TIOCGPTLCK", ENOTTY, EINVAL);
	PROMISE_EQ(locked, 1);
	snprintf(path, sizeof(path), "/dev/pts/%d", index);
	/* Unless /dev/pts is another instance than the one of /dev/ptmx. */
	if (access(path, F_OK) == 0)
		PROMISE_FAILS(open(path, O_RDWR | O_NOCTTY), EIO);
	locked = 0;
	NEED(ioctl(master, TIOCSPTLCK, &locked));
	locked = -1;
	NEED(ioctl(master, TIOCGPTLCK, &locked));
	PROMISE_EQ(locked, 0);
}

PROBE(peer, .what = "TIOCGPTPEER opens the slave of a master, whatever lies at its path",
      .since = "4.13", .commit = "54ebbfb16034", .kconfig = "CONFIG_UNIX98_PTYS",
      .source = "ioctl_tty(2)")
{
	int master = open_master(), slave = open_slave(master), index;
	char byte;

	NEED(ioctl(master, TIOCGPTN, &index));
	NEED(write(slave, "x", 1));
	NEED(read(master, &byte, 1));
	PROMISE_EQ(byte, 'x');
	PROMISE_EQ(NEED(fcntl(slave, F_GETFD)), FD_CLOEXEC);
	/* With O_NOCTTY it became nobody's, though we lead a session without a terminal. */
	PROMISE_STR(NEED(stat_field(0, 7)), "0");
	PROMISE(str_ends_with(link_text("/proc/self/fd/%d", slave), strrchr(ptsname(master), '/')));
}

PROBE(index_fdinfo, .what = "fdinfo of a pty's master tells its index", .since = "4.19",
      .kconfig = "CONFIG_UNIX98_PTYS CONFIG_PROC_FS", .source = "drivers/tty/pty.c")
{
	int master = open_master(), index;

	NEED(ioctl(master, TIOCGPTN, &index));
	PROMISE_EQ(
		atoi(OFFERED(fdinfo_field(0, master, "tty-index"), "tty-index in fdinfo", ENODATA)),
		index);
}

PROBE(packet_exclusive, .what = "TIOCGPKT and TIOCGEXCL tell what TIOCPKT and TIOCEXCL have set",
      .since = "3.8", .kconfig = "CONFIG_UNIX98_PTYS", .source = "ioctl_tty(2)")
{
	int master = open_master(), slave = open_slave(master), value = -1, on = 1;

	OFFERED(ioctl(master, TIOCGPKT, &value), "TIOCGPKT", ENOTTY, EINVAL);
	PROMISE_EQ(value, 0);
	NEED(ioctl(master, TIOCPKT, &on));
	NEED(ioctl(master, TIOCGPKT, &value));
	PROMISE_EQ(value, 1);
	value = -1;
	NEED(ioctl(slave, TIOCGEXCL, &value));
	PROMISE_EQ(value, 0);
	NEED(ioctl(slave, TIOCEXCL));
	NEED(ioctl(slave, TIOCGEXCL, &value));
	PROMISE_EQ(value, 1);
	NEED(ioctl(slave, TIOCNXCL));
	NEED(ioctl(slave, TIOCGEXCL, &value));
	PROMISE_EQ(value, 0);
}

PROBE(termios, .what = "modes, control characters and window size read back as they were set",
      DECLARED("1.0"))
{
	struct winsize size = { .ws_row = 11, .ws_col = 22, .ws_xpixel = 33, .ws_ypixel = 44 }, now;
	int master = open_master(), slave = open_slave(master), discipline = -1;
	struct termios t, u;

	NEED(tcgetattr(slave, &t));
	t.c_iflag = IGNPAR | ICRNL | IXON;
	t.c_oflag = OPOST | OCRNL;
	t.c_lflag = ISIG | TOSTOP | NOFLSH;
	for (int i = 0; i < 17; i++)
		t.c_cc[i] = i + 1;
	NEED(tcsetattr(slave, TCSANOW, &t));
	NEED(tcgetattr(slave, &u));
	PROMISE_EQ(u.c_iflag, t.c_iflag);
	PROMISE_EQ(u.c_oflag, t.c_oflag);
	PROMISE_EQ(u.c_lflag, t.c_lflag);
	PROMISE_MEM(u.c_cc, t.c_cc, 17);
	NEED(ioctl(master, TIOCSWINSZ, &size));
	NEED(ioctl(slave, TIOCGWINSZ, &now));
	PROMISE_MEM(&now, &size, sizeof(size));
	NEED(ioctl(slave, TIOCGETD, &discipline));
	PROMISE_EQ(discipline, 0);
}

PROBE(locked_termios, .what = "TIOCSLCKTRMIOS locks modes against change; anybody reads the locks",
      DECLARED("1.0"),
      .capability = "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace")
{
	struct termios locks = {}, t, u;
	int slave = open_slave(open_master());

	NEED(ioctl(slave, TIOCGLCKTRMIOS, &u));
	PROMISE_EQ(u.c_lflag, 0);
	NEED(tcgetattr(slave, &t));
	PROMISE_EQ(t.c_lflag & ECHO, ECHO);
	locks.c_lflag = ECHO;
	locks.c_cc[VINTR] = 1;
	/* Until 6.8 CAP_SYS_ADMIN alone would do. */
	if (!have_cap(CAP_SYS_ADMIN) && ioctl(slave, TIOCSLCKTRMIOS, &locks) < 0)
		ABSENT("privilege: CAP_SYS_ADMIN in the initial user namespace");
	NEED(ioctl(slave, TIOCSLCKTRMIOS, &locks));
	NEED(ioctl(slave, TIOCGLCKTRMIOS, &u));
	PROMISE_EQ(u.c_lflag, ECHO);
	PROMISE_EQ(u.c_cc[VINTR], 1);
	t.c_lflag &= ~(ECHO | ISIG);
	t.c_cc[VINTR] = 'x';
	NEED(tcsetattr(slave, TCSANOW, &t));
	NEED(tcgetattr(slave, &u));
	PROMISE_EQ(u.c_lflag & (ECHO | ISIG), ECHO);
	PROMISE_NE(u.c_cc[VINTR], 'x');
}

PROBE(locked_termios_cap, .what = "CAP_CHECKPOINT_RESTORE alone lets modes be locked",
      .since = "6.8", .commit = "e0f25b899234", .kconfig = "CONFIG_UNIX98_PTYS",
      .capability = "CAP_CHECKPOINT_RESTORE in the initial user namespace",
      .source = "drivers/tty/tty_ioctl.c", .guards = "tty-lck-termios-cap")
{
	struct termios locks = { .c_lflag = ECHO };
	int slave = open_slave(open_master());
	pid_t pid;

	need_privilege("CAP_CHECKPOINT_RESTORE in the initial user namespace");
	pid = spawn();
	if (pid == 0) {
		lose_privileges_but(CAP_CHECKPOINT_RESTORE);
		OFFERED(ioctl(slave, TIOCSLCKTRMIOS, &locks),
			"TIOCSLCKTRMIOS by CAP_CHECKPOINT_RESTORE", EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(locked_termios_refused, .what = "without a capability no modes are locked: EPERM",
      DECLARED("1.0"))
{
	struct termios locks = { .c_lflag = ECHO };
	int slave = open_slave(open_master());
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		NEED(ioctl(slave, TIOCGLCKTRMIOS, &locks));
		PROMISE_FAILS(ioctl(slave, TIOCSLCKTRMIOS, &locks), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(session, .what = "a session leader takes a terminal, which then tells session and group",
      DECLARED("1.0"))
{
	int master = open_master(), slave = open_slave(master);
	pid_t pid, *member = share(page_size());
	struct stat st;

	NEED(fstat(slave, &st));
	pid = spawn();
	if (pid == 0) {
		/* Who leads no session takes none. */
		PROMISE_FAILS(ioctl(slave, TIOCSCTTY, 0), EPERM);
		NEED(setsid());
		PROMISE_FAILS(tcgetsid(slave), ENOTTY);
		NEED(ioctl(slave, TIOCSCTTY, 0));
		PROMISE_EQ(NEED(tcgetsid(slave)), getpid());
		PROMISE_EQ(NEED(tcgetpgrp(slave)), getpid());
		*member = spawn_idle();
		NEED(setpgid(*member, *member));
		signal(SIGTTOU, SIG_IGN);
		NEED(tcsetpgrp(slave, *member));
		/* No group of another session. */
		PROMISE_FAILS(tcsetpgrp(slave, getppid()), EPERM);
		PROMISE_EQ(NEED(tcgetpgrp(slave)), *member);
		reach(1);
		linger();
	}
	await(1);
	PROMISE_EQ(NEED(tcgetsid(master)), pid);
	PROMISE_EQ(NEED(tcgetpgrp(master)), *member);
	PROMISE_EQ(atoi(NEED(stat_field(pid, 7))), packed_dev(st.st_rdev));
	PROMISE_EQ(atoi(NEED(stat_field(pid, 8))), *member);
	PROMISE_EQ(atoi(NEED(stat_field(*member, 6))), pid);
}

PROBE(session_taken,
      .what = "the terminal of another session is taken by force or not at all: EPERM",
      DECLARED("1.0"), .capability = "CAP_SYS_ADMIN in the initial user namespace")
{
	int master = open_master(), slave = open_slave(master);
	pid_t owner = spawn(), thief;

	if (owner == 0) {
		NEED(setsid());
		NEED(ioctl(slave, TIOCSCTTY, 0));
		reach(1);
		linger();
	}
	await(1);
	thief = spawn();
	if (thief == 0) {
		NEED(setsid());
		PROMISE_FAILS(ioctl(slave, TIOCSCTTY, 0), EPERM);
		need_privilege("CAP_SYS_ADMIN in the initial user namespace");
		NEED(ioctl(slave, TIOCSCTTY, 1));
		PROMISE_EQ(NEED(tcgetsid(slave)), getpid());
		PROMISE_EQ(atoi(NEED(stat_field(owner, 7))), 0);
		_exit(0);
	}
	reap_good(thief);
}

PROBE(hung_up, .what = "a slave whose master is gone is hung up: EIO, and the end of what there is",
      DECLARED("1.0"))
{
	int master = open_master(), slave = open_slave(master);
	struct termios t;
	char byte;

	close(master);
	PROMISE_EQ(NEED(read(slave, &byte, 1)), 0);
	PROMISE_FAILS(write(slave, "x", 1), EIO);
	PROMISE_FAILS(tcgetattr(slave, &t), EIO);
	PROMISE(poll_now(slave, POLLHUP));
}

PROBE(device, .what = "TIOCGDEV tells the number of the terminal itself, from either end of a pty",
      .since = "2.6.37", .kconfig = "CONFIG_UNIX98_PTYS", .source = "ioctl_tty(2)")
{
	int master = open_master(), slave = open_slave(master);
	unsigned int dev = 0, other = 0;
	struct stat st;

	NEED(fstat(slave, &st));
	OFFERED(ioctl(slave, TIOCGDEV, &dev), "TIOCGDEV", ENOTTY, EINVAL);
	PROMISE_EQ(dev, packed_dev(st.st_rdev));
	NEED(ioctl(master, TIOCGDEV, &other));
	PROMISE_EQ(other, dev);
}

PROBE(instances, .what = "each devpts counts its ptys from 0, and its ptmx opens those",
      .since = "4.7", .commit = "eedf265aa003", .kconfig = "CONFIG_UNIX98_PTYS",
      .capability = "CAP_SYS_ADMIN", .source = "Documentation/filesystems/devpts.rst")
{
	struct mountinfo m;
	int a, b, c, index;

	own_tmpfs();
	NEED(mkdir("a", 0755));
	NEED(mkdir("b", 0755));
	NEED(mount("devpts", "a", "devpts", 0, "newinstance,ptmxmode=0666,max=2"));
	NEED(mount("devpts", "b", "devpts", 0, "newinstance,ptmxmode=0666"));
	a = NEED(open("a/ptmx", O_RDWR | O_NOCTTY));
	NEED(ioctl(a, TIOCGPTN, &index));
	PROMISE_EQ(index, 0);
	b = NEED(open("b/ptmx", O_RDWR | O_NOCTTY));
	NEED(ioctl(b, TIOCGPTN, &index));
	PROMISE_EQ(index, 0);
	c = NEED(open("a/ptmx", O_RDWR | O_NOCTTY));
	NEED(ioctl(c, TIOCGPTN, &index));
	PROMISE_EQ(index, 1);
	PROMISE_FAILS(open("a/ptmx", O_RDWR | O_NOCTTY), ENOSPC);
	PROMISE_EQ(access("a/1", F_OK), 0);
	PROMISE_FAILS(access("b/1", F_OK), ENOENT);
	NEED(mount_at(0, "a", &m));
	PROMISE(strstr(m.super, "ptmxmode=666"));
	PROMISE(strstr(m.super, "max=2"));
	/* A number that is free again is given out again: that is how one is had on restore. */
	close(a);
	a = NEED(open("a/ptmx", O_RDWR | O_NOCTTY));
	NEED(ioctl(a, TIOCGPTN, &index));
	PROMISE_EQ(index, 0);
}

PROBE(fds_known, .what = "every line of fdinfo of both ends of a pty is one we have a word for",
      DECLARED("3.8"))
{
	static const char *const known[] = { "pos",  "flags",     "mnt_id", "ino",
					     "lock", "tty-index", NULL };
	int master = open_master(), ends[] = { master, open_slave(master) };

	for (int i = 0; i < 2; i++) {
		char *key = fdinfo_unknown(0, ends[i], known);

		if (key)
			NEW("'%s' in fdinfo of a terminal", key);
	}
}

/*
 * What cannot be seen or brought back
 */

static void raw_mode(int tty, bool echo)
{
	struct termios t;

	NEED(tcgetattr(tty, &t));
	t.c_lflag = ICANON | (echo ? ECHO : 0);
	NEED(tcsetattr(tty, TCSANOW, &t));
}

GAP(partial_line, .what = "nobody reads a line that is not ended yet, and leaves it there",
    .kconfig = "CONFIG_UNIX98_PTYS", .source = "termios(3)")
{
	int a = open_master(), b = open_master(), with = open_slave(a), without = open_slave(b);
	int waiting = -1;

	raw_mode(with, false);
	raw_mode(without, false);
	NEED(write(a, "half a li", 9));
	tried_files(with, without);
	NEED(ioctl(with, FIONREAD, &waiting));
	if (waiting != 0)
		NEW("FIONREAD tells %d bytes of a line not ended", waiting);
	TRIED("FIONREAD");
	if (poll_now(with, POLLIN))
		NEW("poll tells of a line not ended");
	TRIED("poll");
	TRIED_TO("tee", tee(with, with, 9, SPLICE_F_NONBLOCK));
}

GAP(flow_stopped, .what = "nobody tells whether output of a terminal is stopped",
    .kconfig = "CONFIG_UNIX98_PTYS", .source = "ioctl_tty(2)")
{
	int a = open_master(), b = open_master(), with = open_slave(a), without = open_slave(b);
	struct termios t = {}, u = {};

	NEED(tcflow(with, TCOOFF));
	tried_files(with, without);
	NEED(tcgetattr(with, &t));
	NEED(tcgetattr(without, &u));
	if (memcmp(&t, &u, sizeof(t)) != 0)
		NEW("TCGETS differs when output is stopped");
	TRIED("TCGETS");
	NEED(tcflow(with, TCOON));
}

GAP(packet_status,
    .what = "nobody brings back the status byte that waits at a master in packet mode",
    .kconfig = "CONFIG_UNIX98_PTYS", .source = "ioctl_tty(2)")
{
	int master = open_master(), slave = open_slave(master), other = open_master(), on = 1;
	int waiting = -1;

	NEED(ioctl(master, TIOCPKT, &on));
	NEED(ioctl(other, TIOCPKT, &on));
	NEED(tcflush(slave, TCIFLUSH));
	tried_files(master, other);
	NEED(ioctl(master, FIONREAD, &waiting));
	if (waiting != 0)
		NEW("FIONREAD counts it: %d", waiting);
	TRIED("FIONREAD");
}
