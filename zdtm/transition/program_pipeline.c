// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines on their way through a pipeline of programs that all work: whenever the dump comes, there
 * are bytes in the pipes, in the programs' buffers and in the compressor's window. None is lost,
 * none comes twice.
 */
#include "zdtm.h"

#define AT_LEAST 20000

enum { TURNING };

static struct {
	pid_t producer, program[3];
	int in, out;
} was;

static void put_line(FILE *f, unsigned int n)
{
	fprintf(f, "%u %x\n", n, n * 2654435761U);
}

static void produce(long unused)
{
	FILE *f = SYS_PTR(fdopen(was.in, "w"));
	unsigned int n = 0;

	for (; n < AT_LEAST || !t_over(); n++) {
		put_line(f, n);
		if (n == AT_LEAST / 10)
			t_wake(TURNING);
	}
	fprintf(f, "%u lines\n", n);
	fclose(f);
}

static void setup(void)
{
	const char *const *const programs[] = { LIST("gzip", "-1", "-c"), LIST("cat"),
						LIST("gzip", "-d", "-c") };
	int from, ends[2], file = SYS(open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));

	SYS(pipe2(ends, O_CLOEXEC));
	was.in = ends[1];
	from = ends[0];
	for (int i = 0; i < 3; i++) {
		if (i < 2)
			SYS(pipe2(ends, O_CLOEXEC));
		was.program[i] = t_program(from, i < 2 ? ends[1] : file, programs[i]);
		SYS(close(from));
		SYS(close(i < 2 ? ends[1] : file));
		from = ends[0];
	}
	was.producer = t_fork(produce, 0);
	SYS(close(was.in));
	t_wait(TURNING);
}

static void check(void)
{
	FILE *f = SYS_PTR(fopen("expected", "w"));
	unsigned int lines = 0;
	char *text;

	t_join(was.producer);
	for (int i = 0; i < 3; i++)
		t_join(was.program[i]);

	text = t_slurp("out");
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	EXPECT_GT(lines, AT_LEAST);
	for (unsigned int n = 0; n + 1 < lines; n++)
		put_line(f, n);
	fprintf(f, "%u lines\n", lines - 1);
	fclose(f);
	EXPECT_FILES("out", "expected");
	free(text);
}

ZDTM_TEST = {
	.doc = "lines on their way through working programs arrive once and in order",
	.object = "pipe",
	.setup = setup,
	.check = check,
};
