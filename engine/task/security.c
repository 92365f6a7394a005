// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "security.h"

#define SYS_LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_VERSION            1 /* flag: tell the version of the interface */

#define DESCRIPTION 128 /* "keyring;uid;gid;perm;name" of all names that matter */

/* ---- Landlock ---- */

/*
 * A task inside a Landlock domain, whatever that forbids, may not look into tasks outside of it:
 * hook_ptrace_access_check() of security/landlock/ptrace.c. So each thread tries, on a process of
 * ours that differs from it in nothing else that matters: same ids, no capabilities, dumpable.
 */
struct witness {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	struct witness *next;
};
static struct witness *witnesses;

static bool landlock_is_there(void)
{
	static int version;

	if (!version)
		version = syscall(SYS_LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION);
	return version > 0;
}

static _Noreturn void be_witness(uid_t uid, gid_t gid, int ready)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (syscall(SYS_setresgid, gid, gid, gid) < 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) < 0 || syscall(SYS_capset, &header, none) < 0 ||
	    prctl(PR_SET_DUMPABLE, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static int new_witness(uid_t uid, gid_t gid, struct witness **ret)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	struct witness *w = calloc(1, sizeof(*w));
	int ends[2];
	char byte;

	if (!w)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		free(w);
		return -errno;
	}
	in = ends[0];
	out = ends[1];
	*w = (struct witness){ .uid = uid, .gid = gid, .pid = fork(), .next = witnesses };
	if (w->pid == 0)
		be_witness(uid, gid, out);
	if (w->pid < 0) {
		free(w);
		return -errno;
	}
	witnesses = *ret = w;
	cleanup_close(&out);
	out = -EBADF;
	return read(in, &byte, 1) == 1 ? 0 : -EPERM;
}

static int witness_for(uid_t uid, gid_t gid, pid_t *pid)
{
	struct witness *w;
	int r = 0;

	for (w = witnesses; w; w = w->next)
		if (w->uid == uid && w->gid == gid)
			break;
	if (!w)
		r = new_witness(uid, gid, &w);
	if (r == 0)
		*pid = w->pid;
	return r;
}

void security_prepare(pid_t root)
{
	_cleanup_close_ int proc = proc_open(root, 0);
	struct proc_status s;
	pid_t pid;

	if (proc < 0 || !landlock_is_there() || proc_read_status(proc, &s) < 0)
		return;
	(void)witness_for(s.uid[0], s.gid[0], &pid);
	proc_status_done(&s);
}

void security_end(void)
{
	struct witness *w;

	while ((w = witnesses)) {
		witnesses = w->next;
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
		free(w);
	}
}

/* ---- both ---- */

static int ask_keys(struct batch *b, int keyring)
{
	return batch_call(b, SYS_keyctl, KEYCTL_GET_KEYRING_ID, (int64_t)keyring, 0);
}

int security_ask(const struct task *t, const struct thread *th, struct batch *b,
		 struct security_questions *q)
{
	pid_t witness;
	int r;

	q->witness = -1;
	if (landlock_is_there()) {
		r = witness_for(th->status.uid[0], th->status.gid[0], &witness);
		if (r < 0)
			return log_err(r,
				       "task %d: a process of its user, to find out about Landlock",
				       t->pid);
		q->witness = batch_call(b, SYS_kcmp, witness, witness, 0 /* KCMP_FILE */, 0, 0);
	}
	q->thread_keys = ask_keys(b, KEY_SPEC_THREAD_KEYRING);
	q->process_keys = ask_keys(b, KEY_SPEC_PROCESS_KEYRING);
	/* Who has no session keyring is given that of his user now, as whenever he looks for a key. */
	q->session = ask_keys(b, KEY_SPEC_SESSION_KEYRING);
	q->session_keys =
		batch_call(b, SYS_keyctl, KEYCTL_READ, (int64_t)KEY_SPEC_SESSION_KEYRING, 0, 0);
	q->description = batch_out(b, DESCRIPTION);
	return batch_call(b, SYS_keyctl, KEYCTL_DESCRIBE, (int64_t)KEY_SPEC_SESSION_KEYRING,
			  q->description, DESCRIPTION);
}

static long own_session(void)
{
	static long id;

	if (!id)
		id = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) ?: -1;
	return id;
}

/* Sessions of the user's come by themselves; empty ones without a name are as good as another. */
static bool session_matters(const char *description, int64_t bytes)
{
	const char *name =
		memchr(description, '\0', DESCRIPTION) ? strrchr(description, ';') : NULL;

	if (!name)
		return bytes > 0;
	if (str_after(name + 1, "_uid_ses."))
		return false;
	return bytes > 0 || !streq(name + 1, "_ses");
}

int security_answer(const struct task *t, const struct thread *th, struct batch *b,
		    const struct security_questions *q)
{
	int64_t session = batch_ret(b, q->session);

	if (q->witness >= 0 && batch_ret(b, q->witness) == -EPERM)
		return log_refuse(
			"task %d: thread %d is confined by Landlock, and nobody can read by "
			"what rules",
			t->pid, th->tid);
	if (batch_ret(b, q->thread_keys) > 0)
		return log_refuse("task %d: thread %d has a keyring of its own: not supported yet",
				  t->pid, th->tid);
	if (batch_ret(b, q->process_keys) > 0)
		return log_refuse("task %d has a keyring of its own: not supported yet", t->pid);
	if (session > 0 && session != own_session() &&
	    session_matters(batch_at(b, q->description), batch_ret(b, q->session_keys)))
		return log_refuse(
			"task %d has keys in a session keyring that is not ours: not supported "
			"yet",
			t->pid);
	return 0;
}
