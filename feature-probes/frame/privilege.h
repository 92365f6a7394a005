// SPDX-License-Identifier: GPL-2.0-only
/* Who asks, and what that user may. */
#ifndef FEATURE_PROBES_FRAME_PRIVILEGE_H
#define FEATURE_PROBES_FRAME_PRIVILEGE_H

#include <stdbool.h>
#include <sys/capability.h>
#include <sys/types.h>

/* Newer than some headers. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

#define NOBODY 65534

bool have_cap(int cap);

/*
 * Whether this is the initial user namespace. Capabilities held in another one count for nothing
 * with interfaces that ask for them in the initial one.
 */
bool in_init_userns(void);

/*
 * What a declaration asks for and this task lacks, or NULL. A declaration names capabilities of
 * which one is enough: "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN"; with " in the initial user
 * namespace" behind it they have to be held there.
 */
const char *privilege_missing(const char *declared);

/* The same in the middle of a probe: absent, by name, unless one of them is held. */
void need_privilege(const char *declared);

/*
 * The calling task becomes an ordinary user, nobody where it may change its user, and keeps no
 * capability, or just one (absent when it has not got that one). It stays traceable and readable
 * by its own user, as a task started by that user would be.
 */
void lose_privileges(void);
void lose_privileges_but(int cap);

#endif
