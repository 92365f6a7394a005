// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of a cgroup that tell a watcher of events: the directory itself; cgroup.events, once it has
 * been read and nothing has happened since, and when something has; and a trigger of pressure, which
 * lives in the open file it was written to, and which nobody can read there, in a cgroup and for the
 * whole machine. Events come as before, or the dump is refused.
 *
 * criu 4.2 loses the triggers, and tells of an event where there was none.
 */
#include <poll.h>

#include "zdtm.h"

enum { DIRECTORY, READ, HAPPENED, TRIGGER, OF_MACHINE }; /* variant->arg */

#define EVENT (POLLPRI | POLLERR)

static struct {
	char group[64];
	int fd;
} was;

static bool find_group(void)
{
	const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (int i = 0; i < 2; i++) {
		snprintf(was.group, sizeof(was.group), "%s/cgroup.controllers", places[i]);
		if (access(was.group, F_OK) < 0)
			continue;
		snprintf(was.group, sizeof(was.group), "%s/zdtm-fds-%s", places[i], variant->name);
		return true;
	}
	return false;
}

static void make_group(void)
{
	if (!find_group())
		t_skip("cgroup2 is not mounted where it usually is");
	if (mkdir(was.group, 0755) < 0 && errno != EEXIST)
		t_skip("no cgroup of our own: %s", strerror(errno));
}

static int open_in(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", was.group, name);
	return SYS(open(path, flags | O_CLOEXEC));
}

static void put(const char *name, const char *text)
{
	int fd = open_in(name, O_WRONLY);

	t_write(fd, text, strlen(text));
	SYS(close(fd));
}

/* By an open file of its own: what that is told, the other is not. */
static bool is_frozen(void)
{
	int fd = open_in("cgroup.events", O_RDONLY);
	char text[64] = "";

	SYS(read(fd, text, sizeof(text) - 1));
	SYS(close(fd));
	return strstr(text, "frozen 1");
}

static void freeze(bool on)
{
	put("cgroup.freeze", on ? "1" : "0");
	T_UNTIL(is_frozen() == on);
}

static void trigger(void)
{
	static const char some[] = "some 500000 2000000";

	t_write(was.fd, some, sizeof(some));
}

static short events(void)
{
	struct pollfd p = { .fd = was.fd, .events = POLLPRI };

	SYS(poll(&p, 1, 0));
	return p.revents & EVENT;
}

static void setup(void)
{
	char text[64];

	if (variant->arg != OF_MACHINE)
		make_group();
	switch (variant->arg) {
	case DIRECTORY:
		was.fd = open_in(".", O_RDONLY | O_DIRECTORY);
		break;
	case READ:
	case HAPPENED:
		was.fd = open_in("cgroup.events", O_RDONLY);
		SYS(pread(was.fd, text, sizeof(text), 0));
		EXPECT_EQ(events(), 0);
		if (variant->arg == READ)
			break;
		freeze(true);
		T_UNTIL(events() == EVENT);
		break;
	case TRIGGER:
		was.fd = open_in("cpu.pressure", O_RDWR);
		trigger();
		break;
	case OF_MACHINE:
		was.fd = SYS(open("/proc/pressure/cpu", O_RDWR));
		trigger();
		break;
	}
}

static void check(void)
{
	switch (variant->arg) {
	case DIRECTORY:
		SYS(close(SYS(openat(was.fd, "cgroup.procs", O_RDONLY))));
		break;
	case READ:
	case HAPPENED:
		EXPECT_EQ(events(), variant->arg == HAPPENED ? EVENT : 0);
		/* The kernel saves itself some of them: cgroup_file_notify(). */
		freeze(variant->arg != HAPPENED);
		T_UNTIL(events() == EVENT);
		break;
	case TRIGGER:
	case OF_MACHINE:
		/* An open file without a trigger is an error, one with has it for good. */
		EXPECT_EQ(events() & POLLERR, 0);
		EXPECT_ERRNO(write(was.fd, "some 600000 2000000", 20), EBUSY);
		break;
	}
}

static void cleanup(void)
{
	if (variant->arg != OF_MACHINE && find_group())
		rmdir(was.group);
}

ZDTM_TEST = {
	.doc = "files of cgroups tell of events as before, or the dump is refused",
	.object = "cgroup",
	.demand = KEEP_OR_REFUSE,
	.caps = CAP_BIT(CAP_DAC_OVERRIDE), /* a cgroup of our own */
	.variants = VARIANTS({ "directory", DIRECTORY, .demand = KEEP }, { "read", READ },
			     { "happened", HAPPENED }, { "trigger", TRIGGER },
			     { "of_machine", OF_MACHINE }),
	.exclusive = true, /* cgroups are the machine's */
	.setup = setup,
	.check = check,
	.cleanup = cleanup,
};
