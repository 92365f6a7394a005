// SPDX-License-Identifier: GPL-2.0-only
/* The memory controller of cgroups: what it charges and what stays charged to a cgroup that goes. */
#include <fcntl.h>
#include <sys/socket.h>

#include "frame/cgroup.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.kconfig = "CONFIG_MEMCG", .source = "Documentation/admin-guide/cgroup-v2.rst, cgroups(7)"

/* A cgroup that charges memory, in whichever hierarchy the controller is; the file that counts. */
static char *memory_cgroup(const char **current)
{
	char *parent, *has;

	if (cgroup_mount("memory")) {
		*current = "memory.usage_in_bytes";
		return cgroup1_new("memory");
	}
	*current = "memory.current";
	parent = cgroup_new();
	has = NEED(slurp("%s/cgroup.controllers", parent));
	if (!strstr(has, "memory"))
		MACHINE_LACKS("the memory controller is not there for us in any hierarchy");
	NEED(write_text("+memory", "%s/cgroup.subtree_control", parent));
	return cgroup_below(parent, "memory");
}

static uint64_t charged(const char *cgroup, const char *current)
{
	return strtoull(NEED(slurp("%s/%s", cgroup, current)), NULL, 10);
}

PROBE(charged, .what = "memory is charged to the cgroup its task is in, and given back with it",
      .since = "2.6.25", DECLARED)
{
	const size_t size = 4 << 20;
	const char *current;
	char *cgroup = memory_cgroup(&current);
	uint64_t before, after;
	pid_t pid = spawn();

	if (pid == 0) {
		char *p = map(-1, size / page_size(), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS);

		NEED(cgroup_move(cgroup, 0));
		reach(1);
		await(2);
		memset(p, 1, size);
		reach(3);
		linger();
	}
	await(1);
	before = charged(cgroup, current);
	reach(2);
	await(3);
	after = charged(cgroup, current);
	PROMISE_GE(after, before + size / 2);
	end_task(pid);
	for (int i = 0; i < 2000 && charged(cgroup, current) > after - size / 2; i++)
		usleep(1000);
	PROMISE_LE(charged(cgroup, current), after - size / 2);
}

PROBE(outlived, .what = "what outlives the cgroup it was charged to is freed without a warning",
      .since = "2.6.25", DECLARED, .guards = "memcg-uncharge-warn")
{
	unsigned long before = taint();
	const char *current;
	char *above = memory_cgroup(&current);
	int channel[2], fds[64];

	NEED(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, channel));
	for (int round = 0; round < 8; round++) {
		char name[16], *cgroup;
		int n = 0;
		pid_t pid;

		snprintf(name, sizeof(name), "%d", round);
		cgroup = cgroup_below(above, name);
		pid = spawn();
		if (pid == 0) {
			NEED(cgroup_move(cgroup, 0));
			/* Pipes and sockets are the kernel's memory, files in tmpfs are pages. */
			for (int i = 0; i < 4; i++) {
				int two[2];

				NEED(pipe(two));
				NEED(write(two[1], "pipe", 4));
				send_fd(channel[1], two[0]);
				send_fd(channel[1], two[1]);
				NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, two));
				NEED(write(two[1], "socket", 6));
				send_fd(channel[1], two[0]);
				two[0] = NEED(memfd_create("memcg", 0));
				NEED(ftruncate(two[0], 65536));
				NEED(pwrite(two[0], "file", 4, 40000));
				send_fd(channel[1], two[0]);
			}
			_exit(0);
		}
		while (n < 16)
			fds[n++] = recv_fd(channel[0]);
		PROMISE_EQ(reap(pid), 0);
		NEED(rmdir(cgroup));
		while (n > 0)
			close(fds[--n]);
	}
	PROMISE_EQ(taint(), before);
}
