// SPDX-License-Identifier: GPL-2.0-only
/* What labels of events (see events.h) mean: a run, a program's questions, or one question. */
#ifndef ZDTM_LABELS_H
#define ZDTM_LABELS_H

#include "commands.h"
#include "remote.h"

/* NULL when it means no run of this session. */
struct run *label_run(struct session *s, const char *label);

bool label_means(const char *label, const struct probe *p);
bool labels_mean(const struct texts *labels, const struct probe *p);

/* Is this question still to be asked? */
bool remote_is_open(const struct remote *r, const struct probe *p);

#endif
