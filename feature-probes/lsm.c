// SPDX-License-Identifier: GPL-2.0-only
/* Security modules: which there are, and the labels they give to tasks and sockets. */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include "probe.h"
#include "uapi/syscalls.h"

#define ATTR_CURRENT 100

/* struct lsm_ctx of linux/lsm.h, 6.8. */
struct context {
	uint64_t id, flags, len, ctx_len;
	char ctx[];
};

/* Numbers of linux/lsm.h, from 100 on. */
static const char *module_name(uint64_t id)
{
	static const char *const known[] = { "capability", "selinux", "smack",    "tomoyo",
					     "apparmor",   "yama",    "loadpin",  "safesetid",
					     "lockdown",   "bpf",     "landlock", "ima",
					     "evm",        "ipe" };

	return id >= 100 && id - 100 < ARRAY_SIZE(known) ? known[id - 100] : NULL;
}

/* The file securityfs has for it, mounted for ourselves where nobody has. */
static char *listed(void)
{
	char *text = slurp("/sys/kernel/security/lsm");

	if (text || !have_cap(CAP_SYS_ADMIN) || !in_init_userns())
		return text;
	own_mounts();
	workdir();
	if (mkdir("security", 0755) < 0 ||
	    mount("securityfs", "security", "securityfs", 0, NULL) < 0)
		return NULL;
	return slurp("security/lsm");
}

PROBE(list, .what = "lsm_list_modules lists the modules in the order securityfs has them",
      .since = "6.8", .commit = "ad4aff9ec25f", .kconfig = "CONFIG_SECURITY",
      .source = "Documentation/userspace-api/lsm.rst")
{
	uint64_t ids[64];
	uint32_t size = 1;
	char *text, ours[512] = "";
	long n;

	if (syscall(SYS_lsm_list_modules, ids, &size, 0) < 0 && errno == EOPNOTSUPP)
		FORBIDDEN("no security module is on");
	size = 1;
	PROMISE_FAILS(syscall(SYS_lsm_list_modules, ids, &size, 0), E2BIG);
	PROMISE_EQ(size % sizeof(uint64_t), 0);
	size = sizeof(ids);
	n = NEED(syscall(SYS_lsm_list_modules, ids, &size, 0));
	PROMISE_EQ(size, n * sizeof(uint64_t));
	for (long i = 0; i < n; i++) {
		const char *name = module_name(ids[i]);

		if (!name)
			NEW("security module %ld", (long)ids[i]);
		snprintf(ours + strlen(ours), sizeof(ours) - strlen(ours), "%s%s", i ? "," : "",
			 name ?: "?");
	}
	text = listed();
	if (text && !strchr(ours, '?'))
		PROMISE_STR(ours, text);
	PROMISE_FAILS(syscall(SYS_lsm_list_modules, ids, &size, 1), EINVAL);
}

PROBE(self_attr, .what = "lsm_get_self_attr tells the label that /proc/PID/attr/current has",
      .since = "6.8", .commit = "a04a1198088a", .kconfig = "CONFIG_SECURITY",
      .source = "Documentation/userspace-api/lsm.rst")
{
	union {
		struct context head;
		char bytes[4096];
	} c = {};
	uint32_t size = sizeof(c);
	char *current;
	long n = syscall(SYS_lsm_get_self_attr, ATTR_CURRENT, &c, &size, 0);

	if (n < 0 && errno == EOPNOTSUPP)
		FORBIDDEN("no security module that labels tasks is on");
	OFFERED(n, "lsm_get_self_attr");
	PROMISE_GE(n, 1);
	PROMISE(module_name(c.head.id));
	current = slurp("/proc/self/attr/current");
	if (n == 1 && current) {
		current[strcspn(current, "\n")] = '\0';
		PROMISE_STR(c.head.ctx, current);
	}
	size = 4;
	PROMISE_FAILS(syscall(SYS_lsm_get_self_attr, ATTR_CURRENT, &c, &size, 0), E2BIG);
	PROMISE_GT(size, 4);
}

PROBE(attr,
      .what = "a label is read in the files of its own module, whoever comes first in the list",
      .since = "5.8", .commit = "6413f852ce08", .kconfig = "CONFIG_SECURITY_APPARMOR",
      .source = "proc_pid_attr(5)", .guards = "lsm-attr-current-bpf")
{
	char *own = slurp("/proc/self/attr/apparmor/current"), *first;

	if (!own)
		PROMISE(errno == ENOENT || errno == EINVAL);
	if (!own)
		FORBIDDEN("apparmor is not among the modules that are on");
	/* The other file is of the first module that has a word on it: bpf may, and say something else. */
	first = slurp("/proc/self/attr/current");
	if (!first)
		NOTE("attr/current cannot be read: %s", errno_name(errno));
	else if (!streq(own, first))
		NOTE("attr/current says '%s', attr/apparmor/current '%s'", first, own);
	PROMISE(*own);
}

PROBE(attr_refused, .what = "a task writes its own label only: EACCES or EPERM", .since = "2.6.0",
      .kconfig = "CONFIG_SECURITY", .source = "proc_pid_attr(5)")
{
	pid_t pid = spawn_idle();
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/attr/current", pid);
	OFFERED(access(path, F_OK), "/proc/PID/attr/current", ENOENT);
	PROMISE_FAILS(write_text("x", "/proc/%d/attr/current", pid), EACCES, EPERM);
}

PROBE(selinux_socket, .what = "a socket has the label that attr/sockcreate said when it was made",
      .since = "2.6.18", .kconfig = "CONFIG_SECURITY_SELINUX", .source = "proc_pid_attr(5)")
{
	char label[256] = "", *current = slurp("/proc/self/attr/current");
	int sk;

	if (access("/sys/fs/selinux/enforce", F_OK) < 0 || !current)
		FORBIDDEN("SELinux is not among the modules that are on");
	current[strcspn(current, "\n")] = '\0';
	OFFERED(write_text(current, "/proc/self/attr/sockcreate"), "sockcreate", ENOENT);
	sk = NEED(socket(AF_UNIX, SOCK_STREAM, 0));
	NEED(fgetxattr(sk, "security.selinux", label, sizeof(label) - 1));
	PROMISE_STR(label, current);
}

PROBE(apparmor_namespace,
      .what = "apparmor tells the policy namespace of a task, and that labels stack",
      .since = "4.13", .kconfig = "CONFIG_SECURITY_APPARMOR", .source = "apparmor.rst")
{
	static const char *const dir = "/sys/kernel/security/apparmor";

	if (!slurp("/proc/self/attr/apparmor/current"))
		FORBIDDEN("apparmor is not among the modules that are on");
	if (access(dir, F_OK) < 0)
		MACHINE_LACKS("securityfs is not mounted");
	OFFERED(slurp("%s/.ns_name", dir), ".ns_name of apparmor", ENOENT);
	PROMISE_STR(NEED(slurp("%s/features/domain/stack", dir)), "yes\n");
}
