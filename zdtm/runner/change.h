// SPDX-License-Identifier: GPL-2.0-only
/*
 * A set of images of which one thing says something else: each number, text and run of bytes in every
 * message of it, one at a time. What they mean is not known here.
 */
#ifndef ZDTM_CHANGE_H
#define ZDTM_CHANGE_H

#include <stdio.h>

/*
 * Writes all the changes there are to the images of a folder, a line each:
 *
 *	files.img:3.usk.backlog gone	unix_sk_entry.backlog	128 -> 0
 *
 * the name of the change; message type and field; what it is, in words. Names are the same for every
 * dump of the same state. 0 or -errno.
 */
int change_list(const char *images, FILE *to);

/* Makes the change of that name. -ESTALE: these images have nothing that it could be made to. */
int change_make(const char *images, const char *name);

#endif
