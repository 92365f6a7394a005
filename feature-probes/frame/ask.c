// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "ask.h"

const struct probe *asked;
struct answer *answer;
const char *work_base = "/tmp";

/*
 * The verdict
 */

static void append(char *to, size_t size, const char *separator, const char *fmt, va_list ap)
{
	size_t used = strlen(to);

	if (used > 0 && used < size)
		used += snprintf(to + used, size - used, "%s", separator);
	if (used < size)
		vsnprintf(to + used, size - used, fmt, ap);
}

/* A holder can be killed at any moment: who waits too long goes on without the lock. */
static void lock(void)
{
	for (int i = 0; i < 1000 && atomic_exchange(&answer->lock, 1); i++)
		usleep(100);
}

static void unlock(void)
{
	answer->lock = 0;
}

void probe_say(enum verdict verdict, const char *fmt, ...)
{
	if (!atomic_exchange(&answer->said, true)) {
		va_list ap;

		va_start(ap, fmt);
		vsnprintf(answer->reason, sizeof(answer->reason), fmt, ap);
		va_end(ap);
		answer->verdict = verdict;
	}
	_exit(1);
}

static pid_t first_task;

void conforms(void)
{
	if (syscall(SYS_gettid) == first_task)
		answer->returned = true;
	_exit(0);
}

void probe_new(const char *fmt, ...)
{
	va_list ap;

	lock();
	va_start(ap, fmt);
	append(answer->news, sizeof(answer->news), "; ", fmt, ap);
	va_end(ap);
	unlock();
}

void probe_tried(const char *fmt, ...)
{
	va_list ap;

	lock();
	va_start(ap, fmt);
	append(answer->tried, sizeof(answer->tried), "; ", fmt, ap);
	va_end(ap);
	unlock();
}

bool probe_told(const char *text)
{
	return strstr(answer->news, text);
}

void probe_note(const char *fmt, ...)
{
	va_list ap;

	lock();
	va_start(ap, fmt);
	append(answer->detail, sizeof(answer->detail), "\n", fmt, ap);
	va_end(ap);
	unlock();
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[UNDECIDED] = "undecided", [CONFORMS] = "conforms", [ABSENT] = "absent",
		[DEVIATES] = "deviates",   [NEW] = "new",           [MISSING] = "gap",
		[BROKEN] = "broken",
	};

	return names[verdict];
}

const char *probe_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A refusal that has a known reason outside the kernel's promise: says it and does not return. */
static void explain_refusal(const char *call, int err)
{
	const char *missing;

	if (err == ENOSYS)
		ABSENT("no such system call: %s", call);
	if (err != EPERM && err != EACCES)
		return;
	missing = privilege_missing(asked->capability);
	if (missing)
		ABSENT("privilege: %s", missing);
	if (prctl(PR_GET_SECCOMP) > 0)
		BROKEN("%s: %s, but a seccomp filter is on this task", call, errno_name(err));
}

void probe_need_failed(const char *file, int line, const char *call, int err)
{
	explain_refusal(call, err);
	BROKEN("%s:%d: %s: %s", probe_basename(file), line, call, errno_name(err));
}

void probe_offered_failed(const char *file, int line, const char *call, int err, const char *what,
			  const int *absent)
{
	for (; *absent; absent++)
		if (err == *absent)
			ABSENT("no %s (%s)", what, errno_name(err));
	explain_refusal(call, err);
	DEVIATES("%s:%d: %s: %s fails with %s", probe_basename(file), line, what, call,
		 errno_name(err));
}

void probe_promise_str(const char *file, int line, const char *what, const char *is,
		       const char *wanted)
{
	if (!streq(is, wanted))
		DEVIATES("%s:%d: %s is '%s', not '%s'", probe_basename(file), line, what, is,
			 wanted);
}

void probe_promise_failed(const char *file, int line, const char *a, long a_value, const char *op,
			  const char *b, long b_value)
{
	DEVIATES("%s:%d: not true: %s %s %s: %ld (%#lx) and %ld (%#lx)", probe_basename(file), line,
		 a, op, b, a_value, a_value, b_value, b_value);
}

void probe_check_refusal(const char *file, int line, const char *call, bool failed, long value,
			 int err, const int *wanted)
{
	char list[128] = "";

	for (const int *w = wanted; *w; w++) {
		if (failed && err == *w)
			return;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			 w == wanted ? "" : " or ", errno_name(*w));
	}
	if (!failed)
		DEVIATES("%s:%d: %s gives %ld, should fail with %s", probe_basename(file), line,
			 call, value, list);
	explain_refusal(call, err);
	DEVIATES("%s:%d: %s fails with %s, should with %s", probe_basename(file), line, call,
		 errno_name(err), list);
}

/*
 * The task that asks
 */

/*
 * What the probe starts out with does not depend on who called us. Of that, what is this task's for
 * good: every probe has it from here.
 */
static void clean_self(void)
{
	const struct rlimit none = { 0, 0 };
	/* struct sigaction as the system call has it; all zeroes are the default. */
	const uint64_t dfl[4] = {};
	sigset_t empty;

	/* Not by sigaction(): it hides two signals, and posix_spawn() leaves just those ignored. */
	for (int sig = 1; sig < NSIG; sig++)
		syscall(SYS_rt_sigaction, sig, dfl, NULL, 8);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	umask(022);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void clean_slate(pid_t asker)
{
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != asker)
		_exit(1);

	/* Its own session: no terminal's signals reach it, and its group can be killed at once. */
	setsid();
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	syscall(SYS_close_range, 3, ~0U, 0);
}

static _Noreturn void probe_task(const struct probe *p, enum asker as, pid_t asker)
{
	clean_slate(asker);
	if (asker_become(as) < 0)
		BROKEN("cannot become that user: %s", errno_name(errno));
	if (as == AS_USERNS) {
		answer->mapping = 1;
		while (answer->mapping == 1)
			usleep(200);
		if (answer->mapping < 0)
			BROKEN("cannot map the ids of a user namespace: %s",
			       errno_name(-answer->mapping));
	}
	/* A change of credentials has cleared it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);

	first_task = getpid();
	p->run();
	conforms();
}

/* Sends SIGKILL to each child of ours, found without the interfaces that are in question. */
static void kill_children(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *e;

	while (proc && (e = readdir(proc))) {
		pid_t pid = atoi(e->d_name);
		char *ppid = pid > 0 ? stat_field(pid, 4) : NULL;

		if (ppid && atoi(ppid) == getpid())
			kill(pid, SIGKILL);
		free(ppid);
	}
	if (proc)
		closedir(proc);
}

/*
 * Ends all that the probe started. We are the subreaper, so what loses its parent becomes our
 * child, and when we have no child left there is no task left. Most are in the probe's group, or
 * die with their parents: only for what is left after a while the whole of /proc is gone through.
 */
static bool kill_stragglers(pid_t body)
{
	uint64_t begin = now_ms(), looked = begin;
	unsigned int pause_us = 200;

	kill(-body, SIGKILL);
	kill(body, SIGKILL);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

		if (pid < 0)
			return true;
		if (pid > 0)
			continue;
		if (now_ms() > begin + 3000)
			return false;
		if (now_ms() > looked + 20) {
			kill_children();
			looked = now_ms();
		}
		wait_longer(&pause_us);
	}
}

unsigned int patience(void)
{
	const char *text = getenv("ZDTM_PATIENCE");
	int times = text ? atoi(text) : 1;

	return times > 1 ? times : 1;
}

static unsigned int deadline(const struct probe *p)
{
	return (p->seconds ?: PROBE_SECONDS) * patience();
}

/* Waits until the probe's first task has ended or should have: its wait status, or -1. */
static int await_answer(const struct probe *p, enum asker as, pid_t body, const uid_t *ids)
{
	uint64_t until = now_ms() + 1000 * deadline(p), said = 0;
	int pidfd = syscall(SYS_pidfd_open, body, 0), status = -1;
	struct pollfd fds = { .fd = pidfd, .events = POLLIN };
	int pause_ms = 10;

	for (;;) {
		bool mapped = as != AS_USERNS || answer->mapping >= 2;

		if (poll(&fds, 1, mapped ? pause_ms : 1) > 0 || pidfd < 0) {
			waitpid(body, &status, __WALL);
			break;
		}
		/* A look in between is rarely of use, and an emulator forgets much whenever tasks change. */
		if (mapped && pause_ms < 80)
			pause_ms *= 2;
		if (answer->mapping == 1)
			answer->mapping = asker_map_ids(body, ids[0], ids[1]) < 0 ? -errno : 2;
		/* Another task of the probe has decided it: the first one may wait for it in vain. */
		if (answer->said && !said)
			said = now_ms();
		if ((said && now_ms() > said + 100) || now_ms() > until)
			break;
	}
	if (pidfd >= 0)
		close(pidfd);
	return status;
}

void rmdir_later(const char *path)
{
	size_t used = 0;

	while (answer->litter[used])
		used += strlen(answer->litter + used) + 1;
	if (used + strlen(path) + 2 > sizeof(answer->litter))
		BROKEN("too many directories to remove");
	strcpy(answer->litter + used, path);
}

/* What came last first: it may lie within the others. */
static void remove_litter(const char *path)
{
	if (!*path)
		return;
	remove_litter(path + strlen(path) + 1);
	rmdir(path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static void settle(struct answer *a, const struct probe *p, int status, bool all_dead)
{
	if (a->verdict != UNDECIDED) {
		/* said by one of its tasks */
	} else if (a->returned) {
		a->verdict = a->news[0] ? NEW : p->gap ? MISSING : CONFORMS;
	} else {
		a->verdict = BROKEN;
		if (status == -1)
			snprintf(a->reason, sizeof(a->reason), "no answer within %u s",
				 deadline(p));
		else if (WIFSIGNALED(status))
			snprintf(a->reason, sizeof(a->reason), "the probe died of %s",
				 strsignal(WTERMSIG(status)));
		else
			snprintf(a->reason, sizeof(a->reason), "the probe ended without a word");
	}
	if (a->verdict == NEW)
		memcpy(a->reason, a->news, sizeof(a->reason));
	if (a->verdict == MISSING && !a->tried[0]) {
		a->verdict = BROKEN;
		snprintf(a->reason, sizeof(a->reason), "a gap that has tried nothing");
	} else if (a->verdict == MISSING) {
		snprintf(a->reason, sizeof(a->reason), "no interface; tried: %.2000s", a->tried);
	}
	a->stuck = !all_dead;
	if (a->stuck) {
		a->verdict = BROKEN;
		snprintf(a->reason, sizeof(a->reason), "tasks of the probe cannot be killed");
	}
}

void ask(const struct probe *p, enum asker as, const char *base, struct answer *ret)
{
	const uid_t ids[] = { geteuid() ? geteuid() : NOBODY, geteuid() ? getegid() : NOBODY };
	static bool clean;
	pid_t self = getpid(), body;
	bool all_dead;
	int status;

	asked = p;
	work_base = base;
	answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (answer == MAP_FAILED) {
		*ret = (struct answer){ .verdict = BROKEN, .reason = "no memory" };
		return;
	}

	if (!clean)
		clean_self();
	clean = true;
	fflush(NULL);
	body = fork();
	if (body == 0)
		probe_task(p, as, self);
	if (body < 0) {
		answer->verdict = BROKEN;
		snprintf(answer->reason, sizeof(answer->reason), "fork: %s", errno_name(errno));
	} else {
		status = await_answer(p, as, body, ids);
		all_dead = kill_stragglers(body);
		settle(answer, p, status, all_dead);
	}
	remove_litter(answer->litter);
	if (answer->workdir[0])
		nftw(answer->workdir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	memcpy(ret, answer, sizeof(*ret));
	munmap(answer, sizeof(*answer));
	answer = NULL;
}
