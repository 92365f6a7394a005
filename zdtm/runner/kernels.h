// SPDX-License-Identifier: GPL-2.0-only
/* What the archive offers. */
#ifndef ZDTM_KERNELS_H
#define ZDTM_KERNELS_H

#include "commands.h"

/* A text per line of kernels: LINE, newest RELEASE, VERSION, PARTS, cached RELEASE, by tabs. */
struct texts kernels_lines(void);

#endif
