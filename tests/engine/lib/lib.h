// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests of refcr as a program share: a place of their own, the target, running refcr, and
 * looking at what it leaves behind.
 */
#ifndef TESTS_ENGINE_LIB_H
#define TESTS_ENGINE_LIB_H

#include <atf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/engine/target.h"

#define ROOT_TC(name, what)                                                                        \
	ATF_TC(name);                                                                              \
	ATF_TC_HEAD(name, tc)                                                                      \
	{                                                                                          \
		atf_tc_set_md_var(tc, "descr", what);                                              \
		atf_tc_set_md_var(tc, "require.user", "root");                                     \
	}                                                                                          \
	ATF_TC_BODY(name, tc)

/* ---- A place of its own: arena.c ---- */

/*
 * From here on the test case is in pid and mount namespaces of its own and in an empty directory,
 * on a tmpfs. What it leaves running ends with it.
 */
void arena(void);

/*
 * Besides: the root file system cannot be written but where the result of the case goes, whatever
 * paths come of what is restored, and whatever becomes of network and queues is nobody else's.
 */
void walled_arena(void);

/* Tasks in the arena besides its init, the test case and those of the list (ended by 0). */
unsigned int strangers(const pid_t *known);
/* Until there are none; fails the test after a few seconds, naming them. */
void expect_nobody_but(const pid_t *known);
#define expect_nobody() expect_nobody_but((const pid_t[]){ 0 })

/* State letter in /proc, 0 for a task that is not there. */
char task_state(pid_t pid);
void await_state(pid_t pid, char state);
pid_t tracer_of(pid_t pid);

/* ---- refcr: run.c ---- */

struct ran {
	int status; /* exit status, or minus the signal */
	char *out, *err;
};

/* Path of a program of the build tree: "sbin/refcr". */
const char *built(const char *path);

/* From here on: with one CPU refcr has one thread, and nothing is done behind that. */
void one_cpu(void);

/* `args` as a shell has them. One that does not end within the deadline fails the test. */
struct ran refcr(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
pid_t refcr_start(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct ran refcr_end(pid_t pid);
/* Arguments as a text that lasts until the next call. */
const char *refcr_args(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for any command. */
struct ran shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* It worked, and said nothing. */
void expect_fine(const struct ran *r);
/* It failed by itself, and said this. */
void expect_failed(const struct ran *r, const char *says);

/* Nothing in it crashed: no task that it was making, and no sanitizer found anything. */
void expect_no_crash(const struct ran *r);
/*
 * Restores img/ with --accept-edited, whatever is in it. It ends, by itself; what it could not make
 * is gone, and what it could is ended here. Gives its status.
 */
int expect_sane(void);

/* The names in a directory, sorted, each followed by a blank. */
const char *names_in(const char *dir);
#define expect_empty(dir) ATF_CHECK_STREQ(names_in(dir), "")
/* Makes a directory, or makes it empty. */
void empty(const char *dir);
bool exists(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *read_file(const char *path, size_t *size);
void write_file(const char *path, const void *data, size_t size);

/* ---- The target: target_run.c ---- */

struct target {
	pid_t pid;
	struct target_state *state;
};

/* Starts it as the leader of a session; `how` is "one", "many" or "execs". Returns when everybody works. */
struct target target(const char *how);
/* The same as another user. */
struct target target_as(const char *how, uid_t uid);

/* A task of it that is not the root, and works. */
pid_t target_child(const struct target *t);

/* Everybody in it goes on working from here, and nothing has gone wrong. */
void expect_well(const struct target *t);
/* Until everybody in it goes on working, which it may not yet do. */
void expect_rounds(const struct target *t);
/* Asks it to end, and sees that it does, well. Works for a restored one, too. */
void target_end(struct target *t);
/* /proc/PID/maps of one up to the stack, which may grow at any time; the caller's. */
char *maps_of(pid_t pid);
/* Ends it and all its tasks at once; it may be gone. Its state stays, for one to be restored. */
void target_kill(const struct target *t);

/* ---- One system call after the other: trace.c ---- */

/* refcr under ptrace(2), stopped at its first instruction. */
pid_t traced(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Lets it run to its next stop at the entry or exit of a system call, which call it is goes to *nr
 * (-1 at an exit). false: it has ended instead, and how is in *status.
 */
bool traced_step(pid_t pid, long *nr, int *status);

/*
 * Until stop number n after the first time it enters the system call `from`. false: it ended before;
 * *stops, if not NULL, then tells how many there were.
 */
bool traced_until(pid_t pid, long from, unsigned int n, unsigned int *stops, int *status);
/* How many stops a whole run with these arguments has after that. It must work. */
unsigned int count_stops(long from, const char *args);
/* SIGKILL, and it is gone. */
void traced_kill(pid_t pid);
/* What one said that has ended by itself, with this wait status. */
struct ran traced_ended(pid_t pid, int status);
/* Runs on without us. */
void traced_let_go(pid_t pid);

/*
 * Moments spread over all `stops`: `rounds` of them, or what the environment variable
 * REFCR_TEST_ROUNDS says ("all", a number). Calls fn() for each.
 */
void at_moments(unsigned int stops, unsigned int rounds, void (*fn)(unsigned int n, void *arg),
		void *arg);

#endif
