// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mount.h>

#include "ask.h"
#include "mount.h"

const char *own_tmpfs(void)
{
	own_mounts();
	workdir();
	if (mount("tmpfs", ".", "tmpfs", 0, "mode=0755") < 0)
		BROKEN("mount tmpfs: %s", errno_name(errno));
	/* Where we stand is below the mount now. */
	workdir();
	return answer->workdir;
}

/* Blanks and the like come as \040. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		unsigned int c;

		if (*s == '\\' && sscanf(s + 1, "%3o", &c) == 1) {
			*to++ = c;
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static bool parse(char *line, struct mountinfo *m)
{
	char *tail = strstr(line, " - ");
	int at = 0;

	if (!tail || sscanf(line, "%d %d %u:%u %255s %255s %255s %n", &m->id, &m->parent, &m->major,
			    &m->minor, m->root, m->point, m->options, &at) != 7)
		return false;
	snprintf(m->optional, sizeof(m->optional), "%.*s",
		 line + at < tail ? (int)(tail - line - at) : 0, line + at);
	m->super[0] = '\0';
	if (sscanf(tail, " - %63s %127s %511s", m->type, m->source, m->super) < 2)
		return false;
	unescape(m->root);
	unescape(m->point);
	return true;
}

/* Calls it a day at the first `wanted` says yes to, or (last) goes on for a later one. */
static int find(pid_t pid, const char *point, int id, struct mountinfo *ret, int *count)
{
	char *text = pid ? slurp("/proc/%d/mountinfo", pid) : slurp("/proc/self/mountinfo");
	struct mountinfo m;
	int n = 0;

	if (!text)
		return -1;
	for_each_line(line, text) {
		if (!parse(line, &m))
			DEVIATES("cannot make sense of a line of mountinfo: %s", line);
		if (point ? !streq(m.point, point) : m.id != id)
			continue;
		*ret = m;
		n++;
	}
	free(text);
	if (count)
		*count = n;
	errno = ENOENT;
	return n ? 0 : -1;
}

static char *absolute(const char *path)
{
	char *full;

	if (*path == '/')
		return strdup(path);
	if (asprintf(&full, "%s%s%s", answer->workdir, streq(path, ".") ? "" : "/",
		     streq(path, ".") ? "" : path) < 0)
		BROKEN("no memory");
	return full;
}

int mount_at(pid_t pid, const char *path, struct mountinfo *ret)
{
	char *full = absolute(path);
	int r = find(pid, full, 0, ret, NULL);

	free(full);
	errno = ENOENT;
	return r;
}

int mount_by_id(pid_t pid, int id, struct mountinfo *ret)
{
	return find(pid, NULL, id, ret, NULL);
}

int mounts_at(const char *path)
{
	struct mountinfo m;
	int count;
	char *full = absolute(path);

	find(0, full, 0, &m, &count);
	free(full);
	return count;
}

int peer_group(const struct mountinfo *m, const char *word)
{
	const char *at = strstr(m->optional, word);

	return at ? atoi(at + strlen(word) + 1) : 0;
}
