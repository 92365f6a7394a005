// SPDX-License-Identifier: GPL-2.0-only
#include "ask.h"

void probe_tried_call(const char *text, bool failed, long value)
{
	if (failed)
		TRIED("%s (%s)", text, errno_name(errno));
	else
		NEW("%s gives %ld", text, value);
}

/* The next line that counts, NUL-terminated in place; NULL at the end. */
static char *next_line(char **text, const char *const *but)
{
	char *line;

	while ((line = strsep(text, "\n"))) {
		bool skip = *line == '\0';

		for (size_t i = 0; but && but[i]; i++)
			skip |= str_after(line, but[i]) != NULL;
		if (!skip)
			return line;
	}
	return NULL;
}

/* The first line that the one has and the other has not. */
static void tell_apart(const char *what, char *with, char *without, const char *const *but)
{
	char *a = with, *b = without;

	for (;;) {
		char *is = next_line(&a, but), *was = next_line(&b, but);

		if (!is && !was)
			return;
		if (!is || !was || !streq(is, was)) {
			NEW("%s tells: '%s', and without it '%s'", what, is ?: "", was ?: "");
			return;
		}
	}
}

void tried_texts(const char *what, char *with, char *without, const char *const *but)
{
	if (!with || !without)
		BROKEN("%s cannot be read: %s", what, errno_name(errno));
	TRIED("%s", what);
	tell_apart(what, with, without, but);
	free(with);
	free(without);
}

void tried_files(int with, int without)
{
	/* What any two files differ in. */
	static const char *const own[] = { "ino:", "eventfd-id:", "pos:", NULL };

	tried_texts("fdinfo", slurp("/proc/self/fdinfo/%d", with),
		    slurp("/proc/self/fdinfo/%d", without), own);
}

void tried_tasks(pid_t with, pid_t without)
{
	/* What any two tasks differ in, and what comes and goes by itself. */
	static const char *const own[] = {
		"Pid:",   "Tgid:",      "Ngid:",         "NStgid:",     "NSpid:", "NSpgid:",
		"NSsid:", "Name:",      "State:",        "Vm",          "Rss",    "Hugetlb",
		"SigQ:",  "voluntary_", "nonvoluntary_", "untag_mask:", NULL
	};
	static const char *const files[] = { "status",        "limits",          "timers",
					     "personality",   "coredump_filter", "oom_score_adj",
					     "timerslack_ns", "timens_offsets",  "cgroup",
					     "uid_map",       "setgroups",       "loginuid",
					     "attr/current" };
	char read[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *a = slurp("/proc/%d/%s", with, files[i]),
		     *b = slurp("/proc/%d/%s", without, files[i]), what[64];

		snprintf(what, sizeof(what), "/proc/PID/%s", files[i]);
		/* Some hang on options, and some are nobody's to read. */
		if (a && b) {
			tell_apart(what, a, b, own);
			snprintf(read + strlen(read), sizeof(read) - strlen(read), "%s%s",
				 *read ? ", " : "", files[i]);
		}
		free(a);
		free(b);
	}
	TRIED("/proc/PID/%s", read);
}
