// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "guest.h"
#include "initrd.h"
#include "say.h"
#include "spawn.h"
#include "tree.h"
#include "workdir.h"

/* MiB. What the largest tests need, and the root file system's cache. */
#define GUEST_MEMORY "1024"
#define GUEST_CPUS   "2"

/* How long a kernel that was sent an NMI may take to print what it has to say. ms */
#define NMI_GRACE 10000

/*
 * An oops ends the guest, or what follows it would be blamed on whatever test comes next; so does the
 * NMI that we send to one that hangs. Warnings go to the console, which is slow, and no more. A task
 * that is stuck is to be told of before we lose patience. On a busy host a timer's first interrupts come too
 * late for the kernel's check whether there are any, which panics (no_timer_check), and too late for the
 * one whether the TSC can be trusted, without which each look at a clock is a slow device's. Memory that the
 * kernel allocates for itself is not cleared first, which nobody can see who reads what he was given. That
 * the kernel's ciphers are right is not asked here: each would be tried at boot, or when its module is loaded.
 */
#define COMMAND_LINE                                                                               \
	"console=ttyS0 loglevel=5 panic=-1 oops=panic unknown_nmi_panic watchdog_thresh=60 "       \
	"printk.devkmsg=on mitigations=off random.trust_cpu=on 8250.nr_uarts=4 zdtm.guest=1 "      \
	"no_timer_check tsc=reliable init_on_alloc=0 cryptomgr.notests=1 "                         \
	"sysctl.kernel.hung_task_timeout_secs=15"

static char *path_in(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		die("out of memory");
	return path;
}

static const char *path_of_all(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s:/usr/sbin:/usr/bin:/sbin:/bin", getenv("PATH") ?: "");
	return path;
}

const char *guest_images(const char *const *engines)
{
	static char *folder;
	_cleanup_buf_ struct buf out = {};
	const char *words[8] = { tree_path("") };
	uint32_t hash = 0;
	size_t n = 2;

	if (folder)
		return folder;
	/* Where mke2fs and debugfs are is not in everybody's path. */
	setenv("PATH", path_of_all(), 1);
	while (*engines && n < ARRAY_SIZE(words) - 1)
		words[n++] = *engines++;
	/* A folder for each tree and choice of engines: none spoils what another has made. */
	for (size_t i = 0; i < n; i++)
		for (const char *p = words[i] ?: ""; *p; p++)
			hash = hash * 31 + *p;
	if (asprintf(&folder, "%s/guest/%08x", target_cache(), hash) < 0)
		die("out of memory");
	words[1] = folder;
	if (target_script("guest-image", words, &out) != 0)
		cannot_test("the guests' file system cannot be made");
	return folder;
}

/* ---- Its files ---------------------------------------------------------------------------------- */

/* The command's words, and modules that are needed to reach the disk, behind the initramfs. */
static char *write_initrd(const struct target *t, const char *images, const char *dir,
			  const char *const *words)
{
	_cleanup_free_ char *base = path_in(images, "early.cpio");
	_cleanup_closedir_ DIR *modules = t->early ? opendir(path_in(t->early, "modules")) : NULL;
	_cleanup_buf_ struct buf job = {};
	char *path = path_in(dir, "initrd");
	FILE *f = initrd_begin(path, base);
	struct dirent *d;

	while (*words)
		if (buf_printf(&job, "%s\n", *words++) < 0)
			die("out of memory");
	initrd_file(f, "job", job.data, job.len);
	if (modules)
		initrd_folder(f, "modules");
	while (modules && (d = readdir(modules))) {
		_cleanup_buf_ struct buf module = {};
		_cleanup_free_ char *name = path_in("modules", d->d_name);

		if (d->d_name[0] == '.')
			continue;
		if (read_file_at(dirfd(modules), d->d_name, &module) < 0)
			cannot_test("%s/%s cannot be read", t->early, name);
		initrd_file(f, name, module.data, module.len);
	}
	initrd_end(f, path);
	return path;
}

static void make_work_disk(const char *path)
{
	const char *const argv[] = { "/usr/bin/env", "mke2fs", "-q",        "-t", "ext4", "-O",
				     "^has_journal", "-L",     "zdtm-work", path, "4G",   NULL };
	_cleanup_buf_ struct buf out = {};

	if (spawn_capture(argv, &out) != 0)
		cannot_test("%s: no ext4 file system can be made", path);
}

/* ---- QEMU --------------------------------------------------------------------------------------- */

struct arguments {
	const char *list[96];
	size_t n;
};

static void add(struct arguments *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct arguments *a, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
	if (a->n == ARRAY_SIZE(a->list) - 1)
		die("too many arguments for " QEMU);
	a->list[a->n++] = text;
}

static void add_disk(struct arguments *a, const char *name, const char *path, const char *how)
{
	add(a, "-drive");
	add(a, "if=none,format=raw,id=%s,file=%s,%s", name, path, how);
	add(a, "-device");
	add(a, "nvme,drive=%s,serial=%s", name, name);
}

static struct arguments arguments(const struct guest *g, const struct target *t, const char *images,
				  const char *initrd, const char *work, bool kvm, int events)
{
	static const char *const fixed[] = {
		QEMU,         "-nodefaults", "-no-user-config",
		"-no-reboot", "-display",    "none",
		"-M",         "q35",         "-smp",
		GUEST_CPUS,   "-m",          GUEST_MEMORY,
		"-rtc",       "base=utc",    "-append",
		COMMAND_LINE,
	};
	struct arguments a = {};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		add(&a, "%s", fixed[i]);
	add(&a, "-accel");
	add(&a, "%s", accel_name(kvm));
	add(&a, "-cpu");
	/*
	 * Five levels of page tables are walked for nothing. Emulated far returns of user mode read the
	 * stack as the kernel would, which SMAP forbids it: 32-bit code takes the guest down. With ERMS the
	 * kernel clears and copies pages by the byte, each of which is a round of the emulator's.
	 */
	add(&a, kvm ? "host" : "max,la57=off,smap=off,erms=off");
	add(&a, "-kernel");
	add(&a, "%s", t->image);
	add(&a, "-initrd");
	add(&a, "%s", initrd);
	add(&a, "-chardev");
	add(&a, "file,id=console,path=%s", g->console);
	add(&a, "-serial");
	add(&a, "chardev:console");
	add(&a, "-add-fd");
	add(&a, "fd=%d,set=1", events);
	add(&a, "-chardev");
	add(&a, "file,id=events,path=/dev/fdset/1,append=on");
	add(&a, "-serial");
	add(&a, "chardev:events");
	add(&a, "-chardev");
	add(&a, "stdio,id=monitor,signal=off");
	add(&a, "-mon");
	add(&a, "monitor");
	add_disk(&a, "root", path_in(images, "root.img"), "snapshot=on");
	if (t->modules)
		add_disk(&a, "modules", t->modules, "readonly=on");
	add_disk(&a, "work", work, "cache=unsafe");
	return a;
}

static _Noreturn void be_qemu(const struct arguments *a, int monitor, int events, const char *log)
{
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(monitor, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	fcntl(events, F_SETFD, 0);
	/* Its own group: the terminal's interruption is ours to pass on. */
	setpgid(0, 0);
	execvp(a->list[0], (char *const *)a->list);
	dprintf(STDERR_FILENO, "%s: %s\n", a->list[0], strerror(errno));
	_exit(127);
}

void guest_start(struct guest *g, const struct target *t, const char *images, const char *dir,
		 const char *const *words, bool kvm)
{
	_cleanup_free_ char *work = path_in(dir, "work.img");
	_cleanup_free_ char *initrd = NULL;
	int events[2], monitor[2];
	struct arguments a;
	sigset_t none;

	*g = (struct guest){ .dir = need(strdup(dir)),
			     .console = path_in(dir, "console"),
			     .log = path_in(dir, "qemu.log") };
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		cannot_test("cannot make %s: %s", dir, strerror(errno));
	if (pipe2(events, O_CLOEXEC) < 0 || pipe2(monitor, O_CLOEXEC) < 0)
		die("pipe: %s", strerror(errno));
	initrd = write_initrd(t, images, dir, words);
	make_work_disk(work);
	a = arguments(g, t, images, initrd, work, kvm, events[1]);

	fflush(NULL);
	g->qemu = fork();
	if (g->qemu < 0)
		die("fork: %s", strerror(errno));
	if (g->qemu == 0) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		be_qemu(&a, monitor[0], events[1], g->log);
	}
	close(events[1]);
	close(monitor[0]);
	g->events = events[0];
	g->monitor = monitor[1];
	for (size_t i = 0; i < a.n; i++)
		free((char *)a.list[i]);
}

/* ---- Listening ---------------------------------------------------------------------------------- */

static const char *take_line(struct guest *g)
{
	char *line = g->heard.data + g->taken, *end;

	if (!g->heard.data || !(end = memchr(line, '\n', g->heard.len - g->taken)))
		return NULL;
	*end = '\0';
	g->taken = end + 1 - g->heard.data;
	return line;
}

static _Noreturn void abandon(struct guest *g, int sig)
{
	guest_kill(g);
	remove_tree(g->dir);
	workdir_drop();
	complain("interrupted");
	exit(128 + sig);
}

const char *guest_hear(struct guest *g, int ms, bool *late)
{
	static int signals = -1;
	char chunk[4096];
	const char *line;
	ssize_t n;

	if (signals < 0)
		signals = interruptions_open();
	*late = false;
	while (!(line = take_line(g))) {
		struct pollfd fds[] = { { .fd = g->events, .events = POLLIN },
					{ .fd = signals, .events = POLLIN } };
		struct signalfd_siginfo info;

		*late = poll(fds, 2, ms) == 0;
		if (*late)
			return NULL;
		if (fds[1].revents && read(signals, &info, sizeof(info)) == sizeof(info))
			abandon(g, info.ssi_signo);
		if (!fds[0].revents)
			continue;
		n = read(g->events, chunk, sizeof(chunk));
		if (n <= 0)
			return NULL;
		if (buf_append(&g->heard, chunk, n) < 0)
			die("out of memory");
	}
	return line;
}

double guest_starved(const struct guest *g)
{
	char path[300];
	_cleanup_closedir_ DIR *threads = NULL;
	struct dirent *d;
	uint64_t most = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", g->qemu);
	threads = opendir(path);
	/* One of the threads is the guest's CPU: the one that has waited longest. */
	while (threads && (d = readdir(threads))) {
		_cleanup_buf_ struct buf text = {};
		uint64_t ran, waited;
		const char *at;

		snprintf(path, sizeof(path), "%s/schedstat", d->d_name);
		if (d->d_name[0] == '.' || read_file_at(dirfd(threads), path, &text) < 0)
			continue;
		at = text.data;
		if (!scan_u64(&at, 10, &ran) || *at++ != ' ' || !scan_u64(&at, 10, &waited))
			continue;
		most = MAX(most, waited);
	}
	return most / 1e9;
}

void guest_wait(struct guest *g)
{
	if (g->qemu > 0)
		waitpid(g->qemu, NULL, 0);
	g->qemu = 0;
}

void guest_kill(struct guest *g)
{
	if (g->qemu > 0)
		kill(g->qemu, SIGKILL);
	guest_wait(g);
}

void guest_provoke(struct guest *g)
{
	bool late = false;

	if (write_full(g->monitor, "nmi\n", 4) == 0)
		while (guest_hear(g, NMI_GRACE, &late))
			;
	guest_kill(g);
}

void guest_fetch(const struct guest *g, const char *name, const char *to)
{
	_cleanup_buf_ struct buf out = {};
	char *command;

	if (asprintf(&command, "rdump /%s %s", name, to) < 0)
		die("out of memory");
	/* It tells its version, and that files do not become somebody else's, on stderr. */
	spawn_capture(LIST("/bin/sh", "-c", "exec debugfs -R \"$1\" \"$2\" 2>/dev/null", "sh",
			   command, path_in(g->dir, "work.img")),
		      &out);
	free(command);
}

void guest_done(struct guest *g)
{
	guest_kill(g);
	close(g->events);
	close(g->monitor);
	buf_done(&g->heard);
	free(g->dir);
	free(g->console);
	free(g->log);
}
