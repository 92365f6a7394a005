// SPDX-License-Identifier: GPL-2.0-only
#define DEMAND REPORT
#include "once.c"
