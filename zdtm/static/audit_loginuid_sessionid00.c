// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who logged in, and the number of the audit session that began with it: a process that has logged in
 * by itself, its child in the same session, and another that has logged in again, as the same user.
 * Who was in one session is in one, who was not is not. The numbers are the kernel's to choose.
 *
 * criu 4.2 gives each process a session of its own.
 */
#include "zdtm.h"

#define LOGINUID  "/proc/self/loginuid"
#define SESSIONID "/proc/self/sessionid"
#define USER      4321

enum { SAME, AGAIN, CHILDREN };
enum { READY, GO = CHILDREN };

static struct shared {
	unsigned long session[CHILDREN];
} * now;

static struct {
	pid_t child[CHILDREN];
	unsigned long session;
} was;

static unsigned long number(const char *path)
{
	char *text = t_slurp(path);
	unsigned long n = strtoul(text, NULL, 10);

	free(text);
	return n;
}

static void login(void)
{
	int fd = SYS(open(LOGINUID, O_WRONLY));
	char text[16];

	snprintf(text, sizeof(text), "%d", USER);
	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

static void child(long nr)
{
	if (nr == AGAIN)
		login();
	t_wake(READY);
	t_wait(GO + nr);
	EXPECT_EQ(number(LOGINUID), USER);
	now->session[nr] = number(SESSIONID);
}

static void setup(void)
{
	if (access(SESSIONID, F_OK))
		t_skip(SESSIONID ": %s", strerror(errno));
	login();
	was.session = number(SESSIONID);
	now = SYS(mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	for (int i = 0; i < CHILDREN; i++) {
		was.child[i] = t_fork(child, i);
		t_wait(READY);
	}
}

static void check(void)
{
	unsigned long mine = number(SESSIONID);

	for (int i = 0; i < CHILDREN; i++) {
		t_wake(GO + i);
		t_join(was.child[i]);
	}
	EXPECT_EQ(number(LOGINUID), USER);
	if (variant->arg) {
		EXPECT_EQ(mine, was.session);
		return;
	}
	EXPECT_EQ(now->session[SAME], mine);
	EXPECT_NE(now->session[AGAIN], mine);
}

ZDTM_TEST = {
	.doc = "who is in one audit session stays so, whatever its number",
	.object = "task",
	.needs = LIST("creds.sessionid"),
	.caps = CAP_BIT(CAP_AUDIT_CONTROL), /* to log in again */
	.variants = VARIANTS({ "sessions", false }, { "number", true, .demand = REPORT }),
	.setup = setup,
	.check = check,
};
