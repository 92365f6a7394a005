// SPDX-License-Identifier: GPL-2.0-only
/* /proc/config.gz: what explains the rest of these verdicts. */
#include "probe.h"

PROBE(file, .what = "/proc/config.gz is for everybody to read, and compressed by gzip",
      .since = "2.6", .kconfig = "CONFIG_IKCONFIG_PROC", .source = "proc_config.gz(5)")
{
	int fd = OFFERED(open("/proc/config.gz", O_RDONLY), "/proc/config.gz", ENOENT);
	unsigned char magic[3];
	struct stat st;

	NEED(fstat(fd, &st));
	PROMISE_EQ(st.st_mode, S_IFREG | 0444);
	PROMISE_GT(st.st_size, 1000);
	PROMISE_EQ(NEED(read(fd, magic, 3)), 3);
	PROMISE_EQ(magic[0], 0x1f);
	PROMISE_EQ(magic[1], 0x8b);
	PROMISE_EQ(magic[2], 8);
}
