// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>

#include "ask.h"

static const char *pid_dir(pid_t pid)
{
	static char dir[32];

	if (pid == 0)
		return "self";
	snprintf(dir, sizeof(dir), "%d", pid);
	return dir;
}

char *slurp(const char *path_fmt, ...)
{
	_cleanup_close_ int fd = -1;
	size_t size = 0, room = 4096;
	char path[512], *text;
	va_list ap;
	ssize_t n;

	va_start(ap, path_fmt);
	vsnprintf(path, sizeof(path), path_fmt, ap);
	va_end(ap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;

	text = malloc(room);
	while (text && (n = read(fd, text + size, room - size - 1)) > 0) {
		size += n;
		if (room - size < 2048) {
			room *= 2;
			text = realloc(text, room);
		}
	}
	if (!text || n < 0) {
		int saved = text ? errno : ENOMEM;

		free(text);
		errno = saved;
		return NULL;
	}
	text[size] = '\0';
	return text;
}

char *text_field(const char *text, const char *key)
{
	for (const char *line = text; line && *line;
	     line = strchr(line, '\n'), line += line != NULL) {
		const char *value = str_after(line, key);

		if (!value || *value != ':')
			continue;
		value++;
		value += strspn(value, " \t");
		return strndup(value, strcspn(value, "\n"));
	}
	errno = ENODATA;
	return NULL;
}

/* Frees the text it looks at; NULL stays NULL, with the errno of whoever could not read it. */
static char *field_of(char *text, const char *key)
{
	char *value;
	int saved;

	if (!text)
		return NULL;
	value = text_field(text, key);
	saved = errno;
	free(text);
	errno = saved;
	return value;
}

char *status_field(pid_t pid, const char *key)
{
	return field_of(slurp("/proc/%s/status", pid_dir(pid)), key);
}

char *fdinfo_field(pid_t pid, int fd, const char *key)
{
	return field_of(slurp("/proc/%s/fdinfo/%d", pid_dir(pid), fd), key);
}

char *stat_field(pid_t pid, int number)
{
	char *text = slurp("/proc/%s/stat", pid_dir(pid)), *at, *value = NULL;

	if (!text)
		return NULL;
	/* Field 2 is the comm, in brackets, and may hold any character. Field 3 follows ") ". */
	at = strrchr(text, ')');
	for (int i = 2; at && i < number; i++)
		at = strchr(at + 1, ' ');
	if (at && number > 2)
		value = strndup(at + 1, strcspn(at + 1, " \n"));
	else
		errno = ENODATA;
	free(text);
	return value;
}

static bool has_word(char *text, const char *word)
{
	for (char *save = NULL, *w = strtok_r(text, " \t\n", &save); w;
	     w = strtok_r(NULL, " \t\n", &save))
		if (streq(w, word))
			return true;
	return false;
}

bool booted_with(const char *word)
{
	char *text = slurp("/proc/cmdline");
	bool has = text && has_word(text, word);

	free(text);
	return has;
}

void forced_write_refused(void)
{
	static const char *const settings[] = { "proc_mem.force_override=never",
						"proc_mem.force_override=ptrace" };

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (booted_with(settings[i]))
			FORBIDDEN("%s", settings[i]);
	ABSENT("no forced writes to read-only memory");
}

bool cpu_has(const char *flag)
{
	char *text = slurp("/proc/cpuinfo"), *line;
	bool has;

	line = text ? text_field(text, "flags\t\t") ?: text_field(text, "Features\t") : NULL;
	has = line && has_word(line, flag);
	free(line);
	free(text);
	return has;
}

char *fdinfo_unknown(pid_t pid, int fd, const char *const *known)
{
	char *text = slurp("/proc/%s/fdinfo/%d", pid_dir(pid), fd);

	if (!text)
		return NULL;
	for_each_line(line, text) {
		line[strcspn(line, ": \t")] = '\0';
		if (!str_in(line, known))
			return strdup(line);
	}
	return NULL;
}

static bool vma_parse(const char *line, struct vma *v)
{
	int at = 0;

	v->name[0] = '\0';
	if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &v->start, &v->end, v->perms, &v->pgoff,
		   &v->major, &v->minor, &v->ino, &at) < 7)
		return false;
	snprintf(v->name, sizeof(v->name), "%s", line + at);
	return true;
}

int vma_all(pid_t pid, struct vma **ret)
{
	char *text = slurp("/proc/%s/maps", pid_dir(pid));
	int n = 0;

	*ret = NULL;
	if (!text)
		return -1;
	for_each_line(line, text) {
		if (n % 64 == 0)
			*ret = realloc(*ret, (n + 64) * sizeof(**ret));
		if (!*ret)
			BROKEN("no memory");
		if (!vma_parse(line, &(*ret)[n]))
			DEVIATES("cannot make sense of a line of maps: %s", line);
		n++;
	}
	free(text);
	return n;
}

static int vma_find(pid_t pid, const void *addr, const char *name, struct vma *ret)
{
	struct vma *all;
	int n = vma_all(pid, &all);

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		bool hit = name ? streq(all[i].name, name)
				: all[i].start <= (unsigned long)addr &&
					   (unsigned long)addr < all[i].end;

		if (!hit)
			continue;
		*ret = all[i];
		free(all);
		return 0;
	}
	free(all);
	errno = ENOENT;
	return -1;
}

int vma_at(pid_t pid, const void *addr, struct vma *ret)
{
	return vma_find(pid, addr, NULL, ret);
}

int vma_named(pid_t pid, const char *name, struct vma *ret)
{
	return vma_find(pid, NULL, name, ret);
}

char *vma_flags(pid_t pid, const void *addr)
{
	char *text = slurp("/proc/%s/smaps", pid_dir(pid)), *flags = NULL;
	bool inside = false;

	if (!text)
		return NULL;
	for_each_line(line, text) {
		const char *value = str_after(line, "VmFlags:");
		struct vma v;

		if (value && inside) {
			flags = strdup(value + strspn(value, " "));
			break;
		}
		/* Header lines start with a range in hex, all others with a capital letter. */
		if (!value && (line[0] < 'A' || line[0] > 'Z') && vma_parse(line, &v))
			inside = v.start <= (unsigned long)addr && (unsigned long)addr < v.end;
	}
	free(text);
	if (!flags)
		errno = ENODATA;
	return flags;
}

bool vma_flag(pid_t pid, const void *addr, const char *letters)
{
	char *flags = vma_flags(pid, addr);
	bool found = false;

	if (!flags && errno == ENOENT)
		ABSENT("no /proc/PID/smaps");
	if (!flags)
		BROKEN("no VmFlags of %p: %s", addr, errno_name(errno));
	for (char *save = NULL, *f = strtok_r(flags, " ", &save); f; f = strtok_r(NULL, " ", &save))
		found |= streq(f, letters);
	free(flags);
	return found;
}

uint64_t pagemap_of(pid_t pid, const void *addr)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	uint64_t entry;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid_dir(pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		ABSENT("no /proc/PID/pagemap");
	if (fd < 0)
		BROKEN("%s: %s", path, errno_name(errno));
	if (pread(fd, &entry, 8, (unsigned long)addr / page_size() * 8) != 8)
		BROKEN("%s at %p: %s", path, addr, errno_name(errno));
	return entry;
}
