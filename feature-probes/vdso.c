// SPDX-License-Identifier: GPL-2.0-only
/* [vdso] and its data: code the kernel maps into every task, and a restorer has to move. */
#include <elf.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <time.h>

#include "probe.h"

#define DECLARED(release)                                                                          \
	.since = release, .kconfig = "CONFIG_GENERIC_TIME_VSYSCALL",                               \
	.source = "vdso(7), lib/vdso, arch/*/entry/vdso"

/* The mappings that belong together, in order. Those of a later kernel show as new in maps. */
static _Noreturn void no_vdso(void)
{
	if (booted_with("vdso=0"))
		FORBIDDEN("vdso=0");
	ABSENT("this task has no vdso");
}

static int special_vmas(struct vma *to, int room)
{
	struct vma *all;
	int n = NEED(vma_all(0, &all)), count = 0;

	for (int i = 0; i < n; i++) {
		if (!str_after(all[i].name, "[vvar") && !streq(all[i].name, "[vdso]"))
			continue;
		PROMISE_LT(count, room);
		to[count++] = all[i];
	}
	free(all);
	if (count == 0)
		no_vdso();
	return count;
}

PROBE(layout, .what = "[vdso] and all of its data lie together, and auxv tells where its code is",
      DECLARED("3.16"),
      .guards = "vdso-vvar-split vdso-vvar-vclock vdso-ppc-vvar-front vdso02-rawhide-2025")
{
	struct vma part[8];
	int n = special_vmas(part, ARRAY_SIZE(part)), code = -1;
	bool data = false;

	for (int i = 0; i < n; i++) {
		NOTE("%s %lu pages", part[i].name, (part[i].end - part[i].start) / page_size());
		if (i > 0)
			PROMISE_EQ(part[i].start, part[i - 1].end);
		if (streq(part[i].name, "[vdso]")) {
			PROMISE_EQ(code, -1);
			code = i;
			PROMISE_STR(part[i].perms, "r-xp");
		} else {
			PROMISE_STR(part[i].perms, "r--p");
			data |= streq(part[i].name, "[vvar]");
		}
		if (!str_in(part[i].name, LIST("[vdso]", "[vvar]", "[vvar_vclock]")))
			NEW("a part of the vdso called %s", part[i].name);
	}
	PROMISE(data);
	PROMISE_GE(code, 0);
	PROMISE_EQ(getauxval(AT_SYSINFO_EHDR), part[code].start);
	PROMISE_MEM((char *)part[code].start, ELFMAG, SELFMAG);
}

/*
 * Symbols
 */

struct object {
	const char *base;
	const Elf64_Sym *symbols;
	const char *strings;
	const uint32_t *hash, *gnu_hash;
};

static struct object look_at(const char *base)
{
	const Elf64_Ehdr *eh = (const void *)base;
	const Elf64_Phdr *ph = (const void *)(base + eh->e_phoff);
	struct object o = { .base = base };

	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != PT_DYNAMIC)
			continue;
		/* Its addresses are offsets: the object is linked to lie at 0. */
		for (const Elf64_Dyn *d = (const void *)(base + ph[i].p_vaddr); d->d_tag; d++) {
			const void *at = base + d->d_un.d_ptr;

			if (d->d_tag == DT_SYMTAB)
				o.symbols = at;
			else if (d->d_tag == DT_STRTAB)
				o.strings = at;
			else if (d->d_tag == DT_HASH)
				o.hash = at;
			else if (d->d_tag == DT_GNU_HASH)
				o.gnu_hash = at;
		}
	}
	return o;
}

static const void *found(const struct object *o, uint32_t i, const char *name)
{
	const Elf64_Sym *s = &o->symbols[i];

	return streq(o->strings + s->st_name, name) && s->st_shndx ? o->base + s->st_value : NULL;
}

static const void *find_by_hash(const struct object *o, const char *name)
{
	const uint32_t *chain = o->hash + 2 + o->hash[0];
	unsigned long h = 0, g;

	for (const char *c = name; *c; c++) {
		h = (h << 4) + *c;
		g = h & 0xf0000000;
		h ^= g >> 24;
		h &= ~g;
	}
	for (uint32_t i = o->hash[2 + h % o->hash[0]]; i; i = chain[i])
		if (found(o, i, name))
			return found(o, i, name);
	return NULL;
}

static const void *find_by_gnu_hash(const struct object *o, const char *name)
{
	const uint32_t n = o->gnu_hash[0], first = o->gnu_hash[1], bloom = o->gnu_hash[2];
	const uint32_t *buckets = o->gnu_hash + 4 + bloom * 2, *chain = buckets + n;
	uint32_t h = 5381, i;

	for (const char *c = name; *c; c++)
		h = h * 33 + *c;
	i = buckets[h % n];
	if (i < first)
		return NULL;
	for (;; i++) {
		uint32_t hash = chain[i - first];

		if ((hash | 1) == (h | 1) && found(o, i, name))
			return found(o, i, name);
		if (hash & 1)
			return NULL;
	}
}

#ifdef __x86_64__
#define CLOCK_GETTIME "__vdso_clock_gettime"
#else
#define CLOCK_GETTIME "__kernel_clock_gettime"
#endif

typedef int (*clock_fn)(clockid_t clock, struct timespec *ts);

static clock_fn find_clock_gettime(const char *base)
{
	struct object o = look_at(base);

	if (!o.symbols || !o.strings)
		DEVIATES("the vdso has no symbols");
	if (!o.hash && !o.gnu_hash)
		DEVIATES("the vdso has neither DT_HASH nor DT_GNU_HASH");
	return (clock_fn)(o.hash ? find_by_hash(&o, CLOCK_GETTIME)
				 : find_by_gnu_hash(&o, CLOCK_GETTIME));
}

static int64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec * 1000000000LL + t->tv_nsec;
}

/* The system call itself: the C library's goes through the vdso, wherever it was at the start. */
static int64_t clock_by_kernel(void)
{
	struct timespec t;

	NEED(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t));
	return nanoseconds(&t);
}

/* The vdso's clock goes as the kernel's. */
static void check_clock(clock_fn clock)
{
	struct timespec t;
	int64_t before, is, after;

	before = clock_by_kernel();
	PROMISE_EQ(clock(CLOCK_MONOTONIC, &t), 0);
	is = nanoseconds(&t);
	after = clock_by_kernel();
	PROMISE_LE(before, is);
	PROMISE_LE(is, after);
}

PROBE(symbols, .what = "the vdso is an ELF object whose clock can be found by its hash table",
      DECLARED("2.6.39"), .guards = "vdso-arm64-gnu-hash vdso-osabi")
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *eh = (const void *)base;
	struct object o;

	if (!base)
		no_vdso();
	PROMISE_MEM(base, ELFMAG, SELFMAG);
	PROMISE_EQ(eh->e_ident[EI_CLASS], ELFCLASS64);
	PROMISE(eh->e_ident[EI_OSABI] == ELFOSABI_NONE || eh->e_ident[EI_OSABI] == ELFOSABI_GNU);
	PROMISE_EQ(eh->e_type, ET_DYN);
	o = look_at(base);
	NOTE("%s%s%s", o.hash ? "DT_HASH" : "", o.hash && o.gnu_hash ? " " : "",
	     o.gnu_hash ? "DT_GNU_HASH" : "");
	PROMISE(find_clock_gettime(base));
	if (o.hash)
		PROMISE(find_by_hash(&o, CLOCK_GETTIME));
	if (o.gnu_hash)
		PROMISE_EQ(find_by_gnu_hash(&o, CLOCK_GETTIME), find_clock_gettime(base));
	check_clock(find_clock_gettime(base));
}

/*
 * Moving
 */

static _Atomic int handled;

static void on_signal(int sig)
{
	handled++;
}

PROBE(remap, .what = "every part of the vdso can be moved; clock and signals work from there",
      DECLARED("4.8"), .commit = "b059a453b1cf",
      .guards = "vdso-mremap-arch mseal-system-mappings vdso-vvar-vclock")
{
	struct vma part[8], v;
	int n = special_vmas(part, ARRAY_SIZE(part));
	unsigned long from = part[0].start, size = part[n - 1].end - from;
	unsigned long base = getauxval(AT_SYSINFO_EHDR);
	struct sigaction sa = { .sa_handler = on_signal };
	char *to;

	/* From the first move on nothing here may ask the C library for the time. */
	to = map(-1, size / page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	for (int i = 0; i < n; i++) {
		size_t len = part[i].end - part[i].start;
		bool sealed = vma_flag(0, (void *)part[i].start, "sl");

		if (mremap((void *)part[i].start, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
			   to + (part[i].start - from)) == MAP_FAILED) {
			if (sealed)
				ABSENT("the vdso is sealed in its place");
			DEVIATES("%s cannot be moved: %s", part[i].name, errno_name(errno));
		}
	}
	for (int i = 0; i < n; i++) {
		NEED(vma_at(0, to + (part[i].start - from), &v));
		PROMISE_STR(v.name, part[i].name);
		PROMISE_STR(v.perms, part[i].perms);
		PROMISE_FAILS(vma_at(0, (void *)part[i].start, &v), ENOENT);
	}
	check_clock(find_clock_gettime(to + (base - from)));

	NEED(sigaction(SIGUSR1, &sa, NULL));
	NEED(kill(getpid(), SIGUSR1));
	PROMISE_EQ(handled, 1);
}

PROBE(no_split, .what = "a part of the vdso is moved or unmapped as a whole or not at all: EINVAL",
      DECLARED("5.11"), .commit = "871402e05b24")
{
	struct vma part[8];
	int n = special_vmas(part, ARRAY_SIZE(part)), asked = 0;
	char *to = map(-1, 4, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);

	for (int i = 0; i < n; i++) {
		char *at = (char *)part[i].start;

		if (part[i].end - part[i].start < 2 * page_size())
			continue;
		asked++;
		PROMISE_FAILS(
			mremap(at, page_size(), page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, to),
			EINVAL, EPERM);
		/* The last page: what is in use lies before it. */
		if (munmap((char *)part[i].end - page_size(), page_size()) == 0)
			ABSENT("a page of %s can be unmapped", part[i].name);
		PROMISE(errno == EINVAL || errno == EPERM);
	}
	if (!asked)
		MACHINE_LACKS("no part of the vdso has more than one page");
	check_clock(find_clock_gettime((char *)getauxval(AT_SYSINFO_EHDR)));
}

PROBE(private_copy, .what = "what a tracer writes into a vdso is seen by that one task alone",
      DECLARED("2.6.39"))
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
	/* Bytes of the header that nobody reads. */
	const char *pad = base + EI_PAD, was[7] = {}, mem[] = "through";
	long poked = 0x706f6b65706f6b65, now;
	char path[32], got[8] = "";
	pid_t pid, other;
	int fd;

	if (!base)
		no_vdso();
	PROMISE_MEM(pad, was, 7);
	pid = spawn_idle();
	other = spawn_idle();
	seize_stopped(pid, 0);
	NEED(ptrace(PTRACE_POKEDATA, pid, base + 8, poked));
	PROMISE_EQ(NEED(ptrace(PTRACE_PEEKDATA, pid, base + 8, 0)), poked);
	NEED(ptrace(PTRACE_POKEDATA, pid, base + 8, 0));

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = NEED(open(path, O_RDWR));
	if (pwrite(fd, mem, 7, (off_t)pad) < 0) {
		if (errno == EIO)
			forced_write_refused();
		DEVIATES("write to the vdso: %s", errno_name(errno));
	}
	PROMISE_EQ(NEED(pread(fd, got, 7, (off_t)pad)), 7);
	PROMISE_STR(got, mem);

	/* Not ours, not our other child's, not that of a program started now. */
	PROMISE_MEM(pad, was, 7);
	seize_stopped(other, 0);
	now = NEED(ptrace(PTRACE_PEEKDATA, other, base + 8, 0));
	PROMISE_EQ(now >> 8, 0);
	/* And the task still has the rest of it. */
	let_go(pid);
	until_state(pid, 'S');
}

PROBE(data_not_written, .what = "not even a tracer writes the data of the vdso: EIO",
      DECLARED("2.6.39"))
{
	struct vma part[8];
	int n = special_vmas(part, ARRAY_SIZE(part));
	pid_t pid = spawn_idle();

	seize_stopped(pid, 0);
	for (int i = 0; i < n; i++)
		if (!streq(part[i].name, "[vdso]"))
			PROMISE_FAILS(ptrace(PTRACE_POKEDATA, pid, part[i].start, 0), EIO, EFAULT);
}
