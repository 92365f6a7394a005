// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line. Options have criu's names and meanings, so that what drives criu drives refcr.
 * One whose feature is not built is refused by name; a hint, which cannot change what comes out, is
 * accepted.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/config.h"
#include "options.h"

#define DEFAULT_GHOST_LIMIT (1UL << 20)
#define DEFAULT_TIMEOUT_S   10

enum option_kind {
	FLAG,    /* a bool of struct options */
	VALUE,   /* set() takes the argument */
	HINT,    /* cannot matter */
	NOT_YET, /* refused by name */
};

struct option_spec {
	const char *name;
	char letter;
	int has_arg;
	enum option_kind kind;
	size_t flag; /* offset of the bool */
	int (*set)(struct options *o, const char *arg);
	const char *arg_name, *help;
};

static int set_tree(struct options *o, const char *arg)
{
	int pid;

	if (!parse_int(arg, &pid) || pid <= 0)
		return -EINVAL;
	o->pid = pid;
	return 0;
}

static int set_verbosity(struct options *o, const char *arg)
{
	if (!arg) {
		o->verbosity++;
		return 0;
	}
	/* "-vvv": the letters behind the first are its argument. */
	if (arg[strspn(arg, "v")] == '\0') {
		o->verbosity += 1 + strlen(arg);
		return 0;
	}
	/* "-verbosity=0", as scripts say it. */
	arg = str_after(arg, "erbosity=") ?: arg;
	return parse_int(arg, &o->verbosity) && o->verbosity >= 0 ? 0 : -EINVAL;
}

/* How pre-dumps read memory: any other dump may be told. */
static int check_pre_dump_mode(struct options *o, const char *arg)
{
	(void)o;
	return streq(arg, "splice") || streq(arg, "read") ? 0 : -EINVAL;
}

static int set_ghost_limit(struct options *o, const char *arg)
{
	return parse_size(arg, &o->ghost_limit) ? 0 : -EINVAL;
}

static int add_scan_path(struct options *o, const char *arg)
{
	const char **more = realloc(o->scan_path, (o->n_scan_paths + 1) * sizeof(*o->scan_path));

	if (!more)
		return -ENOMEM;
	o->scan_path = more;
	o->scan_path[o->n_scan_paths++] = arg;
	return arg[0] == '/' ? 0 : -EINVAL;
}

static int add_script(struct options *o, const char *arg)
{
	const char **more = realloc(o->script, (o->n_scripts + 1) * sizeof(*o->script));

	if (!more)
		return -ENOMEM;
	o->script = more;
	o->script[o->n_scripts++] = arg;
	return arg[0] ? 0 : -EINVAL;
}

/* Told when page-server and lazy-pages are ready: nothing else waits for anybody. */
static int check_status_fd(struct options *o, const char *arg)
{
	int fd;

	(void)o;
	return parse_int(arg, &fd) && fcntl(fd, F_GETFD) >= 0 ? 0 : -EINVAL;
}

static int set_timeout(struct options *o, const char *arg)
{
	int s;

	if (!parse_int(arg, &s) || s <= 0 || s > 1000000)
		return -EINVAL;
	o->timeout_s = s;
	return 0;
}

static int set_cgroups(struct options *o, const char *arg)
{
	if (arg && streq(arg, "ignore"))
		return 0;
	fprintf(stderr, "refcr: --manage-cgroups: not supported yet (only =ignore)\n");
	return -ENOTSUP;
}

static int set_images(struct options *o, const char *arg)
{
	o->images = arg;
	return 0;
}

static int set_work(struct options *o, const char *arg)
{
	o->work = arg;
	return 0;
}

static int set_log(struct options *o, const char *arg)
{
	o->log = arg;
	return 0;
}

static int set_pidfile(struct options *o, const char *arg)
{
	o->pidfile = arg;
	return 0;
}

static int set_feature(struct options *o, const char *arg)
{
	const char **more = realloc(o->feature, (o->n_features + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	o->feature = more;
	o->feature[o->n_features++] = arg;
	return 0;
}

/* What can stay outside, and be handed over: keys whose objects know what to do with them. */
static const char *const external_kinds[] = { "tty[", "unix[", NULL };
static const char *const inherited_kinds[] = { "tty[", "socket[", "socket:[", NULL };

static bool is_of(const char *const *kinds, const char *key)
{
	for (; *kinds; kinds++)
		if (str_after(key, *kinds))
			return true;
	return false;
}

static int set_external(struct options *o, const char *arg)
{
	const char **more;

	if (!is_of(external_kinds, arg)) {
		fprintf(stderr, "refcr: --external %s: not supported yet\n", arg);
		return -ENOTSUP;
	}
	more = realloc(o->external, (o->n_external + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	o->external = more;
	more[o->n_external++] = arg;
	return 0;
}

/* fd[N]:KEY */
static int set_inherited(struct options *o, const char *arg)
{
	const char *at = str_after(arg, "fd[");
	struct inherited *more;
	uint64_t fd;

	if (!at || !scan_u64(&at, 10, &fd) || !str_after(at, "]:") || fd > INT_MAX)
		return -EINVAL;
	at += strlen("]:");
	if (!is_of(inherited_kinds, at)) {
		fprintf(stderr, "refcr: --inherit-fd %s: not supported yet\n", arg);
		return -ENOTSUP;
	}
	if (fcntl(fd, F_GETFD) < 0) {
		fprintf(stderr, "refcr: --inherit-fd %s: descriptor %d is not open\n", arg,
			(int)fd);
		return -EBADF;
	}
	more = realloc(o->inherited, (o->n_inherited + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	o->inherited = more;
	more[o->n_inherited++] = (struct inherited){ .fd = fd, .key = at };
	return 0;
}

/* Names of single sockets are a matter of --external. */
static int set_ext_unix_sk(struct options *o, const char *arg)
{
	if (arg) {
		fprintf(stderr,
			"refcr: --ext-unix-sk=%s: not supported, say --external unix[...]\n", arg);
		return -ENOTSUP;
	}
	o->ext_unix_sk = true;
	return 0;
}

bool options_external(const struct options *o, const char *key)
{
	for (unsigned int i = 0; i < o->n_external; i++)
		if (streq(o->external[i], key))
			return true;
	return false;
}

int options_inherited(const struct options *o, const char *key)
{
	for (unsigned int i = 0; i < o->n_inherited; i++)
		if (streq(o->inherited[i].key, key))
			return o->inherited[i].fd;
	return -1;
}

#define NO          no_argument
#define ARG         required_argument
#define OPT         optional_argument
#define BOOL(field) offsetof(struct options, field)

static const struct option_spec specs[] = {
	{ "tree", 't', ARG, VALUE, 0, set_tree, "PID", "dump the process tree below PID" },
	{ "images-dir", 'D', ARG, VALUE, 0, set_images, "DIR",
	  "where the images are (default: .)" },
	{ "work-dir", 'W', ARG, VALUE, 0, set_work, "DIR",
	  "where log, pid file and statistics go (default: the images directory)" },
	{ "log-file", 'o', ARG, VALUE, 0, set_log, "FILE", "log there instead of to stderr" },
	{ "verbosity", 'v', OPT, VALUE, 0, set_verbosity, "N",
	  "how much to log: 1 errors, 2 warnings (default), 3 information, 4 all" },
	{ "leave-running", 'R', NO, FLAG, BOOL(leave_running), NULL, NULL,
	  "dump: let the tree run on afterwards" },
	{ "leave-stopped", 's', NO, FLAG, BOOL(leave_stopped), NULL, NULL,
	  "leave the tree stopped" },
	{ "restore-detached", 'd', NO, FLAG, BOOL(detach), NULL, NULL,
	  "restore: do not wait for the tree to end" },
	{ "restore-sibling", 'S', NO, FLAG, BOOL(sibling), NULL, NULL,
	  "restore: as a child of the caller" },
	{ "pidfile", 0, ARG, VALUE, 0, set_pidfile, "FILE", "restore: write the root's pid there" },
	{ "shell-job", 'j', NO, FLAG, BOOL(shell_job), NULL, NULL,
	  "the tree belongs to a session led from outside" },
	{ "external", 0, ARG, VALUE, 0, set_external, "KEY",
	  "dump: leave a terminal outside: tty[RDEV:DEV], both in hex; or what a unix socket is "
	  "connected to: unix[INODE]" },
	{ "inherit-fd", 0, ARG, VALUE, 0, set_inherited, "fd[N]:KEY",
	  "restore: descriptor N takes the place of a terminal that was left outside, or of a socket "
	  "whose peer was: socket:[INODE]" },
	{ "ext-unix-sk", 'x', OPT, VALUE, 0, set_ext_unix_sk, NULL,
	  "leave the servers outside that datagram unix sockets are connected to" },
	{ "link-remap", 0, NO, FLAG, BOOL(link_remap), NULL, NULL,
	  "dump: make temporary hard links for files that lost the name they were opened by" },
	{ "file-locks", 'l', NO, FLAG, BOOL(file_locks), NULL, NULL,
	  "dump: save locks and leases on files; nobody has them until they are restored" },
	{ "ghost-limit", 0, ARG, VALUE, 0, set_ghost_limit, "SIZE",
	  "dump: largest unlinked file to save (default: 1M)" },
	{ "irmap-scan-path", 0, ARG, VALUE, 0, add_scan_path, "DIR",
	  "dump: look below for the names of watched files, where handles lead nowhere" },
	{ "timeout", 0, ARG, VALUE, 0, set_timeout, "SECONDS",
	  "dump: longest wait for a thread to stop (default: 10)" },
	{ "action-script", 0, ARG, VALUE, 0, add_script, "COMMAND",
	  "run it before and after each step; CRTOOLS_SCRIPT_ACTION says which" },
	{ "config", 0, ARG, HINT, 0, NULL, "FILE",
	  "take the options in there, too: one a line, without dashes" },
	{ "display-stats", 0, NO, FLAG, BOOL(display_stats), NULL, NULL, "print what it cost" },
	{ "accept-edited", 0, NO, FLAG, BOOL(accept_edited), NULL, NULL,
	  "restore: take images that were changed since they were written" },
	{ "exec-cmd", 0, NO, FLAG, BOOL(exec_after), NULL, NULL,
	  "restore: then execute the command behind --" },
	{ "feature", 0, ARG, VALUE, 0, set_feature, "NAME",
	  "check: one feature of the kernel; \"list\" tells their names" },
	{ "extra", 0, NO, FLAG, BOOL(extra), NULL, NULL,
	  "check: also what only some process trees need" },
	{ "experimental", 0, NO, FLAG, BOOL(experimental), NULL, NULL,
	  "check: also what makes things faster" },
	{ "all", 0, NO, FLAG, BOOL(all), NULL, NULL, "check: --extra and --experimental" },
	{ "manage-cgroups", 0, OPT, VALUE, 0, set_cgroups, NULL, NULL },

	{ "evasive-devices", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "force-irmap", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "ghost-fiemap", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "no-ghost-fiemap", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "log-pid", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "network-lock", 0, ARG, HINT, 0, NULL, NULL, NULL },
	{ "pre-dump-mode", 0, ARG, VALUE, 0, check_pre_dump_mode, NULL, NULL },
	{ "skip-in-flight", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "status-fd", 0, ARG, VALUE, 0, check_status_fd, NULL, NULL },
	{ "weak-sysctls", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "mntns-compat-mode", 0, NO, HINT, 0, NULL, NULL, NULL },
	{ "no-default-config", 0, NO, HINT, 0, NULL, NULL, NULL },

	{ "root", 'r', ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "ext-mount-map", 'M', ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "tcp-established", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "tcp-close", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "cgroup-root", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "cgroup-props", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "cgroup-props-file", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "cgroup-dump-controller", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "cgroup-yard", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "empty-ns", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "join-ns", 'J', ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "track-mem", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "prev-images-dir", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "auto-dedup", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "page-server", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "lazy-pages", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "address", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "port", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "ps-socket", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "enable-fs", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "skip-mnt", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "freeze-cgroup", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "cpu-cap", 0, OPT, NOT_YET, 0, NULL, NULL, NULL },
	{ "lsm-profile", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "lsm-mount-context", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "file-validation", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "skip-file-rwx-check", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "orphan-pts-master", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "allow-uprobes", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "unprivileged", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "libdir", 'L', ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "tls", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "tls-no-cn-verify", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "tls-cert", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "tls-key", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "tls-cacert", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "tls-cacrl", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "veth-pair", 0, ARG, NOT_YET, 0, NULL, NULL, NULL },
	{ "daemon", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "deprecated", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "enable-external-sharing", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "enable-external-masters", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
	{ "stream", 0, NO, NOT_YET, 0, NULL, NULL, NULL },
};

static const struct {
	const char *name;
	enum command command;
	const char *help; /* NULL: not supported yet */
	int status;       /* then: criu's, when it has nothing to do either */
} commands[] = {
	{ "dump", CMD_DUMP, "dump -t PID [-D DIR]     save a process tree into images", 0 },
	{ "restore", CMD_RESTORE, "restore [-D DIR]         bring it back from them", 0 },
	{ "check", CMD_CHECK, "check [--feature NAME]   say what this kernel lacks for it", 0 },
	{ "pre-dump", CMD_NONE, NULL, EXIT_FAILURE },
	{ "page-server", CMD_NONE, NULL, EXIT_FAILURE },
	{ "lazy-pages", CMD_NONE, NULL, EXIT_FAILURE },
	{ "swrk", CMD_NONE, NULL, 255 },
	{ "service", CMD_NONE, NULL, EXIT_FAILURE },
	{ "dedup", CMD_NONE, NULL, EXIT_FAILURE },
	{ "cpuinfo", CMD_NONE, NULL, EXIT_FAILURE },
	{ "exec", CMD_NONE, NULL, 255 },
	{ "show", CMD_NONE, NULL, EXIT_FAILURE },
};

static void usage(FILE *to)
{
	fprintf(to, "Usage: refcr COMMAND [OPTION]...\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].help)
			fprintf(to, "  %s\n", commands[i].help);
	fprintf(to, "\nOptions:\n");
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		const struct option_spec *s = &specs[i];
		char names[64];

		if (!s->help)
			continue;
		snprintf(names, sizeof(names), "%c%c%s --%s%s%s", s->letter ? '-' : ' ',
			 s->letter ?: ' ', s->letter ? "," : " ", s->name, s->arg_name ? " " : "",
			 s->arg_name ?: "");
		fprintf(to, "  %-28s %s\n", names, s->help);
	}
	fprintf(to, "  %-28s %s\n", "-V, --version", "print the version");
	fprintf(to, "  %-28s %s\n", "-h, --help", "print this");
}

static int find_command(const char *name, struct options *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (streq(name, commands[i].name)) {
			if (!commands[i].help) {
				fprintf(stderr, "refcr: %s: not supported yet\n", name);
				o->status = commands[i].status;
				return -ENOTSUP;
			}
			o->command = commands[i].command;
			return 0;
		}
	fprintf(stderr, "refcr: there is no command \"%s\" (see refcr --help)\n", name);
	return -EINVAL;
}

static int take(const struct option_spec *s, struct options *o, const char *arg)
{
	int r = 0;

	switch (s->kind) {
	case FLAG:
		*(bool *)((char *)o + s->flag) = true;
		return 0;
	case HINT:
		return 0;
	case NOT_YET:
		fprintf(stderr, "refcr: --%s: not supported yet\n", s->name);
		return -ENOTSUP;
	case VALUE:
		r = s->set(o, arg);
		if (r == -EINVAL)
			fprintf(stderr, "refcr: --%s: \"%s\" makes no sense\n", s->name, arg ?: "");
		return r;
	}
	return -EINVAL;
}

static int check_sense(const struct options *o)
{
	const char *why = NULL;

	if (o->command == CMD_NONE)
		why = "no command given (see refcr --help)";
	else if (o->command == CMD_DUMP && !o->pid)
		why = "dump needs the root of the tree: -t PID";
	else if (o->leave_running && o->leave_stopped)
		why = "--leave-running and --leave-stopped exclude each other";
	else if (o->exec_after && !o->exec_cmd)
		why = "--exec-cmd needs a command behind --";
	else if (o->exec_cmd && !o->exec_after)
		why = "arguments behind the command";
	if (!why)
		return 0;
	fprintf(stderr, "refcr: %s\n", why);
	return -EINVAL;
}

int options_parse(int argc, char **argv, struct options *o, bool *done)
{
	struct option longs[ARRAY_SIZE(specs) + 3] = {};
	char shorts[3 * ARRAY_SIZE(specs) + 8] = ":hV";
	size_t n = 0, len = strlen(shorts);
	int c, r = 0;

	*o = (struct options){ .ghost_limit = DEFAULT_GHOST_LIMIT,
			       .timeout_s = DEFAULT_TIMEOUT_S,
			       .status = EXIT_FAILURE };
	*done = false;
	for (; n < ARRAY_SIZE(specs); n++) {
		longs[n] = (struct option){ specs[n].name, specs[n].has_arg, NULL, 1000 + (int)n };
		if (!specs[n].letter)
			continue;
		shorts[len++] = specs[n].letter;
		for (int i = 0; i < specs[n].has_arg; i++)
			shorts[len++] = ':';
	}
	longs[n++] = (struct option){ "help", NO, NULL, 'h' };
	longs[n++] = (struct option){ "version", NO, NULL, 'V' };

	opterr = 0;
	r = config_insert(&argc, &argv);
	while (r == 0 && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			*done = true;
			return 0;
		}
		if (c == 'V') {
			printf("Version: " ZDTM_VERSION "\n");
			*done = true;
			return 0;
		}
		if (c == ':' || c == '?') {
			fprintf(stderr, "refcr: %s: %s\n", argv[optind - 1],
				c == ':' ? "needs an argument"
					 : "no such option (see refcr --help)");
			return -EINVAL;
		}
		if (c >= 1000) {
			r = take(&specs[c - 1000], o, optarg);
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
			if (specs[i].letter == c)
				r = take(&specs[i], o, optarg);
	}
	if (r < 0)
		return r;
	if (!o->verbosity)
		o->verbosity = LOG_WARN;
	o->verbosity = MIN(o->verbosity, (int)LOG_DEBUG);
	if (optind < argc)
		r = find_command(argv[optind++], o);
	if (r == 0 && optind < argc)
		o->exec_cmd = argv + optind;
	return r < 0 ? r : check_sense(o);
}
