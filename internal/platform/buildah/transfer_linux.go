package buildah

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gitlab.com/stemma-ci/stemma/internal/platform/network"
)

// watchTransfers calls stalled when the processes of a group have moved next to nothing for some time, while they wait for the
// network. It returns then, or when the context ends.
func watchTransfers(ctx context.Context, group int, limit time.Duration, stalled func()) {
	const looks = 8
	tick := time.NewTicker(max(limit/looks, time.Millisecond))
	defer tick.Stop()
	least := int64(limit.Seconds() * network.MinimumRate)
	counted, moved, idle := map[string]int64{}, int64(0), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		members := membersOf(group)
		for _, member := range members {
			now := transferred(member)
			moved += max(now-counted[member], 0)
			counted[member] = now
		}
		if idle++; moved >= least || !waitForNetwork(members) {
			moved, idle = 0, 0
		}
		if idle >= looks {
			stalled()
			return
		}
	}
}

// membersOf are the folders of the processes of a group, https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html.
func membersOf(group int) []string {
	const pgrp = 2 // behind the name, which is in parentheses and may have spaces
	folders, _ := filepath.Glob("/proc/[0-9]*")
	var members []string
	for _, folder := range folders {
		stat, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if len(fields) > pgrp && fields[pgrp] == strconv.Itoa(group) {
			members = append(members, folder)
		}
	}
	return members
}

// transferred is how many bytes a process has read and written, files and connections together:
// https://man7.org/linux/man-pages/man5/proc_pid_io.5.html. It is zero where that may not be known.
func transferred(process string) int64 {
	content, _ := os.ReadFile(filepath.Join(process, "io"))
	total := int64(0)
	for line := range strings.Lines(string(content)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name == "rchar" || name == "wchar" {
			bytes, _ := strconv.ParseInt(text, 10, 64)
			total += bytes
		}
	}
	return total
}

// waitForNetwork reports whether one of the processes has a connection on which nothing has come that it could read. One that
// waits for something else, such as a lock of the storage, has none, or leaves unread what comes.
func waitForNetwork(processes []string) bool {
	for _, process := range processes {
		idle := idleConnections(process)
		links, _ := filepath.Glob(filepath.Join(process, "fd", "*"))
		for _, link := range links {
			target, err := os.Readlink(link)
			if inode, isSocket := strings.CutPrefix(target, "socket:["); err == nil && isSocket && idle[strings.TrimSuffix(inode, "]")] {
				return true
			}
		}
	}
	return false
}

// idleConnections are the inodes of the TCP connections, in the network of a process, that exist or are being made and have
// nothing to read: https://www.kernel.org/doc/Documentation/networking/proc_net_tcp.txt.
func idleConnections(process string) map[string]bool {
	const state, queues, inode = 3, 4, 9
	const established, connecting = "01", "02"
	idle := map[string]bool{}
	for _, table := range []string{"net/tcp", "net/tcp6"} {
		content, _ := os.ReadFile(filepath.Join(process, table))
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) > inode && (fields[state] == established || fields[state] == connecting) && strings.HasSuffix(fields[queues], ":00000000") {
				idle[fields[inode]] = true
			}
		}
	}
	return idle
}
