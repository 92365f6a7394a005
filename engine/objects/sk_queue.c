// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/restore/plan.h"
#include "files.h"
#include "sk_queue.h"

#define MOST_FDS 253 /* SCM_MAX_FD */

/* ---- dump ---- */

/* A message that was looked at. */
struct sk_mail {
	struct sk_mail *next;
	struct sk_message m; /* pointing behind it */
};

static struct image_out out;
static bool out_begun;

struct collecting {
	struct sk_mail **last;
};

static int collect(void *arg, const struct sk_message *m)
{
	struct collecting *c = arg;
	size_t fds = m->n_fds * sizeof(int);
	struct sk_mail *mail = malloc(sizeof(*mail) + fds + m->addr_len + m->len);
	char *at = (char *)(mail + 1);

	if (!mail)
		return -ENOMEM;
	mail->m = *m;
	mail->m.fd = (int *)at;
	for (mail->m.n_fds = 0; mail->m.n_fds < m->n_fds; mail->m.n_fds++) {
		int *fd = (int *)at + mail->m.n_fds;

		*fd = fcntl(m->fd[mail->m.n_fds], F_DUPFD_CLOEXEC, 0);
		if (*fd < 0)
			break;
	}
	at += fds;
	mail->m.addr = at;
	if (m->addr_len)
		at = mempcpy(at, m->addr, m->addr_len);
	mail->m.data = at;
	if (m->len)
		memcpy(at, m->data, m->len);
	mail->next = NULL;
	*c->last = mail;
	c->last = &mail->next;
	return mail->m.n_fds < m->n_fds ? -EMFILE : 0;
}

void sk_mail_free(struct sk_mail *mail)
{
	while (mail) {
		struct sk_mail *next = mail->next;

		for (unsigned int i = 0; i < mail->m.n_fds; i++)
			close(mail->m.fd[i]);
		free(mail);
		mail = next;
	}
}

int sk_mail_look(struct sk_peek *p, struct sk_mail **ret, bool *error)
{
	struct collecting c = { .last = ret };
	int r;

	*ret = NULL;
	p->show = collect;
	p->arg = &c;
	r = sk_peek(p, error);
	if (r < 0) {
		sk_mail_free(*ret);
		*ret = NULL;
	}
	return r;
}

struct saving {
	struct dump *dump;
	uint32_t id;
	const char *what;
};

static int save_fds(const struct saving *s, const struct sk_message *m, ScmEntry *scm)
{
	char what[160];

	snprintf(what, sizeof(what), "%s: a descriptor in flight", s->what);
	scm->type = SCM_RIGHTS;
	scm->rights = calloc(m->n_fds, sizeof(*scm->rights));
	if (!scm->rights)
		return -ENOMEM;
	for (; scm->n_rights < m->n_fds; scm->n_rights++) {
		FdTypes type;
		int r = files_dump_copy(s->dump, m->fd[scm->n_rights], what,
					&scm->rights[scm->n_rights], &type);

		if (r < 0)
			return r;
	}
	return 0;
}

static int save(void *arg, const struct sk_message *m)
{
	const struct saving *s = arg;
	SkPacketEntry e = SK_PACKET_ENTRY__INIT;
	SkCredEntry cred = SK_CRED_ENTRY__INIT;
	ScmEntry scm = SCM_ENTRY__INIT, *scms[] = { &scm };
	_cleanup_free_ uint32_t *rights = NULL;
	int r = 0;

	e.id_for = s->id;
	e.length = m->len;
	if (m->n_fds) {
		r = save_fds(s, m, &scm);
		rights = scm.rights;
		e.scm = scms;
		e.n_scm = 1;
	}
	if (m->addr_len) {
		e.has_addr = true;
		e.addr.data = (uint8_t *)m->addr;
		e.addr.len = m->addr_len;
	}
	if (m->cred.pid) {
		cred.pid = m->cred.pid;
		cred.uid = m->cred.uid;
		cred.gid = m->cred.gid;
		e.cred = &cred;
	}
	e.has_oob = e.oob = m->oob;
	e.has_oob_taken = e.oob_taken = m->oob_taken;
	if (r == 0 && !out_begun) {
		r = image_create(&s->dump->images, IMAGE_SK_QUEUES, 0, &out);
		out_begun = r == 0;
	}
	if (r == 0)
		r = image_put(&out, &e.base);
	return r < 0 ? r : image_put_raw(&out, m->data, m->len);
}

int sk_mail_save(struct dump *d, uint32_t id, const struct sk_mail *mail, const char *what)
{
	struct saving s = { .dump = d, .id = id, .what = what };
	int r = 0;

	for (; r == 0 && mail; mail = mail->next)
		r = save(&s, &mail->m);
	return r;
}

int sk_queue_dump(struct dump *d, uint32_t id, struct sk_peek *p)
{
	struct saving s = { .dump = d, .id = id, .what = p->what };
	bool error;
	int r;

	p->show = save;
	p->arg = &s;
	r = sk_peek(p, &error);
	return r == -EMFILE ? log_err(r, "%s: descriptors in flight", p->what) : r;
}

int sk_queue_dump_end(void)
{
	peek_guard_done();
	if (!out_begun)
		return 0;
	out_begun = false;
	return image_close(&out);
}

/* ---- restore ---- */

unsigned int sk_packet_rights(const struct sk_packet *p)
{
	return p->e->n_scm ? p->e->scm[0]->n_rights : 0;
}

struct restore_file *sk_packet_right(struct restore *r, const struct sk_packet *p, unsigned int i)
{
	return restore_file_by_id(r, p->e->scm[0]->rights[i]);
}

static int check_packet(struct restore *r, const SkPacketEntry *e)
{
	if (e->n_scm > 1 ||
	    (e->n_scm && (e->scm[0]->type != SCM_RIGHTS || e->scm[0]->n_rights > MOST_FDS)))
		return log_refuse("sk-queues.img: a message of socket %u comes with more than "
				  "descriptors: not supported yet",
				  e->id_for);
	for (size_t i = 0; e->n_scm && i < e->scm[0]->n_rights; i++)
		if (!restore_file_by_id(r, e->scm[0]->rights[i]))
			return log_bad_image("sk-queues.img: socket %u: file %u is in flight, and "
					     "there is none",
					     e->id_for, e->scm[0]->rights[i]);
	if ((e->oob && e->length != 1) || (e->oob_taken && e->length))
		return log_bad_image("sk-queues.img: socket %u: an out-of-band byte of %u bytes",
				     e->id_for, e->length);
	return 0;
}

static int add_packet(struct restore *r, struct sk_queue **all, const SkPacketEntry *e,
		      const uint8_t *data)
{
	struct sk_packet *p = arena_new(&r->arena, struct sk_packet);
	struct sk_queue *q;

	HASH_FIND(hh, *all, &e->id_for, sizeof(e->id_for), q);
	if (!q) {
		q = arena_new(&r->arena, struct sk_queue);
		if (!q)
			return -ENOMEM;
		q->id = e->id_for;
		HASH_ADD(hh, *all, id, sizeof(q->id), q);
	}
	if (!p)
		return -ENOMEM;
	p->e = e;
	p->data = data;
	if (q->last)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
	return 0;
}

int sk_queues_read(struct restore *r, struct sk_queue **ret)
{
	struct image_in in;
	SkPacketEntry *e;
	int err = image_open(&r->set, IMAGE_SK_QUEUES, 0, &in);

	*ret = NULL;
	if (err == -ENOENT)
		return 0;
	while (err >= 0 && (err = image_get(&in, &sk_packet_entry__descriptor, &e)) > 0) {
		const uint8_t *data;

		err = image_get_raw(&in, e->length, &data);
		if (err < 0)
			break;
		err = check_packet(r, e);
		if (err == 0)
			err = add_packet(r, ret, e, data);
		if (err < 0)
			return err;
	}
	return err < 0 ? plan_bad(r, err) : 0;
}

static void add_cmsg(struct msghdr *msg, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)((char *)msg->msg_control + msg->msg_controllen);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	msg->msg_controllen += CMSG_SPACE(len);
}

int sk_packet_send(const struct sk_packet *p, int sk, const struct sockaddr *to, socklen_t to_len,
		   const int *fds, size_t *done)
{
	char control[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(MOST_FDS * sizeof(int))]
		__attribute__((aligned(8))) = "";
	unsigned int n_fds = sk_packet_rights(p);
	struct iovec iov = { (void *)p->data, p->e->length };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_name = (void *)to,
			      .msg_namelen = to_len,
			      .msg_control = control };
	bool oob = p->e->oob || p->e->oob_taken;
	char any = 0;

	if (p->e->oob_taken)
		iov = (struct iovec){ &any, 1 };
	if (p->e->cred)
		add_cmsg(&msg, SCM_CREDENTIALS,
			 &(struct ucred){ p->e->cred->pid, p->e->cred->uid, p->e->cred->gid },
			 sizeof(struct ucred));
	/* Those of a stream go with the first byte. */
	if (n_fds && *done == 0)
		add_cmsg(&msg, SCM_RIGHTS, fds, n_fds * sizeof(int));
	do {
		ssize_t n;

		iov.iov_base = p->e->oob_taken ? &any : (void *)(p->data + *done);
		iov.iov_len = (p->e->oob_taken ? 1 : p->e->length) - *done;
		n = sendmsg(sk, &msg, MSG_DONTWAIT | MSG_NOSIGNAL | (oob ? MSG_OOB : 0));
		if (n < 0)
			return -errno;
		*done += n;
		if (n > 0 && n_fds)
			msg.msg_controllen = p->e->cred ? CMSG_SPACE(sizeof(struct ucred)) : 0;
	} while (*done < p->e->length);
	return 0;
}
