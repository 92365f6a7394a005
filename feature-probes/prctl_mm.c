// SPDX-License-Identifier: GPL-2.0-only
/* PR_SET_MM: the layout of a task's memory, written back. */
#include <elf.h>
#include <sys/auxv.h>

#include "probe.h"
#include "uapi/prctl.h"

#define DECLARED                                                                                   \
	.since = "3.18", .commit = "f606b77f1a9e", .kconfig = "CONFIG_CHECKPOINT_RESTORE",         \
	.source = "PR_SET_MM_MAP(2const), kernel/sys.c"
#define EXE DECLARED, .capability = "CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN"

static int set_map(const struct prctl_mm_map *map_, size_t size)
{
	return prctl(PR_SET_MM, PR_SET_MM_MAP, map_, size, 0);
}

/* Without the option EPERM comes first, for who has not CAP_SYS_RESOURCE. */
#define OFFERED_MAP(m)                                                                             \
	OFFERED(set_map(&(m), sizeof(struct prctl_mm_map)), "PR_SET_MM_MAP", EINVAL, EPERM)

static unsigned long stat_number(int field)
{
	return strtoul(NEED(stat_field(0, field)), NULL, 10);
}

/* What is true of us now. */
static struct prctl_mm_map current_map(void)
{
	return (struct prctl_mm_map){
		.start_code = stat_number(26),
		.end_code = stat_number(27),
		.start_stack = stat_number(28),
		.start_data = stat_number(45),
		.end_data = stat_number(46),
		.start_brk = stat_number(47),
		.brk = syscall(SYS_brk, 0),
		.arg_start = stat_number(48),
		.arg_end = stat_number(49),
		.env_start = stat_number(50),
		.env_end = stat_number(51),
		.exe_fd = -1,
	};
}

PROBE(map_size, .what = "PR_SET_MM_MAP_SIZE gives the size of the struct PR_SET_MM_MAP takes",
      DECLARED)
{
	unsigned int size = 0;

	OFFERED(prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0), "PR_SET_MM_MAP_SIZE", EINVAL,
		EPERM);
	PROMISE_EQ(size, sizeof(struct prctl_mm_map));
}

PROBE(map_fields, .what = "PR_SET_MM_MAP sets all eleven fields that /proc/PID/stat and brk show",
      DECLARED)
{
	struct prctl_mm_map m = current_map(), now;
	unsigned long base;

	OFFERED_MAP(m);
	base = (unsigned long)pages(64);
	m.start_code = base;
	m.end_code = base + 0x1001;
	m.start_data = base + 0x2002;
	m.end_data = base + 0x3003;
	m.start_brk = base + 0x5000;
	m.brk = base + 0x6006;
	m.start_stack = base + 0x7008;
	m.arg_start = base + 0x8009;
	m.arg_end = base + 0x800a;
	m.env_start = base + 0x800b;
	m.env_end = base + 0x800c;
	NEED(set_map(&m, sizeof(m)));
	now = current_map();
	PROMISE_EQ(now.start_code, m.start_code);
	PROMISE_EQ(now.end_code, m.end_code);
	PROMISE_EQ(now.start_data, m.start_data);
	PROMISE_EQ(now.end_data, m.end_data);
	PROMISE_EQ(now.start_brk, m.start_brk);
	PROMISE_EQ(now.brk, m.brk);
	PROMISE_EQ(now.start_stack, m.start_stack);
	PROMISE_EQ(now.arg_start, m.arg_start);
	PROMISE_EQ(now.arg_end, m.arg_end);
	PROMISE_EQ(now.env_start, m.env_start);
	PROMISE_EQ(now.env_end, m.env_end);
}

PROBE(map_strings, .what = "cmdline and environ are read from where PR_SET_MM_MAP has put them",
      DECLARED)
{
	static const char args[] = "new\0arguments", env[] = "A=b";
	struct prctl_mm_map m = current_map();
	char *p = pages(1), got[32];
	int fd;

	memcpy(p, args, sizeof(args));
	memcpy(p + 100, env, sizeof(env));
	m.arg_start = (uintptr_t)p;
	m.arg_end = m.arg_start + sizeof(args);
	m.env_start = (uintptr_t)p + 100;
	m.env_end = m.env_start + sizeof(env);
	OFFERED_MAP(m);
	fd = NEED(open("/proc/self/cmdline", O_RDONLY));
	PROMISE_EQ(NEED(read(fd, got, sizeof(got))), sizeof(args));
	PROMISE_MEM(got, args, sizeof(args));
	fd = NEED(open("/proc/self/environ", O_RDONLY));
	PROMISE_EQ(NEED(read(fd, got, sizeof(got))), sizeof(env));
	PROMISE_MEM(got, env, sizeof(env));
}

static size_t read_auxv(unsigned long *to, size_t size)
{
	return NEED(read(NEED(open("/proc/self/auxv", O_RDONLY)), to, size));
}

PROBE(map_auxv, .what = "the auxiliary vector can be read and written back, all of it", DECLARED,
      .guards = "at-vector-size")
{
	unsigned long was[512], now[512];
	struct prctl_mm_map m = current_map();
	size_t n = read_auxv(was, sizeof(was));

	PROMISE_LT(n, sizeof(was));
	PROMISE_EQ(n % (2 * sizeof(long)), 0);
	PROMISE_EQ(was[n / sizeof(long) - 2], AT_NULL);
	m.auxv = (void *)was;
	m.auxv_size = n;
	OFFERED_MAP(m);
	PROMISE_EQ(read_auxv(now, sizeof(now)), n);
	PROMISE_MEM(now, was, n);

	was[0] = AT_UID;
	was[1] = 4711;
	was[2] = was[3] = 0;
	m.auxv_size = 4 * sizeof(long);
	NEED(set_map(&m, sizeof(m)));
	PROMISE_GE(read_auxv(now, sizeof(now)), 4 * sizeof(long));
	PROMISE_MEM(now, was, 4 * sizeof(long));
}

PROBE(map_refusals, .what = "PR_SET_MM_MAP refuses sizes and layouts that make no sense", DECLARED)
{
	const struct prctl_mm_map good = current_map();
	static unsigned long big[4096];
	struct prctl_mm_map m = good;

	OFFERED_MAP(good);
	PROMISE_FAILS(set_map(&m, sizeof(m) - 8), EINVAL);
	m.start_code = good.end_code;
	m.end_code = good.start_code;
	PROMISE_FAILS(set_map(&m, sizeof(m)), EINVAL);
	m = good;
	m.arg_end = m.arg_start - 1;
	PROMISE_FAILS(set_map(&m, sizeof(m)), EINVAL);
	m = good;
	m.start_brk = m.brk + 1;
	PROMISE_FAILS(set_map(&m, sizeof(m)), EINVAL);
	m = good;
	m.start_stack = ~0UL;
	PROMISE_FAILS(set_map(&m, sizeof(m)), EINVAL);
	m = good;
	m.auxv = (void *)big;
	m.auxv_size = sizeof(big);
	PROMISE_FAILS(set_map(&m, sizeof(m)), EINVAL);
	m = good;
	m.auxv = NULL;
	m.auxv_size = 16;
	PROMISE_FAILS(set_map(&m, sizeof(m)), EINVAL);
	PROMISE_FAILS(set_map((void *)8, sizeof(m)), EFAULT);
}

/*
 * The link /proc/PID/exe
 */

/* An executable that can be told from ours and is nobody's yet. */
static int new_exe(const char *name)
{
	int fd = NEED(memfd_create(name, 0)), self = NEED(open("/proc/self/exe", O_RDONLY));
	char buf[65536];
	ssize_t n;

	while ((n = NEED(read(self, buf, sizeof(buf)))) > 0)
		PROMISE_EQ(NEED(write(fd, buf, n)), n);
	NEED(fchmod(fd, 0755));
	return fd;
}

/* Replaces each mapping of our own program by anonymous memory that looks and acts the same. */
static void leave_exe(void)
{
	struct stat exe;
	struct vma *all;
	int n = NEED(vma_all(0, &all));

	NEED(stat("/proc/self/exe", &exe));
	for (int i = 0; i < n; i++) {
		size_t size = all[i].end - all[i].start;
		const char *perms = all[i].perms;
		char *copy;

		if (all[i].ino != exe.st_ino)
			continue;
		copy = map(-1, size / page_size(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS);
		memcpy(copy, (void *)all[i].start, size);
		NEED(mprotect(copy, size,
			      (perms[0] == 'r' ? PROT_READ : 0) |
				      (perms[1] == 'w' ? PROT_WRITE : 0) |
				      (perms[2] == 'x' ? PROT_EXEC : 0)));
		NEED(mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, all[i].start));
	}
}

PROBE(exe, .what = "PR_SET_MM_MAP changes /proc/PID/exe once the old program is not mapped", EXE)
{
	struct prctl_mm_map m = current_map();

	m.exe_fd = new_exe("new-exe");
	PROMISE_FAILS(set_map(&m, sizeof(m)), EBUSY);
	leave_exe();
	NEED(set_map(&m, sizeof(m)));
	PROMISE_STR(link_text("/proc/self/exe"), "/memfd:new-exe (deleted)");
}

PROBE(exe_refusals, .what = "PR_SET_MM_MAP takes no exe that could not be executed", EXE)
{
	struct prctl_mm_map m = current_map();

	OFFERED_MAP(m);
	m.exe_fd = 900;
	PROMISE_FAILS(set_map(&m, sizeof(m)), EBADF);
	m.exe_fd = NEED(open("/", O_RDONLY));
	PROMISE_FAILS(set_map(&m, sizeof(m)), EACCES);
	m.exe_fd = workfile("no-program");
	PROMISE_FAILS(set_map(&m, sizeof(m)), EACCES);
	m.exe_fd = -1;
	NEED(set_map(&m, sizeof(m)));
}

PROBE(exe_cap, .what = "CAP_CHECKPOINT_RESTORE alone lets a task change its exe, none does not",
      .since = "5.9", .commit = "ebd6de681238", .kconfig = "CONFIG_CHECKPOINT_RESTORE",
      .capability = "CAP_CHECKPOINT_RESTORE", .source = "PR_SET_MM_MAP(2const)")
{
	struct prctl_mm_map m = current_map();
	pid_t pid;

	m.exe_fd = new_exe("new-exe");
	leave_exe();
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(set_map(&m, sizeof(m)), EPERM);
		_exit(0);
	}
	reap_good(pid);
	lose_privileges_but(CAP_CHECKPOINT_RESTORE);
	OFFERED(set_map(&m, sizeof(m)), "PR_SET_MM_MAP", EINVAL);
	PROMISE_STR(link_text("/proc/self/exe"), "/memfd:new-exe (deleted)");
}

PROBE(exe_written, .what = "an exe that somebody holds open for writing is taken, or refused so",
      EXE, .guards = "prctl-mm-exe-denywrite")
{
	struct prctl_mm_map m = current_map();
	char path[64];
	int writer, r;

	m.exe_fd = new_exe("new-exe");
	/* What memfd_create() gives does not count as a writer, another open file of it does. */
	snprintf(path, sizeof(path), "/proc/self/fd/%u", m.exe_fd);
	writer = NEED(open(path, O_RDWR));
	leave_exe();
	errno = 0;
	r = set_map(&m, sizeof(m));
	/* 5.15 began to refuse what 6.11 took again and 6.13 did not. */
	NOTE("an exe open for writing: %s", r < 0 ? errno_name(errno) : "taken");
	if (r < 0)
		PROMISE_FAILS(set_map(&m, sizeof(m)), EACCES, ETXTBSY);
	close(writer);
	NEED(set_map(&m, sizeof(m)));
	PROMISE_STR(link_text("/proc/self/exe"), "/memfd:new-exe (deleted)");
	/* Whoever refuses the one has to refuse the other. */
	if (r < 0)
		PROMISE_FAILS(open("/proc/self/exe", O_RDWR), ETXTBSY);
}

/*
 * The older calls, and the vector by itself
 */

PROBE(fields, .what = "PR_SET_MM sets one field at a time", .since = "3.5",
      .commit = "028ee4be34a0", .kconfig = "CONFIG_MMU",
      .capability = "CAP_SYS_RESOURCE in the initial user namespace", .source = "PR_SET_MM(2const)")
{
	static const struct {
		int option, field;
	} fields[] = {
		{ PR_SET_MM_START_STACK, 28 }, { PR_SET_MM_START_DATA, 45 },
		{ PR_SET_MM_END_DATA, 46 },    { PR_SET_MM_ARG_START, 48 },
		{ PR_SET_MM_ENV_START, 50 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		unsigned long was = stat_number(fields[i].field) & ~7UL;

		OFFERED(prctl(PR_SET_MM, fields[i].option, was, 0, 0), "PR_SET_MM", EINVAL);
		PROMISE_EQ(stat_number(fields[i].field), was);
		PROMISE_FAILS(prctl(PR_SET_MM, fields[i].option, ~0UL, 0, 0), EINVAL);
	}
}

PROBE(fields_refused, .what = "without CAP_SYS_RESOURCE a single field is refused: EPERM",
      .since = "3.5", .commit = "028ee4be34a0", .source = "PR_SET_MM(2const)")
{
	pid_t pid = spawn();

	if (pid == 0) {
		unsigned long stack = stat_number(28);

		lose_privileges();
		PROMISE_FAILS(prctl(PR_SET_MM, PR_SET_MM_START_STACK, stack, 0, 0), EPERM);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(get_auxv, .what = "PR_GET_AUXV gives the auxiliary vector, as much as there is room for",
      .since = "6.4", .commit = "ddc65971bb67", .source = "PR_GET_AUXV(2const)")
{
	unsigned long file[512], got[512] = {};
	long n;

	n = OFFERED(prctl(PR_GET_AUXV, got, sizeof(got), 0, 0), "PR_GET_AUXV", EINVAL);
	PROMISE_LE(n, sizeof(got));
	PROMISE_GE(n, read_auxv(file, sizeof(file)));
	PROMISE_MEM(got, file, read_auxv(file, sizeof(file)));
	memset(got, 0, sizeof(got));
	PROMISE_EQ(NEED(prctl(PR_GET_AUXV, got, 16, 0, 0)), n);
	PROMISE_MEM(got, file, 16);
	PROMISE_EQ(got[2], 0);
	PROMISE_FAILS(prctl(PR_GET_AUXV, got, 16, 1, 0), EINVAL);
}
