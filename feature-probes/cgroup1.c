// SPDX-License-Identifier: GPL-2.0-only
/* Cgroup hierarchies of one controller each, as container managers of old mount them. */
#include <sys/ptrace.h>

#include "frame/cgroup.h"
#include "probe.h"

#define DECLARED(option)                                                                           \
	.since = "2.6.28", .kconfig = "CONFIG_CGROUPS " option, .source = "cgroups(7)"

/* Freezing can be interrupted halfway by a task that is about to fork: ask again, as engines do. */
static void freezer(const char *cgroup, const char *state)
{
	uint64_t until = now_ms() + 6000;

	for (;;) {
		char *now;

		NEED(write_text(state, "%s/freezer.state", cgroup));
		now = NEED(slurp("%s/freezer.state", cgroup));
		now[strcspn(now, "\n")] = '\0';
		if (streq(now, state))
			return;
		PROMISE_STR(now, "FREEZING");
		if (now_ms() > until)
			DEVIATES("freezer.state stays %s", now);
		usleep(1000);
	}
}

PROBE(freezer, .what = "freezer.state stops the tasks of a cgroup and lets them go on",
      DECLARED("CONFIG_CGROUP_FREEZER"))
{
	char *cgroup = cgroup1_new("freezer");
	volatile unsigned long *count = share(page_size());
	unsigned long was;
	pid_t pid = spawn();

	if (pid == 0) {
		NEED(cgroup_move(cgroup, 0));
		reach(1);
		for (;;)
			++*count;
	}
	await(1);
	PROMISE_STR(NEED(slurp("%s/freezer.state", cgroup)), "THAWED\n");
	freezer(cgroup, "FROZEN");
	PROMISE_EQ(atoi(NEED(slurp("%s/freezer.self_freezing", cgroup))), 1);
	PROMISE_EQ(atoi(NEED(slurp("%s/freezer.parent_freezing", cgroup))), 0);
	was = *count;
	usleep(20000);
	PROMISE_EQ(*count, was);
	PROMISE_FAILS(write_text("COLD", "%s/freezer.state", cgroup), EINVAL);
	freezer(cgroup, "THAWED");
	for (int i = 0; i < 200 && *count == was; i++)
		usleep(5000);
	PROMISE_NE(*count, was);
}

PROBE(freezer_traced,
      .what = "a task that its tracer has stopped does not keep a cgroup from freezing",
      DECLARED("CONFIG_CGROUP_FREEZER"))
{
	char *cgroup = cgroup1_new("freezer");
	pid_t pid = spawn_idle();

	NEED(cgroup_move(cgroup, pid));
	seize_stopped(pid, 0);
	freezer(cgroup, "FROZEN");
	freezer(cgroup, "THAWED");
	let_go(pid);
}

PROBE(freezer_forks, .what = "freezing reaches FROZEN within seconds while tasks fork and exit",
      DECLARED("CONFIG_CGROUP_FREEZER"), .guards = "cgroup1-freezer-stuck")
{
	char *cgroup = cgroup1_new("freezer");

	for (int i = 0; i < 3; i++) {
		if (spawn() == 0) {
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
		freezer(cgroup, "FROZEN");
		freezer(cgroup, "THAWED");
	}
}

PROBE(limit, .what = "a controller's limit reads back as it was written",
      DECLARED("CONFIG_CGROUP_PIDS"))
{
	char *cgroup = cgroup1_new("pids");

	PROMISE_STR(NEED(slurp("%s/pids.max", cgroup)), "max\n");
	NEED(write_text("17", "%s/pids.max", cgroup));
	PROMISE_STR(NEED(slurp("%s/pids.max", cgroup)), "17\n");
	PROMISE_FAILS(write_text("-1", "%s/pids.max", cgroup), EINVAL);
}

PROBE(devices, .what = "devices.list gives back the rules that were allowed, to be replayed",
      DECLARED("CONFIG_CGROUP_DEVICE"))
{
	char *cgroup = cgroup1_new("devices");

	NEED(write_text("a", "%s/devices.deny", cgroup));
	PROMISE_STR(NEED(slurp("%s/devices.list", cgroup)), "");
	NEED(write_text("c 1:3 rw", "%s/devices.allow", cgroup));
	NEED(write_text("c 136:* rwm", "%s/devices.allow", cgroup));
	PROMISE_STR(NEED(slurp("%s/devices.list", cgroup)), "c 1:3 rw\nc 136:* rwm\n");
}

PROBE(paths, .what = "/proc/PID/cgroup has a line for each hierarchy, with a path of its own",
      DECLARED("CONFIG_CGROUP_PIDS"))
{
	char *cgroup = cgroup1_new("pids");
	char *was = NEED(cgroup_of(0, "freezer") ?: cgroup_of(0, ""));
	pid_t pid = spawn_idle();

	NEED(cgroup_move(cgroup, pid));
	PROMISE(str_ends_with(NEED(cgroup_of(pid, "pids")), strrchr(cgroup, '/')));
	PROMISE_STR(NEED(cgroup_of(pid, "freezer") ?: cgroup_of(pid, "")), was);
}
