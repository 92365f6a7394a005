// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs in the middle of a pipeline, in the middle of their input: what they make of the second
 * half depends on what they remember of the first.
 */
#include "zdtm.h"

#define LINES 6000

static const struct filter {
	const char *const *argv;
	const char *first, *second; /* its input; NULL: lines of text */
	long hungry;                /* the call it waits for input in; 0: read */
} filters[] = {
	{ LIST("gzip", "-n", "-c") },
	{ LIST("bzip2", "-c") },
	{ LIST("xz", "-c", "-T2", "--block-size=100000") },
	{ LIST("zstd", "-q", "-c", "-T2", "-B100000") },
	{ LIST("sha256sum") },
	{ LIST("sort", "-S64k", "-T.", "-k3n") },
	{ LIST("awk", "{ sum[$2 % 97] += $3; print NR, sum[$2 % 97] }") },
	{ LIST("perl", "-ne",
	       "push @{$h{length()}}, $_; END { print map { @{$h{$_}} } sort keys %h }") },
	{ LIST("bc", "-q"),
	  "scale = 60; a = sqrt(2)\n"
	  "define f(n) { if (n < 2) return 1; return n * f(n - 1) }\n"
	  "for (i = 0; i < 50; i++) t[i] = f(i) / a\n"
	  "t[49]\n",
	  "f(60)\na\nfor (i = 0; i < 50; i++) t[i]\nquit\n" },
	{ LIST("ed", "-s"), "a\nonce there was\na line in a buffer\nthat no file had\n.\n2p\nka\n",
	  "$\n'a,$g/a/s//A/g\n,n\nu\n,n\nQ\n" },
};

enum { GZIP, BZIP2, XZ, ZSTD, SHA256SUM, SORT, AWK, PERL, BC, ED };

static struct {
	pid_t filter, cat;
	int in;
	char *second;
} was;

/* filter | cat >out */
static void start(const struct filter *f, const char *out)
{
	int in[2], between[2], file = SYS(open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

	SYS(pipe2(in, O_CLOEXEC));
	SYS(pipe2(between, O_CLOEXEC));
	was.filter = t_program(in[0], between[1], f->argv);
	was.cat = t_program(between[0], file, LIST("cat"));
	was.in = in[1];
	SYS(close(in[0]));
	SYS(close(between[0]));
	SYS(close(between[1]));
	SYS(close(file));
}

static void give(const char *text)
{
	t_write(was.in, text, strlen(text));
}

static void end(void)
{
	SYS(close(was.in));
	t_join(was.filter);
	t_join(was.cat);
}

/* Numbers, and words that repeat. */
static char *lines(unsigned int from, unsigned int to)
{
	size_t size;
	char *text;
	FILE *f = SYS_PTR(open_memstream(&text, &size));

	for (unsigned int i = from; i < to; i++)
		fprintf(f, "line %u %u %s%x\n", i, i * 2654435761U % 10007,
			i % 3 ? "some" : "more words", i * 40503U);
	fclose(f);
	return text;
}

static void setup(void)
{
	const struct filter *f = &filters[variant->arg];
	char *first = f->first ? strdup(f->first) : lines(0, LINES / 2);

	was.second = f->second ? strdup(f->second) : lines(LINES / 2, LINES);
	start(f, "undisturbed");
	give(first);
	give(was.second);
	end();

	start(f, "out");
	give(first);
	t_wait_hungry(was.in, was.filter);
	t_wait_state(was.cat, 'S');
	free(first);
}

static void check(void)
{
	struct stat st;

	give(was.second);
	end();
	EXPECT_FILES("out", "undisturbed");
	SYS(stat("out", &st));
	EXPECT_GT(st.st_size, 60);
}

ZDTM_TEST = {
	.doc = "programs in a pipeline go on in the middle of their input",
	.object = "task",
	.engine = LIST("--ghost-limit", "4M"),
	.variants = VARIANTS({ "gzip", GZIP }, { "bzip2", BZIP2 }, { "xz", XZ }, { "zstd", ZSTD },
			     { "sha256sum", SHA256SUM }, { "sort", SORT }, { "awk", AWK },
			     { "perl", PERL }, { "bc", BC }, { "ed", ED }),
	.setup = setup,
	.check = check,
};
