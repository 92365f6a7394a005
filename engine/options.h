// SPDX-License-Identifier: GPL-2.0-only
/* The command line of refcr, parsed. */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum command { CMD_NONE, CMD_DUMP, CMD_RESTORE, CMD_CHECK, CMD_VERSION };

/* --inherit-fd fd[N]:KEY */
struct inherited {
	int fd;
	const char *key;
};

struct options {
	enum command command;
	pid_t pid;          /* -t */
	const char *images; /* -D */
	const char *work;   /* -W; NULL: the images directory */
	const char *log;    /* -o; NULL: stderr */
	int verbosity;      /* -v[N] */
	bool detach;        /* -d */
	bool sibling;       /* -S */
	bool leave_running; /* -R */
	bool leave_stopped; /* -s */
	const char *pidfile;
	bool shell_job;
	const char **external; /* --external: keys of what stays outside; n_external of them */
	struct inherited *inherited;
	unsigned int n_external, n_inherited;
	bool ext_unix_sk; /* -x */
	bool link_remap;
	bool file_locks; /* -l */
	uint64_t ghost_limit;
	const char **scan_path; /* --irmap-scan-path, as often as it was given */
	unsigned int n_scan_paths;
	const char **script; /* --action-script, each */
	unsigned int n_scripts;
	unsigned int timeout_s;
	bool display_stats;
	bool accept_edited;
	bool exec_after;      /* --exec-cmd */
	char **exec_cmd;      /* what stands behind -- */
	const char **feature; /* check --feature, each */
	unsigned int n_features;
	bool extra, experimental, all; /* check */
	int status;                    /* to end with, if the command line is an error */
};

/* 0, or -EINVAL after a message on stderr; *done: --help and the like were answered. */
int options_parse(int argc, char **argv, struct options *o, bool *done);

/* Is this to stay outside? */
bool options_external(const struct options *o, const char *key);
/* The descriptor of the caller's that stands for it now, -1 if none was given. */
int options_inherited(const struct options *o, const char *key);

#endif
