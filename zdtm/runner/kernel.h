// SPDX-License-Identifier: GPL-2.0-only
/* The kernel we run on, as far as it explains results. */
#ifndef ZDTM_KERNEL_H
#define ZDTM_KERNEL_H

#include <json-c/json.h>
#include <stdbool.h>

struct kernel {
	const char *release, *version, *arch;
	const char *config;       /* the text of its .config; NULL when it is nowhere to be found */
	struct json_object *told; /* what a guest says of its own; NULL: see above */
};

/* The running one. */
struct kernel kernel_running(void);

/*
 * One that runs elsewhere, from its kernel_json(). `config` is the file with its configuration, `lacks`
 * says what it was booted without; or NULL.
 */
void kernel_take(struct kernel *k, struct json_object *told, const char *config, const char *lacks);

/* "y", "m", "n"; NULL when there is no telling. */
const char *kernel_option(const struct kernel *k, const char *name);

/*
 * Are all options of a list ("CONFIG_KCMP CONFIG_EPOLL") on, built in those with a =y behind, and
 * off those with a ! in front? Not known counts as no.
 */
bool kernel_has_options(const struct kernel *k, const char *names);

/* Is it this release ("6.5") or a later one? Release candidates are not. */
bool kernel_is_since(const struct kernel *k, const char *release);

/* {"release", "version", "arch", "config": {...}}: the options that matter to C/R and to probes. */
struct json_object *kernel_json(const struct kernel *k);

/* NULL when a tree can be dumped here at all, else why it cannot. */
const char *kernel_lacks_cr(void);

#endif
