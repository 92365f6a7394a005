// SPDX-License-Identifier: GPL-2.0-only
/* One boot of one kernel under QEMU: started, listened to, ended. */
#ifndef ZDTM_GUEST_H
#define ZDTM_GUEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/buf.h"
#include "target.h"

/* What all guests of one command share, see ci/guest-image. Made at the first call. */
const char *guest_images(const char *const *engines);

struct guest {
	char *dir;           /* its files; in there: */
	char *console, *log; /* what the kernel printed; what QEMU itself has to say */
	pid_t qemu;
	int events;  /* what comes over the second serial port; at its end when QEMU is */
	int monitor; /* takes commands of QEMU's monitor */
	struct buf heard;
	size_t taken;
};

/*
 * Boots a kernel for one command: `words` are its arguments and, with "env:" in front, variables.
 * Without `kvm` everything is emulated.
 */
void guest_start(struct guest *g, const struct target *t, const char *images, const char *dir,
		 const char *const *words, bool kvm);

/*
 * The next line the guest sends, good until the next call. NULL when it has ended, or when the
 * deadline (ms from now) comes first: then *late is true. An interruption ends the program.
 */
const char *guest_hear(struct guest *g, int ms, bool *late);

/* Seconds for which it could have run and another had the CPU. */
double guest_starved(const struct guest *g);

/* Has a hung kernel say where it is, as far as it still can, and ends it. */
void guest_provoke(struct guest *g);
void guest_kill(struct guest *g);

/* Waits for QEMU, which has ended or will at once. */
void guest_wait(struct guest *g);

/* Copies what lies below /zdtm/work/NAME in the guest to the folder `to`, which then has NAME. */
void guest_fetch(const struct guest *g, const char *name, const char *to);

/* Frees what is held here; the directory is the caller's. */
void guest_done(struct guest *g);

#endif
