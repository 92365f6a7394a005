// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/kernel/pagemap.h"
#include "engine/kernel/procfs.h"
#include "feature.h"

/* No question takes a tenth of it. */
#define PATIENCE_S 10

/* ---- answers ---- */

/* Shared with children: the first one to say something knows best. */
static struct said {
	int taken;
	char text[ANSWER_TEXT];
} * said;

static void say(int err, const char *fmt, va_list ap)
{
	int n;

	if (__atomic_exchange_n(&said->taken, 1, __ATOMIC_ACQ_REL))
		return;
	n = vsnprintf(said->text, sizeof(said->text), fmt, ap);
	if (err && n < (int)sizeof(said->text))
		snprintf(said->text + n, sizeof(said->text) - n, ": %s", strerror(-err));
}

#define SAY(err, fmt)                                                                              \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		say(err, fmt, ap);                                                                 \
		va_end(ap);                                                                        \
	} while (0)

enum answer no(const char *fmt, ...)
{
	SAY(0, fmt);
	return NO;
}

enum answer no_err(int err, const char *fmt, ...)
{
	SAY(err, fmt);
	return NO;
}

enum answer nobody(const char *fmt, ...)
{
	SAY(0, fmt);
	return NOBODY;
}

enum answer no_logged(void)
{
	return no("%s", log_first_error() ?: "it fails without a word");
}

/* ---- children ---- */

/* Ends with us, and does not hang. */
static void be_child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(PATIENCE_S);
}

/* Those that have answered. Some take long to end, for what the kernel has to clean up. */
static pid_t *ending;
static unsigned int n_ending;

static void let_end(pid_t pid)
{
	pid_t *more = realloc(ending, (n_ending + 1) * sizeof(*more));

	if (more)
		ending = more;
	if (more)
		ending[n_ending++] = pid;
	else
		waitpid(pid, NULL, __WALL);
}

static enum answer why_none(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, __WALL);
	return no("who tries it ends%s%s", WIFSIGNALED(status) ? ": " : "",
		  WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
}

enum answer apart(int namespaces, enum answer (*ask)(void))
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	char answer;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return no_err(-errno, "a pipe");
	in = ends[0];
	out = ends[1];
	pid = fork();
	if (pid == 0) {
		be_child();
		if (namespaces && unshare(namespaces) < 0)
			answer = errno == EINVAL ? nobody("there are no such namespaces")
						 : no_err(-errno, "a namespace of its own");
		else
			answer = ask();
		_exit(write(out, &answer, 1) != 1);
	}
	if (pid < 0)
		return no_err(-errno, "fork");
	close(TAKE_FD(out));
	if (read(in, &answer, 1) != 1)
		return why_none(pid);
	let_end(pid);
	return answer;
}

/* Behind what `be` and `act` may use. */
static uint32_t *orders(const struct companion *c)
{
	return (uint32_t *)((char *)c->word + PAGE);
}

enum { REST, ACT };

static int wait_while(uint32_t *word, uint32_t value)
{
	struct timespec patience = { .tv_sec = PATIENCE_S };

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		if (syscall(SYS_futex, word, FUTEX_WAIT, value, &patience) < 0 &&
		    errno == ETIMEDOUT)
			return -ETIMEDOUT;
	return 0;
}

static void order(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1);
}

void companion_wake(struct companion *c)
{
	order(orders(c), ACT);
}

int companion_act(struct companion *c)
{
	companion_wake(c);
	return wait_while(orders(c), ACT);
}

static _Noreturn void live(struct companion *c, int ready)
{
	char answer;

	be_child();
	answer = c->be(c->word);
	alarm(0);
	if (write(ready, &answer, 1) < 0 || answer != YES)
		_exit(0);
	for (;;) {
		if (wait_while(orders(c), REST) < 0)
			continue;
		if (c->act)
			c->act(c->word);
		order(orders(c), REST);
	}
}

enum answer companion_start(struct companion *c)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	char answer = NO;
	int ends[2];

	c->proc = -EBADF;
	c->word = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->word == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		return no_err(-errno, "to begin with");
	in = ends[0];
	out = ends[1];
	c->pid = fork();
	if (c->pid == 0)
		live(c, out);
	if (c->pid < 0)
		return no_err(-errno, "fork");
	close(TAKE_FD(out));
	if (read(in, &answer, 1) != 1)
		return no("the child that was to be asked about has ended");
	if (answer != YES)
		return answer;
	c->proc = proc_open(c->pid, 0);
	return c->proc < 0 ? no_err(c->proc, "/proc/%d", c->pid) : YES;
}

void companion_end(struct companion *c)
{
	if (c->pid > 0) {
		cleanup_close(&c->proc);
		kill(c->pid, SIGKILL);
		/* A stop may have been on its way. */
		while (waitpid(c->pid, NULL, __WALL) > 0 && kill(c->pid, 0) == 0)
			;
	}
	if (c->word && c->word != MAP_FAILED)
		munmap(c->word, 2 * PAGE);
	*c = (struct companion){};
}

/* ---- anybody ---- */

char *anybodys_page;
static enum answer be_anybody(uint64_t *word)
{
	int ends[2];

	strcpy(anybodys_page, ANYBODYS_TEXT);
	/* At a number that we have nothing at. */
	if (pipe(ends) < 0 || dup2(ends[0], ANYBODYS_PIPE) < 0)
		return no_err(-errno, "a pipe");
	return YES;
}

static struct companion any = { .be = be_anybody };

const struct companion *anybody(void)
{
	if (any.pid > 0)
		return &any;
	anybodys_page =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (anybodys_page == MAP_FAILED) {
		no_err(-errno, "memory");
		return NULL;
	}
	return companion_start(&any) == YES ? &any : NULL;
}

/* ---- asking ---- */

static void ask(const struct feature *f, struct answered *to)
{
	said->taken = 0;
	said->text[0] = '\0';
	to->answer = f->ask();
	memcpy(to->why, said->text, sizeof(to->why));
	to->asked = true;
}

struct questions {
	unsigned int next, n;
	struct answered answered[];
};

static _Noreturn void work(const struct feature *const *f, struct questions *q)
{
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What the engine has to say of its failures is part of an answer: no_logged(). */
	log_open(STDERR_FILENO, LOG_MSG);
	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (said == MAP_FAILED)
		_exit(1);
	while ((i = __atomic_fetch_add(&q->next, 1, __ATOMIC_RELAXED)) < q->n)
		ask(f[i], &q->answered[i]);
	companion_end(&any);
	while (n_ending > 0)
		waitpid(ending[--n_ending], NULL, __WALL);
	_exit(0);
}

/* Much of the time goes by in waiting for the kernel to clean up. */
#define WORKERS 8

const struct answered *answers_to(const struct feature *const *f, unsigned int n)
{
	struct questions *q = mmap(NULL, sizeof(*q) + n * sizeof(*q->answered),
				   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t worker[WORKERS];

	if (q == MAP_FAILED)
		return NULL;
	q->n = n;
	for (unsigned int i = 0; i < WORKERS; i++) {
		worker[i] = i < n ? fork() : -1;
		if (worker[i] == 0)
			work(f, q);
	}
	for (unsigned int i = 0; i < WORKERS; i++)
		if (worker[i] > 0)
			waitpid(worker[i], NULL, 0);
	for (unsigned int i = 0; i < n; i++)
		if (!q->answered[i].asked)
			q->answered[i] = (struct answered){ true, NO, "who was to ask has died" };
	return q->answered;
}
