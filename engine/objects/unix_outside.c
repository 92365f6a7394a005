// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets whose peer is outside the tree: it may stay there, and is told of in the images. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "engine/base/fd.h"
#include "engine/base/log.h"
#include "unix.h"

static struct unix_seen *outside; /* peers that are told of, by inode */

static bool may_stay_outside(const struct dump *d, const struct unix_seen *s)
{
	char key[32];

	snprintf(key, sizeof(key), "unix[%u]", s->ino);
	return options_external(d->opts, key) || (!unix_seen_connects(s) && d->opts->ext_unix_sk);
}

/*
 * The path of a server outside: absolute, or leading there from where the client is. It has to be found
 * again by it.
 */
static int name_outside(struct dump *d, const struct unix_seen *s, const struct diag_unix *sk,
			UnixSkEntry *img)
{
	const char *name = sk->name;
	char link[64], dir[PATH_MAX] = "", full[PATH_MAX + 128];
	struct stat st;

	if (sk->name_len == 0 || name[0] == '\0') {
		img->name.len = sk->name_len;
		img->name.data = (uint8_t *)name;
		return 0;
	}
	snprintf(link, sizeof(link), "/proc/%d/cwd", s->pid);
	if (name[0] != '/' && read_link_at(AT_FDCWD, link, dir, sizeof(dir) - 1) == 0)
		strcat(dir, "/");
	snprintf(full, sizeof(full), "%s%s", dir, name);
	if (stat(full, &st) < 0 || (uint32_t)st.st_ino != sk->file_ino ||
	    strlen(full) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return log_refuse(
			"%s: the server it is connected to cannot be reached by its path, "
			"%s",
			s->who, name);
	img->name.len = strlen(full) + 1;
	img->name.data = (uint8_t *)arena_strdup(&d->arena, full);
	return img->name.data ? 0 : -ENOMEM;
}

/*
 * What is left outside has an entry as well: others expect it as a datagram socket that listens, and
 * before those that are connected to it.
 */
static int leave_outside(struct dump *d, const struct unix_seen *s, const struct diag_unix *sk)
{
	FileEntry *fe = files_new_entry(d, FD_TYPES__UNIXSK);
	struct unix_seen *peer = arena_new(&d->arena, struct unix_seen);
	UnixSkEntry *img = arena_new(&d->arena, UnixSkEntry);
	int r;

	if (!fe || !peer || !img)
		return -ENOMEM;
	files_put_first(d);
	unix_sk_entry__init(img);
	fe->usk = img;
	img->id = fe->id;
	img->ino = s->sk->peer;
	img->type = SOCK_DGRAM;
	img->state = SK_LISTEN;
	img->uflags = USK_EXTERN;
	img->fown = arena_new(&d->arena, FownEntry);
	img->opts = arena_new(&d->arena, SkOptsEntry);
	if (!img->fown || !img->opts)
		return -ENOMEM;
	fown_entry__init(img->fown);
	sk_opts_entry__init(img->opts);
	r = sk ? name_outside(d, s, sk, img) : 0;
	peer->ino = img->ino;
	peer->img = img;
	peer->sk = sk;
	HASH_ADD(hh, outside, ino, sizeof(peer->ino), peer);
	return r;
}

bool unix_outside_has_name(const struct unix_seen *s)
{
	struct unix_seen *peer;

	HASH_FIND(hh, outside, &s->sk->peer, sizeof(s->sk->peer), peer);
	return peer && peer->img->name.len;
}

int unix_outside_dump(struct dump *d, struct unix_seen *s, const struct diag_unix_list *list)
{
	struct unix_seen *peer;

	if (!may_stay_outside(d, s))
		return log_refuse("%s: it is connected to a socket outside the tree (%u): %s",
				  s->who, s->sk->peer,
				  unix_seen_connects(s) ? "--external unix[INODE]"
							: "--ext-unix-sk");
	/* It cannot be put back into a socket whose other end is not ours. */
	if (unix_seen_connects(s) && s->sk->rqueue)
		return log_refuse("%s: data waits that came from outside the tree", s->who);
	s->outside = true;
	HASH_FIND(hh, outside, &s->sk->peer, sizeof(s->sk->peer), peer);
	return peer ? 0 : leave_outside(d, s, diag_unix_find(list, s->sk->peer));
}
