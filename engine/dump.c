// SPDX-License-Identifier: GPL-2.0-only
/* The story of a dump: hold the tree still, look at everything, write it down, let go. */
#include <errno.h>
#include <unistd.h>

#include "engine/arch/arch.h"
#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/parallel.h"
#include "engine/base/warm.h"
#include "engine/dump.h"
#include "engine/image/values.h"
#include "engine/inject/gate.h"
#include "engine/inject/inject.h"
#include "engine/kernel/mounts.h"
#include "engine/memory/memory.h"
#include "engine/memory/policy.h"
#include "engine/objects/filelock.h"
#include "engine/objects/files.h"
#include "engine/objects/remap.h"
#include "engine/restore/plan.h"
#include "engine/script.h"
#include "engine/session.h"
#include "engine/task/ahead.h"
#include "engine/task/ask.h"
#include "engine/task/parts.h"
#include "engine/task/restart.h"
#include "engine/task/security.h"
#include "proto/pstree.pb-c.h"
#include "proto/stats.pb-c.h"

#define for_each_live(t, d)                                                                        \
	for_each_task(t, &(d)->tree)                                                               \
		if (!t->zombie)

/* While the tree still runs: the time it stands still is for what cannot be done before. */
static int prepare(struct dump *d)
{
	struct ahead tree;
	bool memfds;
	int r = image_dir_begin(d->images_fd, &d->images);

	if (r < 0)
		return log_err(r, "images directory");
	r = script_run(d->opts, "pre-dump", d->opts->pid);
	if (r < 0)
		return r;
	parallel_ready();
	tree_look_ahead(d->opts->pid, &tree);
	mounts_read_ahead();
	ids_prepare();
	sched_prepare();
	security_prepare(d->opts->pid);
	arch_dump_prepare();
	r = files_dump_prepare(d);
	if (r == 0)
		r = memory_reserve(d, &tree);
	memfds = ahead_has_memfd(&tree);
	ahead_done(&tree);
	if (r < 0)
		return r;
	/* Last, as it does not hold for long. */
	if (memfds)
		filelock_ahead_begin();
	warm_up();
	r = arena_reserve(&d->arena);
	if (memfds)
		filelock_ahead_end();
	return r;
}

static int freeze(struct dump *d)
{
	int r;

	parallel_awake();
	d->stats.frozen = now_us();
	r = tree_freeze(d->opts->pid, d->timeout_ms, &d->tree);
	d->stats.freeze_us = now_us() - d->stats.frozen;
	if (r == 0)
		log_info("%u tasks with %u threads stand still", d->tree.n_tasks,
			 d->tree.n_threads);
	return r;
}

/* Whatever cannot be saved should be found here, before much has been done to the tasks. */
static int look(struct dump *d)
{
	int r = 0, found;

	/* The kernel keeps SIGKILL and SIGSTOP of a namespace's own tasks from its init. */
	if (d->tree.root->pid == 1 && !d->opts->leave_running)
		return log_refuse(
			"task 1 is the init of the engine's own pid namespace, which nobody "
			"in there can end or stop (--leave-running)");
	for_each_live(t, d) {
		gate_leave_old(t);
		if (r == 0)
			r = restart_after_stop(t);
	}
	for_each_live(t, d)
		if (r == 0)
			r = task_find_calls(d, t);
	/* From here on nothing runs or changes: the mappings, which nobody else asks for, are read meanwhile. */
	if (r == 0)
		r = memory_look_begin(d);
	if (r == 0)
		r = ids_check_namespaces(&d->tree);
	if (r == 0)
		r = ids_number(&d->tree);
	if (r == 0)
		r = undo_look(&d->tree);
	if (r == 0)
		r = plan_sessions_of(&d->tree, d->opts, &d->arena);
	for_each_live(t, d)
		if (r == 0)
			r = task_look(d, t);
	found = memory_look_end(d);
	return r < 0 ? r : found;
}

/* What only the tasks themselves can tell. Each step is begun for all before any is waited for. */
static int ask(struct dump *d)
{
	int r = 0;

	for_each_live(t, d) {
		long extra = task_ask_extra(t);

		r = extra < 0 ? extra : inject_map_begin(t, extra);
		if (r < 0)
			return r;
	}
	for_each_live(t, d) {
		r = inject_map_end(t, d->timeout_ms);
		if (r == 0)
			r = task_ask(t);
		if (r == 0)
			r = inject_run_begin(t);
		if (r < 0)
			return r;
	}
	/* Meanwhile: what is found without them. */
	for_each_live(t, d) {
		r = memory_dump_files(d, t);
		if (r == 0)
			r = fs_dump(d, t);
		if (r < 0)
			return r;
	}
	for_each_live(t, d) {
		r = inject_run_end(t, d->timeout_ms);
		if (r == 0)
			r = task_answer(t);
		if (r == 0)
			r = task_ask_more(t, d->timeout_ms);
		if (r == 0)
			r = undo_find(d, t);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_pstree(struct dump *d)
{
	_cleanup_image_ struct image_out img = {};
	int r;

	r = image_create(&d->images, IMAGE_PSTREE, 0, &img);
	for_each_task(t, &d->tree) {
		PstreeEntry e = PSTREE_ENTRY__INIT;
		_cleanup_free_ uint32_t *tids = calloc(t->n_threads + 1, sizeof(*tids));

		if (!tids)
			return -ENOMEM;
		e.pid = t->pid;
		e.ppid = t->parent ? t->parent->pid : 0;
		e.pgid = t->stat.pgid;
		e.sid = t->stat.sid;
		e.threads = tids;
		for_each_thread(th, t)
			tids[e.n_threads++] = th->tid;
		if (t->zombie)
			tids[e.n_threads++] = t->pid;
		if (r == 0)
			r = image_put(&img, &e.base);
	}
	return r < 0 ? r : image_close(&img);
}

static int write_tasks(struct dump *d)
{
	int r = 0;

	for_each_task(t, &d->tree) {
		if (t->zombie) {
			r = core_dump_zombie(d, t);
		} else {
			r = memory_dump_mm(d, t);
			if (r == 0)
				r = files_dump_task(d, t);
			if (r == 0)
				r = core_dump(d, t);
		}
		if (r < 0)
			return r;
	}
	r = seccomp_dump_end(d);
	if (r == 0)
		r = memory_dump_end(d);
	return r < 0 ? r : files_dump_end(d);
}

static int write_inventory(struct dump *d)
{
	InventoryEntry inv = INVENTORY_ENTRY__INIT;
	TaskKobjIdsEntry ids = TASK_KOBJ_IDS_ENTRY__INIT;

	ids_own(&ids);
	inv.img_version = IMG_VERSION;
	inv.has_fdinfo_per_id = inv.fdinfo_per_id = true;
	inv.has_ns_per_id = inv.ns_per_id = true;
	inv.root_ids = &ids;
	inv.has_lsmtype = true;
	inv.lsmtype = LSMTYPE__NO_LSM;
	inv.has_dump_uptime = true;
	inv.dump_uptime = now_us();
	inv.engine = "refcr " ZDTM_VERSION;
	inv.has_root_pid = true;
	inv.root_pid = d->tree.root->pid;
	return image_dir_commit(&d->images, &inv);
}

/* What the end of the tree must not do comes last: when anything fails after it, it is put right again. */
static int complete(struct dump *d)
{
	int r = 0;

	for_each_live(t, d)
		if (r == 0 && dump_ends_tree(d->opts))
			r = undo_take(d, t);
	if (r == 0)
		r = write_inventory(d);
	/* The images are there, and the tree still stands: it runs on if this does not want it ended. */
	if (r == 0)
		r = script_run(d->opts, "post-dump", d->opts->pid);
	for_each_live(t, d)
		if (r < 0)
			undo_give_back(d, t);
	return r;
}

/* Everything between the tree standing still and the set being complete. */
static int save(struct dump *d)
{
	uint64_t begun;
	int r;

	r = look(d);
	if (r < 0)
		return r;
	log_debug("looked at everything");
	r = ask(d);
	if (r < 0)
		return r;
	log_debug("asked the tasks");
	begun = now_us();
	r = memory_pages_begin(d);
	if (r == 0)
		r = write_pstree(d);
	if (r == 0)
		r = write_tasks(d);
	if (r < 0) {
		memory_pages_give_up(d);
		return r;
	}
	log_debug("wrote tasks and files");
	r = memory_pages_end(d);
	d->stats.memory_us = now_us() - begun;
	log_debug("wrote the pages");
	return r < 0 ? r : complete(d);
}

/* The tree as it was, running. A task that cannot be cured has died or is beyond help: say so. */
static void let_go(struct dump *d)
{
	for_each_live(t, d)
		(void)inject_cure(t, d->timeout_ms);
	tree_thaw(&d->tree);
}

static void finish(struct dump *d)
{
	/* What is killed has stood still until now; the kernel takes its memory away later. */
	d->stats.frozen_us = now_us() - d->stats.frozen;
	if (d->opts->leave_running) {
		let_go(d);
	} else if (d->opts->leave_stopped) {
		for_each_live(t, d)
			(void)inject_cure(t, d->timeout_ms);
		tree_leave_stopped(&d->tree);
	} else {
		memory_end(d);
		tree_bury(&d->tree);
	}
}

static int write_stats(struct dump *d)
{
	DumpStatsEntry e = DUMP_STATS_ENTRY__INIT;
	StatsEntry stats = STATS_ENTRY__INIT;

	e.freezing_time = d->stats.freeze_us;
	e.frozen_time = d->stats.frozen_us;
	e.memdump_time = d->stats.memory_us;
	e.memwrite_time = d->stats.memory_us;
	e.pages_scanned = d->stats.pages_scanned;
	e.pages_written = d->stats.pages_written;
	e.has_shpages_scanned = e.has_shpages_written = true;
	e.shpages_scanned = d->stats.shmem_pages_scanned;
	e.shpages_written = d->stats.shmem_pages_written;
	stats.dump = &e;
	if (d->opts->display_stats)
		printf("Displaying dump stats:\n"
		       "Freezing time: %u us\nFrozen time: %u us\nMemory dump time: %u us\n"
		       "Memory write time: %u us\nMemory pages scanned: %ju\n"
		       "Memory pages written: %ju\n",
		       e.freezing_time, e.frozen_time, e.memdump_time, e.memwrite_time,
		       (uintmax_t)e.pages_scanned, (uintmax_t)e.pages_written);
	return image_write_stats(d->work_fd, IMAGE_STATS_DUMP, &stats.base);
}

static int failed(struct dump *d, int r)
{
	/* image/ says nothing by itself: if nobody else knew better, it was a file of the set. */
	if (d->images.failed[0] && !log_first_error())
		log_err(r, "%s", d->images.failed);
	else if (!log_first_error())
		log_err(r, "dump");
	security_end();
	remap_dump_undo();
	image_dir_abort(&d->images);
	return r;
}

int dump_main(const struct options *opts)
{
	/* What hangs on it is kept until the end, and never freed. */
	static struct dump d;
	int r;

	d.opts = opts;
	d.timeout_ms = opts->timeout_s * 1000;
	session_raise_nofile();
	r = session_open(opts, &d.images_fd, &d.work_fd);
	if (r < 0)
		return r;
	arena_init(&d.arena, false);

	r = prepare(&d);
	if (r == 0)
		r = freeze(&d);
	if (r < 0)
		return failed(&d, r);
	r = save(&d);
	if (r < 0) {
		let_go(&d);
		return failed(&d, r);
	}
	finish(&d);
	security_end();
	undo_end();
	r = write_stats(&d);
	if (r < 0)
		log_warn("stats-dump: %s", strerror(-r));
	log_info("dumped in %ju us", (uintmax_t)(now_us() - d.stats.frozen));
	return 0;
}
