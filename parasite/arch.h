// SPDX-License-Identifier: GPL-2.0-only
#ifndef PARASITE_ARCH_H
#define PARASITE_ARCH_H

#if defined(__x86_64__)
#include "parasite/arch/x86_64/syscall.h"
#else
#error "no parasite/arch for this CPU"
#endif

#endif
