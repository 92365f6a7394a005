// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gaps: state of a task or object that no interface reads or writes, so that nobody can save it or
 * bring it back. A gap is declared as a probe is, and what it states is the gap:
 *
 *	GAP(mask, .what = "nobody reads back the events F_NOTIFY has asked for")
 *	{
 *		...make two objects that differ in that state alone...
 *		tried_texts("fdinfo", slurp(...), slurp(...), NULL);
 *		TRIED_CALL(fcntl(fd, F_GETNOTIFY));
 *	}
 *
 * It tries, says what, and falls off the end: no interface. Something that tells the two apart or
 * takes what is offered to it is new, with the text: then there is an interface to write a probe of.
 */
#ifndef FEATURE_PROBES_FRAME_GAP_H
#define FEATURE_PROBES_FRAME_GAP_H

#include <sys/types.h>

#define GAP(case_, ...) PROBE(case_, .gap = true, __VA_ARGS__)

/* A way that leads nowhere, for the report. */
void probe_tried(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define TRIED(...) probe_tried(__VA_ARGS__)

/* A call that would be the interface fails; one that does not is new. It tells itself, or by words. */
#define TRIED_CALL(call) TRIED_TO(#call, call)
#define TRIED_TO(what, call)                                                                       \
	do {                                                                                       \
		errno = 0;                                                                         \
		__typeof__(call) tried_ = (call);                                                  \
		probe_tried_call(what, probe_failed((long)tried_, IS_POINTER(tried_)),             \
				 (long)tried_);                                                    \
	} while (0)
void probe_tried_call(const char *text, bool failed, long value);

/*
 * What the kernel says of an object with the state in question, and of one without it: the same,
 * but for lines that begin with a word of `but` (NULL: none). Frees both texts; broken when one is
 * NULL.
 */
void tried_texts(const char *what, char *with, char *without, const char *const *but);

/* The same for fdinfo of two files of one task, and for all that /proc tells of two tasks. */
void tried_files(int with, int without);
void tried_tasks(pid_t with, pid_t without);

#endif
