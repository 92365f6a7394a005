// SPDX-License-Identifier: GPL-2.0-only
#define DEMAND KEEP_OR_REFUSE
#include "once.c"
