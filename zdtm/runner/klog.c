// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "klog.h"

/*
 * The first that is found counts. Stalls and lockups are no more than warnings: a guest whose host is
 * busy has them for no fault of its own.
 */
#define TAINTED  "kernel tainted: "
#define OUR_NMI  "NMI: Not continuing"
#define SCISSORS "------------[ cut here ]"
static const struct {
	const char *text;
	enum complaint is;
} signs[] = {
	{ "traps: ",
	  NO_COMPLAINT },    /* a program's own fault: "traps: a.out[5] general protection fault" */
	{ OUR_NMI, WARNED }, /* ours, see guest_provoke() */
	{ "soft lockup", WARNED },
	{ "workqueue lockup", WARNED },
	{ "Kernel panic - not syncing", WRONG },
	{ "BUG: ", WRONG },
	{ "kernel BUG at", WRONG },
	{ "Oops: ", WRONG },
	{ "general protection fault", WRONG },
	{ "Internal error: ", WRONG },
	{ "UBSAN: ", WRONG },
	{ "WARNING: possible ",
	  WRONG }, /* circular locking, recursive locking, irq lock inversion */
	{ "WARNING: inconsistent lock state", WRONG },
	{ "WARNING: bad unlock balance", WRONG },
	{ "WARNING: held lock freed", WRONG },
	{ "-safe -> ", WRONG },
	{ "[ BUG: ", WRONG },
	{ "suspicious RCU usage", WRONG },
	{ "WARNING: ", WARNED },
	{ SCISSORS, WARNED },
	{ "INFO: task ", WARNED },
	{ "self-detected stall", WARNED },
	{ "detected stalls on CPUs", WARNED },
	{ "unregister_netdevice: waiting for", WARNED },
	{ "refcount_t: ", WARNED },
	{ TAINTED, WARNED },
};

/* How far a complaint goes when nothing says that it ends. */
#define COMPLAINT_LINES 150

/* Between two lines of one the console may have to print the first. ms */
#define COMPLAINT_PAUSE 300

static struct {
	int fd, taint_fd;
	uint64_t taint;
	unsigned int lines; /* how many more belong to the complaint we are in */
	bool open;          /* which will say when it ends */
} klog = { .fd = -1, .taint_fd = -1 };

enum complaint klog_judge(const char *line, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (memmem(line, len, signs[i].text, strlen(signs[i].text)))
			return signs[i].is;
	return NO_COMPLAINT;
}

static uint64_t read_taint(void)
{
	char text[32] = "";
	const char *at = text;
	uint64_t taint = 0;

	if (pread(klog.taint_fd, text, sizeof(text) - 1, 0) > 0)
		scan_u64(&at, 10, &taint);
	return taint;
}

void klog_open(void)
{
	if (klog.taint_fd >= 0)
		return;
	klog.fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (klog.fd >= 0)
		lseek(klog.fd, 0, SEEK_END);
	klog.taint_fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	klog.taint = read_taint();
}

int klog_fd(void)
{
	return klog.fd;
}

static void append(char *to, size_t size, const char *text, size_t len)
{
	size_t at = strlen(to);

	if (at < size)
		snprintf(to + at, size - at, "%.*s\n", (int)len, text);
}

static enum complaint take_taint(char *to, size_t size)
{
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	/* E: a module without a signature. What guests load has none, see ci/finish-kernel. */
	uint64_t now = read_taint(), fresh = now & ~klog.taint & ~(1ULL << 13);
	char words[64] = TAINTED;
	size_t n = strlen(words);

	klog.taint = now;
	for (int bit = 0; bit < 64; bit++)
		if (fresh >> bit & 1 && n < sizeof(words) - 1)
			words[n++] = bit < (int)sizeof(letters) - 1 ? letters[bit] : '?';
	if (!fresh)
		return NO_COMPLAINT;
	append(to, size, words, n);
	/* D: it has oopsed; B: a page was not what it should have been. */
	return fresh & (1 << 7 | 1 << 5) ? WRONG : WARNED;
}

/* What ends is waited for, as far as there is room: only all of it tells whose it is. */
static bool more_comes(const char *to, size_t size)
{
	struct pollfd fds = { .fd = klog.fd, .events = POLLIN };

	return klog.open && klog.lines > 0 && strlen(to) + 1 < size &&
	       poll(&fds, 1, COMPLAINT_PAUSE) > 0;
}

enum complaint klog_take(char *to, size_t size, int all)
{
	enum complaint worst = NO_COMPLAINT, is;
	char record[8192];
	ssize_t n;

	if (klog.fd < 0)
		return NO_COMPLAINT;
	/* A read that fails with EPIPE has only missed lines. */
	while ((n = read(klog.fd, record, sizeof(record))) > 0 || (n < 0 && errno == EPIPE) ||
	       (n < 0 && errno == EAGAIN && more_comes(to, size))) {
		/* "4,1234,5678901,-;message\n KEY=value\n" */
		const char *message = n > 0 ? memchr(record, ';', n) : NULL, *at = record;
		const char *end = message ? memchr(message, '\n', record + n - message) : NULL;
		uint64_t priority;
		size_t len;

		/* Above the eight levels are those who are not the kernel and write there, too. */
		if (!end || !scan_u64(&at, 10, &priority) || priority > 7)
			continue;
		len = end - ++message;
		is = klog_judge(message, len);
		worst = MAX(worst, is);
		if (is != NO_COMPLAINT)
			klog.lines = COMPLAINT_LINES;
		if (all || klog.lines > 0)
			append(to, size, message, len);
		klog.lines -= klog.lines > 0;
		klog.open |= memmem(message, len, SCISSORS, strlen(SCISSORS)) != NULL;
		if (memmem(message, len, "---[ end ", 9)) {
			klog.lines = 0;
			klog.open = false;
		}
	}
	is = take_taint(to, size);
	return MAX(worst, is);
}

/* "[    1.234567] ", or where the kernel names its callers "[    1.234567][  T123] ". */
static const char *behind_stamps(const char *line, size_t *len)
{
	size_t n;

	while (*len > 1 && line[0] == '[') {
		for (n = 1; n < *len && strchr(" 0123456789.TC", line[n]); n++)
			;
		if (n + 1 >= *len || line[n] != ']')
			break;
		n += line[n + 1] == ' ' ? 2 : 1;
		line += n;
		*len -= n;
	}
	return line;
}

/* "RIP: 0010:signalfd_read+0x18/0x230", behind an address that means nothing. true when it is added. */
static bool add_place(char *best, size_t size, const char *line, size_t len)
{
	static const char kernel_rip[] = "RIP: 0010:";
	const char *at = memmem(line, len, kernel_rip, strlen(kernel_rip));
	size_t n = strlen(best);

	if (!at)
		return false;
	at += strlen(kernel_rip);
	snprintf(best + n, size - n, ", at %.*s", (int)(line + len - at), at);
	return true;
}

const char *klog_headline(const char *text)
{
	static char best[512];
	enum complaint worst = NO_COMPLAINT;
	const char *line;
	size_t len;
	bool placed = true; /* it says where, or need not */

	best[0] = '\0';
	while (next_line(&text, &line, &len)) {
		enum complaint is = klog_judge(line, len);

		placed = placed || add_place(best, sizeof(best), line, len);
		/* Of a panic the oops before it tells more, and a scissors line nothing. */
		if (is <= worst || memmem(line, len, "cut here", 8))
			continue;
		worst = is;
		line = behind_stamps(line, &len);
		snprintf(best, sizeof(best), "%.*s", (int)len, line);
		placed = is != WRONG || strstr(best, "+0x");
	}
	return best;
}

pid_t klog_task(const char *text)
{
	static const char label[] = " PID: ";
	uint64_t task = 0, pid;

	while ((text = strstr(text, label))) {
		text += strlen(label);
		if (!scan_u64(&text, 10, &pid) || (task && task != pid))
			return 0;
		task = pid;
	}
	return task;
}

const char *klog_worst(const char *text)
{
	const char *worst = text, *at = text, *line;
	enum complaint most = NO_COMPLAINT;
	size_t len;

	while (next_line(&at, &line, &len)) {
		enum complaint is = klog_judge(line, len);

		if (is > most)
			worst = line;
		most = MAX(most, is);
	}
	return worst;
}

static bool is_stuck(const char *line, size_t len)
{
	static const char *const words[] = { "INFO: task ", "detected stall", "soft lockup",
					     "workqueue lockup", "hard LOCKUP" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

const char *klog_stuck(const char *text)
{
	static char best[512];
	char place[256] = "";
	bool wanted = false;
	const char *line;
	size_t len;

	best[0] = '\0';
	while (next_line(&text, &line, &len)) {
		bool ended = memmem(line, len, OUR_NMI, strlen(OUR_NMI));

		if (is_stuck(line, len)) {
			line = behind_stamps(line, &len);
			len -= len && strchr(":.", line[len - 1]);
			snprintf(best, sizeof(best), "%.*s", (int)len, line);
			place[0] = '\0';
			wanted = true;
		}
		wanted |= ended && !place[0];
		if (wanted && add_place(place, sizeof(place), line, len))
			wanted = false;
	}
	/* Where a CPU idles is where it waits for the one that hangs. */
	if (strstr(place, "idle") || strstr(place, "halt"))
		place[0] = '\0';
	if (!best[0])
		snprintf(best, sizeof(best), "%s", place[0] ? place + strlen(", ") : "");
	else
		snprintf(best + strlen(best), sizeof(best) - strlen(best), "%s", place);
	return best;
}
