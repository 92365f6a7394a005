// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <signal.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "procfs.h"

int proc_open(pid_t pid, pid_t tid)
{
	char path[64];
	int fd;

	if (tid)
		snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	else
		snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return fd;
}

int proc_read_again(int fd, struct buf *b)
{
	b->len = 0;
	for (;;) {
		size_t room;
		ssize_t got;
		int r = buf_reserve(b, 4096);

		if (r < 0)
			return r;
		room = b->cap - b->len - 1;
		got = pread(fd, b->data + b->len, room, b->len);
		if (got < 0)
			return -errno;
		b->len += got;
		b->data[b->len] = '\0';
		if ((size_t)got < room)
			return 0;
	}
}

int proc_read_single(int dirfd, const char *path, struct buf *b)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : proc_read_again(fd, b);
}

int proc_read_stat(int proc, struct proc_stat *ret)
{
	_cleanup_buf_ struct buf b = {};
	uint64_t field[53] = {};
	char *open, *close;
	const char *p;
	int r;

	r = proc_read_single(proc, "stat", &b);
	if (r < 0)
		return r;
	/* The name may hold anything, parentheses and newlines too: it ends at the last one. */
	open = strchr(b.data, '(');
	close = strrchr(b.data, ')');
	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return -EBADMSG;
	*close = '\0';

	*ret = (struct proc_stat){ .state = close[2] };
	snprintf(ret->comm, sizeof(ret->comm), "%s", open + 1);
	p = close + 3;
	for (unsigned int i = 4; i < ARRAY_SIZE(field); i++) {
		bool minus;

		while (*p == ' ')
			p++;
		minus = *p == '-';
		p += minus;
		if (!scan_u64(&p, 10, &field[i]))
			return -EBADMSG;
		if (minus)
			field[i] = -field[i];
	}
	ret->pid = atoi(b.data);
	ret->ppid = field[4];
	ret->pgid = field[5];
	ret->sid = field[6];
	ret->tty_nr = field[7];
	ret->tpgid = field[8];
	ret->flags = field[9];
	ret->start_time = field[22];
	ret->start_code = field[26];
	ret->end_code = field[27];
	ret->start_stack = field[28];
	ret->exit_signal = field[38];
	ret->start_data = field[45];
	ret->end_data = field[46];
	ret->start_brk = field[47];
	ret->arg_start = field[48];
	ret->arg_end = field[49];
	ret->env_start = field[50];
	ret->env_end = field[51];
	ret->exit_code = field[52];
	return 0;
}

char proc_state(pid_t pid, pid_t tid)
{
	_cleanup_close_ int proc = proc_open(pid, tid);
	struct proc_stat stat;

	return proc >= 0 && proc_read_stat(proc, &stat) == 0 ? stat.state : '?';
}

int proc_wchan(pid_t pid, pid_t tid, char *to, size_t size)
{
	_cleanup_buf_ struct buf b = {};
	_cleanup_close_ int proc = proc_open(pid, tid);
	int r = proc < 0 ? proc : proc_read_single(proc, "wchan", &b);
	const char *name;

	if (r < 0)
		return r;
	snprintf(to, size, "%s", b.data);
	/*
	 * Before 5.16 it is 0 where the kernel does without frame pointers; the stack, its first line here,
	 * is not. That of who runs is anything.
	 */
	if (!streq(to, "0") || proc_state(pid, tid) != 'S' ||
	    proc_read_single(proc, "stack", &b) < 0)
		return 0;
	name = str_after(b.data, "[<0>] ");
	if (name)
		snprintf(to, size, "%.*s", (int)strcspn(name, "+\n"), name);
	return 0;
}

const char *kv_find(const char *text, const char *key)
{
	const char *line;
	size_t len, n = strlen(key);

	while (next_line(&text, &line, &len))
		if (len > n && line[n] == ':' && memcmp(line, key, n) == 0) {
			for (line += n + 1; *line == ' ' || *line == '\t'; line++)
				;
			return line;
		}
	return NULL;
}

int kv_u64(const char *text, const char *key, int base, uint64_t *ret)
{
	const char *p = kv_find(text, key);

	if (!p)
		return -ENODATA;
	return scan_u64(&p, base, ret) ? 0 : -EBADMSG;
}

int kv_list(const char *text, const char *key, int base, uint64_t *ret, unsigned int n)
{
	const char *p = kv_find(text, key);
	unsigned int count = 0;
	uint64_t v;

	if (!p)
		return -ENODATA;
	while (scan_u64(&p, base, &v)) {
		if (count < n)
			ret[count] = v;
		count++;
		while (*p == ' ' || *p == '\t')
			p++;
	}
	return count;
}

static int ids_of(const char *text, const char *key, uint32_t to[4])
{
	uint64_t v[4];

	if (kv_list(text, key, 10, v, 4) != 4)
		return -EBADMSG;
	for (int i = 0; i < 4; i++)
		to[i] = v[i];
	return 0;
}

/* A backslash and a newline are escaped by a backslash, and nothing else. */
static int comm_of(const char *text, char *to, size_t size)
{
	/* Not kv_find(): blanks may belong to the name. */
	const char *p = str_after(text, "Name:\t");
	size_t n = 0;

	if (!p)
		return -EBADMSG;
	for (; *p && *p != '\n' && n + 1 < size; p++) {
		if (*p == '\\' && (p[1] == 'n' || p[1] == '\\'))
			to[n++] = *++p == 'n' ? '\n' : '\\';
		else
			to[n++] = *p;
	}
	to[n] = '\0';
	return 0;
}

int proc_read_status(int proc, struct proc_status *ret)
{
	static const char *const cap_key[PROC_CAPS] = { "CapInh", "CapPrm", "CapEff", "CapBnd",
							"CapAmb" };
	_cleanup_(proc_status_done) struct proc_status s = {};
	_cleanup_free_ uint64_t *groups = NULL;
	_cleanup_buf_ struct buf b = {};
	uint64_t v;
	int r, n;

	r = proc_read_single(proc, "status", &b);
	if (r < 0)
		return r;
	if (comm_of(b.data, s.comm, sizeof(s.comm)) < 0 || ids_of(b.data, "Uid", s.uid) < 0 ||
	    ids_of(b.data, "Gid", s.gid) < 0)
		return -EBADMSG;

	n = kv_list(b.data, "Groups", 10, NULL, 0);
	if (n < 0)
		return n;
	groups = calloc(n + 1, sizeof(*groups));
	s.groups = calloc(n + 1, sizeof(*s.groups));
	if (!groups || !s.groups)
		return -ENOMEM;
	kv_list(b.data, "Groups", 10, groups, n);
	s.n_groups = n;
	for (int i = 0; i < n; i++)
		s.groups[i] = groups[i];

	for (int i = 0; i < PROC_CAPS; i++) {
		r = kv_u64(b.data, cap_key[i], 16, &s.caps[i]);
		if (r < 0)
			return r;
	}
	if (kv_u64(b.data, "SigCgt", 16, &s.sig_caught) < 0 ||
	    kv_u64(b.data, "SigBlk", 16, &s.sig_blocked) < 0)
		return -EBADMSG;
	/* A task without an fs_struct (a zombie) has no umask line. */
	if (kv_u64(b.data, "Umask", 8, &v) == 0)
		s.umask = v;
	if (kv_u64(b.data, "FDSize", 10, &v) == 0)
		s.fd_size = v;
	if (kv_u64(b.data, "NoNewPrivs", 10, &v) == 0)
		s.no_new_privs = v;
	if (kv_u64(b.data, "Seccomp", 10, &v) == 0)
		s.seccomp = v;
	if (kv_u64(b.data, "TracerPid", 10, &v) == 0)
		s.tracer = v;
	n = kv_list(b.data, "NSpid", 10, NULL, 0);
	s.ns_depth = n < 0 ? 1 : n;

	*ret = s;
	s.groups = NULL;
	return 0;
}

void proc_status_done(struct proc_status *s)
{
	free(s->groups);
	s->groups = NULL;
}

static int pids_append(pid_t **pids, unsigned int *n, pid_t pid)
{
	/* Doubling at powers of two: the array needs no capacity beside it. */
	if ((*n & (*n - 1)) == 0) {
		pid_t *more = realloc(*pids, MAX(*n * 2, 8U) * sizeof(pid_t));

		if (!more)
			return -ENOMEM;
		*pids = more;
	}
	(*pids)[(*n)++] = pid;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* The numeric names of a directory, rising. */
static int numbers_in(int proc, const char *name, pid_t **ret, unsigned int *ret_n)
{
	_cleanup_free_ pid_t *pids = NULL;
	_cleanup_closedir_ DIR *d = NULL;
	unsigned int n = 0;
	struct dirent *e;
	int fd, r;

	fd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	d = fdopendir(fd);
	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	while (errno = 0, e = readdir(d)) {
		uint64_t v;

		if (!parse_u64(e->d_name, 10, &v))
			continue;
		r = pids_append(&pids, &n, v);
		if (r < 0)
			return r;
	}
	if (errno)
		return -errno;
	if (n)
		qsort(pids, n, sizeof(*pids), by_number);
	*ret = TAKE_PTR(pids);
	*ret_n = n;
	return 0;
}

int proc_threads(int proc, pid_t **ret, unsigned int *n)
{
	return numbers_in(proc, "task", ret, n);
}

int proc_fds(int proc, int **ret, unsigned int *n)
{
	return numbers_in(proc, "fd", ret, n);
}

int proc_children(int proc, pid_t **ret, pid_t **makers, unsigned int *ret_n)
{
	_cleanup_free_ pid_t *threads = NULL, *pids = NULL, *by = NULL;
	_cleanup_buf_ struct buf b = {};
	unsigned int n_threads, n = 0, n_by = 0;
	int r;

	r = proc_threads(proc, &threads, &n_threads);
	if (r < 0)
		return r;
	for (unsigned int i = 0; i < n_threads; i++) {
		char path[64];
		const char *p;
		uint64_t pid;

		snprintf(path, sizeof(path), "task/%d/children", threads[i]);
		r = read_file_at(proc, path, &b);
		if (r == -ENOENT || r == -ESRCH)
			continue; /* the thread ended; its children moved to another one */
		if (r < 0)
			return r;
		p = b.data;
		while (scan_u64(&p, 10, &pid)) {
			r = pids_append(&pids, &n, pid);
			if (r == 0 && makers)
				r = pids_append(&by, &n_by, threads[i]);
			if (r < 0)
				return r;
			while (*p == ' ')
				p++;
		}
	}
	*ret = TAKE_PTR(pids);
	if (makers)
		*makers = TAKE_PTR(by);
	*ret_n = n;
	return 0;
}

/* The names /proc/PID/limits uses, by RLIMIT_* number. */
static const char *const limit_name[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = "Max cpu time",
	[RLIMIT_FSIZE] = "Max file size",
	[RLIMIT_DATA] = "Max data size",
	[RLIMIT_STACK] = "Max stack size",
	[RLIMIT_CORE] = "Max core file size",
	[RLIMIT_RSS] = "Max resident set",
	[RLIMIT_NPROC] = "Max processes",
	[RLIMIT_NOFILE] = "Max open files",
	[RLIMIT_MEMLOCK] = "Max locked memory",
	[RLIMIT_AS] = "Max address space",
	[RLIMIT_LOCKS] = "Max file locks",
	[RLIMIT_SIGPENDING] = "Max pending signals",
	[RLIMIT_MSGQUEUE] = "Max msgqueue size",
	[RLIMIT_NICE] = "Max nice priority",
	[RLIMIT_RTPRIO] = "Max realtime priority",
	[RLIMIT_RTTIME] = "Max realtime timeout",
};

static bool scan_limit(const char **p, rlim_t *ret)
{
	const char *after;
	uint64_t v;

	while (**p == ' ')
		(*p)++;
	after = str_after(*p, "unlimited");
	if (after) {
		*p = after;
		*ret = RLIM_INFINITY;
		return true;
	}
	if (!scan_u64(p, 10, &v))
		return false;
	*ret = v;
	return true;
}

int proc_limits(int proc, struct rlimit limits[RLIM_NLIMITS])
{
	_cleanup_buf_ struct buf b = {};
	int r;

	r = proc_read_single(proc, "limits", &b);
	if (r < 0)
		return r;
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		const char *p = strstr(b.data, limit_name[i]);

		if (!p)
			return -ENODATA;
		p += strlen(limit_name[i]);
		if (!scan_limit(&p, &limits[i].rlim_cur) || !scan_limit(&p, &limits[i].rlim_max))
			return -EBADMSG;
	}
	return 0;
}

static int parse_notify(const char *text, struct proc_timer *t)
{
	static const struct {
		const char *name;
		int notify;
	} how[] = { { "signal", SIGEV_SIGNAL },
		    { "none", SIGEV_NONE },
		    { "thread", SIGEV_THREAD } };
	const char *after;
	uint64_t tid;

	for (unsigned int i = 0; i < ARRAY_SIZE(how); i++) {
		after = str_after(text, how[i].name);
		if (!after)
			continue;
		t->notify = how[i].notify;
		if ((after = str_after(after, "/tid."))) {
			if (!scan_u64(&after, 10, &tid))
				return -EBADMSG;
			t->notify |= SIGEV_THREAD_ID;
			t->tid = tid;
		}
		return 0;
	}
	return -EBADMSG;
}

int proc_timers(int proc, struct proc_timer **ret, unsigned int *ret_n)
{
	_cleanup_free_ struct proc_timer *timers = NULL;
	_cleanup_buf_ struct buf b = {};
	unsigned int n = 0;
	const char *p;
	int r;

	r = read_file_at(proc, "timers", &b);
	if (r < 0)
		return r;
	for (p = b.data; (p = strstr(p, "ID: ")); p++)
		if (p == b.data || p[-1] == '\n')
			n++;
	timers = calloc(n + 1, sizeof(*timers));
	if (!timers)
		return -ENOMEM;

	p = b.data;
	for (unsigned int i = 0; i < n; i++) {
		struct proc_timer *t = &timers[i];
		const char *signal, *notify, *clock;
		uint64_t v, value;
		bool minus;

		/* "ID: 1\nsignal: 10/00007fff...\nnotify: signal/pid.812\nClockID: 0\n" */
		if (kv_u64(p, "ID", 10, &v) < 0 || !(signal = kv_find(p, "signal")) ||
		    !(notify = kv_find(p, "notify")) || !(clock = kv_find(p, "ClockID")))
			return -EBADMSG;
		t->id = v;
		if (!scan_u64(&signal, 10, &v) || *signal++ != '/' ||
		    !scan_u64(&signal, 16, &value))
			return -EBADMSG;
		t->signo = v;
		t->value = value;
		r = parse_notify(notify, t);
		if (r < 0)
			return r;
		minus = *clock == '-';
		clock += minus;
		if (!scan_u64(&clock, 10, &v))
			return -EBADMSG;
		t->clock = minus ? -(int)v : (int)v;
		p = strstr(clock, "ID: ") ?: "";
	}
	*ret = TAKE_PTR(timers);
	*ret_n = n;
	return 0;
}

int proc_auxv(int proc, uint64_t **ret, unsigned int *n)
{
	_cleanup_buf_ struct buf b = {};
	int r;

	r = read_file_at(proc, "auxv", &b);
	if (r < 0)
		return r;
	*n = b.len / sizeof(uint64_t);
	*ret = (uint64_t *)TAKE_PTR(b.data);
	return 0;
}

int proc_u64(int proc, const char *name, int base, uint64_t *ret)
{
	_cleanup_buf_ struct buf b = {};
	const char *p;
	int r;

	r = proc_read_single(proc, name, &b);
	if (r < 0)
		return r;
	p = b.data ?: "";
	return scan_u64(&p, base, ret) ? 0 : -EBADMSG;
}

int proc_int(int proc, const char *name, int *ret)
{
	_cleanup_buf_ struct buf b = {};
	int r;

	r = proc_read_single(proc, name, &b);
	if (r < 0)
		return r;
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[b.len - 1] = '\0';
	return parse_int(b.data ?: "", ret) ? 0 : -EBADMSG;
}

int proc_ns(int proc, const char *name, uint64_t *ret)
{
	char text[64];
	const char *p;
	int r;

	r = read_link_at(proc, name, text, sizeof(text));
	if (r < 0)
		return r;
	p = strchr(text, '[');
	if (!p)
		return -EBADMSG;
	p++;
	return scan_u64(&p, 10, ret) ? 0 : -EBADMSG;
}
