// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dialogue over a cooked terminal that never pauses: the master types lines, in pieces, the slave
 * answers each with what it read. Lines come whole, each is echoed and answered once, in order.
 * criu 4.2 loses the line that is being typed, and has some echoed twice.
 */
#include <termios.h>

#include "zdtm.h"

enum { TALKING };

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
		if (strcmp(line, "end\n") == 0)
			return;
	}
	t_fail("end of file");
}

/* Types it, and reads its echo and the answer to it. */
static void say(const char *line)
{
	char should[128], got[128] = "";
	size_t half = strlen(line) / 2;
	int n = snprintf(should, sizeof(should), "%s\r\n<%s>", line, line);

	t_write(master, line, half);
	t_write(master, line + half, strlen(line) - half);
	t_write(master, "\n", 1);
	t_read(master, got, n);
	EXPECT_STR(got, should);
}

static void type(long unused)
{
	char line[32];

	SYS(close(slave));
	for (int nr = 0; !t_over(); nr++) {
		snprintf(line, sizeof(line), "line number %d", nr);
		say(line);
		if (nr == 10)
			t_wake(TALKING);
	}
	say("end");
	/* The last answer has been read: only now may the terminal go. */
	t_wait(TALKING);
}

static void setup(void)
{
	master = t_ptmx(O_RDWR);
	slave = t_pts(master, O_RDWR | O_NOCTTY);
	answerer = t_fork(answer, 0);
	typist = t_fork(type, 0);
	SYS(close(master));
	SYS(close(slave));
	t_wait(TALKING);
}

static void check(void)
{
	t_wake(TALKING);
	t_join(answerer);
	t_join(typist);
}

ZDTM_TEST = {
	.doc = "a dialogue in lines goes on, each echoed and answered once",
	.object = "tty",
	.setup = setup,
	.check = check,
};
