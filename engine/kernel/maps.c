// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "maps.h"

static uint64_t flag_of(const char *word)
{
	switch (word[0] << 8 | word[1]) {
#define X(name, a, b)                                                                              \
	case a << 8 | b:                                                                           \
		return VM_FLAG(name);
		VM_FLAG_WORDS(X)
#undef X
	}
	return 0;
}

/* "55e0-55f1 r-xp 00001000 fe:00 1234     /usr/bin/x"; cuts the name off at the newline. */
static int parse_area(char **at, struct vm_area *a)
{
	uint64_t major, minor;
	const char *p = *at;
	char *end;

	if (!scan_u64(&p, 16, &a->start) || *p++ != '-' || !scan_u64(&p, 16, &a->end) ||
	    *p++ != ' ')
		return -EBADMSG;
	if (strnlen(p, 5) < 5)
		return -EBADMSG;
	a->prot = (p[0] == 'r' ? PROT_READ : 0) | (p[1] == 'w' ? PROT_WRITE : 0) |
		  (p[2] == 'x' ? PROT_EXEC : 0);
	a->shared = p[3] == 's';
	p += 5;
	if (!scan_u64(&p, 16, &a->pgoff) || *p++ != ' ' || !scan_u64(&p, 16, &major) ||
	    *p++ != ':' || !scan_u64(&p, 16, &minor) || *p++ != ' ' || !scan_u64(&p, 10, &a->ino))
		return -EBADMSG;
	a->dev = makedev(major, minor);
	while (*p == ' ')
		p++;
	end = strchrnul(p, '\n');
	a->name = p;
	*at = *end ? end + 1 : end;
	*end = '\0';
	return 0;
}

/* The line before that of the flags, where the CPU has keys. */
static unsigned int protection_key(const char *text, const char *flags)
{
	const char *p = flags - 1;
	uint64_t key;

	while (p > text && p[-1] != '\n')
		p--;
	p = str_after(p, "ProtectionKey:");
	while (p && *p == ' ')
		p++;
	return p && scan_u64(&p, 10, &key) ? key : 0;
}

static int parse_flags(char **at, struct vm_area *a)
{
	char *p = strstr(*at, "VmFlags: ");

	if (!p)
		return -EBADMSG;
	a->key = protection_key(*at, p);
	for (p += strlen("VmFlags: "); p[0] && p[0] != '\n' && p[1] && p[2] == ' '; p += 3) {
		uint64_t flag = flag_of(p);

		a->flags |= flag;
		if (!flag && !a->odd[0])
			memcpy(a->odd, p, 2);
	}
	if (*p != '\n')
		return -EBADMSG;
	*at = p + 1;
	return 0;
}

/*
 * A mapping whose text does not fit any more into the kernel's buffer, a page, is gone through again
 * for the next read, which of a big one takes long. Where no more than this is asked for, it fits.
 */
#define STEP 3072

static int read_smaps(int proc, struct buf *b)
{
	_cleanup_close_ int fd = openat(proc, "smaps", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		int r = buf_reserve(b, STEP);

		if (r < 0)
			return r;
		n = read(fd, b->data + b->len, STEP);
		if (n < 0)
			return -errno;
		b->len += n;
	} while (n > 0);
	b->data[b->len] = '\0';
	return 0;
}

int vm_map_read(int proc, struct vm_map *ret)
{
	_cleanup_(vm_map_done) struct vm_map m = {};
	unsigned int cap = 0;
	char *at;
	int r;

	r = read_smaps(proc, &m.text);
	if (r < 0)
		return r;
	if (m.text.len == 0)
		return -ESRCH;
	for (at = m.text.data; *at;) {
		struct vm_area *a;

		if (m.n == cap) {
			cap = MAX(cap * 2, 64U);
			a = realloc(m.area, cap * sizeof(*a));
			if (!a)
				return -ENOMEM;
			m.area = a;
		}
		a = &m.area[m.n];
		*a = (struct vm_area){};
		r = parse_area(&at, a);
		if (r < 0)
			return r;
		a->numbers = at;
		r = parse_flags(&at, a);
		if (r < 0)
			return r;
		m.n++;
	}
	*ret = m;
	m = (struct vm_map){};
	return 0;
}

uint64_t vm_area_number(const struct vm_area *a, const char *name)
{
	const char *at = a->numbers, *p;
	uint64_t kb;

	for (; *at && !str_after(at, "VmFlags: "); at = strchrnul(at, '\n') + 1) {
		p = str_after(at, name);
		if (!p || *p++ != ':')
			continue;
		while (*p == ' ')
			p++;
		return scan_u64(&p, 10, &kb) ? kb << 10 : 0;
	}
	return 0;
}

void vm_map_done(struct vm_map *m)
{
	buf_done(&m->text);
	free(m->area);
	*m = (struct vm_map){};
}
