// SPDX-License-Identifier: GPL-2.0-only
/*
 * A python3 process with threads that wait in different ways, files in the middle of being read and
 * written, a child, and a lot of state that only its memory holds. What it writes after the word
 * "go" is held against what one wrote that was told to go at once.
 */
#include "zdtm.h"

static const char script[] =
	"import hashlib, mmap, os, queue, random, subprocess, sys, tempfile, threading, zlib\n"
	"os.mkdir(sys.argv[1])\n"
	"os.chdir(sys.argv[1])\n"
	"log = open('log', 'w', buffering=65536)\n"
	"say = lambda *a: print(*a, file=log)\n"
	"\n"
	"rnd = random.Random(4711)\n"
	"text = ''.join('%d %x\\n' % (i, rnd.getrandbits(64)) for i in range(4000))\n"
	"open('text', 'w').write(text)\n"
	"half = open('text')\n"
	"for _ in range(1234): half.readline()\n"
	"digest = hashlib.sha256(text[:9999].encode())\n"
	"squeeze = zlib.compressobj(9)\n"
	"packed = squeeze.compress(text.encode())\n"
	"gone = tempfile.TemporaryFile(dir='.')\n"
	"gone.write(b'nobody knows my name ' * 500)\n"
	"open('map', 'wb').truncate(8192)\n"
	"shared = mmap.mmap(os.open('map', os.O_RDWR), 8192)\n"
	"shared[4090:4100] = b'over a gap'\n"
	"sorter = subprocess.Popen(['sort', '-n'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,\n"
	"                          text=True)\n"
	"print(text[:3000], file=sorter.stdin, flush=True)\n"
	"def fib():\n"
	"    a, b = 0, 1\n"
	"    while True: yield a; a, b = b, a + b\n"
	"numbers = fib()\n"
	"for _ in range(300): next(numbers)\n"
	"\n"
	"results, work = {}, queue.Queue()\n"
	"turn, go, over = threading.Condition(), threading.Event(), threading.Barrier(4)\n"
	"r, w = os.pipe()\n"
	"def consumer():\n"
	"    results['queue'] = [n * n for n in iter(work.get, None)]\n"
	"    over.wait()\n"
	"def reader():\n"
	"    results['pipe'] = [os.read(r, 3), os.read(r, 100)]\n"
	"    over.wait()\n"
	"def sleeper():\n"
	"    with turn: results['turn'] = turn.wait_for(go.is_set, timeout=600)\n"
	"    over.wait()\n"
	"threads = [threading.Thread(target=f) for f in (consumer, reader, sleeper)]\n"
	"for t in threads: t.start()\n"
	"for n in range(5): work.put(n)\n"
	"print('ready', flush=True)\n"
	"sys.stdin.readline()\n"
	"\n"
	"for n in range(5, 10): work.put(n)\n"
	"work.put(None)\n"
	"os.write(w, b'abcdefg')\n"
	"with turn: go.set(); turn.notify_all()\n"
	"over.wait()\n"
	"for t in threads: t.join()\n"
	"for key in sorted(results): say(key, results[key])\n"
	"say(half.tell(), half.readline(), hashlib.md5(half.read().encode()).hexdigest())\n"
	"digest.update(text[9999:].encode())\n"
	"say(digest.hexdigest(), digest.digest() == hashlib.sha256(text.encode()).digest())\n"
	"packed += squeeze.flush()\n"
	"say(len(packed), zlib.decompress(packed) == text.encode())\n"
	"gone.seek(7); say(gone.read(40), os.fstat(gone.fileno()).st_nlink)\n"
	"say(open('map', 'rb').read()[4088:4102])\n"
	"shared[0:5] = b'later'\n"
	"say(next(numbers), [rnd.random() for _ in range(700)])\n"
	"say(sorter.communicate(text[3000:])[0], sorter.returncode)\n"
	"log.close()\n";

static struct {
	pid_t python;
	int in, out;
} was;

static void start(const char *folder)
{
	int in[2], out[2];
	char ready[6];

	SYS(pipe2(in, O_CLOEXEC));
	SYS(pipe2(out, O_CLOEXEC));
	was.python = t_program(in[0], out[1], LIST("python3", "-I", "-B", "-c", script, folder));
	was.in = in[1];
	was.out = out[0];
	SYS(close(in[0]));
	SYS(close(out[1]));
	t_read(was.out, ready, sizeof(ready));
}

static void go(void)
{
	t_write(was.in, "go\n", 3);
	SYS(close(was.in));
	SYS(close(was.out));
	t_join(was.python);
}

static void setup(void)
{
	start("undisturbed");
	go();
	start("run");
	t_wait_syscall(was.python, SYS_read);
}

static void check(void)
{
	struct stat st;

	go();
	EXPECT_FILES("run/log", "undisturbed/log");
	EXPECT_FILES("run/map", "undisturbed/map");
	SYS(stat("run/log", &st));
	EXPECT_GT(st.st_size, 100000);
}

ZDTM_TEST = {
	.doc = "a python3 process goes on with its threads, files, child and memory",
	.object = "task",
	.setup = setup,
	.check = check,
};
