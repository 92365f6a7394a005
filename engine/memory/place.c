// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "place.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 /* since 5.11; what the kernel lets everybody have */
#endif

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
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS };
	void *at;

	if (p->tried)
		return p->at;
	p->tried = true;
	if (huge_pages_everywhere())
		return false;
	p->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (p->uffd < 0 || ioctl(p->uffd, UFFDIO_API, &api) < 0)
		return false;
	at = mmap(NULL, p->size, PROT_READ, MAP_SHARED, p->image, 0);
	if (at == MAP_FAILED)
		return false;
	p->at = at;
	return true;
}

bool place_take(struct place *p, void *at, uint64_t len)
{
	struct uffdio_register range = { .range = { .start = (uintptr_t)at, .len = len },
					 .mode = UFFDIO_REGISTER_MODE_MISSING };

	return begin(p) && ioctl(p->uffd, UFFDIO_REGISTER, &range) == 0;
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
