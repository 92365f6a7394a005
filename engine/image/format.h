// SPDX-License-Identifier: GPL-2.0-only
/* Framing facts that writer and reader share. */
#ifndef IMAGE_FORMAT_H
#define IMAGE_FORMAT_H

#include <stdint.h>

#include "image.h"

#define MAGIC_COMMON  0x54564319 /* before the own magic of every image but the inventory */
#define MAGIC_SERVICE 0x55105940 /* ... of files that describe a run, not a state */

/* The magic numbers a file of this type starts with; returns how many, 0 for raw images. */
unsigned int image_magics(enum image_type type, uint32_t magic[2]);

/*
 * The inventory's own checksum is its last field, so that it covers all bytes before it: two bytes
 * of tag (number 1099, 32 bits) and four of value.
 */
#define SELF_CRC_BYTES 6

#endif
