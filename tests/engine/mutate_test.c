// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images of a real tree in which one field says something else. With --accept-edited that comes
 * through to every check behind the checksums. Most of it is refused, some of it makes a tree that is
 * of no use to anybody; but the engine crashes and hangs never, and a restore that fails leaves nobody.
 *
 * REFCR_TEST_MUTATIONS is the number of random changes tried, REFCR_TEST_SEED where they begin.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"
#include "lib/mutate.h"

/* ---- a small tree with something of everything ---- */

static void *sit(void *unused)
{
	pause();
	return NULL;
}

static void open_files(void)
{
	int fd, p[2];

	fd = open("gone", O_RDWR | O_CREAT, 0600);
	write(fd, "nobody knows", 12);
	unlink("gone");
	fd = open("kept", O_RDWR | O_CREAT | O_APPEND, 0600);
	write(fd, "kept", 4);
	fcntl(dup(fd), F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETOWN, getpid());
	pipe(p);
	write(p[1], "in a pipe", 9);
	mkfifo("fifo", 0600);
	fd = open("fifo", O_RDWR);
	write(fd, "in a fifo", 9);
	eventfd(7, EFD_NONBLOCK);
	fd = memfd_create("memfd", MFD_ALLOW_SEALING);
	write(fd, "in memory", 9);
	mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	mq_open("/queue", O_RDWR | O_CREAT, 0600, NULL);
	open(".", O_RDONLY | O_DIRECTORY);
	open("/dev/null", O_PATH);
}

static void lock_files(void)
{
	struct flock range = { .l_type = F_WRLCK, .l_start = 10, .l_len = 20 };
	int fd = open("locked", O_RDWR | O_CREAT, 0600);

	fcntl(fd, F_SETLK, &range);
	range.l_start = 50;
	fcntl(fd, F_OFD_SETLK, &range);
	flock(fd, LOCK_EX);
	close(open("leased", O_RDWR | O_CREAT, 0600));
	fcntl(open("leased", O_RDONLY), F_SETLEASE, F_RDLCK);
	close(open("lease broken", O_RDWR | O_CREAT, 0600));
	signal(SIGIO, SIG_IGN);
	fcntl(open("lease broken", O_RDONLY), F_SETLEASE, F_WRLCK);
	open("lease broken", O_RDONLY | O_NONBLOCK);
}

/* Removed, so that it ends with the tree. */
static void attach_memory(void)
{
	int id = shmget(IPC_PRIVATE, 5 * 4096, 0600);
	char *p = shmat(id, NULL, 0);

	p[6000] = 3;
	shmat(id, NULL, SHM_RDONLY);
	munmap(p + 8192, 4096);
	shmctl(id, IPC_RMID, NULL);
}

static void map_memory(void)
{
	char *p = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	p[5000] = 1;
	p = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p[9000] = 2;
	attach_memory();
	madvise(p, 4096, MADV_DONTFORK);
	mprotect(p + 4096, 4096, PROT_NONE);
}

static void undo_later(void)
{
	struct sembuf op = { 2, 1, SEM_UNDO };

	semop(semget(IPC_PRIVATE, 3, 0600), &op, 1);
}

static void keep_busy(void)
{
	struct sigevent se = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec in_an_hour = { { 1, 0 }, { 3600, 0 } };
	sigset_t some;
	timer_t timer;

	sigemptyset(&some);
	sigaddset(&some, SIGRTMIN);
	sigaddset(&some, SIGUSR1);
	sigprocmask(SIG_BLOCK, &some, NULL);
	timer_create(CLOCK_MONOTONIC, &se, &timer);
	timer_settime(timer, 0, &in_an_hour, NULL);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ 5 });
	raise(SIGUSR1);
	signal(SIGUSR2, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 12345);
	undo_later();
}

static _Noreturn void tree(int ready)
{
	pthread_t thread;

	setsid();
	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
	open_files();
	lock_files();
	map_memory();
	if (fork() == 0)
		_exit(3);
	if (fork() == 0) {
		setpgid(0, 0);
		close(ready);
		pause();
		_exit(0);
	}
	keep_busy();
	pthread_create(&thread, NULL, sit, NULL);
	write(ready, "", 1);
	close(ready);
	pause();
	_exit(0);
}

static void dump_tree(void)
{
	int ready[2];
	struct ran r;
	pid_t pid;
	char byte;

	ATF_REQUIRE_EQ(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int fd = dup2(ready[1], 100);

		closefrom(101);
		for (int i = 3; i < 100; i++)
			close(i);
		tree(fd);
	}
	close(ready[1]);
	ATF_REQUIRE_EQ(read(ready[0], &byte, 1), 1);
	ATF_REQUIRE_EQ(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	empty("img");
	r = refcr("dump -t %d -D img -W . --file-locks", pid);
	expect_fine(&r);
	waitpid(pid, NULL, 0);
	expect_nobody();
}

/* ---- the test ---- */

struct file {
	char path[300];
	const char *name;
	uint8_t *data;
	size_t size;
};

static unsigned int read_set(struct file *file, unsigned int cap)
{
	char *names = strdup(names_in("img")), *at;
	unsigned int n = 0;

	for (char *name = strtok_r(names, " ", &at); name; name = strtok_r(NULL, " ", &at)) {
		struct arena a;
		struct image image;
		bool known;

		ATF_REQUIRE(n < cap);
		snprintf(file[n].path, sizeof(file[n].path), "img/%s", name);
		file[n].name = name;
		file[n].data = read_file(file[n].path, &file[n].size);
		arena_init(&a, false);
		known = image_take_apart(name, file[n].data, file[n].size, &a, &image);
		arena_done(&a);
		ATF_CHECK_MSG(known || strncmp(name, "pages-", 6) == 0, "%s: what is in it?", name);
		n += known;
	}
	return n;
}

static unsigned long wish(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

struct mutant {
	struct file file[100];
	unsigned int n;
	struct buf b;
	unsigned int rounds, restored;
};

static void begin(struct mutant *m)
{
	walled_arena();
	ATF_REQUIRE_MSG(access("/", W_OK) < 0 && errno == EROFS, "/ can be written");
	dump_tree();
	*m = (struct mutant){};
	m->n = read_set(m->file, 100);
	ATF_CHECK_MSG(m->n >= 20, "%u files", m->n);
	ATF_REQUIRE_EQ(expect_sane(), 0);
}

/* Of a tree that could not be made none may be left; one that could may have made it to stay. */
static void expect_no_segment(bool restored)
{
	struct shmid_ds ds;
	int highest = shmctl(0, SHM_INFO, &ds), id;

	for (int i = 0; i <= highest; i++) {
		id = shmctl(i, SHM_STAT, &ds);
		ATF_CHECK_MSG(id < 0 || restored, "shared memory %d is left", id);
		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
}

static void try(struct mutant *m, const struct file *f, const struct image *image, const char *what)
{
	bool restored;

	printf("---- %u: %s: %s\n", m->rounds++, f->name, what);
	fflush(stdout);
	ATF_REQUIRE_EQ(image_put_together(image, &m->b), 0);
	write_file(f->path, m->b.data, m->b.len);
	restored = expect_sane() == 0;
	expect_no_segment(restored);
	m->restored += restored;
	write_file(f->path, f->data, f->size);
}

static void end(struct mutant *m)
{
	printf("%u of %u were restored all the same\n", m->restored, m->rounds);
	ATF_REQUIRE_EQ(expect_sane(), 0);
	buf_done(&m->b);
}

ROOT_TC(at_random, "one thing changed at random crashes nobody, and leaves nobody behind")
{
	unsigned long rounds = wish("REFCR_TEST_MUTATIONS", 150), seed = wish("REFCR_TEST_SEED", 1);
	struct mutant m;
	struct arena a;

	begin(&m);
	for (unsigned long i = seed; i < seed + rounds; i++) {
		/* Each round can be had again alone. */
		uint64_t random = i * 0x9e3779b97f4a7c15;
		const struct file *f = &m.file[(random >> 40) % m.n];
		struct image image;
		char what[500], text[600];

		arena_init(&a, false);
		ATF_REQUIRE(image_take_apart(f->name, f->data, f->size, &a, &image));
		image_mutate(&image, &a, &random, what, sizeof(what));
		snprintf(text, sizeof(text), "seed %lu: %s", i, what);
		try(&m, f, &image, text);
		arena_done(&a);
	}
	end(&m);
}

/* Another of the same kind: "core-4.img" after "core-3.img". */
static bool same_kind(const struct file *a, const struct file *b)
{
	size_t kind = strcspn(a->name, "0123456789");

	return a->name[kind] && strncmp(a->name, b->name, kind) == 0;
}

ROOT_TC(field_by_field, "each field of each message gone, empty, at its limits, too often")
{
	/* A part of them each time, unless all are wished for. */
	const char *all = getenv("REFCR_TEST_MUTATIONS");
	unsigned int step = all ? 1 : 5;
	struct mutant m;
	struct arena a;

	begin(&m);
	for (unsigned int i = 0; i < m.n; i++) {
		const struct file *f = &m.file[i];
		struct image image;
		char what[500];
		bool more = i == 0 || !same_kind(&f[-1], f);

		for (unsigned int n = i % step; more; n += step) {
			arena_init(&a, false);
			ATF_REQUIRE(image_take_apart(f->name, f->data, f->size, &a, &image));
			more = image_change(&image, &a, n, what, sizeof(what));
			if (more)
				try(&m, f, &image, what);
			arena_done(&a);
		}
	}
	ATF_CHECK_MSG(m.rounds > 600 / step, "%u rounds", m.rounds);
	end(&m);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, at_random);
	ATF_TP_ADD_TC(tp, field_by_field);
	return atf_no_error();
}
