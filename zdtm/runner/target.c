// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/cleanup.h"
#include "engine/base/fd.h"
#include "engine/base/str.h"
#include "say.h"
#include "spawn.h"
#include "target.h"
#include "tree.h"
#include "workdir.h"

bool target_is_host(const char *spec)
{
	return streq(spec, "host");
}

static char *path_of(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		die("out of memory");
	return path;
}

const char *target_cache(void)
{
	static char *cache;
	const char *given = getenv("ZDTM_CACHE"), *xdg = getenv("XDG_CACHE_HOME");

	if (cache)
		return cache;
	if (given && *given)
		cache = need(strdup(given));
	else if (xdg && *xdg)
		cache = path_of(xdg, "zdtm");
	else if (getenv("HOME"))
		cache = path_of(getenv("HOME"), ".cache/zdtm");
	else
		cannot_test("where are kernels to be kept? Neither ZDTM_CACHE nor HOME is set");
	setenv("ZDTM_CACHE", cache, 1);
	return cache;
}

int target_script(const char *name, const char *const *words, struct buf *out)
{
	const char *argv[64] = { path_of(tree_path(TREE_CI), name) };
	static int signals = -1;
	size_t n = 1;
	int status, sig;

	target_cache();
	if (signals < 0)
		signals = interruptions_open();
	while (*words && n < ARRAY_SIZE(argv) - 1)
		argv[n++] = *words++;
	status = spawn_capture_long(argv, out, signals, &sig);
	if (sig) {
		workdir_drop();
		complain("interrupted");
		exit(128 + sig);
	}
	if (status < 0)
		cannot_test("%s: %s", argv[0], strerror(-status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- The image ---------------------------------------------------------------------------------- */

/* Offsets into a bzImage, see Documentation/arch/x86/boot.rst. */
enum { BZ_MAGIC = 0x202, BZ_VERSION = 0x20e, BZ_START = 0x200 };

/* The release it was built as, or NULL when this is no bzImage. */
static const char *image_release(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[4], text[256] = "";
	uint16_t at;

	if (fd < 0 || pread_full(fd, magic, sizeof(magic), BZ_MAGIC) < 0 ||
	    memcmp(magic, "HdrS", sizeof(magic)) != 0 ||
	    pread_full(fd, &at, sizeof(at), BZ_VERSION) < 0 || at == 0 ||
	    pread(fd, text, sizeof(text) - 1, BZ_START + at) <= 0)
		return NULL;
	text[strcspn(text, " ")] = '\0';
	return need(strdup(text));
}

/* ---- Where it comes from ------------------------------------------------------------------------ */

static const char *if_there(const char *path)
{
	return access(path, R_OK) == 0 ? path : NULL;
}

/* "modules\nconfig" to "modules, config" */
static const char *join_lines(char *text)
{
	_cleanup_buf_ struct buf all = {};

	for (char *line; (line = strsep(&text, "\n"));)
		if (buf_printf(&all, "%s%s", all.len ? ", " : "", line) < 0)
			die("out of memory");
	return TAKE_PTR(all.data);
}

/* What fetch-kernel and tree-kernel leave: vmlinuz, maybe vmlinux, modules.img, early/, lacks. */
static void take_folder(struct target *t, const char *folder, const char *what)
{
	_cleanup_buf_ struct buf lacks = {};
	const char *vmlinuz = path_of(folder, "vmlinuz");

	t->release = image_release(vmlinuz);
	if (!t->release)
		cannot_test("kernel %s: its %s is no bzImage", t->spec, what);
	/* Uncompressed it boots a second sooner. */
	t->image = if_there(path_of(folder, "vmlinux")) ?: vmlinuz;
	t->modules = if_there(path_of(folder, "modules.img"));
	t->config = if_there(path_of(folder, "config"));
	t->early = if_there(path_of(folder, "early"));
	if (read_file_at(AT_FDCWD, path_of(folder, "lacks"), &lacks) < 0)
		return;
	while (lacks.len > 0 && lacks.data[lacks.len - 1] == '\n')
		lacks.data[--lacks.len] = '\0';
	t->lacks = join_lines(lacks.data);
}

/* What was taken out of a tree, gone with the program however it ends. */
static const char *made;
static void remove_made(void)
{
	remove_tree(made);
	workdir_put();
}

static void from_tree(struct target *t)
{
	_cleanup_buf_ struct buf out = {};
	const char *folder = path_of(workdir(), "kernel");
	const char *tree = realpath(t->spec, NULL);

	made = folder;
	atexit(remove_made);
	if (target_script("tree-kernel", LIST(tree ?: t->spec, folder), &out) != 0) {
		/* Its last word, in one line: a matrix has no more room for it. */
		if (out.len)
			out.data[out.len - 1] = '\0';
		cannot_test("kernel %s: %s", t->spec,
			    *out.data ? out.data : "there is nothing to boot");
	}
	take_folder(t, folder, "arch/x86/boot/bzImage");
}

static void from_archive(struct target *t)
{
	_cleanup_buf_ struct buf out = {};
	int status;

	status = target_script("fetch-kernel", LIST(t->spec), &out);
	if (status == EXIT_MISUSE)
		exit(EXIT_MISUSE);
	if (status != 0)
		cannot_test("kernel %s cannot be had", t->spec);
	out.data[strcspn(out.data, "\n")] = '\0';
	take_folder(t, out.data, "vmlinuz");
}

struct target target_find(const char *spec)
{
	struct target t = { .spec = spec };
	struct stat st;

	if (streq(spec, "all"))
		misuse("kernel all: only zdtm matrix takes more than one");
	if (stat(spec, &st) < 0) {
		if (strchr(spec, '/'))
			misuse("kernel %s: %s", spec, strerror(errno));
		if (spec[0] < '0' || spec[0] > '9')
			misuse("kernel %s: neither 'host', nor a bzImage or a kernel tree, nor a line "
			       "such as 6.12",
			       spec);
		from_archive(&t);
	} else if (S_ISDIR(st.st_mode)) {
		from_tree(&t);
	} else {
		t.release = image_release(spec);
		if (!t.release)
			cannot_test("kernel %s: that is no bzImage", spec);
		t.image = realpath(spec, NULL);
		t.lacks = "modules, config";
	}
	return t;
}
