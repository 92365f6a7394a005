// SPDX-License-Identifier: GPL-2.0-only
/*
 * A shell in a loop of children: command substitution, a pipeline, a subshell's status, a here
 * document, a job in the background. A dump finds it anywhere in that. Every round must have done
 * all of its work once, and none is missing.
 */
#include "zdtm.h"

static const char script[] = "trap 'echo USR1' USR1\n"
			     "mark=$$\n"
			     "round() {\n"
			     "	square=$(expr \"$1\" '*' \"$1\")\n"
			     "	words=$(echo \"a b $1 c\" | tr ' ' '\\n' | grep -c '[abc]')\n"
			     "	(exit $(($1 % 100)))\n"
			     "	status=$?\n"
			     "	(kill -0 $mark && exit 7) &\n"
			     "	wait $!\n"
			     "	echo \"$1 $square $words $status $? $(($$ - mark))\"\n"
			     "	cat <<END\n"
			     "document $1\n"
			     "END\n"
			     "}\n"
			     "n=0\n"
			     "while [ ! -e stop ]; do\n"
			     "	n=$((n + 1))\n"
			     "	round $n\n"
			     "	[ $n -ne 3 ] || echo >turning\n"
			     "done\n"
			     "kill -USR1 $$\n"
			     "echo end $n\n";

static const char *const shells[] = { "dash", "bash" };
enum { DASH, BASH };

static pid_t sh;

static void setup(void)
{
	int turning, out;
	char byte;

	out = SYS(open("out", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	SYS(mkfifo("turning", 0600));
	sh = t_program(-1, out, LIST(shells[variant->arg], "-c", script));
	SYS(close(out));
	turning = SYS(open("turning", O_RDONLY));
	t_read(turning, &byte, 1);
	SYS(close(turning));
}

static void check(void)
{
	char *text, *expected;
	size_t size;
	FILE *f = SYS_PTR(open_memstream(&expected, &size));
	int n = 1;

	SYS(close(SYS(open("stop", O_WRONLY | O_CREAT, 0600))));
	t_join(sh);
	text = t_slurp("out");
	/* How many rounds there were is the only thing it may choose. */
	for (const char *p = text; (p = strstr(p, "document ")); p++, n++)
		fprintf(f, "%d %d 3 %d 7 0\ndocument %d\n", n, n * n, n % 100, n);
	fprintf(f, "USR1\nend %d\n", n - 1);
	fclose(f);
	EXPECT_STR(text, expected);
	EXPECT_GE(n - 1, 3);
}

ZDTM_TEST = {
	.doc = "a shell in a loop of children does every round once",
	.object = "task",
	.variants = VARIANTS({ "dash", DASH }, { "bash", BASH }),
	.setup = setup,
	.check = check,
};
