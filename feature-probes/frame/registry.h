// SPDX-License-Identifier: GPL-2.0-only
/* The questions of a program, and how they are declared and answered in JSON. Inside the frame only. */
#ifndef FEATURE_PROBES_FRAME_REGISTRY_H
#define FEATURE_PROBES_FRAME_REGISTRY_H

#include "ask.h"

/* Every probe linked in, by file, in the order of its source. */
extern struct probe *probes;

/* "kcmp" of "feature-probes/kcmp.c", in a static buffer. */
const char *probe_area(const struct probe *p);

/* "kcmp.epoll_tfd", or NULL. */
const struct probe *probe_find(const char *name);

/* All declarations as one array on stdout. */
void probes_declare(void);

/* Asks, and prints the answer; false, and it says "stuck", when tasks of the probe are left that cannot be killed. */
bool probe_answer(FILE *to, const struct probe *p, enum asker as);

#endif
