// SPDX-License-Identifier: GPL-2.0-only
/*
 * timerfd_create(2): what is left until it goes off, how often it has since it was read, and the
 * settings it was given.
 *
 * A relative timer has as much left as it had when the tree was held still. One that was set to a
 * moment of its clock goes off at that moment.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>

#include "engine/base/cleanup.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/kernel/procfs.h"
#include "files.h"

#define SET_TICKS _IOW('T', 0, uint64_t) /* TFD_IOC_SET_TICKS */
#define FLAGS     (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)
#define NSEC      1000000000L

static bool is_zero(const struct timespec *t)
{
	return t->tv_sec == 0 && t->tv_nsec == 0;
}

static struct timespec plus(struct timespec a, const struct timespec *b)
{
	a.tv_sec += b->tv_sec;
	a.tv_nsec += b->tv_nsec;
	if (a.tv_nsec >= NSEC) {
		a.tv_sec++;
		a.tv_nsec -= NSEC;
	}
	return a;
}

static bool before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* The clock whose time a timer counts by: alarm clocks differ only in waking the machine. */
static clockid_t time_of(uint32_t clock)
{
	return clock == CLOCK_REALTIME_ALARM   ? CLOCK_REALTIME
	       : clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME
					       : (clockid_t)clock;
}

/* ---- dump ---- */

static bool claims(const struct fd_view *v)
{
	return streq(v->link, "anon_inode:[timerfd]");
}

struct timer {
	struct itimerspec left;
	uint64_t ticks;
	struct timespec now;
};

/*
 * timerfd_gettime() first: of a periodic timer that has gone off, the kernel counts the periods
 * since only when asked. Once more if it went off in between, unless it does so all the time.
 */
static int look(const struct fd_view *v, clockid_t clock, struct timer *t)
{
	_cleanup_close_ int own = open("/proc/self/fdinfo", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf text = {};
	char name[16];

	snprintf(name, sizeof(name), "%d", v->copy);
	for (int tries = 0;; tries++) {
		const char *value;
		int r;

		if (timerfd_gettime(v->copy, &t->left) < 0 || clock_gettime(clock, &t->now) < 0)
			return -errno;
		r = proc_read_single(own, name, &text);
		if (r == 0)
			r = kv_u64(text.data, "ticks", 10, &t->ticks);
		if (r < 0)
			return r;
		value = kv_find(text.data, "it_value");
		if (!value)
			return -ENODATA;
		if (is_zero(&t->left.it_value) || !str_after(value, "(0, 0)") || tries == 5)
			return 0;
	}
}

/*
 * When the clock is set, such a timer's next read fails with ECANCELED. The only trace of that is
 * a tick too many, and nothing but setting the clock brings it about again.
 */
static bool looks_cancelled(const TimerfdEntry *img)
{
	bool armed = img->vsec || img->vnsec;

	return img->settime_flags & TFD_TIMER_CANCEL_ON_SET && img->ticks > (armed ? 0 : 1);
}

static int dump(const struct fd_view *v, FileEntry *fe)
{
	TimerfdEntry *img = arena_new(&v->dump->arena, TimerfdEntry);
	uint64_t clock, flags;
	struct timer t;
	int r;

	if (!img)
		return -ENOMEM;
	timerfd_entry__init(img);
	fe->tfd = img;
	img->id = fe->id;
	img->flags = v->flags;
	r = kv_u64(v->fdinfo, "clockid", 10, &clock);
	if (r == 0)
		r = kv_u64(v->fdinfo, "settime flags", 8, &flags);
	if (r == 0)
		r = look(v, time_of(clock), &t);
	if (r < 0)
		return log_err(r, "%s: what its timer is about", fd_view_name(v));
	img->clockid = clock;
	img->settime_flags = flags;
	img->ticks = t.ticks;
	img->vsec = t.left.it_value.tv_sec;
	img->vnsec = t.left.it_value.tv_nsec;
	img->isec = t.left.it_interval.tv_sec;
	img->insec = t.left.it_interval.tv_nsec;
	if (looks_cancelled(img))
		return log_refuse("%s: its clock may have been set, and that not been read",
				  fd_view_name(v));
	if (flags & TFD_TIMER_ABSTIME && !is_zero(&t.left.it_value)) {
		struct timespec end = plus(t.now, &t.left.it_value);

		img->has_deadline_sec = img->has_deadline_nsec = true;
		img->deadline_sec = end.tv_sec;
		img->deadline_nsec = end.tv_nsec;
	}
	return fown_dump(v, &img->fown);
}

/* ---- restore ---- */

static bool valid(uint64_t sec, uint64_t nsec)
{
	return sec <= INT64_MAX && nsec < NSEC;
}

static int check(struct restore *r, struct restore_file *f)
{
	const TimerfdEntry *img = f->fe->tfd;

	if (!img || !img->fown)
		return log_bad_image("files.img: timerfd %u has no content", f->id);
	switch (img->clockid) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		break;
	default:
		return log_bad_image("files.img: timerfd %u: clock %u", f->id, img->clockid);
	}
	if (img->settime_flags & ~FLAGS || !valid(img->vsec, img->vnsec) ||
	    !valid(img->isec, img->insec) || !valid(img->deadline_sec, img->deadline_nsec))
		return log_bad_image("files.img: timerfd %u: no such setting", f->id);
	f->fown = img->fown;
	f->flags = img->flags;
	return 0;
}

static int open_file(struct restore *r, struct restore_file *f)
{
	int fd = timerfd_create(f->fe->tfd->clockid, 0);

	return fd < 0 ? log_err(-errno, "timerfd %u on clock %u", f->id, f->fe->tfd->clockid) : fd;
}

/*
 * The moment it is to go off. Of a clock that counts from boot the remembered moment means nothing
 * after another boot: then it has as much left as it had.
 */
static int deadline(const TimerfdEntry *img, struct timespec *end)
{
	struct timespec left = { img->vsec, img->vnsec }, now;
	clockid_t clock = time_of(img->clockid);

	if (is_zero(&left)) {
		*end = left;
		return 0;
	}
	if (clock_gettime(clock, &now) < 0)
		return -errno;
	left = plus(now, &left);
	*end = (struct timespec){ img->deadline_sec, img->deadline_nsec };
	if (!img->has_deadline_sec || (clock != CLOCK_REALTIME && before(&left, end)))
		*end = left;
	return 0;
}

static int begin(struct restore *r, struct restore_file *f, int fd)
{
	const TimerfdEntry *img = f->fe->tfd;
	struct itimerspec set = { { img->isec, img->insec }, { img->vsec, img->vnsec } };
	struct pollfd gone_off = { .fd = fd, .events = POLLIN };
	uint64_t ticks = img->ticks;
	int ret = 0;

	if (img->settime_flags & TFD_TIMER_ABSTIME)
		ret = deadline(img, &set.it_value);
	/* By writers that do not ask the kernel how long ago a periodic one has gone off. */
	if (is_zero(&set.it_value) && ticks)
		set.it_value = set.it_interval;
	if (ret == 0 && timerfd_settime(fd, img->settime_flags, &set, NULL) < 0)
		ret = -errno;
	if (ret < 0)
		return log_err(ret, "timerfd %u: set it", f->id);
	if (!ticks)
		return 0;
	/* The count is set, not added to: one whose moment has passed has counted by now. */
	if (poll(&gone_off, 1, 0) > 0)
		ticks++;
	if (ioctl(fd, SET_TICKS, &ticks) < 0)
		return log_err(-errno, "timerfd %u: %ju expirations", f->id, (uintmax_t)ticks);
	return 0;
}

const struct object timerfd_object = {
	.name = "timerfd",
	.type = FD_TYPES__TIMERFD,
	.claims = claims,
	.dump = dump,
	.check = check,
	.open = open_file,
	.begin = begin,
};
