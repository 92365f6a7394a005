// SPDX-License-Identifier: GPL-2.0-only
/* Terminals as images tell of them: what tty_plan.c finds out and tty_restore.c makes. */
#ifndef OBJECTS_TTY_PLAN_H
#define OBJECTS_TTY_PLAN_H

#include <uthash.h>

#include "tty.h"

/* Open files of one terminal that some task has. */
struct plan_tty_file {
	struct restore_file *file;
	const RegFileEntry *reg; /* NULL: no path is known */
	struct plan_tty_file *next;
};

struct plan_pty;

/* An info. */
struct plan_tty {
	uint32_t id;
	const TtyInfoEntry *img;
	enum tty_kind kind;
	bool hung_up;
	bool external; /* the terminal of a job, or given by --inherit-fd */
	struct plan_tty_file *files, **last_file;
	struct plan_pty *pty;
	struct plan_tty *terminal; /* of /dev/tty: what it stands for; NULL: the job's */
	int fd;                    /* main's, while it makes them; -1: none */
	UT_hash_handle hh;
};

struct plan_pty {
	struct {
		uint32_t devpts, index;
	} key;
	struct plan_tty *master, *slave, *hung;
	struct tty_queue queue; /* its bytes are the image's */
	bool current;           /* the slave is open by way of /dev/tty */
	int master_fd, slave_fd;
	char who[32];
	UT_hash_handle hh;
};

/* A session and its controlling terminal. */
struct plan_session {
	pid_t sid;
	bool job; /* that of the caller */
	struct plan_tty *tty;
	UT_hash_handle hh;
};

extern struct tty_plan {
	struct plan_tty *ttys;         /* by id */
	struct plan_pty *ptys;         /* by instance and number; rising, once planned */
	struct plan_session *sessions; /* by sid */
	bool job;                      /* something of the caller's terminal is wanted */
} planned;

#define for_each_tty_file(f, tty)                                                                  \
	for (struct plan_tty_file *f = (tty) ? (tty)->files : NULL; f; f = f->next)

/* Finds each pty's queue: struct plan_pty.queue. */
int tty_data_read(struct restore *r);

int tty_set_size(int fd, const WinsizeEntry *e, const char *who);

/* Opens what is no pty of the images; and then what /dev/tty stands for, when all of that is there. */
int tty_make_others(struct restore *r);
int tty_make_currents(void);

#endif
