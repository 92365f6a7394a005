// SPDX-License-Identifier: GPL-2.0-only
/* Keys and keyrings that the kernel keeps for its users. */
#include <linux/keyctl.h>

#include "probe.h"

/* Of keyutils.h, which is a library's. */
#define KEY_POS_ALL  0x3f000000
#define KEY_USR_VIEW 0x00010000

#define DECLARED .since = "2.6.10", .kconfig = "CONFIG_KEYS", .source = "keyctl(2), keyrings(7)"

static long keyctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return syscall(SYS_keyctl, op, a, b, c, d);
}

/* A session keyring of our own, which goes with us, and a key in it. */
static int new_key(const char *type, const char *name, const char *payload)
{
	static bool own;

	if (!own)
		OFFERED(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0), "keyrings", EOPNOTSUPP);
	own = true;
	return syscall(SYS_add_key, type, name, payload, strlen(payload), KEY_SPEC_SESSION_KEYRING);
}

static char *describe(int key)
{
	static char text[256];

	NEED(keyctl(KEYCTL_DESCRIBE, key, (unsigned long)text, sizeof(text), 0));
	return text;
}

PROBE(read, .what = "a user key tells type, owner, permissions and payload", DECLARED)
{
	int key = NEED(new_key("user", "probe:key", "payload")), uid, gid, perm, at = 0;
	char payload[32] = "", type[32];

	PROMISE_EQ(sscanf(describe(key), "%31[^;];%d;%d;%x;%n", type, &uid, &gid, &perm, &at), 4);
	PROMISE_STR(type, "user");
	PROMISE_EQ((uid_t)uid, geteuid());
	PROMISE_STR(describe(key) + at, "probe:key");
	PROMISE_EQ(NEED(keyctl(KEYCTL_READ, key, (unsigned long)payload, sizeof(payload), 0)), 7);
	PROMISE_STR(payload, "payload");
	NEED(keyctl(KEYCTL_SETPERM, key, KEY_POS_ALL | KEY_USR_VIEW, 0, 0));
	PROMISE_EQ(sscanf(describe(key), "%*[^;];%d;%d;%x", &uid, &gid, &perm), 3);
	PROMISE_EQ(perm, KEY_POS_ALL | KEY_USR_VIEW);
	PROMISE_EQ(NEED(keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (unsigned long)"user",
			       (unsigned long)"probe:key", 0)),
		   key);
}

PROBE(listed, .what = "/proc/keys lists the keys one may see, with what is left of their time",
      DECLARED)
{
	int key = NEED(new_key("user", "probe:key", "payload"));
	char serial[16], *line;

	NEED(keyctl(KEYCTL_SET_TIMEOUT, key, 500, 0, 0));
	snprintf(serial, sizeof(serial), "%08x ", key);
	line = strstr(OFFERED(slurp("/proc/keys"), "/proc/keys", ENOENT), serial);
	PROMISE(line);
	line[strcspn(line, "\n")] = '\0';
	PROMISE(strstr(line, " user "));
	PROMISE(strstr(line, "probe:key: 7"));
	/* Rounded up: eight minutes, or nine. */
	PROMISE(strstr(line, " 8m ") || strstr(line, " 9m "));
}

PROBE(links, .what = "a keyring is read as the serial numbers of the keys in it", DECLARED)
{
	int key = NEED(new_key("user", "probe:key", "payload")), ring, serials[8];
	long n;

	ring = NEED(
		syscall(SYS_add_key, "keyring", "probe:ring", NULL, 0, KEY_SPEC_SESSION_KEYRING));
	NEED(keyctl(KEYCTL_LINK, key, ring, 0, 0));
	n = NEED(keyctl(KEYCTL_READ, ring, (unsigned long)serials, sizeof(serials), 0));
	PROMISE_EQ(n, sizeof(int));
	PROMISE_EQ(serials[0], key);
	NEED(keyctl(KEYCTL_UNLINK, key, ring, 0, 0));
	PROMISE_EQ(NEED(keyctl(KEYCTL_READ, ring, (unsigned long)serials, sizeof(serials), 0)), 0);
}

PROBE(inherited, .what = "a child has the session keyring of its parent, until it joins another",
      DECLARED)
{
	int key = NEED(new_key("user", "probe:key", "payload")), ring;
	pid_t pid;

	ring = NEED(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0));
	pid = spawn();
	if (pid == 0) {
		PROMISE_EQ(NEED(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0)),
			   ring);
		NEED(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
		PROMISE_FAILS(keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (unsigned long)"user",
				     (unsigned long)"probe:key", 0),
			      ENOKEY);
		_exit(0);
	}
	reap_good(pid);
	PROMISE_GT(key, 0);
}

PROBE(given_to_parent,
      .what = "a child gives its parent the session keyring it has, KEYCTL_SESSION_TO_PARENT",
      .since = "2.6.32", .commit = "ee18d64c1f63", .kconfig = "CONFIG_KEYS",
      .source = "KEYCTL_SESSION_TO_PARENT(2const)")
{
	int key = NEED(new_key("user", "probe:key", "payload"));
	_Atomic int *ring = share(sizeof(*ring));
	pid_t pid;

	pid = spawn();
	if (pid == 0) {
		NEED(keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0));
		*ring = NEED(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0));
		OFFERED(keyctl(KEYCTL_SESSION_TO_PARENT, 0, 0, 0, 0), "KEYCTL_SESSION_TO_PARENT",
			EOPNOTSUPP);
		_exit(0);
	}
	reap_good(pid);
	PROMISE_EQ(NEED(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0)), *ring);
	PROMISE_FAILS(keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (unsigned long)"user",
			     (unsigned long)"probe:key", 0),
		      ENOKEY);
	PROMISE_GT(key, 0);
}

GAP(payload, .what = "nobody reads the payload of a logon key", .kconfig = "CONFIG_KEYS",
    .source = "keyrings(7)")
{
	int key = NEED(new_key("logon", "probe:key", "secret"));
	char text[32];

	TRIED_TO("KEYCTL_READ", keyctl(KEYCTL_READ, key, (unsigned long)text, sizeof(text), 0));
	if (strstr(describe(key), "secret"))
		NEW("KEYCTL_DESCRIBE tells a secret");
	TRIED("KEYCTL_DESCRIBE");
}

GAP(serial, .what = "nobody chooses the serial number of a key or keyring",
    .kconfig = "CONFIG_KEYS", .source = "keyrings(7)")
{
	int key = NEED(new_key("user", "probe:key", "payload"));

	/* Where the number of a keyring to put it into goes, and a number nobody has. */
	TRIED_TO("add_key to a number", syscall(SYS_add_key, "user", "probe:other", "p", 1, 0x77));
	TRIED_TO("KEYCTL_GET_KEYRING_ID", keyctl(KEYCTL_GET_KEYRING_ID, 0x77, 1, 0, 0));
	for (int op = 33; op < 36; op++)
		TRIED_TO("an operation of keyctl unknown yet", keyctl(op, key, 0x77, 0, 0));
}
