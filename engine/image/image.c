// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "format.h"
#include "image.h"

static const struct {
	const char *format;
	uint32_t magic;
} types[] = {
#define IMAGE(name, file, number) [IMAGE_##name] = { file, number },
#include "engine/image/types.def"
#undef IMAGE
};

const char *image_name(enum image_type type, uint64_t id, char to[IMAGE_NAME_SIZE])
{
	snprintf(to, IMAGE_NAME_SIZE, types[type].format, id);
	return to;
}

unsigned int image_magics(enum image_type type, uint32_t magic[2])
{
	unsigned int n = 0;

	if (type == IMAGE_STATS_DUMP || type == IMAGE_STATS_RESTORE)
		magic[n++] = MAGIC_SERVICE;
	else if (type != IMAGE_INVENTORY && types[type].magic)
		magic[n++] = MAGIC_COMMON;
	if (types[type].magic)
		magic[n++] = types[type].magic;
	return n;
}
