// SPDX-License-Identifier: GPL-2.0-only
/*
 * `criu check --feature X` and the probes that ask the same must agree on this kernel. $CRIU is the
 * program; without it there is nobody to disagree with.
 */
#include <atf-c.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The output of a shell command, and its exit status. */
static char *output_of(int *status, const char *fmt, ...)
{
	static char out[1 << 20];
	char command[4096];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	f = popen(command, "r");
	ATF_REQUIRE(f != NULL);
	out[fread(out, 1, sizeof(out) - 1, f)] = '\0';
	*status = pclose(f);
	return out;
}

/*
 * Its features, and the probes that ask the same. Where the answers have to differ it says why: the
 * two do not ask quite the same, and which answer is right for what.
 */
static const struct feature {
	const char *name, *probes;
	const char *why; /* NULL: they have to agree */
} features[] = {
	{ "mnt_id", "fdinfo.mnt_id", NULL },
	{ "mem_dirty_track", "pagemap.soft_dirty", NULL },
	{ "aio_remap", "aio.mremap", NULL },
	{ "timerfd", "timerfd.fdinfo timerfd.set_ticks", NULL },
	{ "tun", "tun.ifindex tun.read_back", NULL },
	{ "tun_ns", "tun.netns", NULL },
	{ "userns", "user_namespace.capabilities prctl_mm.map_size", NULL },
	{ "fdinfo_lock", "filelock.fdinfo_kinds", NULL },
	{ "seccomp_suspend", "seccomp.suspend", NULL },
	{ "seccomp_filters", "seccomp.get_filter", NULL },
	{ "loginuid", "creds.loginuid", NULL },
	{ "cgroupns", "cgroup_namespace.root", NULL },
	{ "autofs", "autofs.options", NULL },
	{ "tcp_half_closed", "tcp.half_closed", NULL },
	{ "compat_cr", "compat.mmap compat.regset arch_prctl.map_vdso_32", NULL },
	{ "uffd", "userfaultfd.handshake", NULL },
	{ "uffd-noncoop", "userfaultfd.event_fork userfaultfd.events", NULL },
	{ "can_map_vdso", "arch_prctl.map_vdso", NULL },
	{ "sk_ns", "siocgskns.socket", NULL },
	{ "sk_unix_file", "unix.siocunixfile", NULL },
	{ "net_diag_raw", "inet_diag.raw",
	  "criu collects all sockets and takes ENOENT, no such handler, for a list without any; the "
	  "probe makes a raw socket and wants to see it listed. Without CONFIG_INET_RAW_DIAG criu "
	  "says yes and would not find such a socket." },
	{ "nsid", "rtnetlink.nsid", NULL },
	{ "link_nsid", "rtnetlink.link_netnsid", NULL },
	{ "kcmp_epoll", "kcmp.epoll_tfd", NULL },
	{ "timens", "time_namespace.offsets", NULL },
	{ "external_net_ns", "setns.external_net",
	  "criu says yes everywhere: it tells what criu can do, not the kernel. The probe enters a "
	  "namespace made by others." },
	{ "clone3_set_tid", "clone3.set_tid", NULL },
	{ "newifindex", "rtnetlink.new_ifindex", NULL },
	{ "nftables", "nftables.lock", NULL },
	{ "has_ipt_legacy", "iptables.round_trip",
	  "criu looks for a program of iptables that uses the old tables; the probe asks the kernel "
	  "for such a table. Each may be there without the other." },
	{ "pidfd_store", "pidfd.open_and_poll pidfd.getfd_shares", NULL },
	{ "ns_pid", "status.nspid", NULL },
	{ "apparmor_stacking", "lsm.apparmor_namespace", NULL },
	{ "network_lock_nftables", "nftables.concat_set", NULL },
	{ "sockopt_buf_lock", "sockopt.buf_lock", NULL },
	{ "memfd_hugetlb", "memfd.hugetlb", NULL },
	{ "move_mount_set_group", "move_mount.set_group", NULL },
	{ "openat2", "regfile.openat2", NULL },
	{ "get_rseq_conf", "ptrace.rseq_configuration", NULL },
	{ "ipv6_freebind", "sockopt.ip", NULL },
	{ "pagemap_scan", "pagemap.scan_agrees", NULL },
	{ "timer_cr_ids", "timers.restore_ids", NULL },
	{ "overlayfs_maps", "maps.overlay_identity", NULL },
	{ "breakpoints", "debugreg.fires", NULL },
	{ "pagemap_scan_guard_pages", "pagemap.scan_guard", NULL },
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

static const char *text(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) && value ? json_object_get_string(value)
								     : "";
}

/* What the probes say: whether all of them are served; the words of the first that is not. */
static bool probes_say(const atf_tc_t *tc, const struct feature *f, char *words, size_t size)
{
	struct json_object *document, *list;
	bool served = true;
	int status;

	document = json_tokener_parse(output_of(&status,
						"%s/../../bin/zdtm probe --format json %s "
						"2>/dev/null",
						atf_tc_get_config_var(tc, "srcdir"), f->probes));
	ATF_REQUIRE_MSG(document && json_object_object_get_ex(document, "probes", &list),
			"zdtm probe %s gives no document", f->probes);
	ATF_REQUIRE_MSG(json_object_array_length(list) > 0, "no probe %s", f->probes);
	snprintf(words, size, "yes");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		const char *verdict = text(one, "verdict");

		if (strcmp(verdict, "conforms") == 0 || strcmp(verdict, "new") == 0)
			continue;
		if (served)
			snprintf(words, size, "%s: %s, %s", text(one, "name"), verdict,
				 text(one, "reason"));
		served = false;
	}
	json_object_put(document);
	return served;
}

ATF_TC(agrees);
ATF_TC_HEAD(agrees, tc)
{
	atf_tc_set_md_var(tc, "descr", "criu check --feature and the probes agree on this kernel");
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "120");
}
ATF_TC_BODY(agrees, tc)
{
	const char *criu = getenv("CRIU");
	char words[512];
	int status;

	if (!criu)
		atf_tc_skip("there is no $CRIU to compare with");
	for (size_t i = 0; i < FEATURES; i++) {
		const struct feature *f = &features[i];
		bool theirs, ours;

		output_of(&status, "%s check --feature %s 2>&1", criu, f->name);
		theirs = status == 0;
		ours = probes_say(tc, f, words, sizeof(words));
		if (ours == theirs)
			continue;
		printf("%s: criu says %s, the probes: %s\n%s%s", f->name, theirs ? "yes" : "no",
		       words, f->why ?: "", f->why ? "\n" : "");
		ATF_CHECK_MSG(f->why, "%s: criu says %s, the probes: %s", f->name,
			      theirs ? "yes" : "no", words);
	}
}

ATF_TC(complete);
ATF_TC_HEAD(complete, tc)
{
	atf_tc_set_md_var(tc, "descr", "every feature criu can check has a probe");
}
ATF_TC_BODY(complete, tc)
{
	const char *criu = getenv("CRIU");
	char *help, *save;
	int status, n = 0;

	if (!criu)
		atf_tc_skip("there is no $CRIU to compare with");
	help = output_of(&status, "%s --help", criu);
	help = strstr(help, "one of:");
	ATF_REQUIRE_MSG(help, "criu --help lists no features");
	for (char *word = strtok_r(help + 7, ", \n", &save); word;
	     word = strtok_r(NULL, ", \n", &save)) {
		bool known = false;

		/* The list ends where the next heading begins. */
		if (word[0] < 'a' || word[0] > 'z')
			break;
		for (size_t i = 0; i < FEATURES; i++)
			known |= strcmp(features[i].name, word) == 0;
		ATF_CHECK_MSG(known, "no probe stands for criu's feature %s", word);
		n++;
	}
	ATF_CHECK_MSG(n >= 40, "only %d features found in criu --help", n);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, agrees);
	ATF_TP_ADD_TC(tp, complete);
	return atf_no_error();
}
