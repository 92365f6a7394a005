// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: zdtm-ask [USER]
 *
 * All probes in one program, which is asked by name on stdin and answers with a line of JSON each, at the
 * latest when an empty line comes: to start a program takes an emulated machine longer than many a
 * question. Each probe is a task of its own here, too. Where tasks of one are left over, nothing more is
 * asked.
 */
#include "../frame/ask.h"
#include "../frame/registry.h"

/* Whoever hears of nothing for long takes us for dead. ms */
#define QUIET_MS 2000

/* What has been answered and not been told. Not in stdout's buffer, which each task of a probe inherits. */
static FILE *answers;
static char *text;
static size_t size;
static uint64_t told;

static bool tell(void)
{
	fflush(answers);
	for (size_t at = 0; at < size;) {
		ssize_t n = write(STDOUT_FILENO, text + at, size - at);

		if (n < 0)
			return false;
		at += n;
	}
	rewind(answers);
	told = now_ms();
	return true;
}

int main(int argc, char **argv)
{
	enum asker as = AS_IS;
	bool good = true;
	char name[128];

	if (streq(argv[0], IDLE_PROGRAM))
		linger();
	if (argc > 1)
		as = asker_by_name(argv[1]);
	if (as == AS_NOT_KNOWN) {
		fprintf(stderr, "zdtm-ask: %s: no such user\n", argv[1]);
		return 2;
	}
	answers = open_memstream(&text, &size);
	if (!answers) {
		fprintf(stderr, "zdtm-ask: no memory\n");
		return 2;
	}
	told = now_ms();
	while (good && fgets(name, sizeof(name), stdin)) {
		const struct probe *p;

		name[strcspn(name, "\n")] = '\0';
		if (*name) {
			p = probe_find(name);
			if (!p) {
				fprintf(stderr, "zdtm-ask: no such probe: %s\n", name);
				return 2;
			}
			good = probe_answer(answers, p, as);
		}
		if ((!*name || now_ms() > told + QUIET_MS) && !tell())
			return 2;
	}
	return tell() ? 0 : 2;
}
