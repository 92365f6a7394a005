// SPDX-License-Identifier: GPL-2.0-only
#include "ask.h"
#include "cgroup.h"

static bool in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
			return true;
	return false;
}

char *cgroup_mount(const char *controller)
{
	char *text = slurp("/proc/self/mountinfo"), *found = NULL;

	if (!text)
		BROKEN("/proc/self/mountinfo: %s", errno_name(errno));
	for_each_line(line, text) {
		char *tail = strstr(line, " - "), point[256], root[256], type[32], options[256];

		if (found || !tail || sscanf(line, "%*d %*d %*s %255s %255s", root, point) != 2 ||
		    sscanf(tail, " - %31s %*s %255s", type, options) != 2 || !streq(root, "/"))
			continue;
		if (*controller ? streq(type, "cgroup") && in_list(options, controller)
				: streq(type, "cgroup2"))
			found = strdup(point);
	}
	free(text);
	return found;
}

char *cgroup_of(pid_t pid, const char *controller)
{
	char *text = pid ? slurp("/proc/%d/cgroup", pid) : slurp("/proc/self/cgroup"), *path = NULL;

	if (!text)
		return NULL;
	for_each_line(line, text) {
		char *names = strchr(line, ':'), *at = names ? strchr(names + 1, ':') : NULL;

		if (path || !at)
			continue;
		*at = '\0';
		if (*controller ? in_list(names + 1, controller) : names[1] == '\0')
			path = strdup(at + 1);
	}
	free(text);
	return path;
}

char *cgroup_below(const char *parent, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", parent, name) < 0)
		BROKEN("no memory");
	if (mkdir(path, 0755) < 0) {
		/* Who may not is not told by a capability but by the mode of the directory. */
		if (errno == EACCES || errno == EPERM || errno == EROFS)
			ABSENT("privilege: write permission on %s", parent);
		BROKEN("mkdir %s: %s", path, errno_name(errno));
	}
	rmdir_later(path);
	return path;
}

static char *new_below_ours(const char *controller)
{
	char *mount = cgroup_mount(controller), *own = cgroup_of(0, controller), *parent, name[32];

	if (!mount)
		MACHINE_LACKS("the %s hierarchy of cgroups is not mounted",
			      *controller ? controller : "unified");
	if (!own)
		DEVIATES("/proc/self/cgroup lacks a hierarchy that is mounted at %s", mount);
	if (asprintf(&parent, "%s%s", mount, streq(own, "/") ? "" : own) < 0)
		BROKEN("no memory");
	snprintf(name, sizeof(name), "probe.%d", getpid());
	return cgroup_below(parent, name);
}

char *cgroup_new(void)
{
	return new_below_ours("");
}

char *cgroup1_new(const char *controller)
{
	return new_below_ours(controller);
}

int cgroup_move(const char *cgroup, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return write_text(text, "%s/cgroup.procs", cgroup);
}

void cgroup_await(const char *cgroup, const char *file, const char *line)
{
	uint64_t until = now_ms() + 6000;

	for (;;) {
		char *text = slurp("%s/%s", cgroup, file);
		bool there = false;

		if (!text)
			BROKEN("%s/%s: %s", cgroup, file, errno_name(errno));
		for_each_line(each, text)
			there |= streq(each, line);
		if (there)
			return;
		if (now_ms() > until)
			DEVIATES("%s does not come to say '%s'", file, line);
		usleep(500);
	}
}
