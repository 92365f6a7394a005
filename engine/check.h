// SPDX-License-Identifier: GPL-2.0-only
#ifndef ENGINE_CHECK_H
#define ENGINE_CHECK_H

#include "engine/options.h"

/* refcr check: does this kernel have what a dump and restore need? 0 or -errno, after a report. */
int check_main(const struct options *opts);

#endif
