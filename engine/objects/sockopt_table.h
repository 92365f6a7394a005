// SPDX-License-Identifier: GPL-2.0-only
/* The options that sockopt.c reads and sockopt_image.c writes and sets. */
#ifndef OBJECTS_SOCKOPT_TABLE_H
#define OBJECTS_SOCKOPT_TABLE_H

#include <stddef.h>

#include "sockopt.h"

/* Who has a use for an option. */
enum sockopt_use {
	ANYBODY,
	NETWORKS, /* not sockets that never see a device */
};

/* Where the image has it: all of these fields are 32 bits wide, uint32_t or protobuf_c_boolean. */
extern const struct sockopt_number {
	enum sockopt_use use;
	int option;
	size_t has, value;
	const char *name;
} sockopt_numbers[SOCKOPT_NUMBERS];

/* In the order they are to be set. */
extern const struct sockopt_other {
	enum sockopt_use use;
	int option;
	socklen_t size;
	const char *name;
} sockopt_others[SOCKOPT_OTHERS];

struct sockopt_new {
	int family, type, protocol;
	struct sockopt_values values;
	struct sockopt_new *next;
};

#endif
