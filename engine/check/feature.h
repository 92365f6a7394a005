// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `refcr check` asks. A feature is one declaration, and the function that asks for it:
 *
 *	FEATURE(children, NEEDED, "the tasks of a tree", "CONFIG_PROC_CHILDREN")
 *	{
 *		...
 *		return found ? YES : no("the list of children lacks one");
 *	}
 *
 * It does what a dump or a restore would do, by the engine's own means where there are any, and
 * looks what came of it. What changes the asking process, or may end it, is done apart().
 */
#ifndef CHECK_FEATURE_H
#define CHECK_FEATURE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

enum level {
	NEEDED, /* by every dump or restore */
	EXTRA,  /* by those of some process trees */
	FASTER, /* by none: without it something is slower, or done in another way */
	UNUSED, /* not by refcr as it is: asked by name alone, for those who know it of criu */
};
#define LEVELS (UNUSED + 1)

enum answer {
	YES,
	NO,
	NOBODY, /* no task of this kernel's can have what it is for: nothing is missing */
};

struct feature {
	const char *name;
	enum level level;
	const char *what_for; /* "for ..." */
	const char *needs;    /* what gives it: options, first release, capabilities */
	enum answer (*ask)(void);
};

#define FEATURE(id, ...) FEATURE_AS(id, #id, __VA_ARGS__)
#define FEATURE_AS(id, ...)                                                                        \
	static enum answer ask_##id(void);                                                         \
	static const struct feature feature_##id = { __VA_ARGS__, ask_##id };                      \
	__attribute__((section("features"), used)) static const struct feature *const at_##id =    \
		&feature_##id;                                                                     \
	static enum answer ask_##id(void)

extern const struct feature *const __start_features[], *const __stop_features[];

/*
 * An answer and the sentence why; the first one that is said for a question stays. no_err() puts
 * strerror(-err) behind it. no_logged(): what the engine has logged of its failure, in a child.
 */
enum answer no(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
enum answer no_err(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
enum answer nobody(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
enum answer no_logged(void);

/* Asks in a child, in new namespaces of these kinds (CLONE_NEW*). */
enum answer apart(int namespaces, enum answer (*ask)(void));

/*
 * A child that becomes something and stays so for as long as it is asked about. If `be` answers
 * anything but YES, so does companion_start(). When it is told to, it acts, once; 0 or -ETIMEDOUT.
 */
struct companion {
	enum answer (*be)(uint64_t *word);
	void (*act)(uint64_t *word);
	pid_t pid;
	int proc;       /* O_PATH descriptor of /proc/PID */
	uint64_t *word; /* a page that we have in common, all of it theirs */
};
enum answer companion_start(struct companion *c);
int companion_act(struct companion *c);
/* The same without waiting for it. */
void companion_wake(struct companion *c);
void companion_end(struct companion *c);
#define _companion_ __attribute__((cleanup(companion_end)))

/*
 * One that nothing is special about, for all who ask in the first process. NULL: the answer is NO.
 * It has a text where we have zeroes, behind which lies a page that nobody has touched; and one end
 * of a pipe.
 */
const struct companion *anybody(void);
extern char *anybodys_page;
#define ANYBODYS_TEXT "nobody else's"
#define ANYBODYS_PIPE 100

/*
 * For check.c: the answers to n questions, in their order; asked some at a time, each in a process
 * that asks others, too. They last. NULL: -errno in errno.
 */
#define ANSWER_TEXT 512
struct answered {
	bool asked;
	enum answer answer;
	char why[ANSWER_TEXT]; /* "" with YES */
};
const struct answered *answers_to(const struct feature *const *f, unsigned int n);

#endif
