// SPDX-License-Identifier: GPL-2.0-only
/* A kernel without process_vm_readv(2) and process_vm_writev(2): CONFIG_CROSS_MEMORY_ATTACH is off. */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "lib/deny.h"
#include "lib/lib.h"

static void lack_process_vm(void)
{
	struct iovec v = {};

	ATF_REQUIRE_EQ(deny(&(struct denial){ SYS_process_vm_readv, ENOSYS, ANY, 0 }), 0);
	ATF_REQUIRE_EQ(deny(&(struct denial){ SYS_process_vm_writev, ENOSYS, ANY, 0 }), 0);
	ATF_REQUIRE_ERRNO(ENOSYS, process_vm_readv(1, &v, 1, &v, 1, 0) < 0);
	ATF_REQUIRE_ERRNO(ENOSYS, process_vm_writev(1, &v, 1, &v, 1, 0) < 0);
}

ROOT_TC(as_ever, "dumps and restores do without")
{
	struct target t;
	struct ran r;

	arena();
	t = target("many");
	lack_process_vm();
	empty("img");
	r = refcr("dump -R -t %d -D img", t.pid);
	expect_fine(&r);
	expect_well(&t);
	r = refcr("dump -t %d -D img", t.pid);
	expect_fine(&r);
	waitpid(t.pid, NULL, 0);
	r = refcr("restore -d -D img");
	expect_fine(&r);
	expect_well(&t);
	target_end(&t);
	expect_nobody();
}

ROOT_TC(told, "refcr check does not miss it, but for speed")
{
	struct ran r;

	arena();
	lack_process_vm();
	r = refcr("check");
	expect_fine(&r);
	r = refcr("check --feature process_vm");
	ATF_CHECK_EQ(r.status, 1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, as_ever);
	ATF_TP_ADD_TC(tp, told);
	return atf_no_error();
}
