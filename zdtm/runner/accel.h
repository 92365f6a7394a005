// SPDX-License-Identifier: GPL-2.0-only
/* How QEMU runs a guest's code: by KVM where that works, else it emulates. */
#ifndef ZDTM_ACCEL_H
#define ZDTM_ACCEL_H

#include <stdbool.h>

#define QEMU "qemu-system-x86_64"

/*
 * Is KVM worth a try? A /dev/kvm that is there may still hang every kernel, so the first boot with it
 * has to show; what comes of that is remembered until this machine boots anew. *proven: it has worked.
 */
bool accel_kvm_offers(bool *proven);
void accel_kvm_remember(bool works);

/* For -accel. */
const char *accel_name(bool kvm);

#endif
