// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "document.h"
#include "engine/base/buf.h"
#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "kernel.h"
#include "say.h"

static const char *read_config_gz(void)
{
	_cleanup_buf_ struct buf text = {};
	gzFile f = gzopen("/proc/config.gz", "re");
	char chunk[16384];
	int n;

	if (!f)
		return NULL;
	while ((n = gzread(f, chunk, sizeof(chunk))) > 0)
		if (buf_append(&text, chunk, n) < 0)
			break;
	gzclose(f);
	return n == 0 ? TAKE_PTR(text.data) : NULL;
}

/* Where distributions put it. */
static const char *read_config(const char *release)
{
	static const struct {
		const char *before, *after;
	} places[] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
		{ "/usr/lib/modules/", "/config" },
	};
	const char *config = read_config_gz();

	for (size_t i = 0; !config && i < ARRAY_SIZE(places); i++) {
		_cleanup_buf_ struct buf text = {};
		char path[512];

		snprintf(path, sizeof(path), "%s%s%s", places[i].before, release, places[i].after);
		if (read_file_at(AT_FDCWD, path, &text) == 0)
			config = TAKE_PTR(text.data);
	}
	return config;
}

struct kernel kernel_running(void)
{
	struct kernel k = {};
	struct utsname u;

	if (uname(&u) < 0)
		die("uname: %s", strerror(errno));
	k.release = need(strdup(u.release));
	k.version = need(strdup(u.version));
	k.arch = need(strdup(u.machine));
	k.config = read_config(u.release);
	return k;
}

const char *kernel_option(const struct kernel *k, const char *name)
{
	static char value[64];
	size_t n = strlen(name), len;
	const char *at = k->config, *line;

	while (at && next_line(&at, &line, &len)) {
		if (len > n + 1 && strncmp(line, name, n) == 0 && line[n] == '=') {
			snprintf(value, sizeof(value), "%.*s", (int)(len - n - 1), line + n + 1);
			return value;
		}
	}
	/* "# CONFIG_KCMP is not set", or not even that where its own conditions are off. */
	return k->config ? "n" : NULL;
}

bool kernel_has_options(const struct kernel *k, const char *names)
{
	_cleanup_free_ char *copy = need(strdup(names ?: ""));

	for (char *at = copy, *name; (name = strsep(&at, " "));) {
		bool off = *name == '!';
		char *built_in = strstr(name, "=y");
		const char *value;

		if (built_in)
			*built_in = '\0';
		value = *name ? kernel_option(k, name + off) : "y";
		if (!value || streq(value, "n") != off || (built_in && !streq(value, "y")))
			return false;
	}
	return true;
}

bool kernel_is_since(const struct kernel *k, const char *release)
{
	const char *have = k->release, *want = release;
	uint64_t h, w;

	for (;;) {
		bool more_have = scan_u64(&have, 10, &h), more_want = scan_u64(&want, 10, &w);

		if (!more_want)
			return !strstr(have, "-rc");
		if (!more_have || h != w)
			return more_have && h > w;
		have += *have == '.';
		want += *want == '.';
	}
}

/* What an engine cannot do without, or can do less without. */
static const char *const telling[] = {
	"CONFIG_CHECKPOINT_RESTORE",
	"CONFIG_KCMP",
	"CONFIG_PROC_PAGE_MONITOR",
	"CONFIG_MEM_SOFT_DIRTY",
	"CONFIG_USERFAULTFD",
	"CONFIG_FHANDLE",
	"CONFIG_EVENTFD",
	"CONFIG_EPOLL",
	"CONFIG_SIGNALFD",
	"CONFIG_TIMERFD",
	"CONFIG_INOTIFY_USER",
	"CONFIG_FANOTIFY",
	"CONFIG_AIO",
	"CONFIG_RSEQ",
	"CONFIG_SECCOMP_FILTER",
	"CONFIG_UTS_NS",
	"CONFIG_IPC_NS",
	"CONFIG_PID_NS",
	"CONFIG_NET_NS",
	"CONFIG_USER_NS",
	"CONFIG_TIME_NS",
	"CONFIG_UNIX_DIAG",
	"CONFIG_INET_DIAG",
	"CONFIG_PACKET_DIAG",
	"CONFIG_NETLINK_DIAG",
	"CONFIG_INET_UDP_DIAG",
};

struct json_object *kernel_json(const struct kernel *k)
{
	struct json_object *json = json_object_new_object();
	struct json_object *config = json_object_new_object();

	if (k->told) {
		json_object_put(config);
		json_object_put(json);
		return json_object_get(k->told);
	}
	for (size_t i = 0; k->config && i < ARRAY_SIZE(telling); i++)
		json_object_object_add(config, telling[i],
				       json_object_new_string(kernel_option(k, telling[i])));
	json_object_object_add(json, "release", json_object_new_string(k->release));
	json_object_object_add(json, "version", json_object_new_string(k->version));
	json_object_object_add(json, "arch", json_object_new_string(k->arch));
	json_object_object_add(json, "config", config);
	return json;
}

void kernel_take(struct kernel *k, struct json_object *told, const char *config, const char *lacks)
{
	_cleanup_buf_ struct buf text = {};

	if (lacks)
		json_object_object_add(told, "lacks", json_object_new_string(lacks));
	*k = (struct kernel){
		.release = need(strdup(document_text(told, "release"))),
		.version = need(strdup(document_text(told, "version"))),
		.arch = need(strdup(document_text(told, "arch"))),
		.told = json_object_get(told),
	};
	if (config && read_file_at(AT_FDCWD, config, &text) == 0)
		k->config = TAKE_PTR(text.data);
}

/* Who is root in a user namespace of his own gets this far, and no file of any mapping. */
static bool are_mappings_forbidden(void)
{
	_cleanup_closedir_ DIR *mappings = opendir("/proc/self/map_files");
	struct dirent *d;
	struct stat st;

	while (mappings && (d = readdir(mappings)))
		if (d->d_name[0] != '.')
			return fstatat(dirfd(mappings), d->d_name, &st, 0) < 0 && errno == EPERM;
	return false;
}

const char *kernel_lacks_cr(void)
{
	unsigned int size;

	/* Asks for a number only, but exists for C/R only; it needs no privilege. */
	if (prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, (unsigned long)&size, 0, 0) < 0)
		return "this kernel has no PR_SET_MM_MAP: CONFIG_CHECKPOINT_RESTORE is off";
	if (are_mappings_forbidden())
		return "files of mappings cannot be had: that takes CAP_CHECKPOINT_RESTORE or "
		       "CAP_SYS_ADMIN in the initial user namespace";
	return NULL;
}
