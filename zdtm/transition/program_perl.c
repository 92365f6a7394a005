// SPDX-License-Identifier: GPL-2.0-only
/*
 * perl in a loop that forks, talks to its child over pipes, reaps it, and is interrupted by a timer
 * all the time: its own rules say what each round must come to.
 */
#include "zdtm.h"

static const char script[] =
	"use strict; use warnings; use Time::HiRes qw(setitimer ITIMER_REAL);\n"
	"my ($n, $ticks, %seen) = (0, 0);\n"
	"$SIG{ALRM} = sub { $ticks++ };\n"
	"setitimer(ITIMER_REAL, 0.001, 0.001);\n"
	"sub fail { print \"round $n: @_\\n\"; exit 1 }\n"
	"sub again { my $f = shift; my $r; do { $r = $f->() } until defined $r or !$!{EINTR}; $r }\n"
	"until (-e 'stop') {\n"
	"	$n++;\n"
	"	pipe(my $in, my $to) and pipe(my $from, my $out) or fail(\"pipe: $!\");\n"
	"	my $pid = fork() // fail(\"fork: $!\");\n"
	"	if (!$pid) {\n"
	"		close $to; close $from;\n"
	"		$SIG{ALRM} = 'IGNORE';\n"
	"		my $text = do { local $/; <$in> };\n"
	"		print $out scalar reverse $text;\n"
	"		close $out;\n"
	"		exit $n % 50;\n"
	"	}\n"
	"	close $in; close $out;\n"
	"	my $word = \"round $n of \" . 'x' x ($n % 3000);\n"
	"	print $to $word; close $to;\n"
	"	my $back = '';\n"
	"	while (again(sub { sysread $from, $back, 4096, length $back })) { }\n"
	"	fail(\"'$back'\") if $back ne reverse $word;\n"
	"	fail(\"waitpid: $!\") if again(sub { my $r = waitpid $pid, 0; $r < 0 ? undef : $r }) != $pid;\n"
	"	fail(\"status $?\") if $? != ($n % 50) << 8;\n"
	"	$seen{$n % 17} .= chr(65 + $n % 26);\n"
	"	syswrite STDERR, '.' and close STDERR if $n == 3;\n"
	"}\n"
	"my $total = 0;\n"
	"$total += length $seen{$_} for keys %seen;\n"
	"fail(\"remembers $total rounds\") if $total != $n;\n"
	"my $before = $ticks;\n"
	"select undef, undef, undef, 0.002 while $ticks < $before + 3;\n"
	"setitimer(ITIMER_REAL, 0);\n"
	"print \"fine\\n\";\n";

static pid_t perl;

static void setup(void)
{
	int out = SYS(open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), turning[2];
	int log = SYS(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
	char byte;

	SYS(pipe2(turning, O_CLOEXEC));
	SYS(dup2(turning[1], STDERR_FILENO));
	perl = t_program(-1, out, LIST("perl", "-e", script));
	SYS(dup2(log, STDERR_FILENO));
	SYS(close(log));
	SYS(close(out));
	SYS(close(turning[1]));
	t_read(turning[0], &byte, 1);
	SYS(close(turning[0]));
	EXPECT_EQ(byte, '.');
}

static void check(void)
{
	SYS(close(SYS(open("stop", O_WRONLY | O_CREAT, 0600))));
	t_join(perl);
	EXPECT_STR(t_slurp("out"), "fine\n");
}

ZDTM_TEST = {
	.doc = "perl in a loop of children, pipes and timer signals gets every round right",
	.object = "task",
	.setup = setup,
	.check = check,
};
