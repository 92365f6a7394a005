// SPDX-License-Identifier: GPL-2.0-only
#ifndef CHECK_MAPPING_H
#define CHECK_MAPPING_H

#include "feature.h"

/* In a child: sets the layout of its memory, as a restored task does. */
enum answer mapping_set_mm(void);

#endif
