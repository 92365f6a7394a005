// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of our own memory whose missing pages come by ioctls (UFFDIO_COPY, UFFDIO_ZEROPAGE) and not
 * by faults: userfaultfd(2), ioctl_userfaultfd(2). All return -errno when they fail.
 */
#ifndef KERNEL_USERFAULTFD_H
#define KERNEL_USERFAULTFD_H

#include <linux/userfaultfd.h>
#include <stdint.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 /* since 5.11; what the kernel lets everybody have */
#endif

/*
 * The caller's to close, which ends all registrations; closed on exec. flags: O_NONBLOCK and
 * UFFD_USER_MODE_ONLY; features: of UFFD_FEATURE_*, -EINVAL when the kernel lacks one.
 */
int userfaultfd_open(int flags, uint64_t features);

/* Every page that [at, at + len), whole pages, has not yet. A range is in one userfaultfd at a time. */
int userfaultfd_watch(int fd, const void *at, uint64_t len);

#endif
