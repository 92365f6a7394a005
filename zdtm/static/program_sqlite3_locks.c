// SPDX-License-Identifier: GPL-2.0-only
/* The same with locks on the database, which not every engine keeps. */
#define FORMS                                                                                      \
	{                                                                                          \
		"fcntl", FCNTL                                                                     \
	}
#define DEMAND KEEP_OR_REFUSE
#define ENGINE , "--file-locks"
#include "program_sqlite3.c"
