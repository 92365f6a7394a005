// SPDX-License-Identifier: GPL-2.0-only
/* Words into the log, and failing. */
#include "harness.h"

static void vsay(const char *word, const char *fmt, va_list ap)
{
	char line[2048];
	int n, len;

	n = snprintf(line, sizeof(line), ZDTM_SAYS "%s ", word);
	len = n + vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	if (len > (int)sizeof(line) - 1)
		len = sizeof(line) - 1;
	for (int i = 0; i < len; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[len++] = '\n';
	/* One write: O_APPEND keeps the lines of all tasks whole. A task that closed it cannot speak. */
	if (write(STDERR_FILENO, line, len) != len)
		return;
}

void say(const char *word, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(word, fmt, ap);
	va_end(ap);
}

static void count_failure(const char *text)
{
	struct shared *shared = harness.shared;

	__atomic_add_fetch(&harness.failures, 1, __ATOMIC_ACQ_REL);
	if (!shared || getpid() == harness.main)
		return;
	if (!__atomic_exchange_n(&shared->told, 1, __ATOMIC_ACQ_REL))
		snprintf(shared->text, sizeof(shared->text), "%.*s", (int)sizeof(shared->text) - 1,
			 text);
	__atomic_add_fetch(&shared->failures, 1, __ATOMIC_ACQ_REL);
}

static void fail(struct zdtm_here here, const char *fmt, va_list ap)
{
	char text[1500];
	int saved = errno, n;

	n = snprintf(text, sizeof(text), "%s:%d: ", here.file, here.line);
	if (n < (int)sizeof(text))
		vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	say(ZDTM_SAYS_FAIL, "%s", text);
	count_failure(text);
	errno = saved;
}

void zdtm_fail(struct zdtm_here here, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(here, fmt, ap);
	va_end(ap);
}

void zdtm_die(struct zdtm_here here, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(here, fmt, ap);
	va_end(ap);
	_exit(ZDTM_EXIT_FAILED);
}

void t_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(ZDTM_SAYS_NOTE, fmt, ap);
	va_end(ap);
}

void t_skip(const char *fmt, ...)
{
	va_list ap;

	if (harness.over)
		t_die("t_skip() is for setup()");
	va_start(ap, fmt);
	vsay(ZDTM_SAYS_SKIP, fmt, ap);
	va_end(ap);
	_exit(ZDTM_EXIT_SKIP);
}
