// SPDX-License-Identifier: GPL-2.0-only
/* Files of options. */
#ifndef ENGINE_CONFIG_H
#define ENGINE_CONFIG_H

/*
 * Puts what the files of --config and of CRIU_CONFIG_FILE say before the other arguments, which so have
 * the last word. What *argv is then stays for good. 0, or -errno after a message on stderr.
 */
int config_insert(int *argc, char ***argv);

#endif
