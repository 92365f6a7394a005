// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "assume.h"

#define MOST_GROUPS 65536

/* Groups that a task has of its own, until it has those of the images: everybody's are main's. */
static struct {
	bool known, assumed, changed;
	int n, pdeath;
	uint32_t id[MOST_GROUPS];
} own;

static int know_own_groups(void)
{
	if (own.known)
		return 0;
	own.n = syscall(SYS_getgroups, MOST_GROUPS, own.id);
	if (own.n < 0)
		return -errno;
	own.known = true;
	return 0;
}

/* Another effective user has lost the capabilities that it still may have. */
static int raise_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

static int assume_groups(const struct assumed *who)
{
	own.changed = true;
	return syscall(SYS_setgroups, who->n_groups, who->groups) < 0 ? -errno : 0;
}

static bool is_own(const struct assumed *who)
{
	if (who->uid || who->euid || who->egid)
		return false;
	return !who->groups || ((size_t)own.n == who->n_groups &&
				memcmp(own.id, who->groups, own.n * sizeof(own.id[0])) == 0);
}

int assume(const struct assumed *who)
{
	int r = know_own_groups();

	if (r == 0 && is_own(who))
		return 0;
	/* Changing ids forgets it, and nothing that is left behind may outlive main. */
	if (r == 0 && prctl(PR_GET_PDEATHSIG, &own.pdeath, 0, 0, 0) < 0)
		r = -errno;
	if (r < 0)
		return r;
	own.assumed = true;
	if (who->groups)
		r = assume_groups(who);
	if (r == 0 && syscall(SYS_setresgid, -1, who->egid, 0) < 0)
		r = -errno;
	if (r == 0 && syscall(SYS_setresuid, who->uid, who->euid, 0) < 0)
		r = -errno;
	return r < 0 ? r : raise_capabilities();
}

int assume_nobody_else(void)
{
	int r = 0;

	if (!own.assumed)
		return 0;
	own.assumed = false;
	if (syscall(SYS_setresuid, 0, 0, 0) < 0 || syscall(SYS_setresgid, -1, 0, 0) < 0)
		r = -errno;
	if (own.changed && syscall(SYS_setgroups, own.n, own.id) < 0)
		r = -errno;
	own.changed = false;
	if (r == 0)
		r = raise_capabilities();
	if (prctl(PR_SET_PDEATHSIG, own.pdeath, 0, 0, 0) < 0 && r == 0)
		r = -errno;
	return r;
}
