// SPDX-License-Identifier: GPL-2.0-only
/* Memory: what a restore makes it with. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/str.h"
#include "engine/kernel/maps.h"
#include "engine/kernel/pagemap.h"
#include "engine/kernel/procfs.h"
#include "engine/kernel/userfaultfd.h"
#include "engine/memory/aio.h"
#include "engine/memory/memory_task.h"
#include "feature.h"
#include "mapping.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* since 5.14 */
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08 /* since 6.11 */
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#define SYS_MSEAL       462                      /* since 6.10 */
#define ELSEWHERE       ((char *)0x200000000000) /* where nobody has anything */
#define GET_THP_DISABLE 42
#define SET_THP_DISABLE 41

static char *page(void)
{
	char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at != MAP_FAILED)
		return at;
	no_err(-errno, "memory");
	return NULL;
}

/* Does smaps have this word for the mapping? */
static bool flag_shown(const void *at, uint64_t flag)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	_cleanup_(vm_map_done) struct vm_map map = {};

	if (self < 0 || vm_map_read(self, &map) < 0)
		return false;
	for (unsigned int i = 0; i < map.n; i++)
		if (map.area[i].start == (uintptr_t)at)
			return map.area[i].flags & flag;
	return false;
}

/* ---- every task ---- */

/* All as it is, and the executable: which cannot be another while that of this task is mapped. */
enum answer mapping_set_mm(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	_cleanup_close_ int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint64_t *auxv = NULL;
	struct proc_stat s;
	unsigned int n;
	int r = self < 0 ? self : proc_read_stat(self, &s);

	if (r == 0)
		r = proc_auxv(self, &auxv, &n);
	if (r < 0 || exe < 0)
		return no_err(r < 0 ? r : -errno, "/proc/PID");
	struct prctl_mm_map map = {
		.start_code = s.start_code,
		.end_code = s.end_code,
		.start_data = s.start_data,
		.end_data = s.end_data,
		.start_brk = s.start_brk,
		.brk = syscall(SYS_brk, 0),
		.start_stack = s.start_stack,
		.arg_start = s.arg_start,
		.arg_end = s.arg_end,
		.env_start = s.env_start,
		.env_end = s.env_end,
		.auxv = (void *)auxv,
		.auxv_size = n * sizeof(*auxv),
		.exe_fd = -1,
	};
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		return no_err(-errno, "PR_SET_MM_MAP");
	map.exe_fd = exe;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0 && errno != EBUSY)
		return no_err(-errno, "PR_SET_MM_MAP of an executable");
	return YES;
}

FEATURE(prctl_mm_map, NEEDED, "where a restored task's program, heap, stack and arguments are",
	"CONFIG_CHECKPOINT_RESTORE, CAP_CHECKPOINT_RESTORE (5.9) or CAP_SYS_ADMIN")
{
	return apart(0, mapping_set_mm);
}

static bool is_vdso(const struct vm_area *a)
{
	return streq(a->name, "[vdso]") || str_after(a->name, "[vvar");
}

static enum answer move_vdso(void)
{
	_cleanup_close_ int self = proc_open(getpid(), 0);
	_cleanup_(vm_map_done) struct vm_map map = {};
	char *to = ELSEWHERE;
	unsigned int parts = 0;
	int r;

	/* The engine's own view of it. */
	if (memory_find_vdso() < 0)
		return no_logged();
	r = self < 0 ? self : vm_map_read(self, &map);
	if (r < 0)
		return no_err(r, "/proc/PID/smaps");
	for (unsigned int i = 0; i < map.n; i++) {
		const struct vm_area *a = &map.area[i];
		size_t size = a->end - a->start;

		if (!is_vdso(a))
			continue;
		if (mremap((void *)a->start, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
		    MAP_FAILED)
			return no_err(-errno, "to move %s", a->name);
		to += size;
		parts++;
	}
	return parts ? YES : no("there is no vdso");
}

FEATURE(vdso_move, NEEDED, "the vdso of restored tasks, where theirs was", "Linux 4.8")
{
	return apart(0, move_vdso);
}

FEATURE(mremap_share, NEEDED, "restored tasks that wait for each other", "Linux 2.6")
{
	char *one = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *other = one == MAP_FAILED ? one : mremap(one, 0, PAGE, MREMAP_MAYMOVE);
	bool same;

	if (other == MAP_FAILED)
		return no_err(-errno, "a second mapping of shared memory by mremap");
	one[0] = 'x';
	same = other[0] == 'x' && other != one;
	munmap(one, PAGE);
	munmap(other, PAGE);
	return same ? YES : no("mremap of size 0 does not map shared memory a second time");
}

/* ---- some tasks ---- */

FEATURE(anon_vma_name, EXTRA, "names of anonymous memory", "CONFIG_ANON_VMA_NAME, Linux 5.17")
{
	char *at = page();
	int r;

	if (!at)
		return NO;
	r = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, at, PAGE, "refcr") < 0 ? -errno : 0;
	munmap(at, PAGE);
	return r == -EINVAL ? nobody("PR_SET_VMA: %s", strerror(-r))
	       : r < 0      ? no_err(r, "PR_SET_VMA")
			    : YES;
}

static enum answer advise(int advice, uint64_t flag, const char *name)
{
	char *at = page();
	enum answer a = YES;

	if (!at)
		return NO;
	if (madvise(at, PAGE, advice) < 0)
		a = errno == EINVAL ? nobody("%s: %s", name, strerror(errno))
				    : no_err(-errno, "%s", name);
	else if (!flag_shown(at, flag))
		a = no("smaps does not tell of %s", name);
	munmap(at, PAGE);
	return a;
}

FEATURE(thp_advice, EXTRA, "MADV_HUGEPAGE and MADV_NOHUGEPAGE", "CONFIG_TRANSPARENT_HUGEPAGE")
{
	return advise(MADV_HUGEPAGE, VM_FLAG(HG), "MADV_HUGEPAGE");
}

FEATURE(ksm_advice, EXTRA, "MADV_MERGEABLE", "CONFIG_KSM")
{
	return advise(MADV_MERGEABLE, VM_FLAG(MG), "MADV_MERGEABLE");
}

FEATURE(wipe_on_fork, EXTRA, "MADV_WIPEONFORK", "Linux 4.14")
{
	return advise(MADV_WIPEONFORK, VM_FLAG(WF), "MADV_WIPEONFORK");
}

static enum answer disable_thp(void)
{
	if (prctl(SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		return nobody("PR_SET_THP_DISABLE: %s", strerror(errno));
	return prctl(GET_THP_DISABLE, 0, 0, 0, 0) == 1 ? YES : no("PR_GET_THP_DISABLE is wrong");
}

FEATURE(thp_disable, EXTRA, "tasks that want no huge pages", "Linux 3.15")
{
	return apart(0, disable_thp);
}

static enum answer seal(void)
{
	char *at = page();

	if (!at)
		return NO;
	if (syscall(SYS_MSEAL, at, PAGE, 0) < 0)
		return nobody("mseal: %s", strerror(errno));
	return flag_shown(at, VM_FLAG(SL)) ? YES : no("smaps does not tell of sealed mappings");
}

FEATURE(mseal, EXTRA, "sealed mappings", "CONFIG_64BIT, Linux 6.10")
{
	return apart(0, seal);
}

FEATURE(droppable, EXTRA, "memory that the kernel may drop", "Linux 6.11")
{
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	bool shown;

	if (at == MAP_FAILED)
		return nobody("MAP_DROPPABLE: %s", strerror(errno));
	shown = flag_shown(at, VM_FLAG(DP));
	munmap(at, PAGE);
	return shown ? YES : no("smaps does not tell of MAP_DROPPABLE");
}

static enum answer lock_beyond_limit(void)
{
	struct rlimit none = {};
	char *at = page();

	if (!at)
		return NO;
	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
		return no_err(-errno, "to lower a limit");
	return mlock2(at, PAGE, 0) < 0 ? no_err(-errno, "mlock beyond RLIMIT_MEMLOCK") : YES;
}

FEATURE(mlock, EXTRA, "tasks with more locked memory than refcr may have", "CAP_IPC_LOCK")
{
	return apart(0, lock_beyond_limit);
}

static enum answer move_ring(void)
{
	VmaEntry e = VMA_ENTRY__INIT;
	uint64_t at = 0;
	void *to;

	e.end = PAGE;
	if (syscall(SYS_io_setup, 0, &at) < 0 && errno == ENOSYS)
		return nobody("io_setup: %s", strerror(errno));
	if (aio_setup(&e, &at) < 0)
		return no_logged();
	to = mremap((void *)at, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, ELSEWHERE);
	if (to == MAP_FAILED)
		return no_err(-errno, "to move the ring");
	if (syscall(SYS_io_getevents, to, 0, 0, NULL, NULL) < 0)
		return no_err(-errno, "a context whose ring was moved");
	return YES;
}

FEATURE(aio_remap, EXTRA, "native AIO: io_setup(2)", "CONFIG_AIO, Linux 3.19")
{
	return apart(0, move_ring);
}

/* ---- faster ---- */

FEATURE(madv_populate, FASTER, "filling memory with the pages of images", "Linux 5.14")
{
	char *at = page();
	int r;

	if (!at)
		return NO;
	r = madvise(at, PAGE, MADV_POPULATE_WRITE) < 0 ? -errno : 0;
	munmap(at, PAGE);
	return r < 0 ? no_err(r, "MADV_POPULATE_WRITE") : YES;
}

static enum answer copy_page(void)
{
	char *from = page(), *to = page();
	struct uffdio_copy copy = { .dst = (uintptr_t)to, .src = (uintptr_t)from, .len = PAGE };
	int fd, r;

	if (!from || !to)
		return NO;
	from[0] = 'x';
	fd = userfaultfd_open(O_NONBLOCK, 0);
	if (fd < 0)
		return no_err(fd, "userfaultfd");
	r = userfaultfd_watch(fd, to, PAGE);
	if (r < 0)
		return no_err(r, "UFFDIO_REGISTER");
	if (ioctl(fd, UFFDIO_COPY, &copy) < 0)
		return no_err(-errno, "UFFDIO_COPY");
	return to[0] == 'x' ? YES : no("UFFDIO_COPY has no effect");
}

FEATURE(uffd, UNUSED, "pages that come when they are wanted", "CONFIG_USERFAULTFD, CAP_SYS_PTRACE")
{
	return apart(0, copy_page);
}

FEATURE_AS(uffd_noncoop, "uffd-noncoop", UNUSED,
	   "pages that come when they are wanted, by tasks that fork and map meanwhile",
	   "CONFIG_USERFAULTFD, Linux 4.11, CAP_SYS_PTRACE")
{
	int fd = userfaultfd_open(O_NONBLOCK, UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP |
						      UFFD_FEATURE_EVENT_REMOVE |
						      UFFD_FEATURE_EVENT_UNMAP);

	if (fd < 0)
		return no_err(fd, "userfaultfd with events");
	close(fd);
	return YES;
}
