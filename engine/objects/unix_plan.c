// SPDX-License-Identifier: GPL-2.0-only
/* How unix sockets are to be made again, and by whom. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/plan.h"
#include "sk_queue.h"
#include "sockopt.h"
#include "unix.h"

struct unix_plan *unix_plan;

const char *unix_sk_name(const struct unix_sk *u)
{
	static char name[4][64];
	static unsigned int n;
	char *to = name[n++ % 4];

	if (u->dead)
		snprintf(to, sizeof(name[0]), "a closed unix socket");
	else
		snprintf(to, sizeof(name[0]), "unix socket %u", u->img->ino);
	return to;
}

/* ---- one image ---- */

static int check_name(const UnixSkEntry *img, const struct restore_file *f)
{
	bool abstract = unix_name_abstract(&img->name);

	if (img->name.len && !unix_name_valid(&img->name))
		return log_bad_image("files.img: unix socket %u has an impossible name", f->id);
	if (img->has_path &&
	    (img->path.len == 0 || img->path.len >= PATH_MAX || img->path.data[0] != '/' ||
	     memchr(img->path.data, '\0', img->path.len)))
		return log_bad_image("files.img: unix socket %u: where its file is makes no sense",
				     f->id);
	if (img->name.len && !abstract && img->name.data[0] != '/' && !img->name_dir &&
	    !img->has_path && !img->deleted)
		return log_bad_image("files.img: unix socket %u: no telling where %s is", f->id,
				     unix_name_text(img->name.data, img->name.len));
	if (img->dead_peer.len && !unix_name_valid(&img->dead_peer))
		return log_bad_image("files.img: unix socket %u: its peer had an impossible name",
				     f->id);
	return 0;
}

static int check_name_outside(const UnixSkEntry *img, const struct restore_file *f)
{
	if (img->name.len && !unix_name_valid(&img->name))
		return log_bad_image("files.img: unix socket %u, outside, has an impossible name",
				     f->id);
	return 0;
}

int unix_check(struct restore *r, struct restore_file *f)
{
	const UnixSkEntry *img = f->fe->usk;
	char what[64];

	if (!img || !img->fown || !img->opts)
		return log_bad_image("files.img: unix socket %u has no content", f->id);
	if (img->uflags == USK_EXTERN)
		return check_name_outside(img, f);
	if (img->uflags)
		return log_refuse("files.img: unix socket %u has flags %#x: not supported yet",
				  f->id, img->uflags);
	if (img->type != SOCK_STREAM && img->type != SOCK_DGRAM && img->type != SOCK_SEQPACKET)
		return log_bad_image("files.img: unix socket %u is of type %u", f->id, img->type);
	if (img->state != SK_ESTABLISHED && img->state != SK_CLOSE &&
	    (img->state != SK_LISTEN || img->type == SOCK_DGRAM || !img->name.len))
		return log_bad_image("files.img: unix socket %u is in state %u", f->id, img->state);
	if (img->shutdown > 3)
		return log_bad_image("files.img: unix socket %u is shut down in %u ways", f->id,
				     img->shutdown);
	if (img->peer_cred && img->peer_cred->n_groups > 65536)
		return log_bad_image("files.img: unix socket %u: its peer had %zu groups", f->id,
				     img->peer_cred->n_groups);
	f->fown = img->fown;
	f->flags = img->flags;
	snprintf(what, sizeof(what), "files.img: unix socket %u", f->id);
	if (check_name(img, f) < 0 || unix_other_check(img, what) < 0 ||
	    unix_error_check(img, what) < 0)
		return -EBADMSG;
	return sockopt_check(img->opts, what);
}

/* ---- all of them ---- */

static struct unix_sk *new_sk(struct restore *r, struct restore_file *f, const UnixSkEntry *img)
{
	struct unix_sk *u = arena_new(&r->arena, struct unix_sk);

	if (!u)
		return NULL;
	u->f = f;
	u->img = img;
	f->data = u;
	u->next = unix_plan->all;
	unix_plan->all = u;
	return u;
}

struct unix_sk *unix_plan_dead(struct restore *r, uint32_t type, const ProtobufCBinaryData *name)
{
	static FownEntry nobody = FOWN_ENTRY__INIT;
	struct restore_file *f = arena_new(&r->arena, struct restore_file);
	UnixSkEntry *img = arena_new(&r->arena, UnixSkEntry);
	struct unix_sk *u;

	if (!f || !img)
		return NULL;
	unix_sk_entry__init(img);
	img->type = type;
	img->state = SK_CLOSE;
	if (name)
		img->name = *name;
	img->deleted = true;
	f->ops = &unix_object;
	f->main_fd = -EBADF;
	f->fown = &nobody;
	u = new_sk(r, f, img);
	if (u)
		u->dead = true;
	return u;
}

/* What --inherit-fd gives in its place. */
static int given_fd(struct restore *r, const struct unix_sk *u)
{
	char key[32];
	int fd;

	snprintf(key, sizeof(key), "socket:[%u]", u->img->ino);
	fd = options_inherited(r->opts, key);
	if (fd >= 0)
		return fd;
	snprintf(key, sizeof(key), "socket[%u]", u->img->ino);
	return options_inherited(r->opts, key);
}

static int collect(struct restore *r)
{
	struct restore_file *f, *next;
	struct unix_sk *u, *other;

	HASH_ITER(hh, r->files, f, next) {
		if (f->ops != &unix_object)
			continue;
		if (!unix_plan) {
			unix_plan = arena_new(&r->arena, struct unix_plan);
			if (!unix_plan)
				return -ENOMEM;
		}
		u = new_sk(r, f, f->fe->usk);
		if (!u)
			return -ENOMEM;
		u->given = given_fd(r, u) >= 0;
		if (unix_sk_outside(u) && f->owner)
			return log_bad_image("files.img: unix socket %u is outside, and a task has "
					     "it",
					     u->img->ino);
		HASH_FIND(hh, unix_plan->by_ino, &u->img->ino, sizeof(u->img->ino), other);
		if (other)
			return log_bad_image("files.img: unix socket %u comes twice", u->img->ino);
		HASH_ADD_KEYPTR(hh, unix_plan->by_ino, &u->img->ino, sizeof(u->img->ino), u);
	}
	return 0;
}

int unix_plan_peer(const struct unix_sk *u, struct unix_sk **ret)
{
	HASH_FIND(hh, unix_plan->by_ino, &u->img->peer, sizeof(u->img->peer), *ret);
	if (!*ret)
		return log_bad_image(
			"files.img: unix socket %u is connected to %u, which is missing",
			u->img->ino, u->img->peer);
	if ((*ret)->img->type != u->img->type && !unix_sk_outside(*ret))
		return log_bad_image("files.img: unix socket %u is connected to %u, which is of "
				     "another type",
				     u->img->ino, u->img->peer);
	return 0;
}

/* ---- names ---- */

struct named {
	struct {
		uint32_t type;
		char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	} key;
	struct unix_sk *first;
	UT_hash_handle hh;
};
static struct named *names;

static struct named *find_name(uint32_t type, const ProtobufCBinaryData *name, struct named *key)
{
	struct named *n;

	memset(key, 0, sizeof(*key));
	key->key.type = type;
	memcpy(key->key.name, name->data, MIN(name->len, sizeof(key->key.name)));
	HASH_FIND(hh, names, &key->key, sizeof(key->key), n);
	return n;
}

struct unix_sk *unix_plan_named(uint32_t type, const ProtobufCBinaryData *name)
{
	struct named key, *n = find_name(type, name, &key);

	return n ? n->first : NULL;
}

int unix_plan_name(struct unix_sk *u)
{
	struct named key, *n = find_name(u->img->type, &u->img->name, &key);

	if (!n) {
		n = calloc(1, sizeof(*n));
		if (!n)
			return -ENOMEM;
		n->key = key.key;
		HASH_ADD(hh, names, key, sizeof(n->key), n);
	}
	u->next_named = n->first;
	n->first = u;
	return 0;
}

/* ---- makers ---- */

/* Who connected to a listener that has not accepted it is told by nothing: whoever has it, then. */
static const PeerCredEntry *cred_of_owner(struct restore *r, const struct unix_sk *u)
{
	const struct restore_task *t = u->f->owner;
	const CredsEntry *c = t ? t->thread[0].core->thread_core->creds : NULL;
	PeerCredEntry *e = c ? arena_new(&r->arena, PeerCredEntry) : NULL;

	if (!e)
		return NULL;
	peer_cred_entry__init(e);
	e->pid = t->pid;
	e->uid = c->euid;
	e->gid = c->egid;
	e->groups = c->groups;
	e->n_groups = c->n_groups;
	return e;
}

static const PeerCredEntry *maker_of(struct restore *r, const struct unix_sk *u)
{
	switch (u->how) {
	case UNIX_PAIR:
		return u->img->peer_cred ?: u->mate->img->peer_cred;
	case UNIX_CLIENT:
		return u->mate ? u->mate->img->peer_cred : cred_of_owner(r, u);
	case UNIX_ACCEPTED:
		return u->img->peer_cred;
	default:
		return u->img->state == SK_LISTEN ? u->img->peer_cred : NULL;
	}
}

static int choose_maker(struct restore *r, struct unix_sk *u)
{
	struct restore_task *t;
	int ret;

	u->by = maker_of(r, u);
	if (u->by)
		t = plan_task_for(r, u->by->pid);
	else
		t = u->f->owner ?: (u->mate ? u->mate->f->owner : NULL) ?: r->root;
	if (!t)
		return -ENOTSUP;
	ret = files_give(r, t, u->f);
	if (ret == 0 && u->mate) {
		u->mate->by = u->by;
		ret = files_give(r, t, u->mate->f);
	}
	return ret;
}

static int choose_makers(struct restore *r)
{
	int ret = 0;

	for (struct unix_sk *u = unix_plan->all; ret == 0 && u; u = u->next) {
		if (u->given)
			ret = files_lend(r, r->root, u->f);
		if (u->given || unix_sk_outside(u))
			continue;
		/* Of two mates one speaks for both: the client, or the one that has the other. */
		if (u->how == UNIX_ACCEPTED || (u->how == UNIX_PAIR && u->mate > u))
			continue;
		ret = choose_maker(r, u);
		unix_plan->nowhere |= unix_bind_leads_nowhere(u->img) ||
				      (u->mate && unix_bind_leads_nowhere(u->mate->img));
	}
	return ret;
}

int unix_plan_all(struct restore *r)
{
	int ret = collect(r);

	if (ret < 0 || !unix_plan)
		return ret;
	ret = unix_roles(r);
	if (ret == 0)
		ret = unix_mail_senders(r);
	if (ret == 0)
		ret = choose_makers(r);
	return ret < 0 ? ret : unix_mail_order(r);
}

int unix_prepare(struct restore *r)
{
	for (struct unix_sk *u = unix_plan ? unix_plan->all : NULL; u; u = u->next) {
		if (!u->given)
			continue;
		u->f->main_fd = fcntl(given_fd(r, u), F_DUPFD_CLOEXEC, 0);
		if (u->f->main_fd < 0)
			return log_err(-errno, "%s, handed over", unix_sk_name(u));
	}
	return unix_plan && unix_plan->nowhere ? unix_bind_prepare(r) : 0;
}

void unix_finish(struct restore *r, bool ok)
{
	unix_bind_finish();
	for (struct unix_sk *u = unix_plan ? unix_plan->all : NULL; u && !ok; u = u->next)
		if (u->made)
			unix_bind_undo(u->img, u->made);
}
