// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: zdtm-ask [USER]
 *
 * All probes in one program, which is asked by name on stdin and answers with a line of JSON each: to
 * start a program takes an emulated machine longer than many a question. Each probe is a task of its
 * own here, too.
 */
#include "../frame/ask.h"
#include "../frame/registry.h"

int main(int argc, char **argv)
{
	enum asker as = AS_IS;
	char name[128];

	if (streq(argv[0], IDLE_PROGRAM))
		linger();
	if (argc > 1)
		as = asker_by_name(argv[1]);
	if (as == AS_NOT_KNOWN) {
		fprintf(stderr, "zdtm-ask: %s: no such user\n", argv[1]);
		return 2;
	}
	while (fgets(name, sizeof(name), stdin)) {
		const struct probe *p;

		name[strcspn(name, "\n")] = '\0';
		p = probe_find(name);
		if (!p) {
			fprintf(stderr, "zdtm-ask: no such probe: %s\n", name);
			return 2;
		}
		probe_answer(p, as);
	}
	return 0;
}
