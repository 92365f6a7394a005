// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything a test sees of the harness.
 *
 * A test is one C file with two halves. setup() builds a state, check() judges it. The moment
 * between them belongs to the harness: there the whole process tree is dumped, killed and restored,
 * once, several times or (with --engine none) not at all. The test cannot tell, and that is the
 * question it asks.
 *
 * What a test finds: it is the leader of a session of its own; its working directory is empty,
 * writable for everybody and on a tmpfs of its own; stdin is /dev/null; stdout and stderr are the
 * test's log, which is shown when it fails; no other descriptor is open; it has no capabilities but
 * those in .caps; pid, mount, net (lo is up), ipc and uts namespaces are its arena's; SIGPWR, blocked
 * in the main thread between the halves, is the harness's. Whatever it leaves behind (tasks, files,
 * mounts, segments) goes with the arena: there is nothing to clean up.
 *
 * How a task ends up judged: a failed EXPECT, or a SYS that did not succeed, makes the test
 *   broken  before setup() has returned: we could not ask;
 *   failed  from then on: the answer was wrong;
 * and that in whatever task or thread of the test it happens.
 */
#ifndef ZDTM_H
#define ZDTM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
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

/* ---- The declaration: the last thing in the file ---------------------------------------------- */

enum zdtm_flavor {
	ZDTM_HOST = 1 << 0,   /* "h": in the runner's own namespaces (those of the arena) */
	ZDTM_NS = 1 << 1,     /* "ns": in namespaces of its own that are dumped with it */
	ZDTM_USERNS = 1 << 2, /* "uns": as ns, inside a user namespace */
};

/* What a test asks of an engine. */
enum zdtm_demand {
	KEEP,           /* the state survives; nothing else will do */
	KEEP_OR_REFUSE, /* or the dump is refused and the target unharmed; silent loss fails */
	MUST_REFUSE,    /* nobody may pretend to save this state */
	REPORT,         /* may be lost, as no kernel interface can bring it back: we say so */
};

/* One way to run the same two halves. Shows as NAME@variant. */
struct zdtm_variant {
	const char *name;
	long arg;                  /* whatever setup() and check() make of it */
	const char *const *needs;  /* added to the test's */
	const char *const *engine; /* added to the test's */
	enum zdtm_demand demand;   /* instead of the test's; absent: the test's */
	const char
		*known_as; /* what another suite calls this state: "static/NAME"; finds it, too */
};

struct zdtm_test {
	const char *doc;           /* what must survive, in a sentence */
	const char *known_as;      /* without variants: as a variant's */
	const char *object;        /* the kernel object, by the name probes and engine use */
	unsigned int flavors;      /* absent: all of them */
	enum zdtm_demand demand;   /* absent: KEEP */
	const char *const *needs;  /* probes, "file.case": skipped unless all conform */
	uint64_t caps;             /* CAP_BIT()s to keep; absent: none, for execve() too */
	const char *const *engine; /* options for dump and restore, as criu spells them */
	const struct zdtm_variant *variants;
	unsigned int timeout;  /* seconds for everything from setup to check; absent: 30 */
	bool exclusive;        /* no other test may run meanwhile */
	void (*setup)(void);   /* required, as is check */
	void (*check)(void);   /* when it returns, and nothing failed, the test has passed */
	void (*cleanup)(void); /* for what outlives the arena; always, in a process of its own */
};

#define ZDTM_TEST const struct zdtm_test zdtm_test
extern const struct zdtm_test zdtm_test;

#define LIST(...)     ((const char *const[]){ __VA_ARGS__, NULL })
#define VARIANTS(...) ((const struct zdtm_variant[]){ __VA_ARGS__, {} }) /* { "name", arg }, ... */
#define CAP_BIT(cap)  (UINT64_C(1) << (cap))

/* The variant that runs; without .variants one with no name and 0 for arg. */
extern const struct zdtm_variant *variant;

/* ---- Calls that must succeed ------------------------------------------------------------------ */

/*
 * Each gives what the call gave, or ends the test with the call's text and errno.
 *	int fd = SYS(open("victim", O_RDWR | O_CREAT, 0640));
 * SYS is for calls that give -1 (or MAP_FAILED), SYS_PTR for those that give NULL, SYS_RC for those
 * that give an error number, as pthread_create() does.
 */
#define SYS(call)     ({ (__typeof__(call))zdtm_sys((long)(call), #call, ZDTM_HERE); })
#define SYS_PTR(call) ({ (__typeof__(call))zdtm_sys_ptr((void *)(call), #call, ZDTM_HERE); })
#define SYS_RC(call)  zdtm_sys_rc((call), #call, ZDTM_HERE)

/* ---- Expectations ----------------------------------------------------------------------------- */

/*
 * A failed one prints both texts and both values, and the test goes on: true when it held.
 * Numbers of any width and signedness and pointers may be mixed; they compare as in mathematics.
 */
#define EXPECT(cond)    zdtm_expect((cond), #cond, ZDTM_HERE)
#define EXPECT_EQ(a, b) ZDTM_COMPARE(a, "==", b, #a, #b)
#define EXPECT_NE(a, b) ZDTM_COMPARE(a, "!=", b, #a, #b)
#define EXPECT_LT(a, b) ZDTM_COMPARE(a, "<", b, #a, #b)
#define EXPECT_LE(a, b) ZDTM_COMPARE(a, "<=", b, #a, #b)
#define EXPECT_GT(a, b) ZDTM_COMPARE(a, ">", b, #a, #b)
#define EXPECT_GE(a, b) ZDTM_COMPARE(a, ">=", b, #a, #b)

#define EXPECT_STR(a, b)      zdtm_expect_str((a), (b), #a, #b, ZDTM_HERE)
#define EXPECT_MEM(a, b, len) zdtm_expect_mem((a), (b), (len), #a, #b, ZDTM_HERE)

/* The call gives -1 and this errno. */
#define EXPECT_ERRNO(call, err) zdtm_expect_errno((long)(call), (err), #call, #err, ZDTM_HERE)

/* ---- Data that can be recognised -------------------------------------------------------------- */

/* `size` bytes that no other blob of this test has. They can be made again at any time. */
struct blob {
	size_t size;
	off_t at; /* where in the file t_fill() put them; -1: not in a file that can be sought */
	uint64_t seed;
};

struct blob t_blob(size_t size);
void t_blob_copy(const struct blob *blob, void *to);

/* Makes a blob and writes all of it, at the current offset; or puts it into memory. */
struct blob t_fill(int fd, size_t size);
struct blob t_fill_mem(void *at, size_t size);

/*
 * The bytes are still there: in a file where they were written (the offset stays where it is), in
 * a pipe or socket next in line. A difference is told by its first byte.
 */
#define EXPECT_DATA(fd, blob)   zdtm_expect_data((fd), (blob), #fd, #blob, ZDTM_HERE)
#define EXPECT_MEM_IS(at, blob) zdtm_expect_mem_is((at), (blob), #at, #blob, ZDTM_HERE)

/* A checksum, for data that comes from elsewhere. */
uint64_t t_sum(const void *data, size_t size);

/* Two files have the same bytes; a difference is told by its first one. */
#define EXPECT_FILES(a, b) zdtm_expect_files((a), (b), ZDTM_HERE)

/* Exactly `size` bytes, however many calls it takes; what fails or ends early ends the test. */
void t_read(int fd, void *data, size_t size);
void t_write(int fd, const void *data, size_t size);

/* ---- Tasks ------------------------------------------------------------------------------------ */

typedef void t_task(long arg);

/*
 * A child that runs fn(arg) and exits: with 0, or with 1 if anything in it failed. t_join() waits
 * for that end and fails the test if it was another one; t_reap() gives the wait status, whatever
 * it is. Children nobody joined die with the arena.
 */
pid_t t_fork(t_task *fn, long arg);
void t_join(pid_t pid);
int t_reap(pid_t pid);

/*
 * For setup(): a task that runs fn(arg) outside the tree, the arena's. It is there all the time, and
 * ends with the arena; from the dump on t_wait() and t_wake() do not reach it.
 */
void t_outside(t_task *fn, long arg);

/*
 * The same with clone3(2)'s CLONE_* flags, none that shares memory, and exit signal. The C library
 * does not know: no pthread_*() in such a child.
 */
pid_t t_clone(uint64_t flags, int exit_signal, t_task *fn, long arg);

/*
 * Puts a copy of this program into a file that is open for writing; executes the program in `fd`
 * (-1: the one we are), where the task goes on with fn(arg) and ends as a child of t_fork() does. It
 * has left the page that t_wait() and t_wake() live in, and would get one for itself and its own.
 */
void t_copy_program(int fd);
_Noreturn void t_exec(int fd, t_task *fn, long arg);

/* The same for a thread of this process. */
pthread_t t_thread(t_task *fn, long arg);
void t_thread_join(pthread_t thread);

/*
 * Semaphores 0 to T_SLOTS - 1 between all tasks and threads of the test, over dump and restore too:
 * t_wake(n) puts one token into n, t_wait(n) takes one and blocks while there is none. They live in
 * one shared page that comes into being with the first t_fork(), t_thread(), t_wait() or t_wake(); a
 * test that makes its tasks by other means calls t_share() before.
 */
#define T_SLOTS 256
void t_share(void);
void t_wait(unsigned int n);
void t_wake(unsigned int n);

/*
 * For tasks that keep a transition going: false until check() is about to begin.
 *	while (!t_over())
 *		one_more_round();
 */
bool t_over(void);

/*
 * Until another task (a pid or a tid) is in this state, as /proc shows it ('S' sleeping, 'T' stopped,
 * 'Z' zombie...); until it is blocked in this system call (SYS_futex...).
 */
void t_wait_state(pid_t tid, char state);
void t_wait_syscall(pid_t tid, long nr);

/* Until this holds, which nobody tells: for the main thread, as it looks again and again. */
#define T_UNTIL(cond)                                                                              \
	do {                                                                                       \
		int64_t zdtm_deadline = 0;                                                         \
		while (!(cond))                                                                    \
			zdtm_until(&zdtm_deadline, #cond, ZDTM_HERE);                              \
	} while (0)

/*
 * Every wait above has a deadline where that is possible without becoming part of the dumped state:
 * in the main thread, which waits only inside setup() and check(). Its failure says what it waited
 * for and what all other tasks were doing. Elsewhere a wait has no end of its own: the main thread's
 * deadline, or the test's, ends it.
 */

/* ---- Programs --------------------------------------------------------------------------------- */

/*
 * Starts a program that this machine's distribution brought along, with these descriptors as stdin
 * and stdout (-1: the test's own) and nothing of this test's environment. Only in setup(): when it is
 * not installed, the test is skipped. What it is not to have must be close-on-exec.
 */
pid_t t_program(int in, int out, const char *const argv[]);

/* Until it has read everything that was written to a pipe (fd: either end), and sleeps. */
void t_wait_hungry(int fd, pid_t reader);

/* ---- Reading /proc ---------------------------------------------------------------------------- */

/* All of a text file, NUL-terminated, for free(). */
char *t_slurp(const char *path);

/*
 * What stands behind "key:" in a file such as /proc/self/status or fdinfo, without the blanks around
 * it, for free(); as a number of this base. No such line ends the test.
 */
char *t_field(const char *path, const char *key);
uint64_t t_field_num(const char *path, const char *key, int base);

/* A number of /proc/PID/stat by its place there, from 4 (the parent's pid) on; proc_pid_stat(5). */
uint64_t t_stat_num(pid_t pid, int field);

/* Where a symbolic link leads, be it one of /proc's; the path behind a descriptor. For free(). */
char *t_link(const char *path);
char *t_fd_path(int fd);

/* ---- Files ------------------------------------------------------------------------------------ */

/* Another open file of what `fd` has open, by way of /proc. */
int t_reopen(int fd, int flags);

/* Do both have the same file open, if not the same open file? */
bool t_same_file(int a, int b);

/* ---- Locks ------------------------------------------------------------------------------------ */

/*
 * The locks and leases that fdinfo shows with a descriptor of a task (0: this one), a line for each,
 * as "POSIX ADVISORY READ 812 0-99\n", with who took it and which bytes; sorted. For free().
 */
char *t_locks(pid_t pid, int fd);

/*
 * F_SETLK, F_SETLKW or F_OFD_SETLK... of fcntl(2); length 0: all that follows. false when others are
 * in the way.
 */
bool t_lock(int fd, int cmd, short type, off_t start, off_t len);
/* F_GETLK or F_OFD_GETLK: who is in the way of such a lock, -1 for an open file; 0: nobody. */
pid_t t_who_locks(int fd, int cmd, short type, off_t start, off_t len);

/* ---- Readiness -------------------------------------------------------------------------------- */

/* Which of these events, or POLLERR and POLLHUP, poll(2) reports now; a wait for any of them. */
short t_ready(int fd, short events);
void t_await_ready(int fd, short events);

/* Puts a descriptor into an epoll. */
void t_watch(int ep, int fd, uint32_t events, uint64_t data);

/* What fdinfo says an epoll watches, by number and then data; gives how many there are. */
struct t_watch {
	int fd;
	uint32_t events;
	uint64_t data;
};
unsigned int t_watches(int ep, struct t_watch *to, unsigned int room);

/* The epoll reports exactly this one event, without a wait; or, with events 0, none. It is taken. */
#define EXPECT_EVENT(ep, events, data) zdtm_expect_event((ep), (events), (data), #ep, ZDTM_HERE)
#define EXPECT_NO_EVENT(ep)            zdtm_expect_event((ep), 0, 0, #ep, ZDTM_HERE)

/* What fdinfo says an inotify watches, by watch descriptor; gives how many there are. */
struct t_mark {
	int wd;
	uint32_t mask;
	ino_t ino;
};
unsigned int t_marks(int fd, struct t_mark *to, unsigned int room);

/* The next event of an inotify is this one; or there is none. It is taken. */
#define EXPECT_NOTICE(fd, wd, mask, name)                                                          \
	zdtm_expect_notice((fd), (wd), (mask), (name), #fd, ZDTM_HERE)
#define EXPECT_NO_NOTICE(fd) zdtm_expect_notice((fd), 0, 0, "", #fd, ZDTM_HERE)

/* ---- Terminals -------------------------------------------------------------------------------- */

/* The master of a new pty, unlocked; its slave by its path, with open(2)'s flags. */
int t_ptmx(int flags);
int t_pts(int master, int flags);

/* cfmakeraw(3): bytes go through as they are. */
void t_raw(int fd);

/*
 * One read(2) gives exactly this (a literal, which may hold anything): it says where lines end, and
 * "" where an end of file is. Of a master it may take several. There is nothing to read.
 */
#define EXPECT_READS(fd, text) zdtm_expect_reads((fd), "" text "", sizeof(text) - 1, #fd, ZDTM_HERE)
#define EXPECT_QUIET(fd)       zdtm_expect_quiet((fd), #fd, ZDTM_HERE)

/* ---- Memory ----------------------------------------------------------------------------------- */

#define T_PAGE 4096UL

/* Anonymous memory to read and write; flags: MAP_PRIVATE or MAP_SHARED, and what else there is. */
void *t_map(size_t size, int flags);

/*
 * Only in setup(): so many pages of hugetlb, of 2 MiB, are free from now on, and some more if `spare`:
 * an engine may need a few besides. The test is skipped when they cannot be had. The pool is the
 * machine's: such a test is .exclusive, and t_huge_pages_back() its .cleanup.
 */
#define T_HUGE (2UL << 20)
void t_huge_pages(unsigned int n, bool spare);
void t_huge_pages_back(void);

/*
 * The signal that touching this byte raises, 0 when none does: what may be done with memory is found
 * by doing it. A write leaves the byte as it was. For one thread at a time.
 */
int t_try_read(const void *at);
int t_try_write(void *at);

/* What smaps says about the mapping an address is in; all zero when it is in none. */
struct vma {
	uintptr_t start, end;
	uint64_t rss;    /* bytes */
	char perms[5];   /* "rw-p" */
	char flags[128]; /* VmFlags: "rd wr mr mw me ac " */
	char name[256];  /* "", a path, or "[heap]" and the like */
};
struct vma t_vma(const void *at);
bool t_vma_has(const void *at, const char *flag);

/* A task's pagemap entry for this address; frame numbers need CAP_SYS_ADMIN, else they are 0. */
uint64_t t_pagemap(pid_t pid, const void *at);
#define T_PM_PRESENT (UINT64_C(1) << 63)
#define T_PM_FRAME   ((UINT64_C(1) << 55) - 1)

/* ---- Words to the reader ---------------------------------------------------------------------- */

#define ZDTM_PRINTF __attribute__((format(printf, 1, 2)))

/* Fails the test and goes on. */
#define t_fail(...) zdtm_fail(ZDTM_HERE, __VA_ARGS__)
/* Fails the test and ends this task with it. */
#define t_die(...)  zdtm_die(ZDTM_HERE, __VA_ARGS__)
/* A line for the report. */
void t_note(const char *fmt, ...) ZDTM_PRINTF;
/*
 * Only in setup(): this machine lacks something no probe can tell (a program, a CPU feature). What a
 * probe can tell belongs into .needs.
 */
_Noreturn void t_skip(const char *fmt, ...) ZDTM_PRINTF;

/* ---- What the macros above are made of -------------------------------------------------------- */

struct zdtm_here {
	const char *file;
	int line;
};
#define ZDTM_HERE ((struct zdtm_here){ __FILE__, __LINE__ })

/* Where in the test the helper was called: that is the line its failure is about. */
extern __thread struct zdtm_here zdtm_at;
#define ZDTM_AT(helper, ...) (zdtm_at = ZDTM_HERE, helper(__VA_ARGS__))

#ifndef ZDTM_HARNESS_H
#define t_await_ready(...)  ZDTM_AT(t_await_ready, __VA_ARGS__)
#define t_clone(...)        ZDTM_AT(t_clone, __VA_ARGS__)
#define t_copy_program(...) ZDTM_AT(t_copy_program, __VA_ARGS__)
#define t_exec(...)         ZDTM_AT(t_exec, __VA_ARGS__)
#define t_fd_path(...)      ZDTM_AT(t_fd_path, __VA_ARGS__)
#define t_field(...)        ZDTM_AT(t_field, __VA_ARGS__)
#define t_field_num(...)    ZDTM_AT(t_field_num, __VA_ARGS__)
#define t_fill(...)         ZDTM_AT(t_fill, __VA_ARGS__)
#define t_fork(...)         ZDTM_AT(t_fork, __VA_ARGS__)
#define t_huge_pages(...)   ZDTM_AT(t_huge_pages, __VA_ARGS__)
#define t_join(...)         ZDTM_AT(t_join, __VA_ARGS__)
#define t_link(...)         ZDTM_AT(t_link, __VA_ARGS__)
#define t_lock(...)         ZDTM_AT(t_lock, __VA_ARGS__)
#define t_locks(...)        ZDTM_AT(t_locks, __VA_ARGS__)
#define t_map(...)          ZDTM_AT(t_map, __VA_ARGS__)
#define t_marks(...)        ZDTM_AT(t_marks, __VA_ARGS__)
#define t_pagemap(...)      ZDTM_AT(t_pagemap, __VA_ARGS__)
#define t_outside(...)      ZDTM_AT(t_outside, __VA_ARGS__)
#define t_program(...)      ZDTM_AT(t_program, __VA_ARGS__)
#define t_ptmx(...)         ZDTM_AT(t_ptmx, __VA_ARGS__)
#define t_pts(...)          ZDTM_AT(t_pts, __VA_ARGS__)
#define t_raw(...)          ZDTM_AT(t_raw, __VA_ARGS__)
#define t_read(...)         ZDTM_AT(t_read, __VA_ARGS__)
#define t_ready(...)        ZDTM_AT(t_ready, __VA_ARGS__)
#define t_reap(...)         ZDTM_AT(t_reap, __VA_ARGS__)
#define t_reopen(...)       ZDTM_AT(t_reopen, __VA_ARGS__)
#define t_same_file(...)    ZDTM_AT(t_same_file, __VA_ARGS__)
#define t_slurp(...)        ZDTM_AT(t_slurp, __VA_ARGS__)
#define t_stat_num(...)     ZDTM_AT(t_stat_num, __VA_ARGS__)
#define t_thread(...)       ZDTM_AT(t_thread, __VA_ARGS__)
#define t_thread_join(...)  ZDTM_AT(t_thread_join, __VA_ARGS__)
#define t_vma(...)          ZDTM_AT(t_vma, __VA_ARGS__)
#define t_vma_has(...)      ZDTM_AT(t_vma_has, __VA_ARGS__)
#define t_wait(...)         ZDTM_AT(t_wait, __VA_ARGS__)
#define t_wait_hungry(...)  ZDTM_AT(t_wait_hungry, __VA_ARGS__)
#define t_wait_state(...)   ZDTM_AT(t_wait_state, __VA_ARGS__)
#define t_wait_syscall(...) ZDTM_AT(t_wait_syscall, __VA_ARGS__)
#define t_wake(...)         ZDTM_AT(t_wake, __VA_ARGS__)
#define t_watch(...)        ZDTM_AT(t_watch, __VA_ARGS__)
#define t_watches(...)      ZDTM_AT(t_watches, __VA_ARGS__)
#define t_who_locks(...)    ZDTM_AT(t_who_locks, __VA_ARGS__)
#define t_write(...)        ZDTM_AT(t_write, __VA_ARGS__)
#endif

struct zdtm_num {
	uint64_t bits;
	bool is_signed;
};
#define ZDTM_NUM(x)                                                                                \
	((struct zdtm_num){ (uint64_t)(uintptr_t)(x), _Generic((x) + 0, int                        \
							       : true, long                        \
							       : true, long long                   \
							       : true, default                     \
							       : false) })
#define ZDTM_COMPARE(a, op, b, a_text, b_text)                                                     \
	zdtm_expect_num(ZDTM_NUM(a), op, ZDTM_NUM(b), a_text, b_text, ZDTM_HERE)

long zdtm_sys(long r, const char *text, struct zdtm_here here);
void *zdtm_sys_ptr(void *p, const char *text, struct zdtm_here here);
void zdtm_sys_rc(int rc, const char *text, struct zdtm_here here);

void zdtm_until(int64_t *deadline, const char *text, struct zdtm_here here);

bool zdtm_expect(bool held, const char *text, struct zdtm_here here);
bool zdtm_expect_num(struct zdtm_num a, const char *op, struct zdtm_num b, const char *a_text,
		     const char *b_text, struct zdtm_here here);
bool zdtm_expect_str(const char *a, const char *b, const char *a_text, const char *b_text,
		     struct zdtm_here here);
bool zdtm_expect_mem(const void *a, const void *b, size_t len, const char *a_text,
		     const char *b_text, struct zdtm_here here);
bool zdtm_expect_errno(long r, int err, const char *text, const char *err_text,
		       struct zdtm_here here);
bool zdtm_expect_files(const char *a, const char *b, struct zdtm_here here);
bool zdtm_expect_data(int fd, const struct blob *blob, const char *fd_text, const char *text,
		      struct zdtm_here here);
void zdtm_expect_notice(int fd, int wd, uint32_t mask, const char *name, const char *text,
			struct zdtm_here here);
void zdtm_expect_event(int ep, uint32_t events, uint64_t data, const char *text,
		       struct zdtm_here here);
bool zdtm_expect_reads(int fd, const char *text, size_t len, const char *fd_text,
		       struct zdtm_here here);
bool zdtm_expect_quiet(int fd, const char *fd_text, struct zdtm_here here);
bool zdtm_expect_mem_is(const void *at, const struct blob *blob, const char *at_text,
			const char *text, struct zdtm_here here);

void zdtm_fail(struct zdtm_here here, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void zdtm_die(struct zdtm_here here, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
