// SPDX-License-Identifier: GPL-2.0-only
/* Terminals while they are saved: what tty_dump.c, tty_pair.c and tty_sessions.c share. */
#ifndef OBJECTS_TTY_DUMP_H
#define OBJECTS_TTY_DUMP_H

#include <uthash.h>

#include "tty.h"

/* A pty some end of which is open. */
struct pty {
	struct {
		dev_t dev; /* of the devpts instance */
		uint32_t index;
	} key;
	uint32_t devpts; /* number of the instance */
	int master;      /* a copy of ours; -1: not in the tree */
	int slave;       /* likewise */
	bool dead;       /* the master is gone */
	bool current;    /* the slave is open by way of /dev/tty */
	TtyInfoEntry *master_info, *slave_info, *hung_info;
	struct {
		int copy, fd; /* ours, and the task's, which the signal tells */
	} * async;            /* open files that send signals */
	unsigned int n_async;
	struct tty_queue queue;
	char who[64]; /* the first descriptor met */
	UT_hash_handle hh;
};

/* A terminal that is not made with the tree. */
struct other_tty {
	dev_t rdev;
	int fd;
	TtyInfoEntry *info;
	char who[64];
	UT_hash_handle hh;
};

TtyInfoEntry *tty_new_info(struct dump *d, uint32_t id, TtyType type, const struct stat *node);
/* A number for what is not a pty. */
uint32_t tty_new_id(void);

/* The image of the whole pty: fills all its infos but what is told about sessions. */
int tty_pair_dump(struct dump *d, struct pty *p);

int tty_data_write(struct dump *d, const struct pty *ptys);

/* ---- controlling terminals ---- */

/* An open file of /dev/tty; *id: of the info it gets. */
int tty_sessions_note(const struct fd_view *v, uint32_t *id);
/* When all open files are known: what /dev/tty stands for. */
int tty_sessions_resolve(struct pty *ptys);
/* The session that a pty controls, as its master (or a slave, of the terminal of a job) tells. */
int tty_sessions_of_pty(struct dump *d, struct pty *p);
/* What the tasks say: all of them must agree. */
int tty_sessions_dump(struct dump *d, struct other_tty *others);

int tty_sessions_write(struct image_out *out);
bool tty_sessions_any(void);
void tty_sessions_forget(void);

#endif
