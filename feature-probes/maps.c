// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/maps: what lies where, and how it is called. */
#include <elf.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>

#include "probe.h"
#include "uapi/fs.h"

#define TEXT                                                                                       \
	.since = "2.6.0", .kconfig = "CONFIG_PROC_FS",                                             \
	.source = "proc_pid_maps(5), fs/proc/task_mmu.c"

PROBE(order, .what = "maps is in order of addresses, without overlap, in whole pages", TEXT)
{
	struct vma *all;
	int n;

	/* Enough lines that reading takes several calls. */
	for (int i = 0; i < 200; i++)
		map(-1, 1, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	n = NEED(vma_all(0, &all));
	PROMISE_GE(n, 200);
	for (int i = 0; i < n; i++) {
		PROMISE_LT(all[i].start, all[i].end);
		PROMISE_EQ((all[i].start | all[i].end) % page_size(), 0);
		if (i > 0)
			PROMISE(all[i - 1].end <= all[i].start);
	}
}

PROBE(fields, .what = "maps shows protection, sharing, offset, device and inode of a mapping", TEXT)
{
	int fd = workfile("mapped");
	struct stat st;
	struct vma v;
	char *p;

	NEED(ftruncate(fd, 4 * page_size()));
	NEED(fstat(fd, &st));
	p = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * page_size());
	NEED(vma_at(0, p, &v));
	PROMISE_EQ(v.start, p);
	PROMISE_EQ(v.end, p + page_size());
	PROMISE_STR(v.perms, "rw-s");
	PROMISE_EQ(v.pgoff, 2 * page_size());
	PROMISE_EQ(v.ino, st.st_ino);
	PROMISE(str_ends_with(v.name, "/mapped"));
	NEED(unlink("mapped"));
	NEED(vma_at(0, p, &v));
	PROMISE(str_ends_with(v.name, "/mapped (deleted)"));

	p = map(-1, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.perms, "---p");
	PROMISE_EQ(v.ino, 0);
	PROMISE_EQ(v.major | v.minor, 0);
}

PROBE(names, .what = "maps names memfds, shared anonymous and SysV segments as it always did", TEXT)
{
	int fd = NEED(memfd_create("some name", 0)), id;
	struct shmid_ds ds;
	struct vma v, other;
	char key[32];
	void *p;

	NEED(ftruncate(fd, page_size()));
	NEED(vma_at(0, map(fd, 1, PROT_READ, MAP_SHARED), &v));
	PROMISE_STR(v.name, "/memfd:some name (deleted)");

	NEED(vma_at(0, map(-1, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS), &v));
	PROMISE_STR(v.name, "/dev/zero (deleted)");
	PROMISE_NE(v.ino, 0);
	NEED(vma_at(0, map(-1, 2, PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS), &other));
	PROMISE_NE(v.ino, other.ino);

	id = NEED(shmget(IPC_PRIVATE, page_size(), 0600));
	p = shmat(id, NULL, 0);
	NEED(shmctl(id, IPC_STAT, &ds));
	NEED(shmctl(id, IPC_RMID, NULL));
	NEED(p);
	NEED(vma_at(0, p, &v));
	snprintf(key, sizeof(key), "/SYSV%08x (deleted)", 0);
	PROMISE_STR(v.name, key);
	PROMISE_EQ(v.ino, id);
}

PROBE(special_names, .what = "every [name] in maps is one we have a word for", TEXT,
      .guards = "vdso-vvar-vclock uprobes-vma")
{
	static const char *const known[] = {
		"[heap]",    "[stack]", "[vdso]",    "[vvar]",    "[vvar_vclock]", "[vsyscall]",
		"[uprobes]", "[aio]",   "[sigpage]", "[vectors]", "[gate]",        NULL,
	};
	struct vma *all;
	int n;

	NEED(sbrk(page_size()));
	n = NEED(vma_all(0, &all));
	for (int i = 0; i < n; i++)
		if (all[i].name[0] == '[' && !str_after(all[i].name, "[anon:") &&
		    !str_after(all[i].name, "[anon_shmem:") && !str_in(all[i].name, known))
			NEW("a mapping called %s", all[i].name);
}

PROBE(heap_and_stack, .what = "maps calls the memory below brk [heap] and the main stack [stack]",
      TEXT)
{
	char *brk = NEED(sbrk(page_size()));
	char on_stack = 0;
	struct vma v;

	NEED(vma_at(0, brk, &v));
	PROMISE_STR(v.name, "[heap]");
	NEED(vma_at(0, &on_stack, &v));
	PROMISE_STR(v.name, "[stack]");
}

static void *name_own_stack(void *ret)
{
	char on_stack = 0;

	NEED(vma_at(0, &on_stack, ret));
	return NULL;
}

PROBE(thread_stack, .what = "maps has no name for the stack of a thread", .since = "4.5",
      .commit = "65376df58217", .kconfig = "CONFIG_PROC_FS", .source = "proc_pid_maps(5)",
      .guards = "maps-stack-tid")
{
	struct vma v = {};
	pthread_t t;

	NEED(-pthread_create(&t, NULL, name_own_stack, &v));
	NEED(-pthread_join(t, NULL));
	/* A kernel with names for anonymous memory shows the one the C library gave it. */
	if (!str_after(v.name, "[anon:"))
		PROMISE_STR(v.name, "");
}

PROBE(growsdown_start, .what = "maps shows a MAP_GROWSDOWN mapping from its true start",
      .since = "4.12", .commit = "1be7107fbe18", .kconfig = "CONFIG_MMU CONFIG_PROC_FS",
      .source = "mm/mmap.c", .guards = "maps-guard-page")
{
	char *p = map(-1, 400, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS);
	char *stack = p + 399 * page_size(), *q;
	struct vma v;

	/* Nothing below it, as far as it might look for its gap. */
	NEED(munmap(p, 400 * page_size()));
	q = mmap(stack, page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
	PROMISE_EQ(q, stack);
	NEED(vma_at(0, stack, &v));
	PROMISE_EQ(v.start, stack);
	PROMISE_EQ(v.end, stack + page_size());

	*(volatile char *)(stack - page_size()) = 1;
	NEED(vma_at(0, stack, &v));
	PROMISE_EQ(v.start, stack - page_size());
}

PROBE(anon_name, .what = "maps shows the name given to anonymous memory", .since = "5.17",
      .commit = "9a10064f5625", .kconfig = "CONFIG_ANON_VMA_NAME", .source = "PR_SET_VMA(2const)")
{
	char *p = map(-1, 3, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	const int set_vma = 0x53564d41, anon_name = 0;
	struct vma v;

	OFFERED(prctl(set_vma, anon_name, p + page_size(), page_size(), "a name"),
		"PR_SET_VMA_ANON_NAME", EINVAL);
	NEED(vma_at(0, p + page_size(), &v));
	PROMISE_STR(v.name, "[anon:a name]");
	PROMISE_EQ(v.start, p + page_size());
	PROMISE_EQ(v.end, p + 2 * page_size());
	NEED(vma_at(0, p, &v));
	PROMISE_STR(v.name, "");
	NEED(prctl(set_vma, anon_name, p + page_size(), page_size(), NULL));
	NEED(vma_at(0, p + page_size(), &v));
	PROMISE_STR(v.name, "");
}

PROBE(overlay_identity, .what = "maps shows of an overlayfs file the device and inode stat shows",
      .since = "6.8", .commit = "3efdc78fdc21", .kconfig = "CONFIG_OVERLAY_FS",
      .capability = "CAP_SYS_ADMIN", .source = "fs/proc/task_mmu.c",
      .guards = "overlay-proc-maps-dev-ino")
{
	struct stat st;
	struct vma v;
	int fd;

	own_mounts();
	workdir();
	NEED(mount("tmpfs", ".", "tmpfs", 0, NULL));
	/* The dot above is below the mount now. */
	workdir();
	NEED(mkdir("lower", 0755) | mkdir("upper", 0755) | mkdir("work", 0755) |
	     mkdir("merged", 0755));
	fd = NEED(open("lower/file", O_RDWR | O_CREAT, 0644));
	NEED(ftruncate(fd, page_size()));
	/* ENODEV: the file system is not there. */
	OFFERED(mount("overlay", "merged", "overlay", 0,
		      "lowerdir=lower,upperdir=upper,workdir=work"),
		"overlayfs", ENODEV);
	fd = NEED(open("merged/file", O_RDONLY));
	NEED(fstat(fd, &st));
	NEED(vma_at(0, map(fd, 1, PROT_READ, MAP_PRIVATE), &v));
	if (v.major != major(st.st_dev) || v.minor != minor(st.st_dev) || v.ino != st.st_ino)
		ABSENT("maps shows the file below the overlay, %u:%u %lu, not %u:%u %lu", v.major,
		       v.minor, v.ino, major(st.st_dev), minor(st.st_dev), (long)st.st_ino);
}

PROBE(refused, .what = "maps of a task that may not be traced cannot be opened: EACCES or EPERM",
      TEXT)
{
	pid_t secretive = spawn(), asker;

	if (secretive == 0) {
		NEED(prctl(PR_SET_DUMPABLE, 0));
		reach(1);
		linger();
	}
	await(1);
	asker = spawn();
	if (asker == 0) {
		lose_privileges();
		NEED(slurp("/proc/self/maps"));
		PROMISE_FAILS(slurp("/proc/%d/maps", secretive), EACCES, EPERM);
		_exit(0);
	}
	reap_good(asker);
}

/*
 * PROCMAP_QUERY
 */

#define QUERY                                                                                      \
	.since = "6.11", .commit = "ed5d583a88a9", .kconfig = "CONFIG_PROC_FS",                    \
	.source = "include/uapi/linux/fs.h"

static int query(int fd, struct uapi_procmap_query *q, const void *addr, uint64_t flags)
{
	q->size = sizeof(*q);
	q->query_addr = (uintptr_t)addr;
	q->query_flags = flags;
	return ioctl(fd, UAPI_PROCMAP_QUERY, q);
}

#define OFFERED_QUERY(...) OFFERED(query(__VA_ARGS__), "PROCMAP_QUERY", ENOTTY)

PROBE(query_lines, .what = "PROCMAP_QUERY walks the same mappings maps lists, with the same facts",
      QUERY)
{
	int fd = NEED(open("/proc/self/maps", O_RDONLY)), n, i = 0;
	const void *at = NULL;
	struct vma *all;
	char name[512];

	map(-1, 2, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS);
	/* Twice: what the first reading maps for its list is there for the second. */
	n = NEED(vma_all(0, &all));
	free(all);
	n = NEED(vma_all(0, &all));
	/* The vsyscall page is shown to every task and belongs to none. */
	if (streq(all[n - 1].name, "[vsyscall]"))
		n--;
	for (;;) {
		struct uapi_procmap_query q = { .vma_name_size = sizeof(name),
						.vma_name_addr = (uintptr_t)name };
		uint64_t want = 0;

		name[0] = '\0';
		errno = 0;
		if (query(fd, &q, at, UAPI_PROCMAP_COVERING_OR_NEXT) < 0) {
			if (errno == ENOTTY)
				ABSENT("no PROCMAP_QUERY (ENOTTY)");
			PROMISE_EQ(errno, ENOENT);
			break;
		}
		PROMISE_LT(i, n);
		PROMISE_EQ(q.vma_start, all[i].start);
		PROMISE_EQ(q.vma_end, all[i].end);
		PROMISE_EQ(q.vma_offset, all[i].pgoff);
		PROMISE_EQ(q.inode, all[i].ino);
		PROMISE_EQ(q.dev_major, all[i].major);
		PROMISE_EQ(q.dev_minor, all[i].minor);
		PROMISE_STR(name, all[i].name);
		PROMISE_EQ(q.vma_name_size, name[0] ? strlen(name) + 1 : 0);
		want |= all[i].perms[0] == 'r' ? UAPI_PROCMAP_READABLE : 0;
		want |= all[i].perms[1] == 'w' ? UAPI_PROCMAP_WRITABLE : 0;
		want |= all[i].perms[2] == 'x' ? UAPI_PROCMAP_EXECUTABLE : 0;
		want |= all[i].perms[3] == 's' ? UAPI_PROCMAP_SHARED : 0;
		PROMISE_EQ(q.vma_flags & 0xf, want);
		if (q.vma_flags & ~0xfULL)
			NEW("PROCMAP_QUERY vma_flags %#llx", (unsigned long long)q.vma_flags);
		at = (void *)q.vma_end;
		i++;
	}
	PROMISE_EQ(i, n);
}

PROBE(query_gap, .what = "PROCMAP_QUERY says ENOENT for an address nothing is mapped at", QUERY)
{
	int fd = NEED(open("/proc/self/maps", O_RDONLY));
	char *p = map(-1, 3, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS);
	struct uapi_procmap_query q = {};

	NEED(munmap(p + page_size(), page_size()));
	OFFERED_QUERY(fd, &q, p, 0);
	PROMISE_EQ(q.vma_end, p + page_size());
	PROMISE_FAILS(query(fd, &q, p + page_size(), 0), ENOENT);
	NEED(query(fd, &q, p + page_size(), UAPI_PROCMAP_COVERING_OR_NEXT));
	PROMISE_EQ(q.vma_start, p + 2 * page_size());
	PROMISE_FAILS(query(fd, &q, p, 1ULL << 40), EINVAL);
}

/* Where an object's build id lies in memory; NULL when the linker gave it none. */
static const unsigned char *build_id(const void *elf_header, size_t *size)
{
	const char *base = elf_header;
	const Elf64_Ehdr *eh = elf_header;
	const Elf64_Phdr *ph = (const void *)(base + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++) {
		const char *note = base + ph[i].p_vaddr, *end = note + ph[i].p_memsz;

		while (ph[i].p_type == PT_NOTE && note + sizeof(Elf64_Nhdr) < end) {
			const Elf64_Nhdr *nh = (const void *)note;
			const char *name = note + sizeof(*nh);
			const char *desc = name + (nh->n_namesz + 3) / 4 * 4;

			if (nh->n_type == NT_GNU_BUILD_ID && nh->n_namesz == 4 &&
			    memcmp(name, "GNU", 4) == 0) {
				*size = nh->n_descsz;
				return (const unsigned char *)desc;
			}
			note = desc + (nh->n_descsz + 3) / 4 * 4;
		}
	}
	return NULL;
}

PROBE(query_build_id, .what = "PROCMAP_QUERY reads the build id of a mapped ELF file", QUERY)
{
	extern const char __ehdr_start[];
	int fd = NEED(open("/proc/self/maps", O_RDONLY));
	unsigned char got[64];
	struct uapi_procmap_query q = { .build_id_size = sizeof(got),
					.build_id_addr = (uintptr_t)got };
	const unsigned char *id;
	size_t size;

	id = build_id(__ehdr_start, &size);
	if (!id)
		BROKEN("this program has no build id");
	OFFERED_QUERY(fd, &q, __ehdr_start, 0);
	PROMISE_EQ(q.build_id_size, size);
	PROMISE_MEM(got, id, size);

	/* Memory without a file has none. */
	q = (struct uapi_procmap_query){ .build_id_size = sizeof(got),
					 .build_id_addr = (uintptr_t)got };
	NEED(query(fd, &q, map(-1, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS), 0));
	PROMISE_EQ(q.build_id_size, 0);
}
