// SPDX-License-Identifier: GPL-2.0-only
/* Runs one probe in a task of its own and says what came out. Inside the frame only. */
#ifndef FEATURE_PROBES_FRAME_ASK_H
#define FEATURE_PROBES_FRAME_ASK_H

#include "../probe.h"

enum asker {
	AS_IS,        /* whoever we are */
	AS_ROOT,      /* root, with every capability there is to be had */
	AS_CAP_CR,    /* an ordinary user with CAP_CHECKPOINT_RESTORE and nothing else */
	AS_USERNS,    /* an ordinary user who is root in a user namespace of his own */
	AS_NOBODY,    /* an ordinary user */
	AS_NOT_KNOWN, /* no such word */
};

enum asker asker_by_name(const char *name);

/*
 * Makes the calling task that user; 0, or -1 and errno. For AS_USERNS the namespace is made but
 * has no ids yet: another task has to map them, see asker_map_ids().
 */
int asker_become(enum asker as);
int asker_map_ids(pid_t pid, uid_t uid, gid_t gid);

/*
 * What a probe's tasks tell the one that asks, in memory they all share: words get through
 * whatever has become of their descriptors, namespaces and seccomp filters by then.
 */
struct answer {
	_Atomic bool said;     /* someone has begun to say the verdict */
	_Atomic int verdict;   /* enum verdict, once it is said in full */
	_Atomic bool returned; /* the probe fell off its end */
	_Atomic int lock;      /* of news and detail */
	_Atomic int stage;     /* see reach() */
	bool stuck;            /* tasks of the probe cannot be killed */
	_Atomic int mapping;   /* of AS_USERNS's ids: 1 wanted, 2 done, -errno */
	char workdir[256];
	char litter[1024]; /* see rmdir_later(): texts one after the other */
	char reason[2048];
	char news[2048];
	char tried[2048];
	char detail[4096];
};

/*
 * Asks, and writes the finished answer to *ret: a verdict that is not UNDECIDED, and a reason for
 * each but CONFORMS. Work directories are made below `base`.
 */
void ask(const struct probe *p, enum asker as, const char *base, struct answer *ret);

/* The declaration and the answer of the probe this task belongs to. */
extern const struct probe *asked;
extern struct answer *answer;
extern const char *work_base;

/* A probe program called by this name is the one exec_idle() runs. */
#define IDLE_PROGRAM "idle-program"

/* How many times as long as on a real machine all may take here: $ZDTM_PATIENCE, or 1. */
unsigned int patience(void);

/*
 * Between two looks: twice as long as the time before, up to a few ms. To an emulated machine a timer
 * costs more than a look does.
 */
void wait_longer(unsigned int *pause_us);

const char *verdict_name(enum verdict verdict);

#endif
