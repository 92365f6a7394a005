// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/image/values.h"
#include "engine/restore/plan.h"
#include "huge.h"
#include "memory_task.h"
#include "proto/ipc.pb-c.h"
#include "sysv.h"

#define BIGGEST   (1ULL << 46)
#define HUGE_MASK ((uint32_t)MAP_HUGE_MASK << MAP_HUGE_SHIFT)

struct plan_sysv {
	int id;
	const IpcShmEntry *e;
	uint64_t size; /* of the mapping */
	struct plan_pages pages;
	bool made;      /* by us; seen by the guard, too */
	void *attached; /* in main */
	UT_hash_handle hh;
};

/* ---- plan ---- */

static bool possible(const IpcShmEntry *e)
{
	const IpcDescEntry *desc = e->desc;
	uint32_t huge = e->hugetlb_flag;

	return desc->id <= INT32_MAX && !(desc->mode & ~SYSV_MODES) && e->size &&
	       e->size < BIGGEST &&
	       (!huge || ((huge & ~HUGE_MASK) == SHM_HUGETLB && huge_page_size(huge))) &&
	       !(desc->mode & SHM_DEST && desc->key != IPC_PRIVATE);
}

static int add(struct restore *r, const IpcShmEntry *e, const char *image)
{
	struct plan_sysv *s = arena_new(&r->arena, struct plan_sysv), *other;
	int ret;

	if (!s)
		return -ENOMEM;
	if (!possible(e))
		return log_bad_image(
			"%s: shared memory %u of %ju bytes, mode %#o, key %#x, huge pages "
			"%#x",
			image, e->desc->id, (uintmax_t)e->size, e->desc->mode, e->desc->key,
			e->hugetlb_flag);
	s->id = (int)e->desc->id;
	s->e = e;
	s->size = ALIGN_UP(e->size, e->hugetlb_flag ? huge_page_size(e->hugetlb_flag) : PAGE);
	HASH_FIND_INT(r->sysv, &s->id, other);
	if (other)
		return log_bad_image("%s: shared memory %d comes twice", image, s->id);
	HASH_ADD_INT(r->sysv, id, s);
	if (!e->in_pagemaps)
		return log_refuse("%s: the content of shared memory %d is in the image itself: not "
				  "supported yet",
				  image, s->id);
	ret = memory_read_pagemap(r, IMAGE_SHMEM_PAGEMAP, s->id, &s->pages);
	if (ret == 0 && s->pages.n && s->pages.run[s->pages.n - 1].end > s->size)
		return log_bad_image(
			"pagemap-shmem-%d.img: pages beyond the end of shared memory %d", s->id,
			s->id);
	return ret;
}

int sysv_plan(struct restore *r)
{
	const TaskKobjIdsEntry *host = r->set.inventory->root_ids;
	struct image_in in;
	IpcShmEntry *e;
	int ret;

	if (!host || !host->has_ipc_ns_id)
		return 0;
	ret = image_open(&r->set, IMAGE_IPCNS_SHM, host->ipc_ns_id, &in);
	if (ret == -ENOENT)
		return 0;
	while (ret >= 0 && (ret = image_get(&in, &ipc_shm_entry__descriptor, &e)) > 0) {
		ret = add(r, e, in.name);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? plan_bad(r, ret) : 0;
}

int sysv_check_area(struct restore *r, struct plan_vma *v, const char *image)
{
	const VmaEntry *e = v->e;
	int id = e->shmid <= INT32_MAX ? (int)e->shmid : -1;
	struct plan_sysv *s;

	HASH_FIND_INT(r->sysv, &id, s);
	if (!s)
		return log_bad_image("%s: mapping %#jx: there is no System V shared memory %ju",
				     image, (uintmax_t)e->start, (uintmax_t)e->shmid);
	if (e->pgoff % PAGE || e->pgoff > s->size || vma_size(v) > s->size - e->pgoff ||
	    e->start < e->pgoff || e->prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
		return log_bad_image(
			"%s: mapping %#jx-%#jx: is not of shared memory %d, from %#jx on", image,
			(uintmax_t)e->start, (uintmax_t)e->end, id, (uintmax_t)e->pgoff);
	v->sysv = s;
	return 0;
}

/* ---- main ---- */

static int ask_for_id(int id)
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/shm_next_id", O_WRONLY | O_CLOEXEC);

	return fd < 0 || dprintf(fd, "%d", id) < 0 ? -errno : 0;
}

static int create(const struct plan_sysv *s)
{
	int r = ask_for_id(s->id), id;

	if (r < 0)
		return r;
	id = shmget((key_t)s->e->desc->key, s->e->size,
		    IPC_CREAT | IPC_EXCL | (int)(s->e->desc->mode & 0777) |
			    (int)s->e->hugetlb_flag);
	if (id < 0) {
		r = -errno;
		(void)ask_for_id(-1);
		return r;
	}
	if (id == s->id)
		return 0;
	shmctl(id, IPC_RMID, NULL);
	return -EEXIST;
}

/* Who has made it stays on record: another process, which then may be another user's. */
static int create_as(const struct plan_sysv *s)
{
	const IpcDescEntry *desc = s->e->desc;
	int status;
	pid_t pid;

	if (desc->cuid == geteuid() && desc->cgid == getegid())
		return create(s);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int r = ask_for_id(s->id);

		if (r == 0 && (setegid(desc->cgid) < 0 || seteuid(desc->cuid) < 0))
			r = -errno;
		if (r == 0)
			r = create(s);
		_exit(-r);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static int settle(const struct plan_sysv *s)
{
	const IpcDescEntry *desc = s->e->desc;
	struct shmid_ds ds;

	if (shmctl(s->id, IPC_STAT, &ds) < 0)
		return -errno;
	ds.shm_perm.uid = desc->uid;
	ds.shm_perm.gid = desc->gid;
	ds.shm_perm.mode = desc->mode & 0777;
	if (shmctl(s->id, IPC_SET, &ds) < 0 ||
	    (desc->mode & SHM_LOCKED && shmctl(s->id, SHM_LOCK, NULL) < 0) ||
	    (desc->mode & SHM_DEST && shmctl(s->id, IPC_RMID, NULL) < 0))
		return -errno;
	return 0;
}

static int make(struct restore *r, struct plan_sysv *s)
{
	int ret;

	/* Should we be killed here, the guard knows. */
	s->made = true;
	ret = create_as(s);
	if (ret < 0) {
		s->made = false;
		return ret;
	}
	s->attached = shmat(s->id, NULL, 0);
	if (s->attached == (void *)-1)
		return -errno;
	ret = pages_fill(r, &s->pages, s->attached, 0);
	return ret < 0 ? ret : settle(s);
}

static bool is_the_one(const struct plan_sysv *s, const struct shmid_ds *ds)
{
	const struct ipc_perm *perm = &ds->shm_perm;
	const IpcDescEntry *desc = s->e->desc;

	return ds->shm_segsz == s->e->size && perm->cuid == desc->cuid &&
	       perm->cgid == desc->cgid &&
	       (perm->__key == (key_t)desc->key || perm->mode & SHM_DEST);
}

static int prepare_one(struct restore *r, struct plan_sysv *s)
{
	struct shmid_ds ds;
	int ret;

	s->attached = shmat(s->id, NULL, 0);
	if (s->attached != (void *)-1) {
		if (shmctl(s->id, IPC_STAT, &ds) < 0)
			return log_err(-errno, "System V shared memory %d", s->id);
		return is_the_one(s, &ds)
			       ? 0
			       : log_refuse("System V shared memory %d is another one than "
					    "was dumped",
					    s->id);
	}
	ret = errno == EINVAL || errno == EIDRM ? make(r, s) : -errno;
	return ret < 0 ? log_err(ret, "System V shared memory %d of %ju bytes with key %#x", s->id,
				 (uintmax_t)s->e->size, s->e->desc->key)
		       : 0;
}

int sysv_prepare(struct restore *r)
{
	struct plan_sysv *s, *next;
	int ret = 0;

	HASH_ITER(hh, r->sysv, s, next)
		if (ret == 0)
			ret = prepare_one(r, s);
	return ret;
}

void sysv_finish(struct restore *r, bool ok)
{
	struct plan_sysv *s, *next;

	HASH_ITER(hh, r->sysv, s, next) {
		if (s->made && !ok)
			(void)shmctl(s->id, IPC_RMID, NULL);
		if (s->attached && s->attached != (void *)-1)
			(void)shmdt(s->attached);
		s->attached = NULL;
	}
}

/* ---- a task ---- */

static bool read_only(const VmaEntry *e)
{
	return e->has_fdflags ? (e->fdflags & O_ACCMODE) == O_RDONLY : !(e->prot & PROT_WRITE);
}

int sysv_prot(const VmaEntry *e)
{
	return PROT_READ | (read_only(e) ? 0 : PROT_WRITE);
}

static uint64_t base_of(const struct plan_vma *v)
{
	return v->e->start - v->e->pgoff;
}

/*
 * What mprotect(2) and munmap(2) have left of an attachment is known to shmdt(2) as parts of one:
 * they are attached together, elsewhere, and what is missing goes with the engine.
 */
static int attach_parts(struct plan_memory *m, struct plan_vma *v)
{
	const struct plan_vma *end = m->vma + m->n;
	const struct plan_sysv *s = v->sysv;
	uint64_t base = base_of(v);
	void *room = memory_find_room(m, s->size, PROT_NONE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, base);

	if (room == MAP_FAILED ||
	    shmat(s->id, room, SHM_REMAP | (read_only(v->e) ? SHM_RDONLY : 0)) == (void *)-1)
		return -errno;
	for (struct plan_vma *part = v; part < end && part->e->start < base + s->size; part++) {
		if (part->sysv != s || base_of(part) != base ||
		    read_only(part->e) != read_only(v->e))
			continue;
		part->at = (uintptr_t)room + part->e->pgoff;
		part->mapped = true;
	}
	return 0;
}

int sysv_attach(struct plan_memory *m, struct plan_vma *v, bool in_place)
{
	const struct plan_sysv *s = v->sysv;
	int r;

	/* shmat(2) does not take the place of anything unless it is told to. */
	if (in_place && vma_size(v) == s->size &&
	    shmat(s->id, (void *)v->e->start, read_only(v->e) ? SHM_RDONLY : 0) != (void *)-1) {
		v->at = v->e->start;
		v->mapped = true;
		return 0;
	}
	r = attach_parts(m, v);
	return r < 0 ? log_err(r, "mapping %#jx-%#jx of System V shared memory %d",
			       (uintmax_t)v->e->start, (uintmax_t)v->e->end, s->id)
		     : 0;
}
