// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/task/parts.h"
#include "huge.h"
#include "proto/ipc.pb-c.h"
#include "sysv.h"

struct sysv_seen {
	int id;
	struct shmid_ds ds;
	uint32_t huge;
	shmatt_t areas; /* in dumped tasks */
	UT_hash_handle hh;
};

static uint64_t mapped_size(const struct sysv_seen *s)
{
	return ALIGN_UP(s->ds.shm_segsz, s->huge ? huge_page_size(s->huge) : PAGE);
}

/* Where such segments live that are not of huge pages: on a mount that no path leads to. */
static dev_t hidden_device(void)
{
	static dev_t known;
	dev_t found = __atomic_load_n(&known, __ATOMIC_RELAXED);
	struct stat st;
	int fd;

	if (found)
		return found;
	fd = memfd_create("device", MFD_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0)
		found = st.st_dev;
	cleanup_close(&fd);
	__atomic_store_n(&known, found, __ATOMIC_RELAXED);
	return found;
}

bool sysv_is_segment(const struct vm_area *a)
{
	return str_after(a->name, "/SYSV") && str_ends_with(a->name, " (deleted)") &&
	       (a->flags & VM_FLAG(HT) || a->dev == hidden_device());
}

static int open_area(int proc, uint64_t start, uint64_t end)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "map_files/%jx-%jx", (uintmax_t)start, (uintmax_t)end);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool same_handle(int a, int b)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} x = { .h.handle_bytes = MAX_HANDLE_SZ }, y = x;
	int mount;

	/* hugetlbfs has none. */
	if (name_to_handle_at(a, "", &x.h, &mount, AT_EMPTY_PATH) < 0 ||
	    name_to_handle_at(b, "", &y.h, &mount, AT_EMPTY_PATH) < 0)
		return true;
	return x.h.handle_type == y.h.handle_type && x.h.handle_bytes == y.h.handle_bytes &&
	       memcmp(x.h.f_handle, y.h.f_handle, x.h.handle_bytes) == 0;
}

static bool same_times(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino && memcmp(&x.st_ctim, &y.st_ctim, sizeof(x.st_ctim)) == 0;
}

/*
 * The segments of all IPC namespaces are on one device, with their ids for inode numbers: what a
 * task attached before it changed its namespace looks like one of this. Returns 1 if it is one.
 */
static int is_of_this_namespace(const struct sysv_seen *s, int fd)
{
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int own = -EBADF;
	void *at = shmat(s->id, NULL, SHM_RDONLY);
	int r;

	if (self < 0 || at == (void *)-1)
		return -errno;
	own = open_area(self, (uintptr_t)at, (uintptr_t)at + mapped_size(s));
	r = own < 0 ? own : same_times(own, fd) && same_handle(own, fd);
	shmdt(at);
	return r;
}

static int look(struct dump *d, const struct task *t, const struct vm_area *a, struct sysv_seen *s)
{
	_cleanup_close_ int fd = -EBADF;
	int r = 0;

	s->huge = huge_flags(a);
	if (shmctl(s->id, IPC_STAT, &s->ds) == 0) {
		fd = open_area(t->proc, a->start, a->end);
		r = fd < 0 ? fd : is_of_this_namespace(s, fd);
	} else if (errno != EINVAL && errno != EIDRM) {
		r = -errno;
	}
	if (r < 0)
		return log_err(r, "task %d: System V shared memory %d", t->pid, s->id);
	if (r == 0)
		return log_refuse(
			"task %d: mapping %jx-%jx (%s): System V shared memory of another "
			"IPC namespace: not supported yet",
			t->pid, (uintmax_t)a->start, (uintmax_t)a->end, a->name);
	if (s->ds.shm_perm.mode & ~SYSV_MODES & 07777)
		return log_refuse("System V shared memory %d has mode %o: not supported yet", s->id,
				  s->ds.shm_perm.mode);
	r = memory_add_segment(d, s->id, fd);
	return r < 0 ? log_err(r, "pages of System V shared memory %d", s->id) : 0;
}

int sysv_dump_area(struct dump *d, const struct task *t, const struct vm_area *a, uint64_t *id)
{
	struct dump_memory *m = memory_of(d);
	int shmid = (int)a->ino, r = 0;
	struct sysv_seen *s;
	uint64_t size;

	if (!m)
		return -ENOMEM;
	HASH_FIND_INT(m->sysv, &shmid, s);
	if (!s) {
		s = arena_new(&d->arena, struct sysv_seen);
		if (!s)
			return -ENOMEM;
		s->id = shmid;
		HASH_ADD_INT(m->sysv, id, s);
		r = look(d, t, a, s);
		if (r < 0)
			return r;
	}
	size = mapped_size(s);
	/* mremap(2) makes such. */
	if (a->pgoff > size || a->end - a->start > size - a->pgoff)
		return log_refuse(
			"task %d: mapping %jx-%jx (%s) goes beyond its segment's end: not "
			"supported yet",
			t->pid, (uintmax_t)a->start, (uintmax_t)a->end, a->name);
	if (!a->shared)
		return log_refuse("task %d: mapping %jx-%jx (%s): a private mapping of System V "
				  "shared memory: not supported yet",
				  t->pid, (uintmax_t)a->start, (uintmax_t)a->end, a->name);
	s->areas++;
	*id = shmid;
	return 0;
}

static int write_one(struct image_out *img, const struct sysv_seen *s)
{
	const struct ipc_perm *perm = &s->ds.shm_perm;
	IpcDescEntry desc = IPC_DESC_ENTRY__INIT;
	IpcShmEntry e = IPC_SHM_ENTRY__INIT;
	struct shmid_ds now;

	/* What was mapped through map_files and not attached is not counted. */
	if (shmctl(s->id, IPC_STAT, &now) < 0)
		return log_err(-errno, "System V shared memory %d", s->id);
	if (now.shm_nattch < s->areas)
		return log_refuse("System V shared memory %d is mapped %ju times, and attached %ju "
				  "times: not supported yet",
				  s->id, (uintmax_t)s->areas, (uintmax_t)now.shm_nattch);
	desc.key = perm->__key;
	desc.uid = perm->uid;
	desc.gid = perm->gid;
	desc.cuid = perm->cuid;
	desc.cgid = perm->cgid;
	desc.mode = perm->mode & SYSV_MODES;
	desc.id = s->id;
	e.desc = &desc;
	e.size = s->ds.shm_segsz;
	e.has_in_pagemaps = e.in_pagemaps = true;
	if (s->huge) {
		e.has_hugetlb_flag = true;
		e.hugetlb_flag = s->huge & ~(uint32_t)MAP_HUGETLB;
		e.hugetlb_flag |= SHM_HUGETLB;
	}
	return image_put(img, &e.base);
}

int sysv_dump_end(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	struct dump_memory *m = memory_of(d);
	TaskKobjIdsEntry ids = TASK_KOBJ_IDS_ENTRY__INIT;
	struct sysv_seen *s, *next;
	int r;

	if (!m || !m->sysv)
		return m ? 0 : -ENOMEM;
	ids_own(&ids);
	r = image_create(&d->images, IMAGE_IPCNS_SHM, ids.ipc_ns_id, &img);
	HASH_ITER(hh, m->sysv, s, next)
		if (r == 0)
			r = write_one(&img, s);
	return r < 0 ? r : image_close(&img);
}
