// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "say.h"

const char *say_command = "zdtm";

static void vcomplain(const char *fmt, va_list ap)
{
	progress("%s", "");
	fflush(stdout);
	fprintf(stderr, "%s: ", say_command);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(fmt, ap);
	va_end(ap);
}

#define DEFINE_END(name, status)                                                                   \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
                                                                                                   \
		va_start(ap, fmt);                                                                 \
		vcomplain(fmt, ap);                                                                \
		va_end(ap);                                                                        \
		exit(status);                                                                      \
	}

DEFINE_END(misuse, EXIT_MISUSE)
DEFINE_END(cannot_test, EXIT_CANNOT_TEST)
DEFINE_END(die, EXIT_FAILURES)

void *need(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

static bool is_terminal(FILE *f)
{
	const char *term = getenv("TERM");

	return isatty(fileno(f)) && !(term && strcmp(term, "dumb") == 0);
}

const char *colour(FILE *f, enum colour c)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m",   [RED] = "\033[1;31m", [GREEN] = "\033[32m",
		[YELLOW] = "\033[33m", [BLUE] = "\033[34m",  [DIM] = "\033[2m",
	};

	return is_terminal(f) && !getenv("NO_COLOR") ? codes[c] : "";
}

void progress(const char *fmt, ...)
{
	static bool shown;
	struct winsize size = {};
	char line[512];
	va_list ap;

	if (!is_terminal(stderr))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!line[0] && !shown)
		return;
	ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
	if (size.ws_col && size.ws_col < sizeof(line))
		line[size.ws_col - 1] = '\0';
	fflush(stdout);
	fprintf(stderr, "\r\033[K%s", line);
	shown = line[0];
}

FILE *open_output(const char *path)
{
	FILE *f = stdout;

	if (path)
		f = fopen(path, "we");
	if (!f)
		misuse("cannot write %s: %s", path, strerror(errno));
	return f;
}

void close_output(FILE *f)
{
	/* A flush in between may have failed, and this one succeed. */
	bool lost = ferror(f);

	if ((f == stdout ? fflush(f) : fclose(f)) != 0)
		die("what is to be told could not be written: %s", strerror(errno));
	if (lost)
		die("some of what is to be told could not be written");
}
