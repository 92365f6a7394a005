// SPDX-License-Identifier: GPL-2.0-only
/*
 * refcr check really tries: where a system call, or what one is asked for, is refused by a seccomp
 * filter, the feature is missing that is made of it. What this kernel lacks anyway proves nothing,
 * and is passed over.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/fcntl.h>
#include <linux/if_tun.h>
#include <linux/kcmp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/deny.h"
#include "lib/lib.h"

#define CALL(feature, name, err)                                                                   \
	{                                                                                          \
		feature,                                                                           \
		{                                                                                  \
			SYS_##name, err, ANY, 0                                                    \
		}                                                                                  \
	}
#define FIRST(feature, name, value, err)                                                           \
	{                                                                                          \
		feature,                                                                           \
		{                                                                                  \
			SYS_##name, err, 0, value                                                  \
		}                                                                                  \
	}
#define SECOND(feature, name, value, err)                                                          \
	{                                                                                          \
		feature,                                                                           \
		{                                                                                  \
			SYS_##name, err, 1, value                                                  \
		}                                                                                  \
	}
#define THIRD(feature, name, value, err)                                                           \
	{                                                                                          \
		feature,                                                                           \
		{                                                                                  \
			SYS_##name, err, 2, value                                                  \
		}                                                                                  \
	}
#define PTRACE(feature, request) FIRST(feature, ptrace, request, EIO)
#define PRCTL(feature, option)   FIRST(feature, prctl, option, EINVAL)
#define IOCTL(feature, request)  SECOND(feature, ioctl, request, ENOTTY)
#define UNSHARE(feature, flag)   FIRST(feature, unshare, flag, EINVAL)

static const struct {
	const char *feature;
	struct denial what;
} denials[] = {
	CALL("clone3_set_tid", clone3, ENOSYS),
	CALL("set_tid", clone3, EPERM),
	CALL("credentials", capset, EPERM),
	CALL("ioprio", ioprio_get, ENOSYS),
	CALL("kcmp", kcmp, ENOSYS),
	CALL("mremap_share", mremap, EINVAL),
	CALL("vdso_move", mremap, EINVAL),
	CALL("pidfd_getfd", pidfd_getfd, ENOSYS),
	CALL("process_vm", process_vm_readv, ENOSYS),
	CALL("process_vm", process_vm_writev, ENOSYS),
	CALL("robust_list", get_robust_list, EPERM),
	CALL("sched_attr", sched_setattr, EPERM),
	PRCTL("prctl_mm_map", PR_SET_MM),
	PRCTL("tid_address", PR_GET_TID_ADDRESS),
	PTRACE("gate", PTRACE_SEIZE),
	PTRACE("gate", PTRACE_SETREGSET),
	PTRACE("ptrace_seize", PTRACE_SEIZE),
	PTRACE("ptrace_registers", PTRACE_GETREGSET),
	PTRACE("ptrace_registers", PTRACE_SETREGSET),
	PTRACE("ptrace_signals", PTRACE_PEEKSIGINFO),
	PTRACE("ptrace_signals", PTRACE_SETSIGMASK),

	CALL("aio_remap", io_setup, EAGAIN),
	CALL("aio_remap", mremap, EINVAL),
	CALL("bpf_maps", bpf, ENOSYS),
	FIRST("bpf_maps", bpf, BPF_MAP_GET_FD_BY_ID, EPERM),
	CALL("chown", fchown, EPERM),
	CALL("eventfd", eventfd2, ENOSYS),
	CALL("eventpoll", epoll_create1, ENOSYS),
	CALL("fanotify", fanotify_init, EPERM),
	CALL("fdinfo_lock", flock, ENOSYS),
	CALL("proc_locks", flock, ENOSYS),
	CALL("file_handles", open_by_handle_at, EPERM),
	CALL("landlock", landlock_restrict_self, EPERM),
	CALL("memfd", memfd_create, ENOSYS),
	CALL("mempolicy", get_mempolicy, EPERM),
	CALL("mlock", mlock, EPERM),
	{ "mseal", { 462, ENOSYS, ANY, 0 } },
	CALL("other_users", kcmp, EPERM),
	CALL("posix_timers", timer_create, ENOSYS),
	CALL("priorities", setpriority, EACCES),
	CALL("signalfd", signalfd4, ENOSYS),
	CALL("sigqueueinfo", rt_sigqueueinfo, EPERM),
	CALL("statx_mnt_id", statx, ENOSYS),
	IOCTL("epoll_params", _IOR(0x8a, 2, uint64_t)),              /* EPIOCGPARAMS */
	IOCTL("inotify", _IOW('I', 0, int32_t)),                     /* INOTIFY_IOC_SETNEXTWD */
	IOCTL("pagemap_scan_guard_pages", _IOWR('f', 16, char[96])), /* PAGEMAP_SCAN */
	IOCTL("pidfd_exit", _IOWR(0xff, 11, char[64])),              /* PIDFD_GET_INFO */
	IOCTL("timerfd", _IOW('T', 0, uint64_t)),                    /* TFD_IOC_SET_TICKS */
	PRCTL("anon_vma_name", 0x53564d41),                          /* PR_SET_VMA */
	PRCTL("futex_hash", 78),
	PRCTL("mce_kill", PR_MCE_KILL),
	PRCTL("mdwe", 65),
	PRCTL("memory_merge", 67),
	PRCTL("sud", 59),
	PRCTL("thp_disable", PR_SET_THP_DISABLE),
	PRCTL("tsc", PR_SET_TSC),
	PTRACE("get_rseq_conf", 0x420f),
	PTRACE("ptrace_syscall_info", PTRACE_GET_SYSCALL_INFO),
	SECOND("f_getowner_uids", fcntl, 17, EINVAL),
	SECOND("lease", fcntl, F_SETLEASE, EACCES),
	THIRD("kcmp_epoll", kcmp, KCMP_EPOLL_TFD, EINVAL),
	THIRD("ksm_advice", madvise, MADV_MERGEABLE, EINVAL),
	THIRD("thp_advice", madvise, MADV_HUGEPAGE, EINVAL),
	THIRD("wipe_on_fork", madvise, MADV_WIPEONFORK, EINVAL),

	CALL("membarrier_registrations", membarrier, ENOSYS),
	IOCTL("pagemap_scan", _IOWR('f', 16, char[96])),
	PRCTL("timer_cr_ids", 77),
	SECOND("memfd_exec", memfd_create, 0x11, EINVAL), /* MFD_CLOEXEC | MFD_EXEC */
	THIRD("madv_populate", madvise, 23, EINVAL),

	CALL("autofs", mount, ENODEV),
	CALL("external_net_ns", setns, EPERM),
	CALL("memfd_hugetlb", memfd_create, EINVAL),
	CALL("move_mount_set_group", move_mount, EINVAL),
	CALL("openat2", openat2, ENOSYS),
	CALL("overlayfs_maps", mount, ENODEV),
	CALL("pidfd_store", pidfd_open, ENOSYS),
	CALL("uffd", userfaultfd, ENOSYS),
	CALL("uffd-noncoop", userfaultfd, EPERM),
	FIRST("can_map_vdso", arch_prctl, 0x2003, EINVAL),
	FIRST("compat_cr", arch_prctl, 0x2002, EINVAL),
	IOCTL("sk_ns", SIOCGSKNS),
	IOCTL("sk_unix_file", SIOCPROTOPRIVATE),
	FIRST("unix_diag", socket, 16 /* AF_NETLINK */, EACCES),
	IOCTL("tun", TUNSETIFF),
	IOCTL("tun_ns", SIOCGSKNS),
	PTRACE("breakpoints", PTRACE_POKEUSER),
	THIRD("has_ipt_legacy", getsockopt, 64, ENOPROTOOPT), /* IPT_SO_GET_INFO */
	THIRD("ipv6_freebind", setsockopt, 78, ENOPROTOOPT),
	THIRD("sockopt_buf_lock", setsockopt, 72, ENOPROTOOPT),
	THIRD("tcp_half_closed", setsockopt, 19, EPERM), /* TCP_REPAIR */
	UNSHARE("cgroupns", CLONE_NEWCGROUP),
	UNSHARE("link_nsid", CLONE_NEWNET),
	UNSHARE("network_lock_nftables", CLONE_NEWNET),
	UNSHARE("newifindex", CLONE_NEWNET),
	UNSHARE("nftables", CLONE_NEWNET),
	UNSHARE("nsid", CLONE_NEWNET),
	UNSHARE("timens", 0x80 /* CLONE_NEWTIME */),
	UNSHARE("userns", CLONE_NEWUSER),
};

static int status_of(pid_t pid)
{
	int status;

	ATF_REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

ROOT_TC(denied, "what is refused is missing")
{
	unsigned int n = 0;

	arena();
	for (size_t i = 0; i < sizeof(denials) / sizeof(denials[0]); i++) {
		const char *feature = denials[i].feature;
		const struct denial *d = &denials[i].what;
		struct ran before = refcr("check --feature %s", feature);
		char says[100], *text;
		int status;
		pid_t pid;

		if (before.status != 0) {
			printf("passed over: %s", before.out);
			continue;
		}
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			alarm(30);
			if (!freopen("denied", "w", stdout) || deny(d) < 0)
				_exit(126);
			execl(built("sbin/refcr"), "refcr", "check", "--feature", feature, NULL);
			_exit(127);
		}
		status = status_of(pid);
		text = read_file("denied", NULL);
		snprintf(says, sizeof(says), "%s is not supported: ", feature);
		if (status != 1 || strncmp(text, says, strlen(says)) != 0)
			atf_tc_fail_nonfatal("%s, without call %d (%#x): status %d, %s", feature,
					     d->nr, d->value, status, text);
		n++;
	}
	ATF_CHECK(n > 0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, denied);
	return atf_no_error();
}
