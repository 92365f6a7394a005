// SPDX-License-Identifier: GPL-2.0-only
/* Events of an inotify, one by one, and what it watches. */
#include <poll.h>
#include <sys/inotify.h>

#include "harness.h"

/* Events have the size of their head or multiples of it: what has room for one only gives one. */
static bool next_event(int fd, struct inotify_event *e, size_t room)
{
	ssize_t n = -1;

	if (!t_ready(fd, POLLIN))
		return false;
	for (size_t size = sizeof(*e); n < 0 && size <= room; size += sizeof(*e)) {
		n = read(fd, e, size);
		if (n < 0 && errno != EINVAL)
			end_caller("inotify %d: read: %s", fd, strerror(errno));
	}
	if (n < 0)
		end_caller("inotify %d: an event of more than %zu bytes", fd, room);
	return true;
}

/* "4 created 'name'" would take a table of names; masks are known to whoever reads this. */
static const char *event_text(const struct inotify_event *e, char *to, size_t size)
{
	snprintf(to, size, "watch %d, mask %#x, '%s'", e->wd, e->mask, e->len ? e->name : "");
	return to;
}

void zdtm_expect_notice(int fd, int wd, uint32_t mask, const char *name, const char *text,
			struct zdtm_here here)
{
	union {
		struct inotify_event event;
		char room[sizeof(struct inotify_event) + 256];
	} got;
	char told[400];

	if (!next_event(fd, &got.event, sizeof(got))) {
		if (mask)
			zdtm_fail(here, "%s: no event, expected watch %d, mask %#x, '%s'", text, wd,
				  mask, name);
		return;
	}
	event_text(&got.event, told, sizeof(told));
	if (!mask)
		zdtm_fail(here, "%s: an event: %s", text, told);
	else if (got.event.wd != wd || got.event.mask != mask ||
		 strcmp(got.event.len ? got.event.name : "", name) != 0)
		zdtm_fail(here, "%s: %s; expected watch %d, mask %#x, '%s'", text, told, wd, mask,
			  name);
}

static int by_wd(const void *a, const void *b)
{
	const struct t_mark *x = a, *y = b;

	return (x->wd > y->wd) - (x->wd < y->wd);
}

unsigned int t_marks(int fd, struct t_mark *to, unsigned int room)
{
	char path[64], *text;
	unsigned int n = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	text = t_slurp(path);
	for (char *line = text, *end; line; line = end) {
		struct t_mark m;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (strncmp(line, "inotify ", 8) != 0)
			continue;
		if (sscanf(line, "inotify wd:%x ino:%lx sdev:%*x mask:%x", (unsigned int *)&m.wd,
			   &m.ino, &m.mask) != 3)
			end_caller("%s: cannot make sense of '%s'", path, line);
		if (n < room)
			to[n] = m;
		n++;
	}
	free(text);
	if (to)
		qsort(to, n < room ? n : room, sizeof(*to), by_wd);
	return n;
}
