// SPDX-License-Identifier: GPL-2.0-only
/* binfmt_misc: interpreters registered for kinds of executables. */
#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>

#include "frame/mount.h"
#include "probe.h"

/*
 * Only ever in a user namespace of our own: there is one table for everybody before 6.7, and it is
 * not ours to change.
 */
#define DECLARED                                                                                   \
	.since = "6.7", .commit = "21ca59b365c0", .kconfig = "CONFIG_BINFMT_MISC",                 \
	.source = "Documentation/admin-guide/binfmt-misc.rst"

static void own_table(void)
{
	workdir();
	NEED(chmod(".", 0755));
	lose_privileges();
	own_root();
	own_tmpfs();
	NEED(mkdir("misc", 0755));
	OFFERED(mount("binfmt_misc", "misc", "binfmt_misc", 0, NULL),
		"binfmt_misc of a user namespace", EPERM, ENODEV);
}

PROBE(own_table, .what = "a user namespace has a table of its own, empty at first", DECLARED)
{
	struct dirent *e;
	int others = 0;
	DIR *dir;

	own_table();
	dir = NEED(opendir("misc"));
	while ((e = readdir(dir)))
		others += e->d_name[0] != '.' && !streq(e->d_name, "register") &&
			  !streq(e->d_name, "status");
	PROMISE_EQ(others, 0);
	PROMISE_STR(NEED(slurp("misc/status")), "enabled\n");
}

PROBE(entry,
      .what = "an entry tells interpreter, flags, offset, magic and mask, to register it again",
      DECLARED)
{
	char *text, again[256];
	unsigned int offset;
	char interpreter[64], flags[8], magic[32], mask[32];

	own_table();
	NEED(write_text(":one:M:4:\\xde\\xad\\xbe\\xef:\\xff\\xff\\xff\\x0f:/bin/true:OC",
			"misc/register"));
	text = NEED(slurp("misc/one"));
	PROMISE_EQ(sscanf(text,
			  "enabled\ninterpreter %63s\nflags: %7s\noffset %u\nmagic %31s\nmask %31s",
			  interpreter, flags, &offset, magic, mask),
		   5);
	PROMISE_STR(interpreter, "/bin/true");
	PROMISE_STR(flags, "OC");
	PROMISE_EQ(offset, 4);
	PROMISE_STR(magic, "deadbeef");
	PROMISE_STR(mask, "ffffff0f");
	NEED(write_text("-1", "misc/one"));
	PROMISE_FAILS(access("misc/one", F_OK), ENOENT);

	NEED(write_text(":ext:E::probe::/bin/true:", "misc/register"));
	text = NEED(slurp("misc/ext"));
	PROMISE(strstr(text, "extension .probe\n"));
	snprintf(again, sizeof(again), ":ext:E::probe::/bin/true:");
	PROMISE_FAILS(write_text(again, "misc/register"), EEXIST);
	NEED(write_text("0", "misc/ext"));
	PROMISE(str_after(NEED(slurp("misc/ext")), "disabled\n"));
}
