// SPDX-License-Identifier: GPL-2.0-only
/* unix(7) sockets: what the files that deal with them share. */
#ifndef OBJECTS_UNIX_H
#define OBJECTS_UNIX_H

#include <limits.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/kernel/diag.h"
#include "engine/objects/files.h"
#include "proto/unix.pb-c.h"

/* unix_sk_entry.uflags */
#define USK_EXTERN  1 /* somebody outside the tree has it: it is only there to be connected to */
#define USK_INHERIT 8 /* whoever restores hands it over */

/* ---- unix_name.c: what sockets are bound to ---- */

struct un_addr {
	struct sockaddr_un un;
	char nul; /* behind a path that fills all of sun_path */
	socklen_t len;
};

void unix_name_addr(const void *name, size_t len, struct un_addr *ret);
/* "@name" or a path, for messages, in a buffer that the next call but three takes. */
const char *unix_name_text(const void *name, size_t len);

/* Is it a name that can be bound to? */
bool unix_name_valid(const ProtobufCBinaryData *name);
bool unix_name_abstract(const ProtobufCBinaryData *name);
bool unix_name_same(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b);

/* Fills name, path, directory and permissions. */
int unix_name_dump(const struct fd_view *v, const struct diag_unix *sk, UnixSkEntry *img);

/* The address that leads to socket `to`, a descriptor of ours, wherever its file is. */
struct unix_way {
	struct un_addr addr;
	int file; /* keeps the way open */
};
int unix_way_to(int to, const ProtobufCBinaryData *name, struct unix_way *way);
void unix_way_done(struct unix_way *way);
#define _cleanup_unix_way_ __attribute__((cleanup(unix_way_done)))

/*
 * What a message is charged to its sender as: a head of 256 bytes, and what kmalloc() rounds the rest
 * up to. Only an estimate: it is to tell whether something was one message, or who may have sent it.
 */
static inline unsigned int unix_charge(size_t len)
{
	size_t room = 512;

	while (room < len + 320)
		room *= 2;
	return 256 + room;
}

/* ---- unix_bind.c ---- */

/* In main, when any of the names leads nowhere. */
int unix_bind_prepare(struct restore *r);
void unix_bind_finish(void);
bool unix_bind_leads_nowhere(const UnixSkEntry *img);
/* What stands at a path: nothing, or the file of a socket that is gone; else an error. Logged. */
int unix_look_at_place(const char *path, const char *who, bool *empty);

/*
 * Binds sk to the name of img, whose file is where the image says, or nowhere. What is in the way at
 * a path must be the file of a socket that is gone. *made: a bit for each name, if nothing was. Logged.
 */
int unix_bind(struct restore *r, int sk, const UnixSkEntry *img, const char *who, uint32_t *made);
/* Takes the names away that unix_bind() made. */
void unix_bind_undo(const UnixSkEntry *img, uint32_t made);

/* ---- unix_other.c: when the file has several names ---- */

#define UNIX_OTHERS 31 /* as many as have a bit */

/* `path` is the one the kernel shows, and becomes one that there is. The others go into the image. */
int unix_other_dump(const struct fd_view *v, const struct stat *st, char path[PATH_MAX],
		    UnixSkEntry *img);
int unix_other_check(const UnixSkEntry *img, const char *what);
/* Makes them names of the file at `path`. Logged. */
int unix_other_make(const UnixSkEntry *img, const char *path, const char *who, uint32_t *made);
void unix_other_undo(const UnixSkEntry *img, uint32_t made);

/* ---- unix_links.c: who belongs to whom, when all have been met ---- */

/* A socket that was saved. */
struct unix_seen {
	uint32_t ino;
	UnixSkEntry *img;
	const struct diag_unix *sk;
	char who[64];
	pid_t pid;    /* of the task it was met in, 0: in none */
	bool outside; /* its peer is not of the tree, and may be so */
	UT_hash_handle hh;
};

static inline bool unix_seen_connects(const struct unix_seen *s)
{
	return s->img->type != SOCK_DGRAM;
}

int unix_links_dump(struct dump *d, struct unix_seen *all, const struct diag_unix_list *list);

/* ---- unix_look.c: what is in them ---- */

/* Sooner or later reads options, SO_PEERCRED and queue of s; `list` is of all sockets there are. */
int unix_look_later(const struct fd_view *v, struct unix_seen *s,
		    const struct diag_unix_list *list);
/* In what waits there may be more sockets: they come next. */
int unix_look_rest(struct dump *d);

/* ---- unix_error.c: pending errors ---- */

/* One is pending. */
int unix_error_dump(const struct unix_seen *s, UnixSkEntry *img);
int unix_error_dump_both(const struct unix_seen *s, const struct unix_seen *peer);

/* ---- unix_outside.c: peers outside the tree ---- */

/* Refuses it, unless the peer of s may stay outside: then it gets an entry of its own. */
int unix_outside_dump(struct dump *d, struct unix_seen *s, const struct diag_unix_list *list);
bool unix_outside_has_name(const struct unix_seen *s);

/* ---- restore: unix_plan.c and unix_mail.c decide, unix_make.c opens, unix_join.c ties together ---- */

struct sk_queue;
struct sk_packet;

enum unix_how {
	UNIX_ALONE, /* by socket(2); a datagram socket may connect later */
	UNIX_PAIR,  /* by socketpair(2), with its mate */
	UNIX_CLIENT, /* by socket(2); connects to a listener, which accepts its mate or lets it wait */
	UNIX_ACCEPTED, /* the mate of a client */
};

/* A socket to be made, in memory that all tasks share. */
struct unix_sk {
	struct restore_file *f;
	const UnixSkEntry *img;  /* made up for one of no image, which everybody has closed since */
	const PeerCredEntry *by; /* who is to make it; NULL: it does not matter */
	enum unix_how how;
	bool dead;   /* to be closed again when all is in place */
	bool given;  /* handed over by whoever restores */
	bool placed; /* came with its mate, and is where it is to be */
	struct unix_sk *mate, *listener;
	struct unix_sk *next, *next_of_task, *next_named;
	UT_hash_handle hh; /* by img->ino */

	/* Of datagrams. */
	struct unix_sk *peer;             /* where it is connected to in the end */
	struct unix_sk *from, *next_from; /* those whose peer it is */
	unsigned int n_from;              /* how many of them must connect before it does */
	unsigned int unsent;              /* while it is planned: charged bytes not accounted for */
	struct sk_queue *queue;
	struct sk_packet *left;  /* of the queue, still to be sent */
	struct unix_sk **sender; /* of each packet */
	unsigned int n_sent;

	unsigned int turn;       /* of a connection that waits: its place in the queue */
	unsigned int n_accepted; /* of a listener: how many it is to accept, */
	unsigned int n_pending;  /* and to leave waiting */

	/* Words that tasks wait for or change. */
	uint32_t connected; /* how many of those that must have */
	uint32_t accepted, pending;
	uint32_t lock;
	uint32_t widened; /* it may send more than it should */
	uint32_t made;    /* names of its file, where there was none: a bit each */
};

/* Those that one task makes, in the order they connect in. */
struct unix_task {
	pid_t pid;
	struct unix_sk *first, *last;
	UT_hash_handle hh;
};

struct unix_plan {
	struct unix_sk *all;
	struct unix_sk *by_ino;
	struct unix_task *tasks; /* by pid */
	bool nowhere;            /* a name leads there */
	uint32_t filled, connected, refilled;
};
extern struct unix_plan *unix_plan; /* NULL: there are no sockets */

const char *unix_sk_name(const struct unix_sk *u);
/* A socket of no image; dead. */
struct unix_sk *unix_plan_dead(struct restore *r, uint32_t type, const ProtobufCBinaryData *name);
/* Listeners and datagram sockets by name: those that were bound to one, the others by next_named. */
struct unix_sk *unix_plan_named(uint32_t type, const ProtobufCBinaryData *name);
int unix_plan_name(struct unix_sk *u);
/* What it is connected to. */
int unix_plan_peer(const struct unix_sk *u, struct unix_sk **ret);
static inline bool unix_sk_connects(const struct unix_sk *u)
{
	return u->img->type != SOCK_DGRAM;
}

static inline bool unix_sk_outside(const struct unix_sk *u)
{
	return u->img->uflags & USK_EXTERN;
}
/* Does a datagram socket connect, when all are there? */
static inline bool unix_sk_reconnects(const struct unix_sk *u)
{
	return !unix_sk_connects(u) && u->peer && u->peer != u->mate;
}
/* Must u have connected to p before that connects to another? */
static inline bool unix_sk_precedes(const struct unix_sk *u, const struct unix_sk *p)
{
	return u != p && p->peer != u && !unix_sk_outside(p);
}

/* unix_error.c: what a datagram socket is still to be told. Logged. */
int unix_error_check(const UnixSkEntry *img, const char *what);
bool unix_error_pending(const struct unix_sk *u);
/* When it is known whose pair it is of. */
int unix_error_plan(const struct unix_sk *u);
/* Of one end of a new pair, whose mate is left connected to nobody; of one that is bound to a name. */
int unix_error_of_pair(const struct unix_sk *u, int fd, int mate);
int unix_error_of_one(const struct unix_sk *u, int fd);

/* unix_roles.c: how each socket comes to be. */
int unix_roles(struct restore *r);

/*
 * unix_mail.c: who is connected to whom among datagram sockets, who sends what waits in queues, and
 * in which order it all happens.
 */
int unix_mail_peers(struct restore *r);
int unix_mail_senders(struct restore *r);
int unix_mail_order(struct restore *r);

/* unix_make.c, and what it shares with unix_join.c: */
/* A descriptor of the socket in this task, and whether it is one more. */
int unix_fd(struct restore *r, const struct unix_sk *u, bool *extra);
/* As whoever did so, connects to a listener or listens. Logged. */
int unix_connect(struct unix_sk *u, int fd, int listener);
int unix_listen(struct unix_sk *u, int fd, int backlog);
/* What an end of a connection has shut down that the other has not. */
static inline uint32_t unix_sk_swap(uint32_t shutdown)
{
	return (shutdown & 1) << 1 | (shutdown & 2) >> 1;
}
int unix_shutdown(const struct unix_sk *u, int fd, uint32_t bits);

extern const struct object unix_object;
int unix_check(struct restore *r, struct restore_file *f);
int unix_plan_all(struct restore *r);
int unix_prepare(struct restore *r);
int unix_open(struct restore *r, struct restore_file *f);
int unix_join(struct restore *r, struct restore_task *t);
void unix_finish(struct restore *r, bool ok);

#endif
