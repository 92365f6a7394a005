// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/mountinfo: every mount of a namespace, on a line. */
#include <sys/mount.h>
#include <sys/sysmacros.h>

#include "frame/mount.h"
#include "probe.h"

#define DECLARED                                                                                   \
	.since = "2.6.26", .commit = "2d4d4864ac08", .kconfig = "CONFIG_PROC_FS",                  \
	.source = "proc_pid_mountinfo(5)"

#define MOUNTING DECLARED, .capability = "CAP_SYS_ADMIN"

PROBE(fields, .what = "mountinfo tells id, parent, device, type, source and options of a mount",
      MOUNTING)
{
	const char *top = own_tmpfs();
	struct mountinfo m, up;
	struct stat st;

	NEED(mkdir("a b", 0755));
	NEED(mount("a source", "a b", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME,
		   "size=40k,nr_inodes=10,mode=0711"));
	NEED(stat("a b", &st));
	NEED(mount_at(0, top, &up));
	/* A blank in a path is told as \040, which is what a line that tells more would break on. */
	NEED(mount_at(0, "a b", &m));
	PROMISE_EQ(m.parent, up.id);
	PROMISE_EQ(makedev(m.major, m.minor), st.st_dev);
	PROMISE_STR(m.root, "/");
	PROMISE_STR(m.type, "tmpfs");
	PROMISE_STR(m.source, "a\\040source");
	PROMISE_STR(m.options, "rw,nosuid,nodev,noatime");
	PROMISE_STR(m.optional, "");
	PROMISE(strstr(m.super, "size=40k"));
	PROMISE(strstr(m.super, "nr_inodes=10"));
	PROMISE(strstr(m.super, "mode=711"));
}

PROBE(bind, .what = "of a bind mount mountinfo tells the root within its file system", MOUNTING)
{
	struct mountinfo of, m;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mkdir("dir/below", 0755));
	NEED(mkdir("bound", 0755));
	NEED(mount("dir/below", "bound", NULL, MS_BIND, NULL));
	NEED(mount_at(0, ".", &of));
	NEED(mount_at(0, "bound", &m));
	PROMISE_STR(m.root, "/dir/below");
	PROMISE_EQ(m.major, of.major);
	PROMISE_EQ(m.minor, of.minor);
	PROMISE_NE(m.id, of.id);

	close(NEED(open("file", O_RDWR | O_CREAT, 0644)));
	close(NEED(open("over", O_RDWR | O_CREAT, 0644)));
	NEED(mount("file", "over", NULL, MS_BIND, NULL));
	NEED(mount_at(0, "over", &m));
	PROMISE_STR(m.root, "/file");
}

PROBE(removed_root, .what = "a bind mount of what is removed has a root that ends in //deleted",
      MOUNTING)
{
	struct mountinfo m;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mkdir("bound", 0755));
	NEED(mount("dir", "bound", NULL, MS_BIND, NULL));
	NEED(rmdir("dir"));
	NEED(mount_at(0, "bound", &m));
	PROMISE_STR(m.root, "/dir//deleted");
}

PROBE(propagation, .what = "mountinfo tells peer groups, masters and what is unbindable", MOUNTING)
{
	struct mountinfo a, b, c;

	own_tmpfs();
	NEED(mkdir("a", 0755));
	NEED(mkdir("b", 0755));
	NEED(mkdir("c", 0755));
	NEED(mount("a", "a", "tmpfs", 0, NULL));
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL));
	NEED(mount("a", "b", NULL, MS_BIND, NULL));
	NEED(mount("a", "c", NULL, MS_BIND, NULL));
	NEED(mount(NULL, "c", NULL, MS_SLAVE, NULL));
	NEED(mount_at(0, "a", &a));
	NEED(mount_at(0, "b", &b));
	NEED(mount_at(0, "c", &c));
	PROMISE_GT(peer_group(&a, "shared"), 0);
	PROMISE_EQ(peer_group(&b, "shared"), peer_group(&a, "shared"));
	PROMISE_EQ(peer_group(&c, "shared"), 0);
	PROMISE_EQ(peer_group(&c, "master"), peer_group(&a, "shared"));
	NEED(mount(NULL, "c", NULL, MS_SHARED, NULL));
	NEED(mount_at(0, "c", &c));
	PROMISE_NE(peer_group(&c, "shared"), peer_group(&a, "shared"));
	PROMISE_EQ(peer_group(&c, "master"), peer_group(&a, "shared"));
	NEED(mount(NULL, "b", NULL, MS_UNBINDABLE, NULL));
	NEED(mount_at(0, "b", &b));
	PROMISE_STR(b.optional, "unbindable");
}

PROBE(reader_root,
      .what = "of a task's mounts its own root decides which are told, and by what path", MOUNTING)
{
	const char *top = own_tmpfs();
	struct mountinfo m;
	pid_t pid;

	NEED(mkdir("root", 0755));
	NEED(mount("r", "root", "tmpfs", 0, NULL));
	NEED(mkdir("root/in", 0755));
	NEED(mount("i", "root/in", "tmpfs", 0, NULL));
	pid = spawn();
	if (pid == 0) {
		if (chroot("root") < 0)
			need_privilege("CAP_SYS_CHROOT");
		reach(1);
		linger();
	}
	await(1);
	NEED(mount_at(pid, "/", &m));
	PROMISE_STR(m.source, "r");
	NEED(mount_at(pid, "/in", &m));
	PROMISE_STR(m.source, "i");
	PROMISE_FAILS(mount_at(pid, top, &m), ENOENT);
}

PROBE(stacked, .what = "of mounts one over the other each has the one below as its parent",
      MOUNTING)
{
	struct mountinfo below, above;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	NEED(mount("one", "dir", "tmpfs", 0, NULL));
	NEED(mount_at(0, "dir", &below));
	NEED(mount("two", "dir", "tmpfs", 0, NULL));
	PROMISE_EQ(mounts_at("dir"), 2);
	NEED(mount_at(0, "dir", &above));
	PROMISE_STR(above.source, "two");
	PROMISE_EQ(above.parent, below.id);
	PROMISE_STR(above.point, below.point);
}

PROBE(changes, .what = "poll tells that mounts have changed since mountinfo was read", MOUNTING)
{
	int fd;

	own_tmpfs();
	NEED(mkdir("dir", 0755));
	fd = NEED(open("/proc/self/mounts", O_RDONLY));
	PROMISE(!poll_now(fd, POLLPRI));
	NEED(mount("new", "dir", "tmpfs", 0, NULL));
	PROMISE(poll_now(fd, POLLPRI));
	PROMISE(!poll_now(fd, POLLPRI));
}

PROBE(optional_known, .what = "every optional field of mountinfo is one we have a word for",
      DECLARED)
{
	static const char *const known[] = { "shared", "master", "propagate_from", "unbindable",
					     NULL };
	char *text = NEED(slurp("/proc/self/mountinfo"));

	for_each_line(line, text) {
		char *tail = strstr(line, " - "), *at = line;

		PROMISE(tail);
		*tail = '\0';
		for (int i = 0; at && i < 6; i++)
			at = strchr(at + 1, ' ');
		for (char *save = NULL, *word = strtok_r(at ?: tail, " ", &save); word;
		     word = strtok_r(NULL, " ", &save)) {
			word[strcspn(word, ":")] = '\0';
			if (!str_in(word, known) && !probe_told(word))
				NEW("a field '%s' of mountinfo", word);
		}
	}
}
