// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a feature probe is written with. A probe asks one kernel interface one precise question:
 *
 *	PROBE(semaphore_flag, .what = "...", .since = "6.5")
 *	{
 *		int fd = NEED(eventfd(0, EFD_SEMAPHORE));
 *		...
 *		PROMISE_EQ(flag, 1);
 *	}
 *
 * It runs in a task of its own and may leave anything behind there: what it forks dies, what it
 * opens or maps goes with it, its work directory is removed. Falling off the end conforms; every
 * other answer is one of the words below. Any task or thread of the probe may say them, and the
 * first one said counts.
 *
 * State that the kernel lets nobody read or write is a GAP; see frame/gap.h.
 */
#ifndef FEATURE_PROBES_PROBE_H
#define FEATURE_PROBES_PROBE_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "frame/gap.h"
#include "frame/privilege.h"
#include "frame/proc.h"
#include "frame/task.h"
#include "frame/tools.h"
#include "frame/trace.h"

struct probe {
	const char *what;    /* the promise, as a sentence */
	const char *since;   /* first mainline release that keeps it */
	const char *until;   /* the mainline release that took it away again */
	const char *commit;  /* which brought it */
	const char *kconfig; /* options it hangs on, by spaces: "CONFIG_A CONFIG_B=y !CONFIG_C" */
	const char *capability; /* see privilege_missing() */
	const char *source;     /* where the promise is written down */
	const char *guards;     /* ids of past breakages this would have caught, by spaces */
	unsigned int seconds;   /* deadline; 0 is PROBE_SECONDS */
	bool gap;               /* see frame/gap.h */

	/* Filled in by PROBE. */
	const char *name, *file;
	int line;
	void (*run)(void);
	struct probe *next;
};

#define PROBE_SECONDS 10

void probe_register(struct probe *p);

#define PROBE(case_, ...)                                                                          \
	static void case_run_##case_(void);                                                        \
	static struct probe case_##case_ = { .name = #case_,                                       \
					     .file = __FILE__,                                     \
					     .line = __LINE__,                                     \
					     .run = case_run_##case_,                              \
					     __VA_ARGS__ };                                        \
	__attribute__((constructor)) static void case_register_##case_(void)                       \
	{                                                                                          \
		probe_register(&case_##case_);                                                     \
	}                                                                                          \
	static void case_run_##case_(void)

enum verdict {
	UNDECIDED,
	CONFORMS, /* as promised */
	ABSENT,   /* not in this kernel, on this machine, for this user; the reason says which */
	DEVIATES, /* there, but not as promised */
	NEW,      /* as promised, and it told us something we have no word for */
	MISSING,  /* a gap: there is no interface, as far as we know and have tried */
	BROKEN,   /* could not ask */
};

/* Ends the calling task (all its threads) with a verdict over the whole probe. */
_Noreturn void probe_say(enum verdict verdict, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define ABSENT(...)   probe_say(ABSENT, __VA_ARGS__)
#define DEVIATES(...) probe_say(DEVIATES, __VA_ARGS__)
#define BROKEN(...)   probe_say(BROKEN, __VA_ARGS__)

/*
 * Absences that are not the kernel's: hardware (or a hypervisor) that is not there, and a setting
 * of the administrator's. Whoever says so has looked, for the kernel is not to be excused by a guess.
 */
#define MACHINE_LACKS(fmt, ...) ABSENT("machine: " fmt __VA_OPT__(, ) __VA_ARGS__)
#define FORBIDDEN(fmt, ...)     ABSENT("policy: " fmt __VA_OPT__(, ) __VA_ARGS__)

/*
 * Ends the calling task well. The probe's own first task conforms by it, as by falling off the end;
 * a task further down only tells its parent that it has nothing to complain of.
 */
_Noreturn void conforms(void);

/* Remembers what is new and goes on. */
void probe_new(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define NEW(...) probe_new(__VA_ARGS__)

/* Whether such a text was among it already: most unknown words come many times. */
bool probe_told(const char *text);

/* A line of diagnostics that goes with whatever the verdict will be. */
void probe_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define NOTE(...) probe_note(__VA_ARGS__)

/*
 * NEED(call): what the question rests on. Gives the call's value; when that is negative (a NULL or
 * MAP_FAILED, for a pointer) the probe could not ask: broken. errno says why, also for a value that
 * was kept from a call before; or else the value itself, so that NEED(-pthread_create(...)) works as
 * well. But ENOSYS is absent, and so is a refusal for want of the capability that the declaration
 * names.
 *
 * OFFERED(call, "what", errnos...): the interface in question itself. Gives the call's value; the
 * errnos listed (and ENOSYS) are how a kernel without it answers: absent. A refusal for want of the
 * declared capability is absent, too; any other failure deviates.
 */
#define NEED(call) NEED_(call, #call, UNIQUE(need_), UNIQUE(before_))

#define OFFERED(call, what, ...)                                                                   \
	OFFERED_(call, #call, UNIQUE(offered_), UNIQUE(before_), what, ERRNOS(__VA_ARGS__))

/* The promise itself. A failed one deviates and shows the expression with both values. */
#define PROMISE(expr)                                                                              \
	do {                                                                                       \
		if (!(expr))                                                                       \
			DEVIATES("%s:%d: not true: %s", probe_basename(__FILE__), __LINE__,        \
				 #expr);                                                           \
	} while (0)

#define PROMISE_EQ(a, b) PROMISE_CMP(a, ==, b, #a, #b, UNIQUE(a_), UNIQUE(b_))
#define PROMISE_NE(a, b) PROMISE_CMP(a, !=, b, #a, #b, UNIQUE(a_), UNIQUE(b_))
#define PROMISE_LT(a, b) PROMISE_CMP(a, <, b, #a, #b, UNIQUE(a_), UNIQUE(b_))
#define PROMISE_LE(a, b) PROMISE_CMP(a, <=, b, #a, #b, UNIQUE(a_), UNIQUE(b_))
#define PROMISE_GT(a, b) PROMISE_CMP(a, >, b, #a, #b, UNIQUE(a_), UNIQUE(b_))
#define PROMISE_GE(a, b) PROMISE_CMP(a, >=, b, #a, #b, UNIQUE(a_), UNIQUE(b_))

#define PROMISE_STR(a, b) probe_promise_str(__FILE__, __LINE__, #a, a, b)

#define PROMISE_MEM(a, b, n)                                                                       \
	do {                                                                                       \
		if (memcmp(a, b, n) != 0)                                                          \
			DEVIATES("%s:%d: %s differs from %s", probe_basename(__FILE__), __LINE__,  \
				 #a, #b);                                                          \
	} while (0)

/* The call must fail, with one of these errnos. ENOSYS where it is not among them is absent. */
#define PROMISE_FAILS(call, ...) PROMISE_FAILS_(call, #call, UNIQUE(r_), ERRNOS(__VA_ARGS__))

/* How the words above are made. Their variables have unique names, so that words can be nested. */
#define UNIQUE(name)      UNIQUE_(name, __COUNTER__)
#define UNIQUE_(name, n)  UNIQUE__(name, n)
#define UNIQUE__(name, n) name##n

#define NEED_(call, text, v, before)                                                               \
	({                                                                                         \
		int before = errno;                                                                \
		errno = 0;                                                                         \
		__typeof__(call) v = (call);                                                       \
		if (probe_failed((long)v, IS_POINTER(v)))                                          \
			probe_need_failed(__FILE__, __LINE__, text, probe_errno(before, (long)v)); \
		v;                                                                                 \
	})

#define OFFERED_(call, text, v, before, what, errnos)                                              \
	({                                                                                         \
		int before = errno;                                                                \
		errno = 0;                                                                         \
		__typeof__(call) v = (call);                                                       \
		if (probe_failed((long)v, IS_POINTER(v)))                                          \
			probe_offered_failed(__FILE__, __LINE__, text,                             \
					     probe_errno(before, (long)v), what, errnos);          \
		v;                                                                                 \
	})

#define PROMISE_CMP(a, op, b, a_text, b_text, a_v, b_v)                                            \
	do {                                                                                       \
		long a_v = (long)(a), b_v = (long)(b);                                             \
		if (!(a_v op b_v))                                                                 \
			probe_promise_failed(__FILE__, __LINE__, a_text, a_v, #op, b_text, b_v);   \
	} while (0)

#define PROMISE_FAILS_(call, text, v, errnos)                                                      \
	do {                                                                                       \
		errno = 0;                                                                         \
		__typeof__(call) v = (call);                                                       \
		probe_check_refusal(__FILE__, __LINE__, text,                                      \
				    probe_failed((long)v, IS_POINTER(v)), (long)v, errno, errnos); \
	} while (0)

#define ERRNOS(...)   ((const int[]){ __VA_ARGS__ __VA_OPT__(, ) 0 })
#define IS_POINTER(x) (__builtin_classify_type(x) == 5)

static inline bool probe_failed(long value, bool pointer)
{
	return pointer ? value == 0 || value == -1 : value < 0;
}

/* Why it failed, by what errno was before and is now. */
static inline int probe_errno(int before, long value)
{
	if (errno)
		return errno;
	return before && (value == -1 || value == 0) ? before : (int)-value;
}

const char *probe_basename(const char *path);
_Noreturn void probe_need_failed(const char *file, int line, const char *call, int err);
_Noreturn void probe_offered_failed(const char *file, int line, const char *call, int err,
				    const char *what, const int *absent);
void probe_promise_str(const char *file, int line, const char *what, const char *is,
		       const char *wanted);
_Noreturn void probe_promise_failed(const char *file, int line, const char *a, long a_value,
				    const char *op, const char *b, long b_value);
void probe_check_refusal(const char *file, int line, const char *call, bool failed, long value,
			 int err, const int *wanted);

#endif
