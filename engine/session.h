// SPDX-License-Identifier: GPL-2.0-only
/* What dump and restore begin and end with: directories, the log, time. */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include <stdint.h>

#include "engine/options.h"

/* Opens the images and work directories and the log. 0 or -errno, logged. */
int session_open(const struct options *o, int *images_fd, int *work_fd);

/* A task may have as many descriptors as we may, and we need some of our own. */
void session_raise_nofile(void);

uint64_t now_us(void);

#endif
