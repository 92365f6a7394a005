// SPDX-License-Identifier: GPL-2.0-only
/* A guest's initramfs: one that is there already, and files of ours behind it. */
#ifndef ZDTM_INITRD_H
#define ZDTM_INITRD_H

#include <stdio.h>

/* The kernel unpacks any number of archives that follow each other. End with initrd_end(). */
FILE *initrd_begin(const char *path, const char *base);
void initrd_folder(FILE *f, const char *name);
void initrd_file(FILE *f, const char *name, const void *data, size_t size);
void initrd_end(FILE *f, const char *path);

#endif
