// SPDX-License-Identifier: GPL-2.0-only
/* What /proc tells about this task and others. */
#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <time.h>

#include "harness.h"

/* All of a text file into memory of its own; NULL with errno. */
static char *slurp(const char *path)
{
	size_t size = 4096, len = 0;
	char *text = malloc(size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (!text || fd < 0)
		goto out;
	while ((n = read(fd, text + len, size - len - 1)) > 0) {
		len += n;
		if (len < size - 1)
			continue;
		text = SYS_PTR(realloc(text, size *= 2));
	}
	text[len] = '\0';
out:
	if (fd >= 0)
		close(fd);
	if (n == 0)
		return text;
	free(text);
	return NULL;
}

char *t_slurp(const char *path)
{
	char *text = slurp(path);

	if (!text)
		end_caller("reading %s: %s", path, strerror(errno));
	return text;
}

char *t_field(const char *path, const char *key)
{
	char *text = t_slurp(path);
	size_t n = strlen(key);

	for (char *line = text, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, key, n) != 0 || line[n] != ':')
			continue;
		if (end)
			*end = '\0';
		line += n + 1;
		line += strspn(line, " \t");
		for (n = strlen(line); n > 0 && isspace((unsigned char)line[n - 1]); n--)
			line[n - 1] = '\0';
		line = SYS_PTR(strdup(line));
		free(text);
		return line;
	}
	end_caller("%s has no line '%s:'", path, key);
}

uint64_t t_field_num(const char *path, const char *key, int base)
{
	char *value = t_field(path, key), *end;
	uint64_t number = strtoull(value, &end, base);

	if (end == value)
		end_caller("%s: '%s: %s' is no number", path, key, value);
	free(value);
	return number;
}

uint64_t t_stat_num(pid_t pid, int field)
{
	char path[64], *text, *at, *end;
	uint64_t number;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = t_slurp(path);
	/* The name is the second, and may hold anything. */
	at = strrchr(text, ')');
	for (int i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	number = at ? strtoull(at + 1, &end, 10) : 0;
	if (!at || end == at + 1)
		end_caller("%s has no number %d", path, field);
	free(text);
	return number;
}

/* The state letter of a task; 0 when it is gone. */
static char state_of(pid_t tid)
{
	char path[64], *text, *after, state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	text = slurp(path);
	/* "5 (a ) odd (name) S 1 ...": only the last parenthesis is the kernel's. */
	after = text ? strrchr(text, ')') : NULL;
	if (after && after[1] == ' ')
		state = after[2];
	free(text);
	return state;
}

/* The number of the system call a task is blocked in; -1 when it is not or is gone. */
static long syscall_of(pid_t tid)
{
	char path[64], *text;
	long nr;

	snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	text = slurp(path);
	if (!text || sscanf(text, "%ld", &nr) != 1)
		nr = -1;
	free(text);
	return nr;
}

/*
 * Nothing tells us when another task falls asleep: the one place where looking again and again is
 * the only way. Not without yielding, for the other may need this CPU to get there.
 */
static void look_again(void)
{
	const struct timespec t = { .tv_nsec = 100 * 1000 };

	sched_yield();
	nanosleep(&t, NULL);
}

void t_wait_state(pid_t tid, char state)
{
	int64_t deadline = now_ms() + 1000 * patience();
	char now;

	while ((now = state_of(tid)) != state) {
		if (left_ms(deadline) == 0)
			end_caller("task %d is in state %c, not %c, after %u s", tid,
				   now ? now : '-', state, patience());
		look_again();
	}
}

void t_wait_syscall(pid_t tid, long nr)
{
	int64_t deadline = now_ms() + 1000 * patience();

	/* The call's number shows from its entry on, even while it still runs. */
	while (syscall_of(tid) != nr || state_of(tid) != 'S') {
		if (left_ms(deadline) == 0)
			end_caller(
				"task %d is in system call %ld, state %c, not asleep in %ld, after %u s",
				tid, syscall_of(tid), state_of(tid), nr, patience());
		look_again();
	}
}

const char *what_others_do(char *to, size_t size)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	snprintf(to, size, "none");
	while (dir && (d = readdir(dir)) && n < size) {
		int pid = atoi(d->d_name);
		char state;

		if (pid <= 1 || pid == getpid())
			continue;
		state = state_of(pid);
		if (state)
			n += snprintf(to + n, size - n, "%stask %d %c in system call %ld",
				      n ? ", " : "", pid, state, syscall_of(pid));
	}
	if (dir)
		closedir(dir);
	return to;
}

void zdtm_until(int64_t *deadline, const char *text, struct zdtm_here here)
{
	if (*deadline == 0)
		*deadline = now_ms() + 1000 * patience();
	if (left_ms(*deadline) == 0)
		zdtm_die(here, "%s: does not hold after %u s", text, patience());
	look_again();
}
