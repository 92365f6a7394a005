// SPDX-License-Identifier: GPL-2.0-only
/* The unified cgroup hierarchy: who is where, and stopping and killing all of them at once. */
#include <dirent.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>

#include "frame/cgroup.h"
#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_CGROUPS",                                             \
	.source = "Documentation/admin-guide/cgroup-v2.rst"

static bool lists(const char *cgroup, const char *file, pid_t pid)
{
	char *text = NEED(slurp("%s/%s", cgroup, file));
	bool found = false;

	for_each_line(line, text)
		found |= atoi(line) == pid;
	free(text);
	return found;
}

PROBE(membership, .what = "cgroup.procs moves a process, /proc/PID/cgroup tells where it is",
      DECLARED("4.5"))
{
	char *cgroup = cgroup_new(), *was = NEED(cgroup_of(0, ""));
	pid_t pid = spawn_idle();

	PROMISE_STR(NEED(cgroup_of(pid, "")), was);
	NEED(cgroup_move(cgroup, pid));
	PROMISE(str_ends_with(NEED(cgroup_of(pid, "")), strrchr(cgroup, '/')));
	PROMISE_STR(NEED(cgroup_of(0, "")), was);
	PROMISE(lists(cgroup, "cgroup.procs", pid));
	PROMISE(!lists(cgroup, "cgroup.procs", getpid()));
	cgroup_await(cgroup, "cgroup.events", "populated 1");
	PROMISE_FAILS(rmdir(cgroup), EBUSY);
	PROMISE_FAILS(write_text("0x", "%s/cgroup.procs", cgroup), EINVAL);
	end_task(pid);
	cgroup_await(cgroup, "cgroup.events", "populated 0");
	NEED(rmdir(cgroup));
}

PROBE(inherited, .what = "a child is born into the cgroup of its parent", DECLARED("4.5"))
{
	char *cgroup = cgroup_new();
	pid_t pid, *child = share(page_size());

	pid = spawn();
	if (pid == 0) {
		NEED(cgroup_move(cgroup, 0));
		*child = spawn_idle();
		reach(1);
		linger();
	}
	await(1);
	PROMISE(lists(cgroup, "cgroup.procs", *child));
	PROMISE_STR(NEED(cgroup_of(*child, "")), NEED(cgroup_of(pid, "")));
}

PROBE(removed, .what = "a zombie does not hold its cgroup, which is then told as deleted",
      DECLARED("4.5"))
{
	char *cgroup = cgroup_new();
	pid_t pid = spawn_idle();

	NEED(cgroup_move(cgroup, pid));
	kill(pid, SIGKILL);
	until_state(pid, 'Z');
	cgroup_await(cgroup, "cgroup.events", "populated 0");
	NEED(rmdir(cgroup));
	PROMISE(str_ends_with(NEED(cgroup_of(pid, "")), " (deleted)"));
}

PROBE(files_known, .what = "every core file of a cgroup is one we have a word for", DECLARED("4.5"))
{
	static const char *const known[] = { "cgroup.controllers",
					     "cgroup.events",
					     "cgroup.freeze",
					     "cgroup.kill",
					     "cgroup.max.depth",
					     "cgroup.max.descendants",
					     "cgroup.pressure",
					     "cgroup.procs",
					     "cgroup.stat",
					     "cgroup.stat.local",
					     "cgroup.subtree_control",
					     "cgroup.threads",
					     "cgroup.type",
					     NULL };
	DIR *dir = NEED(opendir(cgroup_new()));
	const struct dirent *e;

	while ((e = readdir(dir)))
		if (str_after(e->d_name, "cgroup.") && !str_in(e->d_name, known))
			NEW("%s", e->d_name);
}

PROBE(refused, .what = "who may not write there moves nobody into a cgroup: EACCES",
      DECLARED("4.5"))
{
	char *cgroup = cgroup_new();
	pid_t pid = spawn();

	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(cgroup_move(cgroup, 0), EACCES);
		_exit(0);
	}
	reap_good(pid);
}

/*
 * Freezing
 */

/* Writes cgroup.freeze; absent on a kernel without it. */
static void freeze(const char *cgroup, bool on)
{
	char line[] = "frozen 0";

	OFFERED(write_text(on ? "1" : "0", "%s/cgroup.freeze", cgroup), "cgroup.freeze", ENOENT);
	line[7] += on;
	cgroup_await(cgroup, "cgroup.events", line);
}

/* A task in a cgroup that counts in shared memory as long as it runs. */
static pid_t spawn_counting(const char *cgroup, volatile unsigned long *count)
{
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(cgroup_move(cgroup, 0));
		reach(1);
		for (;;)
			++*count;
	}
	await(1);
	return pid;
}

static bool moves(volatile unsigned long *count)
{
	unsigned long was = *count;

	/* A running task gets a turn within a second, however busy the machine. */
	for (int i = 0; i < 200 && *count == was; i++)
		usleep(5000);
	return *count != was;
}

static bool stands(volatile unsigned long *count)
{
	unsigned long was = *count;

	usleep(20000);
	return *count == was;
}

#define FREEZE                                                                                     \
	.since = "5.2", .commit = "76f969e8948d", .kconfig = "CONFIG_CGROUPS",                     \
	.source = "Documentation/admin-guide/cgroup-v2.rst"

PROBE(freeze, .what = "cgroup.freeze stops all tasks below, tells when, and lets them go on",
      FREEZE, .guards = "cgroup-freezer-deadlock")
{
	char *cgroup = cgroup_new(), *below = cgroup_below(cgroup, "below");
	volatile unsigned long *count = share(page_size());

	spawn_counting(below, count);
	PROMISE(moves(count));
	freeze(cgroup, true);
	PROMISE(stands(count));
	PROMISE(strstr(NEED(slurp("%s/cgroup.events", below)), "frozen 1"));
	PROMISE_EQ(atoi(NEED(slurp("%s/cgroup.freeze", below))), 0);
	freeze(cgroup, false);
	PROMISE(moves(count));
}

PROBE(freeze_traced,
      .what = "a frozen task can be seized, stopped, read and let go, and stays frozen", FREEZE)
{
	char *cgroup = cgroup_new();
	volatile unsigned long *count = share(page_size());
	pid_t pid = spawn_counting(cgroup, count);
	unsigned long seen;

	freeze(cgroup, true);
	seize_stopped(pid, 0);
	seen = NEED(ptrace(PTRACE_PEEKDATA, pid, count, 0));
	PROMISE_EQ(seen, *count);
	let_go(pid);
	cgroup_await(cgroup, "cgroup.events", "frozen 1");
	PROMISE(stands(count));
	freeze(cgroup, false);
	PROMISE(moves(count));
}

PROBE(freeze_joins, .what = "who enters a frozen cgroup freezes, and is killed there all the same",
      FREEZE)
{
	char *cgroup = cgroup_new();
	volatile unsigned long *count = share(page_size());
	pid_t pid;

	freeze(cgroup, true);
	pid = spawn();
	if (pid == 0)
		for (;;)
			++*count;
	PROMISE(moves(count));
	NEED(cgroup_move(cgroup, pid));
	cgroup_await(cgroup, "cgroup.events", "frozen 1");
	PROMISE(stands(count));
	kill(pid, SIGKILL);
	PROMISE_EQ(WTERMSIG(reap(pid)), SIGKILL);
}

PROBE(freeze_forks,
      .what = "freezing catches tasks that fork and exit all the time, within seconds", FREEZE,
      .guards = "cgroup-freezer-deadlock cgroup1-freezer-stuck")
{
	char *cgroup = cgroup_new();
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		pid = spawn();
		if (pid == 0) {
			NEED(cgroup_move(cgroup, 0));
			reach(i + 1);
			for (;;) {
				pid_t child = vfork();

				if (child == 0)
					_exit(0);
				waitpid(child, NULL, 0);
			}
		}
		await(i + 1);
	}
	for (int i = 0; i < 10; i++) {
		freeze(cgroup, true);
		freeze(cgroup, false);
	}
}

PROBE(kill, .what = "cgroup.kill kills every task below, frozen or not", .since = "5.14",
      .commit = "661ee6280931", .kconfig = "CONFIG_CGROUPS",
      .source = "Documentation/admin-guide/cgroup-v2.rst")
{
	char *cgroup = cgroup_new(), *below = cgroup_below(cgroup, "below");
	pid_t a = spawn_idle(), b = spawn_idle();

	NEED(cgroup_move(cgroup, a));
	NEED(cgroup_move(below, b));
	NEED(write_text("1", "%s/cgroup.freeze", below));
	PROMISE_FAILS(write_text("2", "%s/cgroup.kill", cgroup), ERANGE, EINVAL, ENOENT);
	OFFERED(write_text("1", "%s/cgroup.kill", cgroup), "cgroup.kill", ENOENT);
	PROMISE_EQ(WTERMSIG(reap(a)), SIGKILL);
	PROMISE_EQ(WTERMSIG(reap(b)), SIGKILL);
}

/*
 * Birth, threads, controllers
 */

static pid_t clone_into(int dir)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = dir,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

PROBE(clone_into, .what = "CLONE_INTO_CGROUP makes a task that is there from its first moment",
      .since = "5.7", .commit = "ef2c41cf38a7", .kconfig = "CONFIG_CGROUPS", .source = "clone(2)")
{
	char *cgroup = cgroup_new();
	volatile unsigned long *count = share(page_size());
	int dir = NEED(open(cgroup, O_RDONLY | O_DIRECTORY));
	pid_t pid = OFFERED(clone_into(dir), "CLONE_INTO_CGROUP", EINVAL, E2BIG);

	if (pid == 0)
		linger();
	PROMISE(lists(cgroup, "cgroup.procs", pid));
	end_task(pid);
	freeze(cgroup, true);
	pid = NEED(clone_into(dir));
	if (pid == 0)
		for (;;)
			++*count;
	cgroup_await(cgroup, "cgroup.events", "frozen 1");
	PROMISE_EQ(*count, 0);
	freeze(cgroup, false);
	PROMISE(moves(count));
	PROMISE_FAILS(clone_into(NEED(open("/", O_RDONLY | O_DIRECTORY))), EBADF);
}

PROBE(clone_into_refused, .what = "CLONE_INTO_CGROUP wants what moving there wants: EACCES",
      .since = "5.7", .commit = "ef2c41cf38a7", .kconfig = "CONFIG_CGROUPS", .source = "clone(2)")
{
	int dir = NEED(open(cgroup_new(), O_RDONLY | O_DIRECTORY));
	pid_t asker = spawn();

	if (asker == 0) {
		lose_privileges();
		PROMISE_FAILS(clone_into(dir), EACCES);
		_exit(0);
	}
	reap_good(asker);
}

static void *idle_thread(void *tid)
{
	*(_Atomic pid_t *)tid = gettid();
	linger();
}

PROBE(threads,
      .what = "threads of a process may be in different cgroups of a threaded subtree only",
      .since = "4.14", .commit = "454000adaa2a", .kconfig = "CONFIG_CGROUPS",
      .source = "Documentation/admin-guide/cgroup-v2.rst")
{
	char *cgroup = cgroup_new(), *below = cgroup_below(cgroup, "threaded"), text[16];
	_Atomic pid_t *tid = share(page_size());
	pid_t pid = spawn();

	if (pid == 0) {
		pthread_t thread;

		NEED(-pthread_create(&thread, NULL, idle_thread, tid));
		while (!*tid)
			usleep(100);
		reach(1);
		linger();
	}
	await(1);
	snprintf(text, sizeof(text), "%d", *tid);
	NEED(cgroup_move(cgroup, pid));
	PROMISE_STR(NEED(slurp("%s/cgroup.type", below)), "domain\n");
	PROMISE_FAILS(write_text(text, "%s/cgroup.threads", below), EOPNOTSUPP);
	OFFERED(write_text("threaded", "%s/cgroup.type", below), "threaded cgroups", EINVAL);
	PROMISE_STR(NEED(slurp("%s/cgroup.type", cgroup)), "domain threaded\n");
	NEED(write_text(text, "%s/cgroup.threads", below));
	PROMISE(lists(below, "cgroup.threads", *tid));
	PROMISE(!lists(below, "cgroup.threads", pid));
	/* The process is the domain's, and each thread says its own place. */
	PROMISE(str_ends_with(NEED(slurp("/proc/%d/task/%d/cgroup", pid, *tid)), "/threaded\n"));
	PROMISE(!str_ends_with(NEED(slurp("/proc/%d/cgroup", pid)), "/threaded\n"));
	/* There is no way back to a domain. */
	PROMISE_FAILS(write_text("domain", "%s/cgroup.type", below), EINVAL, EOPNOTSUPP);
}

static void need_controller(const char *cgroup, const char *name)
{
	for_each_line(line, NEED(slurp("%s/cgroup.controllers", cgroup)))
		for (char *save, *word = strtok_r(line, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			if (streq(word, name))
				return;
	MACHINE_LACKS("the %s controller is not there for us in the unified hierarchy", name);
}

PROBE(controllers, .what = "a controller is switched on from above, and its limit reads back",
      DECLARED("4.5"))
{
	char *cgroup = cgroup_new(), *below;

	need_controller(cgroup, "pids");
	below = cgroup_below(cgroup, "below");
	PROMISE_FAILS(write_text("17", "%s/pids.max", below), ENOENT);
	NEED(write_text("+pids", "%s/cgroup.subtree_control", cgroup));
	PROMISE_STR(NEED(slurp("%s/pids.max", below)), "max\n");
	NEED(write_text("17", "%s/pids.max", below));
	PROMISE_STR(NEED(slurp("%s/pids.max", below)), "17\n");
}

PROBE(leaves, .what = "with a controller of processes on, they are at the leaves only: EBUSY",
      DECLARED("4.5"))
{
	char *cgroup = cgroup_new(), *below;

	need_controller(cgroup, "memory");
	below = cgroup_below(cgroup, "below");
	NEED(write_text("+memory", "%s/cgroup.subtree_control", cgroup));
	PROMISE_FAILS(cgroup_move(cgroup, 0), EBUSY);
	NEED(cgroup_move(below, 0));
	NEED(write_text("-memory", "%s/cgroup.subtree_control", cgroup));
	NEED(cgroup_move(cgroup, 0));
	PROMISE_FAILS(write_text("+memory", "%s/cgroup.subtree_control", cgroup), EBUSY);
}

PROBE(mount_data, .what = "cgroup2 is mounted without options, given as none or as an empty text",
      DECLARED("4.5"), .capability = "CAP_SYS_ADMIN", .guards = "mnt-cgroup2-empty-data")
{
	own_mounts();
	workdir();
	NEED(mkdir("mnt", 0755));
	/* For the root of a user namespace, only where the cgroup namespace is its own, too. */
	if (unshare(CLONE_NEWCGROUP) < 0 && errno != EINVAL)
		need_privilege("CAP_SYS_ADMIN");
	OFFERED(mount("none", "mnt", "cgroup2", 0, NULL), "cgroup2", ENODEV);
	NEED(umount("mnt"));
	PROMISE_EQ(mount("none", "mnt", "cgroup2", 0, ""), 0);
	PROMISE_FAILS(mount("none", "mnt", "cgroup2", 0, "no_such_option"), EINVAL);
}

GAP(counters, .what = "nobody sets what a cgroup has counted: its CPU time, its events",
    .kconfig = "CONFIG_CGROUPS", .source = "Documentation/admin-guide/cgroup-v2.rst")
{
	char *cgroup = cgroup_new();

	TRIED_TO("write cpu.stat", write_text("usage_usec 100", "%s/cpu.stat", cgroup));
	TRIED_TO("write cgroup.stat", write_text("nr_descendants 7", "%s/cgroup.stat", cgroup));
	TRIED_TO("write cgroup.events", write_text("populated 1", "%s/cgroup.events", cgroup));
}
