// SPDX-License-Identifier: GPL-2.0-only
/* The build or installed tree this command belongs to: PREFIX/bin/zdtm, PREFIX/libexec/zdtm/... */
#ifndef ZDTM_TREE_H
#define ZDTM_TREE_H

/* PREFIX/rest, as long as the program runs. */
const char *tree_path(const char *rest);

#define TREE_SUITE  "libexec/zdtm"
#define TREE_PROBES "libexec/zdtm/feature-probes"
#define TREE_ASK    "libexec/zdtm-ask"
#define TREE_CI     "libexec/zdtm-ci"

#endif
