# SPDX-License-Identifier: GPL-2.0-only
# What the sham engines share. Each is a criu command line without the C/R behind it, and lies or
# fails in one way. Sourced; leaves in $1... what they were called with:
#   $pid (dump), $images, $log, $pidfile (restore)

command=$1
[ "$command" = --version ] && { echo "Version: 0.0-sham"; exit 0; }
shift
while [ $# -gt 0 ]; do
	case $1 in
	-t) pid=$2; shift ;;
	-D) images=$2; shift ;;
	-o) log=$2; shift ;;
	--pidfile) pidfile=$2; shift ;;
	esac
	shift
done

refuse() {
	echo "(00.000001) Warn: nothing yet" >"$images/$log"
	echo "(00.000002)   2: Error (sham.c:1): $*" >>"$images/$log"
	echo "(00.000003) Error: and more" >>"$images/$log"
	exit 1
}

# Remembers how to start the test anew, then kills it.
kill_tree() {
	tr '\0' ' ' <"/proc/$pid/cmdline" >"$images/cmdline"
	readlink "/proc/$pid/cwd" >"$images/cwd"
	readlink "/proc/$pid/fd/1" >"$images/test-log"
	echo "$pid" >"$images/pid"
	kill -9 "$pid"
}

# stats-dump: two magic numbers, a length, {1: {2: 1500}}; 1500 us is 0x05dc, as a varint dc 0b.
write_stats() {
	printf '\100\131\020\125\006\063\011\127\005\000\000\000\012\003\020\334\013' >"$images/stats-dump"
}

# Starts the test anew under its old pid and waits until it is set up again.
start_anew() {
	pid=$(cat "$images/pid")
	test_log=$(cat "$images/test-log")
	before=$(grep -c ready "$test_log")
	cd "$(cat "$images/cwd")" || exit 1
	echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
	# shellcheck disable=SC2046
	env --default-signal setsid $(cat "$images/cmdline") </dev/null >>"$test_log" 2>&1 &
	while [ "$(grep -c ready "$test_log")" = "$before" ]; do kill -0 "$pid" || exit 1; done
	echo "$pid" >"$pidfile"
}
