// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "parts.h"

#define CAP_WORDS 2 /* 64 capabilities, 32 to a word */

static int words_of(uint64_t caps, struct arena *a, uint32_t **word, size_t *n)
{
	*word = arena_array(a, uint32_t, CAP_WORDS);
	if (!*word)
		return -ENOMEM;
	(*word)[0] = caps;
	(*word)[1] = caps >> 32;
	*n = CAP_WORDS;
	return 0;
}

int creds_dump(const struct proc_status *s, uint32_t securebits, struct arena *a, CredsEntry **ret)
{
	CredsEntry *e = arena_new(a, CredsEntry);

	if (!e)
		return -ENOMEM;
	creds_entry__init(e);
	e->uid = s->uid[0];
	e->euid = s->uid[1];
	e->suid = s->uid[2];
	e->fsuid = s->uid[3];
	e->gid = s->gid[0];
	e->egid = s->gid[1];
	e->sgid = s->gid[2];
	e->fsgid = s->gid[3];
	e->secbits = securebits;
	e->groups = arena_array(a, uint32_t, s->n_groups + 1);
	if (!e->groups || words_of(s->caps[PROC_CAPS_INH], a, &e->cap_inh, &e->n_cap_inh) < 0 ||
	    words_of(s->caps[PROC_CAPS_PRM], a, &e->cap_prm, &e->n_cap_prm) < 0 ||
	    words_of(s->caps[PROC_CAPS_EFF], a, &e->cap_eff, &e->n_cap_eff) < 0 ||
	    words_of(s->caps[PROC_CAPS_BND], a, &e->cap_bnd, &e->n_cap_bnd) < 0 ||
	    words_of(s->caps[PROC_CAPS_AMB], a, &e->cap_amb, &e->n_cap_amb) < 0)
		return -ENOMEM;
	memcpy(e->groups, s->groups, s->n_groups * sizeof(uint32_t));
	e->n_groups = s->n_groups;
	e->has_no_new_privs = s->no_new_privs;
	e->no_new_privs = s->no_new_privs;
	*ret = e;
	return 0;
}

static uint64_t caps_of(const uint32_t *word, size_t n)
{
	return (n > 0 ? word[0] : 0) | (n > 1 ? (uint64_t)word[1] << 32 : 0);
}

int creds_check(const CredsEntry *e, const char *image)
{
	if (!e)
		return log_bad_image("%s: has no credentials", image);
	if (e->n_groups > 65536)
		return log_bad_image("%s: more groups than there can be", image);
	if (e->lsm_profile && e->lsm_profile[0])
		return log_refuse("%s: LSM profile %s: not supported yet", image, e->lsm_profile);
	return 0;
}

/* What this process may not have any more was not there at dump either, or cannot be had here. */
static void drop_bounding(struct program *p, uint64_t keep)
{
	for (int cap = 0; cap <= 63; cap++) {
		int have = prctl(PR_CAPBSET_READ, cap);

		if (have < 0)
			break; /* beyond the last one this kernel knows */
		if (have && !(keep & (1ULL << cap)))
			program_call(p, "drop a capability from the bounding set", SYS_prctl,
				     PR_CAPBSET_DROP, cap);
	}
}

static void set_caps(struct program *p, const char *what, uint64_t eff, uint64_t prm, uint64_t inh)
{
	struct {
		struct __user_cap_header_struct head;
		struct __user_cap_data_struct data[CAP_WORDS];
	} caps = { .head = { .version = _LINUX_CAPABILITY_VERSION_3 } }, *at;

	for (int i = 0; i < CAP_WORDS; i++) {
		caps.data[i].effective = eff >> (32 * i);
		caps.data[i].permitted = prm >> (32 * i);
		caps.data[i].inheritable = inh >> (32 * i);
	}
	at = program_copy(p, &caps, sizeof(caps));
	if (at)
		program_call(p, what, SYS_capset, (uintptr_t)&at->head, (uintptr_t)at->data);
}

/* The capabilities of the process that writes the program, and will run it. */
static uint64_t own_permitted(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[CAP_WORDS] = {};

	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

int creds_restore(struct program *p, const CredsEntry *e)
{
	uint64_t eff = caps_of(e->cap_eff, e->n_cap_eff), prm = caps_of(e->cap_prm, e->n_cap_prm);
	uint64_t inh = caps_of(e->cap_inh, e->n_cap_inh), amb = caps_of(e->cap_amb, e->n_cap_amb);
	void *groups = program_copy(p, e->groups, e->n_groups * sizeof(uint32_t));
	uint64_t all = own_permitted();

	/*
	 * With NO_SETUID_FIXUP changing the ids leaves the capabilities alone. CAP_SETPCAP stays
	 * until the end, for the securebits. What is inheritable may lie outside the bounding set,
	 * but can only be made so before that shrinks.
	 */
	program_call(p, "securebits", SYS_prctl, PR_SET_SECUREBITS, 1 << SECURE_NO_SETUID_FIXUP);
	set_caps(p, "capabilities", all, all, inh);
	drop_bounding(p, caps_of(e->cap_bnd, e->n_cap_bnd));
	program_call(p, "supplementary groups", SYS_setgroups, e->n_groups, (uintptr_t)groups);
	program_call(p, "group ids", SYS_setresgid, e->gid, e->egid, e->sgid);
	program_call(p, "file system group id", SYS_setfsgid, e->fsgid);
	program_call(p, "user ids", SYS_setresuid, e->uid, e->euid, e->suid);
	program_call(p, "file system user id", SYS_setfsuid, e->fsuid);
	set_caps(p, "capabilities", prm | (1ULL << CAP_SETPCAP), prm | (1ULL << CAP_SETPCAP), inh);
	for (int cap = 0; cap <= 63; cap++)
		if (amb & (1ULL << cap))
			program_call(p, "ambient capability", SYS_prctl, PR_CAP_AMBIENT,
				     PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	program_call(p, "securebits", SYS_prctl, PR_SET_SECUREBITS, e->secbits);
	set_caps(p, "capabilities", eff, prm, inh);
	if (e->no_new_privs)
		program_call(p, "no_new_privs", SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return p->err;
}
