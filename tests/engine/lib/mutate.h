// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of an image taken apart one message is changed in some way that its type allows: a field gets
 * another value, goes, comes, is repeated. What the fields mean is not known here; what types they
 * have the messages' descriptors tell.
 */
#ifndef TESTS_ENGINE_MUTATE_H
#define TESTS_ENGINE_MUTATE_H

#include "proto/apart.h"

/* What was done, in words, goes to `what`. Random numbers come from *seed. */
void image_mutate(struct image *image, struct arena *a, uint64_t *seed, char *what, size_t size);

/*
 * Change number n of all that are to be tried: of every field of the first message of every type, that
 * it goes, or takes one of a few values. false: there are no more.
 */
bool image_change(struct image *image, struct arena *a, unsigned int n, char *what, size_t size);

#endif
