// SPDX-License-Identifier: GPL-2.0-only
/* The matrix page: what stands in it, and how it looks in a browser. */
#include <atf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"

static void write_document(const char *path, const char *release, const char *more,
			   const char *results, const char *probes)
{
	FILE *f = fopen(path, "w");

	ATF_REQUIRE(f);
	fprintf(f,
		"{\"schema\": 1, \"kernel\": {\"release\": \"%s\"%s}, \"engine\": {\"name\": \"e\", "
		"\"version\": \"1\"}, \"results\": [%s], \"probes\": [%s]}",
		release, more, results, probes);
	fclose(f);
}

#define RESULT(name, outcome, reason, more)                                                        \
	"{\"name\": \"" name "\", \"flavor\": \"h\", \"outcome\": \"" outcome                      \
	"\", \"phase\": null, \"reason\": " reason more "}"
#define PROBE(name, verdict, since)                                                                \
	"{\"name\": \"" name "\", \"verdict\": \"" verdict                                         \
	"\", \"reason\": \"so\", \"since\": \"" since "\"}"

/* Two kernels of which one fails a test, and one that could not be tried. */
static void write_page(const atf_tc_t *tc)
{
	write_document(
		"new.json", "6.12.1", "",
		RESULT("static/a", "failed", "\"it lost its <b>way</b> | quite\"",
		       ", \"log\": \"logs/static.a.h/test.log\"") "," RESULT("static/b", "passed",
									     "null",
									     ", \"kernel_log\": \"WARNING: at fs/\""),
		PROBE("kcmp.same", "conforms", "3.5") "," PROBE(
			"kcmp.late", "conforms", "6.3") "," PROBE("kcmp.there", "absent", "3.5"));
	write_document("old.json", "5.10.0-9-cloud", ", \"lacks\": \"modules\"",
		       RESULT("static/a", "passed", "null", ""),
		       PROBE("kcmp.same", "conforms",
			     "3.5") "," PROBE("kcmp.late", "absent",
					      "6.3") "," PROBE("kcmp.there", "absent", "3.5"));
	ATF_REQUIRE_EQ(system("echo '{\"schema\": 1, \"kernel\": {\"release\": \"6.99\"}, "
			      "\"error\": \"it does not boot\"}' >none.json"),
		       0);
	ATF_REQUIRE_EQ(zdtm(tc, "matrix --results old.json --results new.json --results none.json "
				"-o page")
			       .status,
		       0);
}

ATF_TC(documents);
ATF_TC_HEAD(documents, tc)
{
	atf_tc_set_md_var(tc, "descr", "documents side by side as HTML, Markdown and JSON");
	atf_tc_set_md_var(tc, "require.progs", "python3");
}
ATF_TC_BODY(documents, tc)
{
	struct json_object *all;
	char *text;

	write_page(tc);
	text = slurp("page/matrix.html");
	HAS(text, "6.12.1, e 1");
	HAS(text, "it lost its &lt;b&gt;way&lt;/b&gt; | quite");
	HAS(text, "href=\"../logs/static.a.h/test.log\"");
	HAS(text, "booted bare, without modules");
	HAS(text, "it does not boot");
	/* Not there as the release has it, and not there without such an excuse. */
	HAS(text, "<td class=\"c early\"");
	HAS(text, "<td class=\"c absent\"");
	HAS(text, "The kernel: WARNING: at fs/");
	/* What is to be looked at stands above the table, a kernel that was not tried included. */
	HAS(text, "<code>static/a h</code> <span class=failed>failed</span> it lost its &lt;b&gt;");
	HAS(text, "<span class=broken>broken</span> it does not boot");
	text = slurp("page/matrix.md");
	HAS(text, "\n## kcmp\n");
	HAS(text, "| kcmp.late | 6.3 | early | conforms | - |");
	HAS(text, "| kcmp.there | 3.5 | absent: so | absent: so | - |");
	HAS(text, "| static/a h |  | passed | failed: it lost its \\<b>way\\</b> \\| quite | - |");
	all = json_object_from_file("page/matrix.json");
	ATF_REQUIRE(all);
	ATF_CHECK_EQ(json_object_array_length(member(all, "kernels")), 3);
	ATF_CHECK_EQ(
		system("python3 -c '"
		       "from html.parser import HTMLParser\n"
		       "p = HTMLParser(); p.feed(open(\"page/matrix.html\").read()); p.close()'"),
		0);
}

ATF_TC(browser);
ATF_TC_HEAD(browser, tc)
{
	atf_tc_set_md_var(tc, "descr", "the page in a browser: desktop and phone, light and dark");
	atf_tc_set_md_var(tc, "require.progs", "chromium python3");
}
ATF_TC_BODY(browser, tc)
{
	char command[4096];

	write_page(tc);
	snprintf(command, sizeof(command), "python3 %s/page.py chromium page", tree(tc));
	ATF_CHECK_EQ(system(command), 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, documents);
	ATF_TP_ADD_TC(tp, browser);
	return atf_no_error();
}
