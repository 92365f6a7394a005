// SPDX-License-Identifier: GPL-2.0-only
#define DEMAND MUST_REFUSE
#include "once.c"
