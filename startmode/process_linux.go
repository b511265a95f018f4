package startmode

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// OpenPIDFD opens a child that has not been reaped, CLOEXEC. The fd is
// readable once the process has ended.
func OpenPIDFD(pid int) (int, error) { return unix.PidfdOpen(pid, 0) }

// eachProcess calls f for every process in the system that pmap may see. One
// that begins or ends meanwhile may be left out.
func eachProcess(f func(process)) {
	dir, err := os.Open("/proc")
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	buf := make([]byte, 512)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := parseStat(pid, readStat(name, buf)); ok {
			f(p)
		}
	}
}

// readStat reads /proc/NAME/stat into buf, as far as it fits; empty where the
// process has gone.
func readStat(name string, buf []byte) []byte {
	fd, err := unix.Open("/proc/"+name+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// Fields of /proc/PID/stat, counted from the one after the command's name,
// which is in parentheses and may hold anything.
const (
	statState   = 0
	statGroup   = 2
	statSession = 3
	statThreads = 17
)

// parseStat takes a process from its stat. A zombie that still has threads is
// a process whose first thread ended before the others.
func parseStat(pid int, stat []byte) (process, bool) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= statThreads {
		return process{}, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(string(fields[i]))
		return n
	}
	ended := fields[statState][0] == 'Z' || fields[statState][0] == 'X'
	return process{
		pid:     pid,
		group:   number(statGroup),
		session: number(statSession),
		alive:   !ended || number(statThreads) > 1,
	}, true
}
