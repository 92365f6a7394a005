// SPDX-License-Identifier: GPL-2.0-only
/*
 * python3 with threads that all work: two in C code outside the interpreter's lock, one that hands
 * things to another through a queue, one that keeps opening and renaming a file. Each knows what a
 * round must come to.
 */
#include "zdtm.h"

static const char script[] =
	"import hashlib, os, queue, threading, zlib\n"
	"rounds, stop, failed = {}, threading.Event(), []\n"
	"def worker(f):\n"
	"    n = 0\n"
	"    while not stop.is_set() and not failed:\n"
	"        n += 1\n"
	"        try: ok = f(n)\n"
	"        except Exception as e: ok = repr(e)\n"
	"        if ok is not True: failed.append('%s, round %d: %s' % (f.__name__, n, ok))\n"
	"        rounds[f.__name__] = n\n"
	"text = b''.join(b'%d %x\\n' % (i, i * 2654435761) for i in range(20000))\n"
	"digest = hashlib.sha512(text).digest()\n"
	"def squeeze(n): return zlib.decompress(zlib.compress(text, 1 + n % 3)) == text\n"
	"def digests(n): return hashlib.sha512(text).digest() == digest\n"
	"there, back = queue.Queue(2), queue.Queue(2)\n"
	"def echo():\n"
	"    for n in iter(there.get, None): back.put(n * n)\n"
	"def ask(n):\n"
	"    there.put(n)\n"
	"    return back.get() == n * n\n"
	"def rename(n):\n"
	"    with open('new', 'w') as f: print(n, 'x' * (n % 5000), file=f)\n"
	"    os.rename('new', 'old')\n"
	"    return open('old').read() == '%d %s\\n' % (n, 'x' * (n % 5000))\n"
	"jobs = (squeeze, digests, ask, rename)\n"
	"threads = [threading.Thread(target=worker, args=(f,)) for f in jobs]\n"
	"echoing = threading.Thread(target=echo)\n"
	"for t in threads + [echoing]: t.start()\n"
	"while len(rounds) < len(jobs) and not failed: pass\n"
	"print('ready', flush=True)\n"
	"input()\n"
	"seen = dict(rounds)\n"
	"while any(rounds[j] < seen[j] + 2 for j in seen) and not failed: pass\n"
	"stop.set()\n"
	"for t in threads: t.join()\n"
	"there.put(None)\n"
	"echoing.join()\n"
	"print(failed[0] if failed else 'fine!', flush=True)\n";

static struct {
	pid_t python;
	int in, out;
} was;

static void expect_word(const char *word)
{
	char said[6] = {};

	t_read(was.out, said, strlen(word));
	EXPECT_STR(said, word);
}

static void setup(void)
{
	int in[2], out[2];

	SYS(pipe2(in, O_CLOEXEC));
	SYS(pipe2(out, O_CLOEXEC));
	was.python = t_program(in[0], out[1], LIST("python3", "-I", "-B", "-c", script));
	was.in = in[1];
	was.out = out[0];
	SYS(close(in[0]));
	SYS(close(out[1]));
	expect_word("ready");
	t_read(was.out, &(char){ 0 }, 1);
}

static void check(void)
{
	t_write(was.in, "\n", 1);
	expect_word("fine!");
	t_join(was.python);
}

ZDTM_TEST = {
	.doc = "python3 with threads that all work gets every round right",
	.object = "task",
	.setup = setup,
	.check = check,
};
