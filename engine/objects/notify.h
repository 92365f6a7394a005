// SPDX-License-Identifier: GPL-2.0-only
/* What inotify and fanotify have in common: events that wait, and files that are watched. */
#ifndef OBJECTS_NOTIFY_H
#define OBJECTS_NOTIFY_H

#include "files.h"

/* ---- dump ---- */

/*
 * Looks for events that wait in any descriptor of any task, before the dump itself does something
 * to files that may be watched. Only the first call does.
 */
int notify_look_first(struct dump *d);

/* Refuses a descriptor with events that nobody has read: the kernel takes none back. */
int notify_refuse_events(const struct fd_view *v);

/* A number behind " key:" on a line of fdinfo. */
bool notify_number(const char *line, size_t len, const char *key, uint64_t *ret);

/*
 * A path of the file that a line of fdinfo is about, below those of --irmap-scan-path; it lives as
 * long as the dump. -ENOENT: there is none.
 */
int notify_find_name(struct dump *d, const char *line, size_t len, const char **path);

/* Where an image names the file_entry of a watched file that has no name any more. */
struct notify_id {
	protobuf_c_boolean *has;
	uint32_t *id;
};

/*
 * Asks for the file that a line of fdinfo with a handle is about; `what` names the watch in
 * messages. *ret is complete after notify_dump_asked(), *id is filled by notify_dump_end().
 */
int notify_dump_file(const struct fd_view *v, const char *line, size_t len, const char *what,
		     FhEntry **ret, struct notify_id id);

/* Finds all that were asked for. */
int notify_dump_asked(const struct fd_view *v);

/* Does fdinfo show IN_ONESHOT and IN_EXCL_UNLINK of a watch, as since 5.19? 1, 0, -errno. */
int inotify_flags_are_shown(void);

/* For object.dump_end: all files of all tasks are known. */
int notify_dump_end(struct dump *d);

/* ---- file handles ---- */

#define NOTIFY_HANDLE_MAX 128 /* MAX_HANDLE_SZ */

/* linux/kdev_t.h */
static inline unsigned int notify_major(uint32_t dev)
{
	return dev >> 20;
}

static inline unsigned int notify_minor(uint32_t dev)
{
	return dev & 0xfffff;
}

/* The working directory becomes one on that file system, by the kernel's count of devices. */
int notify_go_to(uint32_t dev);
/* Then: an O_PATH descriptor. From any thread of ours. */
int notify_open_handle(const FhEntry *fh);
/* After some of these, or of notify_open_file(): back to the working directory. Returns r. */
int notify_done(int r);

/* ---- restore ---- */

/* file_id 0: there is none. what: "inotify 7: watch 1". */
int notify_check_file(const struct restore *r, const FhEntry *fh, uint32_t file_id,
		      const char *what);

/* In main: an O_PATH descriptor of the file. dev: as the kernel counts devices. */
int notify_open_file(struct restore *r, const FhEntry *fh, uint32_t dev, uint32_t file_id,
		     const char *what);

/* Reads and forgets whatever waits in a descriptor of ours. events: what to do with them. */
int notify_drain(int fd, void (*events)(const char *data, size_t size));

#endif
