// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/kernel/userfaultfd.h"
#include "place.h"

struct place place_init(int image_fd, uint64_t size)
{
	return (struct place){ .uffd = -EBADF, .image = image_fd, .size = size };
}

void place_done(struct place *p)
{
	cleanup_close(&p->uffd);
	p->uffd = -EBADF;
	if (p->at)
		munmap((void *)p->at, p->size);
	p->at = NULL;
}

/* Where every mapping may have them, a first touch is to bring them. */
static bool huge_pages_everywhere(void)
{
	_cleanup_buf_ struct buf text = {};

	return read_file_at(AT_FDCWD, "/sys/kernel/mm/transparent_hugepage/enabled", &text) == 0 &&
	       strstr(text.data, "[always]");
}

static bool begin(struct place *p)
{
	void *at;

	if (p->tried)
		return p->at;
	p->tried = true;
	if (huge_pages_everywhere())
		return false;
	p->uffd = userfaultfd_open(UFFD_USER_MODE_ONLY, UFFD_FEATURE_SIGBUS);
	if (p->uffd < 0)
		return false;
	at = mmap(NULL, p->size, PROT_READ, MAP_SHARED, p->image, 0);
	if (at == MAP_FAILED)
		return false;
	/* When the mapping goes its pages need not be told each that they were used. */
	(void)madvise(at, p->size, MADV_SEQUENTIAL);
	p->at = at;
	return true;
}

bool place_take(struct place *p, void *at, uint64_t len)
{
	return begin(p) && userfaultfd_watch(p->uffd, at, len) == 0;
}

int place_pages(const struct place *p, void *to, uint64_t pos, uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		struct uffdio_copy copy = { .dst = (uintptr_t)to + done,
					    .src = (uintptr_t)p->at + pos + done,
					    .len = len - done,
					    .mode = UFFDIO_COPY_MODE_DONTWAKE };
		int r = ioctl(p->uffd, UFFDIO_COPY, &copy) < 0 ? -errno : 0;

		if (copy.copy > 0)
			done += (uint64_t)copy.copy;
		else if (r == -EFAULT)
			return -EIO; /* what lies behind the end of the image, or in a bad place of it */
		else if (r < 0 && r != -EAGAIN && r != -EINTR)
			return r;
	}
	return 0;
}
