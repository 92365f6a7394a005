// SPDX-License-Identifier: GPL-2.0-only
/*
 * sqlite3 inside a transaction: the database's pages lie in its cache and, spilled, in the file, the
 * old ones in a journal, and nobody but itself knows how to go on. One transaction is committed
 * after the restore, another rolled back.
 */
#include "zdtm.h"

static const char *const vfs[] = {
	"unix-none",    /* no locks */
	"unix-dotfile", /* a directory that stands for the lock */
	"unix",         /* locks of fcntl(2) */
};
enum { NONE, DOTFILE, FCNTL };

#ifndef FORMS
#define FORMS                                                                                      \
	{ "none", NONE },                                                                          \
	{                                                                                          \
		"dotfile", DOTFILE                                                                 \
	}
#define DEMAND KEEP
#define ENGINE
#endif

/* A cache this small is spilled into the database before the commit. */
static const char first[] =
	"PRAGMA cache_size = 20;\n"
	"CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT, sum REAL);\n"
	"CREATE INDEX i ON t (text);\n"
	"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000)\n"
	"  INSERT INTO t SELECT n, hex(n * 7919) || ' before', n / 7.0 FROM c;\n"
	"CREATE TEMP TABLE mine AS SELECT * FROM t WHERE n % 100 = 0;\n"
	"BEGIN IMMEDIATE;\n"
	"UPDATE t SET text = text || ' and after', sum = sum * 2 WHERE n % 3 = 0;\n"
	"DELETE FROM t WHERE n % 5 = 0;\n"
	"SAVEPOINT inner;\n"
	"DELETE FROM t WHERE n % 2 = 0;\n";

static const char second[] = "SELECT count(*), total(sum), total_changes() FROM t;\n"
			     "ROLLBACK TO inner;\n"
			     "SELECT count(*), total(sum), total_changes() FROM t;\n"
			     "INSERT INTO t SELECT n + 10000, text, sum FROM mine;\n"
			     "COMMIT;\n"
			     "BEGIN;\n"
			     "DELETE FROM t;\n"
			     "ROLLBACK;\n"
			     "SELECT count(*), total(sum), total_changes() FROM t;\n"
			     "PRAGMA integrity_check;\n"
			     ".dump\n"
			     ".quit\n";

static struct {
	pid_t sqlite;
	int in;
} was;

static void start(const char *folder)
{
	char *database, *out;
	int in[2], file;

	SYS(mkdir(folder, 0700));
	SYS(asprintf(&database, "%s/database", folder));
	SYS(asprintf(&out, "%s/out", folder));
	file = SYS(open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	SYS(pipe2(in, O_CLOEXEC));
	was.sqlite =
		t_program(in[0], file,
			  LIST("sqlite3", "-batch", "-bail", "-vfs", vfs[variant->arg], database));
	was.in = in[1];
	SYS(close(in[0]));
	SYS(close(file));
	free(database);
	free(out);
}

static void give(const char *text)
{
	t_write(was.in, text, strlen(text));
}

static void end(void)
{
	SYS(close(was.in));
	t_join(was.sqlite);
}

static void setup(void)
{
	struct stat st;

	start("undisturbed");
	give(first);
	give(second);
	end();

	start("run");
	give(first);
	t_wait_hungry(was.in, was.sqlite);
	SYS(stat("run/database-journal", &st));
	EXPECT_GT(st.st_size, 4096);
}

static void check(void)
{
	struct stat st;

	give(second);
	end();
	EXPECT_FILES("run/out", "undisturbed/out");
	EXPECT_FILES("run/database", "undisturbed/database");
	EXPECT_ERRNO(stat("run/database-journal", &st), ENOENT);
	SYS(stat("run/out", &st));
	EXPECT_GT(st.st_size, 100000);
}

ZDTM_TEST = {
	.doc = "sqlite3 commits and rolls back what it had begun",
	.object = "task",
	.demand = DEMAND,
	.engine = LIST("--ghost-limit", "16M" ENGINE),
	.variants = VARIANTS(FORMS),
	.setup = setup,
	.check = check,
};
