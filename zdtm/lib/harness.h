// SPDX-License-Identifier: GPL-2.0-only
/* What the harness's own files share. Tests include zdtm.h only. */
#ifndef ZDTM_HARNESS_H
#define ZDTM_HARNESS_H

#include <stdarg.h>

#include "protocol.h"
#include "zdtm.h"

/* Memory shared by all tasks of a test: one page, for tests whose tasks have to agree on something. */
struct shared {
	uint32_t over;     /* check() is about to begin */
	uint32_t failures; /* in all children */
	uint32_t told;     /* the first failure has been written to... */
	char text[1000];   /* ...here, for a child that had lost its log */
	uint32_t tokens[T_SLOTS];
};

/* The harness's whole state. It is dumped with the test, so there is little of it. */
struct harness {
	pid_t main; /* pid of the main process, tid of its main thread */
	uint32_t over;
	uint32_t failures; /* in this process */
	struct shared *shared;
};
extern struct harness harness;

/* Failing where the test called the helper that fails. */
#define fail_caller(...) zdtm_fail(zdtm_at, __VA_ARGS__)
#define end_caller(...)  zdtm_die(zdtm_at, __VA_ARGS__)

/* One protocol line into the log. */
void say(const char *word, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool in_main_thread(void)
{
	return gettid() == harness.main;
}

/* The life of a child: fn(arg), and an exit status that says whether anything failed. */
_Noreturn void run_task(t_task *fn, long arg);

/* Seconds the main thread waits for something that should happen at once. */
unsigned int patience(void);

/* Milliseconds on CLOCK_MONOTONIC, and what is left until such a moment (0 when it has passed). */
int64_t now_ms(void);
int64_t left_ms(int64_t deadline);

/* The main thread's wait for a descriptor: false when its patience ended. */
bool ready_in_time(int fd, short events);

/* All tasks but this one and the arena's init, and what they are doing, on one line. */
const char *what_others_do(char *to, size_t size);

/* What t_exec() begins: argv as ZDTM_ARG_TASK has it. */
_Noreturn void begin_task(char **argv);

/* The test program as kyua sees it. */
int atf_personality(int argc, char **argv);

#endif
