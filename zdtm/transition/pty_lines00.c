// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dialogue over a cooked terminal that never pauses: the master types lines, each begun before the
 * last has been answered, so that there is always a part of one in the line discipline; the slave
 * answers each with what it read. Lines come whole and in order. criu 4.2 loses what is being typed.
 */
#include <termios.h>

#include "zdtm.h"

enum { TALKING, END };

static int master, slave;
static pid_t typist, answerer;

static void answer(long unused)
{
	char line[64], reply[96];
	ssize_t n;

	SYS(close(master));
	while ((n = SYS(read(slave, line, sizeof(line) - 1))) > 0) {
		line[n] = '\0';
		if (line[n - 1] != '\n')
			t_die("a line without its end: \"%s\"", line);
		n = snprintf(reply, sizeof(reply), "<%.*s>", (int)n - 1, line);
		t_write(slave, reply, n);
		if (strstr(line, "the end"))
			return;
	}
	t_fail("end of file");
}

static void begin(int nr)
{
	char text[32];

	t_write(master, text, snprintf(text, sizeof(text), "line number %d, ", nr));
}

static void finish(int nr, const char *how)
{
	char should[64], got[64] = "";
	int n = snprintf(should, sizeof(should), "<line number %d, %s>", nr, how);

	t_write(master, how, strlen(how));
	t_write(master, "\n", 1);
	if (!strstr(how, "the end"))
		begin(nr + 1);
	t_read(master, got, n);
	EXPECT_STR(got, should);
}

static void type(long unused)
{
	int nr = 0;

	SYS(close(slave));
	begin(0);
	for (; !t_over(); nr++) {
		finish(nr, "and on");
		if (nr == 10)
			t_wake(TALKING);
	}
	finish(nr, "and the end");
	/* The last answer has been read: only now may the terminal go. */
	t_wait(END);
}

static void setup(void)
{
	struct termios t;

	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	SYS(tcgetattr(slave, &t));
	t.c_lflag &= ~ECHO;
	SYS(tcsetattr(slave, TCSANOW, &t));
	answerer = t_fork(answer, 0);
	typist = t_fork(type, 0);
	SYS(close(master));
	SYS(close(slave));
	t_wait(TALKING);
}

static void check(void)
{
	t_join(answerer);
	t_wake(END);
	t_join(typist);
}

ZDTM_TEST = {
	.doc = "a dialogue in lines goes on, with what is being typed",
	.object = "tty",
	.setup = setup,
	.check = check,
};
