// SPDX-License-Identifier: GPL-2.0-only
/* Does to the machine it runs on what a test should not. In a guest only. */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "zdtm.h"

enum deed {
	PANIC,
	FREEZE,
	TAINT_WARN = 1 << 9,
	TAINT_DIE = 1 << 7,
};

static void write_text(const char *path, const char *text)
{
	int fd = SYS(open(path, O_WRONLY));

	SYS(write(fd, text, strlen(text)));
	SYS(close(fd));
}

static void setup(void)
{
	char line[4096] = "", number[16];
	int fd = SYS(open("/proc/cmdline", O_RDONLY));

	SYS(read(fd, line, sizeof(line) - 1));
	SYS(close(fd));
	/* The runner boots its guests with this word. */
	if (!strstr(line, "zdtm.guest=1"))
		t_skip("this is no guest");
	switch ((enum deed)variant->arg) {
	case PANIC:
		write_text("/proc/sysrq-trigger", "c");
		break;
	case FREEZE:
		/* Where the runner keeps its logs: it will not get over removing ours. */
		SYS(ioctl(SYS(open("/zdtm/work", O_RDONLY)), FIFREEZE, 0));
		break;
	default:
		snprintf(number, sizeof(number), "%ld", variant->arg);
		write_text("/proc/sys/kernel/tainted", number);
	}
}

static void check(void)
{
}

ZDTM_TEST = {
	.doc = "brings its machine down",
	.caps = CAP_BIT(CAP_SYS_ADMIN), /* FIFREEZE, tainted */
	.timeout = 3,
	.variants = VARIANTS({ "panic", PANIC }, { "freeze", FREEZE }, { "taint_warn", TAINT_WARN },
			     { "taint_die", TAINT_DIE }),
	.setup = setup,
	.check = check,
};
