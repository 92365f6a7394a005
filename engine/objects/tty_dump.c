// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saving terminals. An open file is noted when it is met; what lies behind it is looked at when all
 * are known: both ends of a pty together, through a slave of our own, and what sessions they
 * control.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/vt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "regfile.h"
#include "tty.h"
#include "tty_dump.h"

static struct pty *ptys;
static struct other_tty *others;
static dev_t instance[TTY_MAX_DEVPTS];
static unsigned int n_instances;

/* ---- open files ---- */

TtyInfoEntry *tty_new_info(struct dump *d, uint32_t id, TtyType type, const struct stat *node)
{
	TtyInfoEntry *img = arena_new(&d->arena, TtyInfoEntry);

	if (!img)
		return NULL;
	tty_info_entry__init(img);
	img->id = id;
	img->type = type;
	img->rdev = node->st_rdev;
	img->has_dev = img->has_uid = img->has_gid = true;
	img->dev = node->st_dev;
	img->uid = node->st_uid;
	img->gid = node->st_gid;
	return img;
}

uint32_t tty_new_id(void)
{
	static unsigned int n;

	return tty_other_id(n++);
}

static int pty_of(struct dump *d, dev_t dev, uint32_t index, const struct fd_view *v,
		  struct pty **ret)
{
	struct pty *p, key;
	unsigned int n = 0;

	memset(&key, 0, sizeof(key));
	key.key.dev = dev;
	key.key.index = index;
	HASH_FIND(hh, ptys, &key.key, sizeof(key.key), p);
	*ret = p;
	if (p)
		return 0;
	while (n < n_instances && instance[n] != dev)
		n++;
	if (n == TTY_MAX_DEVPTS)
		return log_refuse("%s: more than %d devpts instances", fd_view_name(v), n);
	instance[n] = dev;
	n_instances = MAX(n_instances, n + 1);
	*ret = p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->key = key.key;
	p->devpts = n;
	p->master = p->slave = -EBADF;
	snprintf(p->who, sizeof(p->who), "%s: pty %u", fd_view_name(v), index);
	HASH_ADD(hh, ptys, key, sizeof(p->key), p);
	return 0;
}

/* The devpts instance a master belongs to: that of its node, or of the "pts" beside it. */
static int instance_of(const struct fd_view *v, dev_t *dev)
{
	static struct {
		char path[PATH_MAX];
		dev_t dev;
	} last;
	char path[PATH_MAX];
	struct statfs fs;
	struct stat st;

	*dev = v->st.st_dev;
	if (fstatfs(v->copy, &fs) < 0)
		return -errno;
	if (fs.f_type == DEVPTS_SUPER_MAGIC)
		return 0;
	snprintf(path, sizeof(path), "%s", v->link);
	if (strrchr(path, '/'))
		strrchr(path, '/')[1] = '\0';
	if (strlen(path) + sizeof("pts") > sizeof(path))
		return -ENAMETOOLONG;
	strcat(path, "pts");
	if (!streq(path, last.path)) {
		if (stat(path, &st) < 0)
			return log_refuse("%s: %s: there is no devpts beside it", fd_view_name(v),
					  v->link);
		strcpy(last.path, path);
		last.dev = st.st_dev;
	}
	*dev = last.dev;
	return 0;
}

/* A copy that outlives the view, where signals are sent by it: they must not be for what we do. */
static int note_async(const struct fd_view *v, struct pty *p)
{
	int fd;

	if (!(v->flags & O_ASYNC))
		return 0;
	p->async = reallocarray(p->async, p->n_async + 1, sizeof(*p->async));
	if (!p->async)
		return -ENOMEM;
	fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	p->async[p->n_async].copy = fd;
	p->async[p->n_async++].fd = v->fd;
	return 0;
}

static int with_path(const struct fd_view *v, const char *path, TtyFileEntry *img)
{
	FileEntry *reg = files_new_entry(v->dump, FD_TYPES__REG);

	if (!reg)
		return -ENOMEM;
	img->has_regf_id = true;
	img->regf_id = reg->id;
	return path ? regfile_fill_at(v, reg->id, path, &reg->reg)
		    : regfile_fill(v, reg->id, &reg->reg);
}

static int dump_master(const struct fd_view *v, TtyFileEntry *img)
{
	struct pty *p = NULL;
	unsigned int index;
	dev_t dev;
	int r;

	if (ioctl(v->copy, TIOCGPTN, &index) < 0)
		return log_err(-errno, "%s: its number", fd_view_name(v));
	r = instance_of(v, &dev);
	if (r == 0)
		r = pty_of(v->dump, dev, index, v, &p);
	if (r == 0)
		r = note_async(v, p);
	if (r < 0)
		return log_err(r, "%s", p ? p->who : fd_view_name(v));
	p->master = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
	if (p->master < 0)
		return log_err(-errno, "%s", p->who);
	p->master_info =
		tty_new_info(v->dump, tty_pty_id(p->devpts, index, true), TTY_TYPE__PTY, &v->st);
	if (!p->master_info)
		return -ENOMEM;
	img->tty_info_id = p->master_info->id;
	return with_path(v, NULL, img);
}

/* The kernel marks the node of a pty without a master as gone. */
static int slave_path(const struct fd_view *v, bool dead, TtyFileEntry *img)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", v->link);
	if (dead && str_ends_with(path, deleted))
		path[strlen(path) - strlen(deleted)] = '\0';
	else if (!v->found)
		return 0; /* its master will know the way */
	return with_path(v, path, img);
}

static int dump_slave(const struct fd_view *v, TtyFileEntry *img)
{
	bool dead = v->st.st_nlink == 0, hung_up;
	struct pty *p = NULL;
	TtyInfoEntry **info;
	struct termios t;
	int r;

	hung_up = ioctl(v->copy, TCGETS, &t) < 0 && errno == EIO;
	if (dead && !hung_up)
		return log_err(-EIO, "%s: %s has no master and was not hung up", fd_view_name(v),
			       v->link);
	r = pty_of(v->dump, v->st.st_dev, tty_index_of(v->st.st_rdev), v, &p);
	if (r == 0 && !hung_up)
		r = note_async(v, p);
	if (r < 0)
		return log_err(r, "%s", p ? p->who : fd_view_name(v));
	p->dead |= dead;
	info = hung_up ? &p->hung_info : &p->slave_info;
	/* A master knows more. */
	if (!hung_up && p->slave < 0 && p->master < 0) {
		p->slave = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
		if (p->slave < 0)
			return log_err(-errno, "%s", p->who);
	}
	if (!*info) {
		*info = tty_new_info(v->dump,
				     tty_pty_id(p->devpts, p->key.index, false) |
					     (hung_up && !dead ? TTY_ID_HUNG_UP : 0),
				     TTY_TYPE__PTY, &v->st);
		if (!*info)
			return -ENOMEM;
	}
	img->tty_info_id = (*info)->id;
	return slave_path(v, dead, img);
}

/* A terminal that is not made with the tree: found by its node, or given at restore. */
static int dump_other(const struct fd_view *v, TtyType type, TtyFileEntry *img)
{
	struct other_tty *o;
	struct termios t;

	HASH_FIND(hh, others, &v->st.st_rdev, sizeof(v->st.st_rdev), o);
	if (o && o->info->dev != (uint32_t)v->st.st_dev)
		return log_refuse("%s: %s and %s are one terminal by nodes of two file systems",
				  o->who, v->link, fd_view_name(v));
	if (!o) {
		o = calloc(1, sizeof(*o));
		if (!o)
			return -ENOMEM;
		o->rdev = v->st.st_rdev;
		snprintf(o->who, sizeof(o->who), "%s", fd_view_name(v));
		HASH_ADD(hh, others, rdev, sizeof(o->rdev), o);
		o->info = tty_new_info(v->dump, tty_new_id(), type, &v->st);
		o->fd = fcntl(v->copy, F_DUPFD_CLOEXEC, 0);
		if (!o->info || o->fd < 0)
			return -ENOMEM;
	}
	if (ioctl(v->copy, TCGETS, &t) < 0)
		return errno == EIO
			       ? log_refuse("%s: %s has been hung up", fd_view_name(v), v->link)
			       : log_err(-errno, "%s: %s", fd_view_name(v), v->link);
	img->tty_info_id = o->info->id;
	return type == TTY_TYPE__EXT_TTY ? 0 : with_path(v, NULL, img);
}

int tty_dump(const struct fd_view *v, FileEntry *fe)
{
	TtyFileEntry *img = arena_new(&v->dump->arena, TtyFileEntry);
	char key[TTY_KEY_SIZE];
	int r;

	if (!img)
		return -ENOMEM;
	tty_file_entry__init(img);
	fe->tty = img;
	img->id = fe->id;
	img->flags = v->flags;
	r = fown_dump(v, &img->fown);
	if (r < 0)
		return r;
	if (options_external(v->dump->opts, tty_key(v->st.st_rdev, v->st.st_dev, key)))
		return dump_other(v, TTY_TYPE__EXT_TTY, img);
	switch (tty_kind_of(v->st.st_rdev)) {
	case TTY_MASTER:
		return dump_master(v, img);
	case TTY_SLAVE:
		return dump_slave(v, img);
	case TTY_CURRENT:
		r = tty_sessions_note(v, &img->tty_info_id);
		return r < 0 ? r : with_path(v, NULL, img);
	case TTY_CONSOLE:
		return dump_other(v, TTY_TYPE__CONSOLE, img);
	case TTY_VT:
		return dump_other(v, TTY_TYPE__VT, img);
	case TTY_SERIAL:
		return dump_other(v, TTY_TYPE__SERIAL, img);
	case TTY_NONE:
		break;
	}
	return -EINVAL;
}

/* ---- terminals that stay ---- */

static int look_at_vt(const struct other_tty *o)
{
	struct vt_mode mode;
	int kd;

	if (ioctl(o->fd, 0x4b3b /* KDGETMODE */, &kd) < 0 || ioctl(o->fd, VT_GETMODE, &mode) < 0)
		return log_err(-errno, "%s: modes of the virtual terminal", o->who);
	if (kd != 0 /* KD_TEXT */ || mode.mode != VT_AUTO)
		return log_refuse("%s: a virtual terminal that is not in text mode, or whose "
				  "switching a process controls",
				  o->who);
	return 0;
}

static int dump_other_modes(struct dump *d, struct other_tty *o)
{
	bool external = o->info->type == TTY_TYPE__EXT_TTY;
	int unread, r;

	r = tty_modes_dump(&d->arena, o->fd, o->who, o->info);
	if (r == 0 && o->info->type == TTY_TYPE__VT)
		r = look_at_vt(o);
	if (r < 0 || external)
		return r;
	if (ioctl(o->fd, FIONREAD, &unread) < 0)
		return log_err(-errno, "%s: how much can be read", o->who);
	return unread ? log_refuse("%s: %d bytes of input that nobody has read, in a terminal that "
				   "is not made with the tree",
				   o->who, unread)
		      : 0;
}

/* ---- images ---- */

static int put_info(struct image_out *out, const TtyInfoEntry *img)
{
	return img ? image_put(out, &img->base) : 0;
}

static int write_infos(struct dump *d)
{
	_cleanup_image_ struct image_out out = {};
	struct other_tty *o;
	struct pty *p;
	int r;

	r = image_create(&d->images, IMAGE_TTY_INFO, 0, &out);
	for (p = ptys; r == 0 && p; p = p->hh.next) {
		r = put_info(&out, p->master_info);
		if (r == 0)
			r = put_info(&out, p->slave_info);
		if (r == 0)
			r = put_info(&out, p->hung_info);
	}
	for (o = others; r == 0 && o; o = o->hh.next)
		r = put_info(&out, o->info);
	if (r == 0)
		r = tty_sessions_write(&out);
	return r < 0 ? r : image_close(&out);
}

static void forget(void)
{
	struct other_tty *o, *next_other;
	struct pty *p, *next;

	HASH_ITER(hh, ptys, p, next) {
		HASH_DEL(ptys, p);
		cleanup_close(&p->master);
		cleanup_close(&p->slave);
		for (unsigned int i = 0; i < p->n_async; i++)
			close(p->async[i].copy);
		free(p->async);
		tty_queue_done(&p->queue);
		free(p);
	}
	HASH_ITER(hh, others, o, next_other) {
		HASH_DEL(others, o);
		cleanup_close(&o->fd);
		free(o);
	}
	n_instances = 0;
}

/* The infos of a pty's two ends say the same twice. */
static void copy_modes(struct pty *p)
{
	const TtyInfoEntry *from = p->master_info;
	TtyInfoEntry *to = p->slave_info;

	to->exclusive = from->pair->exclusive;
	to->termios = from->termios;
	to->termios_locked = from->termios_locked;
	to->winsize = from->winsize;
	to->sid = from->sid;
	to->pgrp = from->pgrp;
}

int tty_dump_end(struct dump *d)
{
	int r;

	r = tty_sessions_resolve(ptys);
	for (struct pty *p = ptys; r == 0 && p; p = p->hh.next) {
		r = tty_sessions_of_pty(d, p);
		if (r == 0)
			r = tty_pair_dump(d, p);
	}
	for (struct other_tty *o = others; r == 0 && o; o = o->hh.next)
		r = dump_other_modes(d, o);
	if (r == 0)
		r = tty_sessions_dump(d, others);
	for (struct pty *p = ptys; r == 0 && p; p = p->hh.next)
		if (p->master_info && p->slave_info)
			copy_modes(p);
	if (r == 0 && (ptys || others || tty_sessions_any()))
		r = write_infos(d);
	if (r == 0)
		r = tty_data_write(d, ptys);
	tty_sessions_forget();
	forget();
	return r;
}
