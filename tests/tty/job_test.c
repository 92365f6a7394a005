// SPDX-License-Identifier: GPL-2.0-only
/*
 * A job of one shell becomes a job of another: refcr dump --shell-job in one terminal, refcr restore
 * --shell-job in the next, with real shells and programs in both.
 */
#include <atf-c.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "term.h"

static char refcr[4096];

static void find_refcr(const atf_tc_t *tc)
{
	snprintf(refcr, sizeof(refcr), "%s/../../sbin/refcr", atf_tc_get_config_var(tc, "srcdir"));
	/* Prompts and echoes are looked for: no colours, no titles, nothing of the user's. */
	setenv("TERM", "dumb", 1);
	setenv("PS1", "outer> ", 1);
	setenv("HOME", ".", 1);
	unsetenv("TMUX");
}

#define JOB_TC(name, progs, what)                                                                  \
	static void name##_body(void);                                                             \
	ATF_TC(name);                                                                              \
	ATF_TC_HEAD(name, tc)                                                                      \
	{                                                                                          \
		atf_tc_set_md_var(tc, "descr", what);                                              \
		atf_tc_set_md_var(tc, "require.user", "root");                                     \
		atf_tc_set_md_var(tc, "require.progs", progs);                                     \
		atf_tc_set_md_var(tc, "timeout", "120");                                           \
	}                                                                                          \
	ATF_TC_BODY(name, tc)                                                                      \
	{                                                                                          \
		find_refcr(tc);                                                                    \
		in_arena(name##_body);                                                             \
	}                                                                                          \
	static void name##_body(void)

static const char *const shell[] = { "bash", "--norc", "--noprofile", "-i", NULL };

/* Until a command prints this. */
static void await(const char *text, const char *command)
{
	for (int i = 0; i < 400; i++) {
		if (strstr(run("%s", command), text))
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000 * 1000 }, NULL);
	}
	give_up("\"%s\" does not come from: %s", text, command);
}

/* A shell may read ahead what is meant for its job: nothing is typed before that is in front. */
static void await_state(pid_t pid, const char *state)
{
	char command[64];

	snprintf(command, sizeof(command), "ps -o stat= -p %d", pid);
	await(state, command);
}

/* No zombie either: that would have its pid. */
static void await_gone(pid_t pid)
{
	char command[64];

	snprintf(command, sizeof(command), "kill -0 %d 2>&1 || echo gone", pid);
	await("gone", command);
}

static void await_restored(pid_t pid)
{
	await("restored", "cat img/restore.log 2>/dev/null");
	await_state(pid, "S+");
}

static void start_shell(struct term *t, const char *name, int rows, int cols)
{
	term_start(t, name, rows, cols, shell);
	term_expect(t, "outer> ");
}

/* What a shell prints of itself or of its last job; told apart from the echo of the question. */
static pid_t ask_pid(struct term *t, const char *what)
{
	term_type(t, "echo pid=%s=\n", what);
	return atoi(term_expect(t, "\npid="));
}

static void dump(pid_t pid, const char *more)
{
	mkdir("img", 0700);
	run("%s dump -t %d -D img -v4 -o dump.log %s 2>&1", refcr, pid, more);
	if (status)
		give_up("dump failed: %s", run("cat img/dump.log"));
}

static void expect_refused(const char *sentence)
{
	const char *said = run("cat img/refused.log");

	if (!strstr(said, sentence))
		give_up("\"%s\" is not said", sentence);
}

JOB_TC(shell_with_job, "ps pgrep bash", "a shell with a stopped job comes back in another terminal")
{
	struct term a, b;
	pid_t pid, job;

	start_shell(&a, "a", 24, 80);
	term_type(&a, "PS1='inner> ' bash --norc --noprofile -i\n");
	term_expect(&a, "\ninner> ");
	term_type(&a, "X=kept\n");
	term_type(&a, "cat &\n");
	term_expect(&a, "[1]");
	job = ask_pid(&a, "$!");
	await_state(job, "T");
	pid = ask_pid(&a, "$$");
	term_expect(&a, "inner> ");
	/* It has typed ahead, half a line. */
	term_type(&a, "echo \"X=$");
	dump(pid, "-j");
	term_expect(&a, "Killed");
	term_expect(&a, "outer> ");
	/* Its shell is gone as well: nobody but init waits for it. */
	await_gone(job);

	start_shell(&b, "b", 30, 100);
	term_type(&b, "%s restore -D img -j -v4 -o restore.log\n", refcr);
	await_restored(pid);
	/* What was typed was in the terminal that stayed behind, or with the shell that read it. */
	term_type(&b, "\003");
	term_expect(&b, "^C");
	term_expect(&b, "inner> ");
	term_type(&b, "echo X=$X= $LINES\n");
	term_expect(&b, "\nX=kept=");
	term_type(&b, "jobs\n");
	term_expect(&b, "Stopped");
	term_type(&b, "stty size\n");
	term_expect(&b, "30 100");
	term_type(&b, "fg\n");
	await_state(job, "S+");
	term_type(&b, "to the job\n");
	term_expect(&b, "to the job");
	term_expect(&b, "\nto the job");
	term_type(&b, "\032");
	term_expect(&b, "Stopped");
	term_expect(&b, "inner> ");
	/*
	 * A shell with stopped jobs would not exit; and of one that ends in the background bash may
	 * know nothing before it waits for the next.
	 */
	term_type(&b, "fg\n");
	await_state(job, "S+");
	term_type(&b, "\003");
	term_expect(&b, "inner> ");
	term_type(&b, "exit\n");
	term_expect(&b, "outer> ");
	/* The terminal is the shell's again, in front of which refcr was. */
	term_type(&b, "read -p 'what? ' line; echo got=$line=\n");
	term_expect(&b, "\nwhat? ");
	term_type(&b, "yes\n");
	term_expect(&b, "\ngot=yes=");
	term_end(&b);
	term_end(&a);
}

JOB_TC(stop_and_go, "ps pgrep bash", "a job that came back stops, and goes on by its new shell")
{
	struct term a, b;
	pid_t pid;

	start_shell(&a, "a", 24, 80);
	term_type(&a, "cat >copy\n");
	await("cat", "pgrep -lx cat");
	pid = atoi(run("pgrep -x cat"));
	term_type(&a, "one\n");
	await("one", "cat copy");
	dump(pid, "--shell-job");
	term_expect(&a, "Killed");

	start_shell(&b, "b", 24, 80);
	term_type(&b, "%s restore -D img -j -v4 -o restore.log\n", refcr);
	await_restored(pid);
	term_type(&b, "two\n");
	await("one\ntwo", "cat copy");
	term_type(&b, "\032");
	term_expect(&b, "Stopped");
	term_expect(&b, "outer> ");
	await_state(pid, "T");
	term_type(&b, "echo still here\n");
	term_expect(&b, "\nstill here");
	term_type(&b, "fg\n");
	await_state(pid, "S+");
	term_type(&b, "three\n");
	await("one\ntwo\nthree", "cat copy");
	/* The end of file is the job's, not the shell's. */
	term_type(&b, "\004");
	term_expect(&b, "outer> ");
	term_type(&b, "echo done\n");
	term_expect(&b, "\ndone");
	term_end(&b);
	term_end(&a);
}

JOB_TC(background, "ps pgrep bash",
       "restored in the background a job leaves the terminal to its shell")
{
	struct term a, b;
	pid_t pid;

	start_shell(&a, "a", 24, 80);
	term_type(&a, "cat\n");
	await("cat", "pgrep -lx cat");
	pid = atoi(run("pgrep -x cat"));
	dump(pid, "-j");
	term_expect(&a, "Killed");

	start_shell(&b, "b", 24, 80);
	term_type(&b, "%s restore -D img -j -v4 -o restore.log &\n", refcr);
	await_state(pid, "T");
	/*
	 * It read, and was stopped, and refcr stops with it, which is what the shell sees: that is in
	 * front, and can bring them there.
	 */
	await_state(atoi(run("pgrep -P %d", b.pid)), "T");
	term_type(&b, "\n");
	term_expect(&b, "Stopped");
	term_type(&b, "fg\n");
	await_state(pid, "S+");
	term_type(&b, "to the job\n");
	term_expect(&b, "to the job");
	term_expect(&b, "\nto the job");
	term_type(&b, "\003");
	term_expect(&b, "outer> ");
	term_end(&b);
	term_end(&a);
}

JOB_TC(editor, "ps pgrep bash vi",
       "an editor comes back with its text, and the terminal as it has it")
{
	struct term a, b;
	pid_t pid;

	setenv("TERM", "vt100", 1);
	start_shell(&a, "a", 24, 80);
	term_type(&a, "vi -u NONE -n file\n");
	term_expect(&a, "~");
	term_type(&a, "ihello, editor");
	term_expect(&a, "editor");
	pid = atoi(run("pgrep -P %d", a.pid));
	NEED(pid > 0);
	dump(pid, "-j");
	term_expect(&a, "outer> ");

	start_shell(&b, "b", 40, 120);
	term_type(&b, "%s restore -D img -j -v4 -o restore.log\n", refcr);
	/* Its window is of another size: it draws what it has anew. */
	term_expect(&b, "hello, editor");
	term_type(&b, " and more\033:wq\r");
	term_expect(&b, "outer> ");
	if (strcmp(run("cat file"), "hello, editor and more") != 0)
		give_up("that is not what was typed");
	/* In raw mode nobody would see what is typed. */
	term_type(&b, "stty -a\n");
	term_expect(&b, " icanon");
	term_end(&b);
	term_end(&a);
}

JOB_TC(refused, "ps pgrep bash", "what cannot be moved to another terminal is refused by name")
{
	struct term a, b;
	pid_t pid;

	start_shell(&a, "a", 24, 80);
	mkdir("img", 0700);
	term_type(&a, "cat\n");
	await("cat", "pgrep -lx cat");
	pid = atoi(run("pgrep -x cat"));
	run("%s dump -t %d -D img -o refused.log", refcr, pid);
	NEED(status);
	expect_refused("is led from outside the tree (--shell-job)");
	/* A shell is no job: it leads its session, whose terminal belongs to somebody else. */
	run("%s dump -t %d -D img -o refused.log -j", refcr, a.pid);
	NEED(status);
	expect_refused("its master is held outside the tree");
	term_type(&a, "untouched\n");
	term_expect(&a, "\nuntouched");

	dump(pid, "-j");
	term_expect(&a, "outer> ");
	run("%s restore -D img -o refused.log -d </dev/null", refcr);
	NEED(status);
	expect_refused("(--shell-job)");
	run("%s restore -D img -o refused.log -d -j </dev/null", refcr);
	NEED(status);
	expect_refused("standard input must be");
	/* Where we would be the leader, and end, the job would be hung up. */
	term_start(&b, "b", 24, 80,
		   (const char *const[]){ refcr, "restore", "-D", "img", "-o", "refused.log", "-d",
					  "-j", NULL });
	NEED(waitpid(b.pid, &status, 0) == b.pid && status);
	expect_refused("it loses its terminal");
	NEED(kill(pid, 0) < 0);
	term_end(&a);
}

/* ---- tmux ---- */

/* The shell that tmux starts it by drops PS1. */
static const char window_shell[] = "'env \"PS1=outer> \" bash --norc --noprofile -i'";

static void expect_in_pane(const char *window, const char *text)
{
	char command[64];

	snprintf(command, sizeof(command), "tmux -L refcr capture-pane -p -t s:%s", window);
	await(text, command);
}

static void start_tmux(void)
{
	setenv("TMUX_TMPDIR", ".", 1);
	run("tmux -L refcr -f /dev/null new-session -d -s s -x 80 -y 24 %s", window_shell);
	NEED(status == 0);
	expect_in_pane("0", "outer>");
}

static void type_in_pane(const char *window, const char *keys)
{
	run("tmux -L refcr send-keys -t s:%s %s", window, keys);
	NEED(status == 0);
}

static pid_t job_in_pane(const char *window)
{
	return atoi(run("pgrep -P $(tmux -L refcr list-panes -t s:%s -F '#{pane_pid}')", window));
}

/* In a new window, in front of a shell. */
static void restore_in_tmux(void)
{
	char keys[5000];

	run("tmux -L refcr new-window -t s:1 %s", window_shell);
	expect_in_pane("1", "outer>");
	snprintf(keys, sizeof(keys), "'%s restore -D img -j -v4 -o restore.log' Enter", refcr);
	type_in_pane("1", keys);
	await("restored", "cat img/restore.log 2>/dev/null");
}

JOB_TC(tmux_editor, "ps pgrep bash tmux vi", "an editor moves from one window of tmux to another")
{
	start_tmux();
	type_in_pane("0", "'vi -u NONE -n file' Enter");
	expect_in_pane("0", "~");
	type_in_pane("0", "'ihello, window' Escape");
	expect_in_pane("0", "hello, window");
	dump(job_in_pane("0"), "-j");
	expect_in_pane("0", "Killed");
	restore_in_tmux();
	type_in_pane("1", "C-l");
	expect_in_pane("1", "hello, window");
	type_in_pane("1", "C-z");
	expect_in_pane("1", "Stopped");
	type_in_pane("1", "fg Enter");
	expect_in_pane("1", "hello, window");
	type_in_pane("1", "'A, again' Escape ':wq' Enter");
	expect_in_pane("1", "outer>");
	NEED(strcmp(run("cat file"), "hello, window, again") == 0);
	run("tmux -L refcr kill-server");
}

JOB_TC(tmux_top, "ps pgrep bash tmux top",
       "top moves from one window of tmux to another, and goes on")
{
	start_tmux();
	type_in_pane("0", "'top -d 0.2' Enter");
	expect_in_pane("0", "load average");
	dump(job_in_pane("0"), "-j");
	expect_in_pane("0", "Killed");
	restore_in_tmux();
	/* It draws by itself, and reads keys: c shows command lines. */
	expect_in_pane("1", "MiB Swap");
	type_in_pane("1", "c");
	expect_in_pane("1", " top -d");
	type_in_pane("1", "q");
	expect_in_pane("1", "outer>");
	run("tmux -L refcr kill-server");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, shell_with_job);
	ATF_TP_ADD_TC(tp, stop_and_go);
	ATF_TP_ADD_TC(tp, background);
	ATF_TP_ADD_TC(tp, editor);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, tmux_editor);
	ATF_TP_ADD_TC(tp, tmux_top);
	return atf_no_error();
}
