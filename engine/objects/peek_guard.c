// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/parallel.h"
#include "engine/kernel/socket.h"
#include "peek_guard.h"

enum { OOBINLINE, PASSCRED, PASSPIDFD, PEEK_OFF, OPTIONS };
static const int options[OPTIONS] = { SO_OOBINLINE, SO_PASSCRED, SO_PASSPIDFD, SO_PEEK_OFF };

/* Shared with the guard; one for each thread there may be. */
struct peek_guard {
	int taken, sk;
	struct {
		int changed, was, now;
	} option[OPTIONS];
};
static struct peek_guard *slots;
static unsigned int n_slots;
static pid_t guard;

static int undo(struct peek_guard *g)
{
	int r = 0;

	for (int i = 0; i < OPTIONS; i++)
		if (__atomic_load_n(&g->option[i].changed, __ATOMIC_ACQUIRE) &&
		    setsockopt(g->sk, SOL_SOCKET, options[i], &g->option[i].was, sizeof(int)) < 0)
			r = -errno;
	return r;
}

static _Noreturn void watch(pid_t engine)
{
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* It may have died before it could be told of. */
	if (getppid() == engine)
		sigwaitinfo(&set, NULL);
	for (unsigned int i = 0; i < n_slots; i++)
		if (slots[i].taken)
			undo(&slots[i]);
	_exit(0);
}

int peek_guard_start(void)
{
	pid_t engine = getpid();

	if (guard)
		return 0;
	n_slots = parallel_cpus();
	slots = mmap(NULL, n_slots * sizeof(*slots), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		return -errno;
	guard = syscall(SYS_clone, CLONE_FILES, NULL, NULL, NULL, NULL);
	if (guard == 0)
		watch(engine);
	if (guard < 0) {
		guard = 0;
		return -errno;
	}
	atexit(peek_guard_done);
	return 0;
}

void peek_guard_done(void)
{
	if (!guard)
		return;
	kill(guard, SIGKILL);
	waitpid(guard, NULL, __WALL);
	guard = 0;
	munmap(slots, n_slots * sizeof(*slots));
}

struct peek_guard *peek_guard_begin(int sk, const struct peek_options *was)
{
	struct peek_guard *g = slots;

	while (__atomic_exchange_n(&g->taken, 1, __ATOMIC_ACQUIRE))
		g = g + 1 < slots + n_slots ? g + 1 : slots;
	g->sk = sk;
	g->option[OOBINLINE].was = was->oobinline;
	g->option[PASSCRED].was = was->passcred;
	g->option[PASSPIDFD].was = was->passpidfd;
	g->option[PEEK_OFF].was = was->peek_off;
	for (int i = 0; i < OPTIONS; i++) {
		g->option[i].changed = 0;
		g->option[i].now = g->option[i].was;
	}
	return g;
}

int peek_guard_set(struct peek_guard *g, int option, int value)
{
	int i = 0;

	while (options[i] != option)
		i++;
	/* The offset moves by itself. */
	if (i != PEEK_OFF && g->option[i].now == value)
		return 0;
	g->option[i].now = value;
	__atomic_store_n(&g->option[i].changed, 1, __ATOMIC_RELEASE);
	return setsockopt(g->sk, SOL_SOCKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int peek_guard_end(struct peek_guard *g)
{
	int r = undo(g);

	for (int i = 0; i < OPTIONS; i++)
		__atomic_store_n(&g->option[i].changed, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&g->taken, 0, __ATOMIC_RELEASE);
	return r;
}
