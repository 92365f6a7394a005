// SPDX-License-Identifier: GPL-2.0-only
/* Images of terminals as nobody's refcr wrote them; terminals that are given at restore. */
#include <atf-c.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/files.pb-c.h"
#include "proto/tty.pb-c.h"
#include "term.h"

static char refcr[4096];

#define IMAGES_TC(name, what)                                                                      \
	static void name##_body(void);                                                             \
	ATF_TC(name);                                                                              \
	ATF_TC_HEAD(name, tc)                                                                      \
	{                                                                                          \
		atf_tc_set_md_var(tc, "descr", what);                                              \
		atf_tc_set_md_var(tc, "require.user", "root");                                     \
		atf_tc_set_md_var(tc, "timeout", "120");                                           \
	}                                                                                          \
	ATF_TC_BODY(name, tc)                                                                      \
	{                                                                                          \
		snprintf(refcr, sizeof(refcr), "%s/../../sbin/refcr",                              \
			 atf_tc_get_config_var(tc, "srcdir"));                                     \
		in_arena(name##_body);                                                             \
	}                                                                                          \
	static void name##_body(void)

/* ---- the target ---- */

/* Two lines in a file, by its owner alone. */
static void tell(const char *file, const char *text)
{
	char name[64];
	FILE *f;

	snprintf(name, sizeof(name), "%s.new", file);
	f = fopen(name, "w");
	fprintf(f, "%s\n", text);
	fclose(f);
	rename(name, file);
}

static void await_file(const char *file)
{
	for (int i = 0; i < 2000; i++) {
		if (access(file, F_OK) == 0)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	}
	give_up("%s does not come into being", file);
}

static int target_master, target_slave;

/* What is wrong with its terminals, if anything. */
static const char *look(void)
{
	char line[16] = "", link[64] = "";
	pid_t sid = 0;

	if (write(target_master, "in\n", 3) != 3 || read(target_slave, line, 16) != 3 ||
	    strcmp(line, "in\n") != 0)
		return "what is written to the master cannot be read from the slave";
	if (ioctl(target_master, TIOCGSID, &sid) < 0 || sid != getpid())
		return "it does not control its session";
	if (readlink("/proc/self/fd/3", link, sizeof(link) - 1) < 0 ||
	    strcmp(link, "/dev/ptmx") != 0)
		return "the master has another name";
	if (!ttyname(target_slave) || strcmp(ttyname(target_slave), "/dev/pts/0") != 0)
		return "the slave has another name";
	return "fine";
}

static void target_main(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setsid();
	close_range(0, ~0U, 0);
	for (int i = 0; i < 3; i++)
		open("/dev/null", O_RDWR);
	target_master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	unlockpt(target_master);
	target_slave = open("/dev/pts/0", O_RDWR);
	tell("ready", "");
	sigwait(&set, &sig);
	tell("verdict", look());
	pause();
}

static pid_t start_target(void)
{
	pid_t pid;

	unlink("ready");
	unlink("verdict");
	pid = fork();
	if (pid == 0) {
		/* The arena's first process is its parent, and reaps it. */
		if (fork() == 0)
			target_main();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	await_file("ready");
	return atoi(run("pgrep -s $(pgrep -P 1 -n) -n"));
}

static void dump_target(void)
{
	pid_t pid = start_target();

	NEED(pid > 1);
	run("rm -rf img; mkdir img; %s dump -t %d -D img -v4 -o dump.log", refcr, pid);
	if (status)
		give_up("dump failed: %s", run("cat img/dump.log"));
	run("cp -r img good");
}

static void expect_fine(void)
{
	char verdict[128];

	run("%s restore -D img -v4 -o restore.log -d --accept-edited --pidfile ../pid", refcr);
	if (status)
		give_up("restore failed: %s", run("cat img/restore.log"));
	run("kill -USR1 $(cat pid)");
	await_file("verdict");
	snprintf(verdict, sizeof(verdict), "%s", run("cat verdict"));
	run("kill -9 $(cat pid)");
	if (strcmp(verdict, "fine") != 0)
		give_up("%s", verdict);
}

/* ---- images ---- */

/* Reads each message of an image, lets `edit` change it, and writes all of them back. */
static void edit_image(const char *name, const ProtobufCMessageDescriptor *type,
		       void (*edit)(void *message))
{
	static uint8_t old[1 << 20], new[2 << 20];
	size_t n, at = 8, to = 8;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "img/%s", name);
	f = fopen(path, "r");
	NEED(f);
	n = fread(old, 1, sizeof(old), f);
	fclose(f);
	memcpy(new, old, 8);
	while (at < n) {
		ProtobufCMessage *m;
		uint32_t len;

		memcpy(&len, old + at, 4);
		m = protobuf_c_message_unpack(type, NULL, len, old + at + 4);
		NEED(m);
		at += 4 + len;
		edit(m);
		len = protobuf_c_message_pack(m, new + to + 4);
		memcpy(new + to, &len, 4);
		to += 4 + len;
	}
	f = fopen(path, "w");
	NEED(f && fwrite(new, 1, to, f) == to && fclose(f) == 0);
}

static void edit_infos(void (*edit)(void *message))
{
	edit_image("tty-info.img", &tty_info_entry__descriptor, edit);
}

static void forget_path(void *message)
{
	FileEntry *fe = message;

	if (fe->type == FD_TYPES__TTY)
		fe->tty->has_regf_id = 0;
}

IMAGES_TC(no_paths, "ptys whose images have no path are found by their number")
{
	dump_target();
	edit_image("files.img", &file_entry__descriptor, forget_path);
	expect_fine();
}

/* As other engines write it: none of our own fields. */
static void forget_own(void *message)
{
	TtyInfoEntry *t = message;

	t->has_devpts = t->has_terminal = t->n_without = 0;
	t->pair = NULL;
	t->termios->c_ispeed = t->termios->c_ospeed = 0;
}

IMAGES_TC(no_extensions, "terminals are made from the format's own fields alone")
{
	dump_target();
	edit_infos(forget_own);
	expect_fine();
}

/* ---- images that make no sense ---- */

static bool is_master(const TtyInfoEntry *t)
{
	return t->id & 1;
}

static void far_index(void *message)
{
	((TtyInfoEntry *)message)->pty->index = 1 << 30;
}

static void no_index(void *message)
{
	((TtyInfoEntry *)message)->pty = NULL;
}

static void few_characters(void *message)
{
	((TtyInfoEntry *)message)->termios->n_c_cc = 4;
}

static void no_modes(void *message)
{
	TtyInfoEntry *t = message;

	if (is_master(t))
		t->termios = NULL;
}

static void other_device(void *message)
{
	((TtyInfoEntry *)message)->rdev = 0x103;
}

static void other_type(void *message)
{
	((TtyInfoEntry *)message)->type = TTY_TYPE__VT;
}

static void one_id(void *message)
{
	((TtyInfoEntry *)message)->id = 1;
}

static void no_such_id(void *message)
{
	((TtyInfoEntry *)message)->id += 100;
}

static void two_masters(void *message)
{
	TtyInfoEntry *t = message;

	t->rdev = 0x502;
	t->pty->index = 0;
}

static void strange_session(void *message)
{
	((TtyInfoEntry *)message)->sid = 4000;
}

static void strange_member(void *message)
{
	static uint32_t pids[] = { 1 };
	TtyInfoEntry *t = message;

	t->without = pids;
	t->n_without = 1;
}

static void strange_flow(void *message)
{
	TtyInfoEntry *t = message;

	if (t->pair) {
		t->pair->has_output = 1;
		t->pair->output = 7;
	}
}

IMAGES_TC(nonsense, "images that say something impossible are refused before anything is made")
{
	static const struct {
		void (*edit)(void *message);
		const char *says;
	} wrong[] = {
		{ far_index, "no number of a pty" },
		{ no_index, "no number of a pty" },
		{ few_characters, "too few control characters" },
		{ no_modes, "it has no modes" },
		{ other_device, "with device" },
		{ other_type, "type 3 with device" },
		{ one_id, "comes twice" },
		{ no_such_id, "there is no terminal" },
		{ two_masters, "are one" },
		{ strange_session, "whose leader is not in the images" },
		{ strange_member, "is not of its session" },
		{ strange_flow, "impossible state" },
	};

	dump_target();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		run("rm -rf img; cp -r good img");
		edit_infos(wrong[i].edit);
		run("%s restore -D img -o restore.log -d --accept-edited --pidfile ../pid 2>&1",
		    refcr);
		NEED(status);
		if (!strstr(run("cat img/restore.log"), wrong[i].says))
			give_up("\"%s\" is not said", wrong[i].says);
	}
	run("rm -rf img; cp -r good img");
	expect_fine();
}

IMAGES_TC(in_use, "a number that somebody else has is said to be in use")
{
	int other;

	dump_target();
	other = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	NEED(other >= 0);
	run("%s restore -D img -o restore.log -d --pidfile ../pid 2>&1", refcr);
	NEED(status);
	NEED(strstr(run("cat img/restore.log"), "pty 0 is in use"));
	close(other);
	expect_fine();
}

/* ---- terminals that are given ---- */

IMAGES_TC(external, "a terminal that stays outside is given anew at restore")
{
	char key[64], link[64], path[64];
	int master[2], slave[2];
	struct stat st;
	pid_t pid;

	for (int i = 0; i < 2; i++)
		NEED(openpty(&master[i], &slave[i], NULL, NULL, NULL) == 0);
	NEED(fstat(slave[0], &st) == 0);
	snprintf(key, sizeof(key), "tty[%lx:%lx]", (long)st.st_rdev, (long)st.st_dev);
	if (fork() == 0) {
		setsid();
		for (int i = 0; i < 3; i++)
			dup2(slave[0], i);
		ioctl(0, TIOCSCTTY, 0);
		close_range(3, ~0U, 0);
		execlp("cat", "cat", NULL);
	}
	close(slave[0]);
	for (int i = 0; i < 2000 && !*run("pgrep -x cat"); i++)
		;
	pid = atoi(run("pgrep -x cat"));
	run("mkdir img; %s dump -t %d -D img -o dump.log", refcr, pid);
	NEED(status);
	NEED(strstr(run("cat img/dump.log"), "is held outside the tree"));
	run("%s dump -t %d -D img -o dump.log -v4 --external '%s'", refcr, pid, key);
	NEED(status == 0);
	waitpid(pid, NULL, 0);

	run("%s restore -D img -o restore.log -d", refcr);
	NEED(status);
	NEED(strstr(run("cat img/restore.log"), "stayed outside: --inherit-fd"));
	NEED(fcntl(slave[1], F_SETFD, 0) == 0);
	run("%s restore -D img -v4 -o restore.log -d --inherit-fd 'fd[%d]:%s'", refcr, slave[1],
	    key);
	if (status)
		give_up("restore failed: %s", run("cat img/restore.log"));
	close(slave[1]);
	snprintf(path, sizeof(path), "/proc/%d/fd/0", pid);
	NEED(readlink(path, link, sizeof(link)) > 0 && strncmp(link, "/dev/pts/1", 10) == 0);
	NEED(write(master[1], "hello\n", 6) == 6);
	for (size_t n = 0; n < strlen("hello\r\nhello\r\n");) {
		ssize_t got = read(master[1], link, sizeof(link));

		NEED(got > 0);
		n += got;
	}
	/* It is the controlling one: an interrupt ends it. */
	NEED(write(master[1], "\003", 1) == 1);
	for (int i = 0; i < 2000 && *run("pgrep -x cat"); i++)
		;
	NEED(!*run("pgrep -x cat"));
}

/* ---- targets that run on ---- */

static char tree[4096];

static void runs_on_body(void)
{
	const char *noticed,
		*out = run("%s/../../bin/zdtm run --engine %s/runs_on -t 'static/pty*' "
			   "-t 'static/*tty*' -t static/jobctl00 -t 'transition/*ty*' 2>&1",
			   tree, tree);

	/* It failed and harmed its target, or the target was killed. */
	noticed = strstr(out, "the dump failed");
	if (noticed)
		give_up("a dump was noticed: %.*s%.300s", noticed - out < 70 ? 0 : 70,
			noticed - (noticed - out < 70 ? 0 : 70), noticed);
	NEED(strstr(out, "refused static/pty_queues00@cooked"));
}

ATF_TC(runs_on);
ATF_TC_HEAD(runs_on, tc)
{
	atf_tc_set_md_var(tc, "descr", "a target that runs on has its terminals as they were");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "300");
}
ATF_TC_BODY(runs_on, tc)
{
	pid_t pid;
	int how;

	snprintf(tree, sizeof(tree), "%s", atf_tc_get_config_var(tc, "srcdir"));
	setenv("TMPDIR", ".", 1);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		runs_on_body();
		_exit(0);
	}
	ATF_REQUIRE(waitpid(pid, &how, 0) == pid);
	ATF_REQUIRE_MSG(how == 0, "see above");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, no_paths);
	ATF_TP_ADD_TC(tp, no_extensions);
	ATF_TP_ADD_TC(tp, nonsense);
	ATF_TP_ADD_TC(tp, in_use);
	ATF_TP_ADD_TC(tp, external);
	ATF_TP_ADD_TC(tp, runs_on);
	return atf_no_error();
}
