// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program in a memfd. It can be executed as long as nobody has opened the memfd for writing; what
 * memfd_create(2) returned does not count, though one can write to it. With criu 4.2 none counts.
 */
#include "zdtm.h"

enum { ALONE, MAPPED, REOPENED, REOPENED_TOO };

static struct {
	int fd, other;
	void *shared, *own;
} was;

/* What execveat(2) says, 0 if the program ran. */
static int runs(void)
{
	char *const argv[] = { (char *)"true", NULL }, *const envp[] = { NULL };
	int status;
	pid_t pid = SYS(fork());

	if (pid == 0) {
		execveat(was.fd, "", argv, envp, AT_EMPTY_PATH);
		_exit(errno);
	}
	SYS(waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void setup(void)
{
	static const char script[] = "#!/bin/true\n";
	char path[32];

	was.other = -1;
	was.fd = SYS(memfd_create("program", 0));
	SYS(write(was.fd, script, sizeof(script) - 1));
	SYS(fchmod(was.fd, 0755));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", was.fd);
	if (variant->arg == MAPPED) {
		was.other = SYS(open(path, O_RDONLY));
		was.own =
			SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, was.other, 0));
		was.shared = SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, was.fd, 0));
	} else if (variant->arg != ALONE) {
		was.other = SYS(open(path, O_RDWR));
	}
	if (variant->arg == REOPENED) {
		SYS(dup2(was.other, was.fd));
		SYS(close(was.other));
	}
}

static void check(void)
{
	bool reopened = variant->arg == REOPENED || variant->arg == REOPENED_TOO;

	EXPECT_EQ(fcntl(was.fd, F_GETFD), 0);
	EXPECT_EQ(runs(), reopened ? ETXTBSY : 0);
}

ZDTM_TEST = {
	.doc = "a program in a memfd runs, unless the memfd was opened for writing",
	.object = "memfd",
	.variants = VARIANTS({ "alone", ALONE }, { "mapped", MAPPED }, { "reopened", REOPENED },
			     { "reopened_too", REOPENED_TOO }),
	.setup = setup,
	.check = check,
};
