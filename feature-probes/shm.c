// SPDX-License-Identifier: GPL-2.0-only
/* SysV shared memory. */
#include <sched.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "probe.h"

#define DECLARED .since = "2.4", .kconfig = "CONFIG_SYSVIPC", .source = "shmctl(2), shmat(2)"

#define SHM_STAT_ANY_ 15

/* Segments go with their namespace, or else at the last detach. */
static void quiet_ipc(void)
{
	if (have_cap(CAP_SYS_ADMIN) && unshare(CLONE_NEWIPC) < 0 && errno != EINVAL)
		BROKEN("unshare(CLONE_NEWIPC): %s", errno_name(errno));
}

static int segment(size_t size, int flags)
{
	return NEED(shmget(IPC_PRIVATE, size, IPC_CREAT | 0640 | flags));
}

PROBE(identity, .what = "maps tells of an attached segment its key, and as its inode its id",
      DECLARED)
{
	struct vma v;
	char want[32];
	void *at;
	int id;

	quiet_ipc();
	id = segment(3 * page_size(), 0);
	at = shmat(id, NULL, SHM_RDONLY);
	NEED(shmctl(id, IPC_RMID, NULL));
	NEED(at);
	NEED(vma_at(0, at, &v));
	snprintf(want, sizeof(want), "/SYSV%08x (deleted)", 0);
	PROMISE_STR(v.name, want);
	PROMISE_EQ(v.ino, id);
	PROMISE_STR(v.perms, "r--s");
	PROMISE_EQ(v.end - v.start, 3 * page_size());
}

PROBE(removed, .what = "a removed segment lives on while it is attached, and can be attached more",
      DECLARED)
{
	struct shmid_ds ds;
	char *a, *b;
	int id;

	quiet_ipc();
	id = segment(page_size(), 0);
	a = shmat(id, NULL, 0);
	NEED(shmctl(id, IPC_RMID, NULL));
	NEED(a);
	NEED(shmctl(id, IPC_STAT, &ds));
	PROMISE_EQ(ds.shm_perm.mode & SHM_DEST, SHM_DEST);
	PROMISE_EQ(ds.shm_nattch, 1);
	b = NEED(shmat(id, NULL, 0));
	strcpy(a, "seen");
	PROMISE_STR(b, "seen");
	NEED(shmdt(a));
	NEED(shmdt(b));
	PROMISE_FAILS(shmctl(id, IPC_STAT, &ds), EINVAL, EIDRM);
}

PROBE(attach_where, .what = "a segment is attached where it was, over other memory if asked",
      DECLARED)
{
	char *room = map(-1, 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS), *at;
	int id;

	quiet_ipc();
	id = segment(page_size(), 0);
	at = shmat(id, room, SHM_REMAP);
	PROMISE_FAILS(shmat(id, room + page_size(), 0), EINVAL);
	PROMISE_FAILS(shmat(id, room + 1, SHM_REMAP), EINVAL);
	NEED(shmctl(id, IPC_RMID, NULL));
	PROMISE_EQ(NEED(at), room);
}

PROBE(parts,
      .what = "shmdt detaches all that is left of an attachment where it was, not what has moved",
      DECLARED)
{
	char *room = map(-1, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS), *at, *moved;
	struct shmid_ds ds;
	int id;

	quiet_ipc();
	id = segment(5 * page_size(), 0);
	at = shmat(id, NULL, 0);
	NEED(shmctl(id, IPC_RMID, NULL));
	NEED(at);
	NEED(munmap(at + page_size(), page_size()));
	NEED(mprotect(at + 4 * page_size(), page_size(), PROT_READ));
	moved = mremap(at + 2 * page_size(), page_size(), page_size(),
		       MREMAP_MAYMOVE | MREMAP_FIXED, room);
	PROMISE_EQ(NEED(moved), room);
	NEED(shmctl(id, IPC_STAT, &ds));
	PROMISE_EQ(ds.shm_nattch, 4);
	NEED(shmdt(at));
	NEED(shmctl(id, IPC_STAT, &ds));
	PROMISE_EQ(ds.shm_nattch, 1);
	PROMISE_EQ(*moved, 0);
}

union handle {
	struct file_handle head;
	char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

/* Of the file behind an attached page. */
static void handle_of(const char *at, union handle *h)
{
	char path[80];
	int fd, mount;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)at,
		 (long)at + page_size());
	fd = NEED(open(path, O_RDONLY | O_CLOEXEC));
	*h = (union handle){ .head.handle_bytes = MAX_HANDLE_SZ };
	NEED(name_to_handle_at(fd, "", &h->head, &mount, AT_EMPTY_PATH));
	NEED(close(fd));
}

PROBE(namespaces,
      .what = "segments with one id, of two namespaces, have the same inode number and other "
	      "handles",
      .since = "2.6.39", .kconfig = "CONFIG_SYSVIPC CONFIG_IPC_NS",
      .capability = "CAP_SYS_ADMIN in the initial user namespace",
      .source = "name_to_handle_at(2), ipc_namespaces(7)")
{
	union handle a, again, b;
	char *at[2];
	int id[2];

	need_privilege("CAP_SYS_ADMIN in the initial user namespace");
	for (int i = 0; i < 2; i++) {
		quiet_ipc();
		id[i] = segment(page_size(), 0);
		at[i] = NEED(shmat(id[i], NULL, 0));
	}
	PROMISE_EQ(id[0], id[1]);
	handle_of(at[0], &a);
	handle_of(at[0], &again);
	handle_of(at[1], &b);
	PROMISE_EQ(a.head.handle_bytes, b.head.handle_bytes);
	PROMISE_MEM(a.head.f_handle, again.head.f_handle, a.head.handle_bytes);
	PROMISE(memcmp(a.head.f_handle, b.head.f_handle, a.head.handle_bytes) != 0);
}

PROBE(stat_index, .what = "SHM_STAT finds every segment by an index up to what SHM_INFO tells",
      DECLARED, .capability = "CAP_SYS_ADMIN")
{
	struct shm_info info;
	struct shmid_ds ds;
	int ids[3], last, found = 0;

	need_privilege("CAP_SYS_ADMIN");
	quiet_ipc();
	for (int i = 0; i < 3; i++)
		ids[i] = segment((i + 1) * page_size(), 0);
	NEED(shmctl(ids[1], IPC_RMID, NULL));
	last = NEED(shmctl(0, SHM_INFO, (void *)&info));
	PROMISE_EQ(info.used_ids, 2);
	for (int i = 0; i <= last; i++) {
		int id = shmctl(i, SHM_STAT, &ds);

		if (id < 0) {
			PROMISE_EQ(errno, EINVAL);
			continue;
		}
		PROMISE(id == ids[0] || id == ids[2]);
		PROMISE_EQ(ds.shm_segsz, (id == ids[0] ? 1 : 3) * page_size());
		found++;
	}
	PROMISE_EQ(found, 2);
}

PROBE(stat_any, .what = "SHM_STAT_ANY tells of a segment whoever may not read it", .since = "4.17",
      .commit = "c21a6970ae72", .kconfig = "CONFIG_SYSVIPC", .capability = "CAP_SYS_ADMIN",
      .source = "shmctl(2)")
{
	struct shmid_ds ds;
	pid_t pid;
	int id;

	need_privilege("CAP_SYS_ADMIN");
	quiet_ipc();
	id = NEED(shmget(IPC_PRIVATE, page_size(), 0600));
	pid = spawn();
	if (pid == 0) {
		lose_privileges();
		PROMISE_FAILS(shmctl(0, SHM_STAT, &ds), EACCES);
		PROMISE_EQ(OFFERED(shmctl(0, SHM_STAT_ANY_, &ds), "SHM_STAT_ANY", EINVAL), id);
		_exit(0);
	}
	reap_good(pid);
}

PROBE(set_perm, .what = "IPC_SET sets owner and mode, and leaves who has made it", DECLARED,
      .capability = "CAP_SYS_ADMIN")
{
	struct shmid_ds ds;
	int id;

	need_privilege("CAP_SYS_ADMIN");
	quiet_ipc();
	id = segment(page_size(), 0);
	NEED(shmctl(id, IPC_STAT, &ds));
	PROMISE_EQ(ds.shm_perm.mode & 0777, 0640);
	ds.shm_perm.uid = 7;
	ds.shm_perm.gid = 8;
	ds.shm_perm.mode = 0604;
	if (shmctl(id, IPC_SET, &ds) < 0 && errno == EINVAL)
		MACHINE_LACKS("this user namespace has no second user");
	NEED(shmctl(id, IPC_STAT, &ds));
	PROMISE_EQ(ds.shm_perm.uid, 7);
	PROMISE_EQ(ds.shm_perm.gid, 8);
	PROMISE_EQ(ds.shm_perm.mode & 0777, 0604);
	PROMISE_EQ(ds.shm_perm.cuid, geteuid());
	PROMISE_EQ(ds.shm_perm.cgid, getegid());
}

PROBE(hugetlb, .what = "a segment of huge pages is known by the mapping of whoever attaches it",
      .since = "2.6", .kconfig = "CONFIG_SYSVIPC CONFIG_HUGETLBFS",
      .capability = "CAP_IPC_LOCK in the initial user namespace", .source = "shmget(2)")
{
	char *at;
	int id;

	need_privilege("CAP_IPC_LOCK in the initial user namespace");
	quiet_ipc();
	/* SHM_NORESERVE: the pool may be empty, as long as nobody touches it. */
	id = OFFERED(shmget(IPC_PRIVATE, page_size(), 0600 | SHM_HUGETLB | SHM_NORESERVE),
		     "huge segments", EINVAL, ENOENT, ENODEV);
	at = shmat(id, NULL, 0);
	NEED(shmctl(id, IPC_RMID, NULL));
	NEED(at);
	PROMISE(vma_flag(0, at, "ht"));
}
