package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	mostSlots    = 4096    // of -j 0
	fdsPerSlot   = 8       // two pipes while a job starts, its pidfd, files of --stdin and --stdout
	fdsPerServer = 8       // besides, a warm interpreter's channel, and copies of its item's files
	tasksWorker  = 6       // a spawned worker and its threads
	tasksServing = 2       // threads of the forkserver for each slot, what it has besides shared among them
	fdsElse      = 32      // what pmap has open besides
	fdsLeast     = 6       // of those, what not even a run of one slot can do without
	tasksElse    = 20      // threads of pmap and its guardian besides those for slots
	bytesPerSlot = 2 << 20 // the least that a job and its slot take
)

// A slotCost is what a slot takes of what is limited: files that pmap opens, and
// tasks, which are processes and the threads of those that have several.
type slotCost struct{ fds, tasks int }

var (
	plainSlot = slotCost{fdsPerSlot, 1} // where its job is all that it starts
	bareSlot  = slotCost{3, 1}          // where its job's output is pmap's own
)

// slotCost is what a slot takes under the start method: an interpreter or a
// worker comes on top of the job.
func (o *options) slotCost(method string) slotCost {
	cost := plainSlot
	switch {
	case o.warm.forks():
		cost.fds += fdsPerServer
		cost.tasks++
	case method == methodSpawn:
		cost.tasks += tasksWorker
	case method == methodForkServer:
		cost.tasks += tasksServing
	}
	return cost
}

// enoughFiles says where there is no use in starting, for want of what even one
// slot needs. The Go runtime itself can't go on without the files that it wants
// for its own.
func (cost slotCost) enoughFiles() error {
	var r unix.Rlimit
	need := fdsLeast + cost.fds
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil || r.Cur > uint64(2*(need+fdsElse)) {
		return nil
	}
	open := 0
	for fd := range int(r.Cur) {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			open++
		}
	}
	if int(r.Cur)-open >= need {
		return nil
	}
	return fmt.Errorf("the limit of open files is %d, and %d are open already: pmap needs %d more; allow them (ulimit -n %d)", r.Cur, open, need, open+need)
}

func (o *options) enoughFiles() error {
	method, _ := o.startMethod()
	return o.slotCost(method).enoughFiles()
}

// A limit is a number of jobs and what sets it.
type limit struct {
	slots int
	what  string
}

// cpuCount is the number of CPUs that this process may use: its affinity, and
// its cgroup's quota. Go knows both, unless GOMAXPROCS overrules it.
func cpuCount(overruled bool) int {
	if overruled {
		runtime.SetDefaultGOMAXPROCS()
	}
	return runtime.GOMAXPROCS(0)
}

// width is the number of jobs at a time. notice is what the user should know
// of it; where whenFull is set, only once all slots are in use.
func (o *poolOptions) width(cpus int, env *environment, known int64, cost slotCost) (slots int, notice string, whenFull bool) {
	if o.terminal || o.ask && o.jobs.text == "" {
		return 1, "", false
	}
	if o.jobs.text == "" {
		return o.defaultWidth(cpus, env, cost)
	}
	want := o.jobs.slots(cpus)
	if want == 0 {
		return unboundedWidth(lowest(append(hardLimits(mostSlots, cost), memoryLimit())), known)
	}
	return lowered(want, cost)
}

func (o *poolOptions) defaultWidth(cpus int, env *environment, cost slotCost) (int, string, bool) {
	if env.jobs > 0 {
		return lowered(env.jobs, cost)
	}
	return lowered(cpus, cost)
}

// lowered keeps what is wanted within what is allowed.
func lowered(want int, cost slotCost) (int, string, bool) {
	most := lowest(hardLimits(want, cost))
	if want <= most.slots {
		return want, "", false
	}
	return most.slots, fmt.Sprintf("running %s at a time instead of %d: %s", jobCount(most.slots), want, most.what), false
}

// unboundedWidth is -j 0's. Where the items are fewer than that, they bound
// it, and nothing needs to be said.
func unboundedWidth(most limit, known int64) (int, string, bool) {
	if most.slots > mostSlots {
		most = limit{mostSlots, "that is the most for -j 0"}
	}
	if known >= 0 && known < int64(most.slots) {
		return max(1, int(known)), "", false
	}
	return most.slots, fmt.Sprintf("-j 0 runs %s at a time: %s", jobCount(most.slots), most.what), true
}

func jobCount(n int) string {
	if n == 1 {
		return "1 job"
	}
	return fmt.Sprintf("%d jobs", n)
}

// lowest is the limit that binds first.
func lowest(limits []limit) limit {
	low := limits[0]
	for _, l := range limits[1:] {
		if l.slots < low.slots {
			low = l
		}
	}
	low.slots = max(1, low.slots)
	return low
}

// few is a width that every control group is taken to allow: finding out costs
// some files' reading, and most runs are no wider.
const few = 16

// hardLimits are those that would make starts fail, where want jobs are to
// run at a time.
func hardLimits(want int, cost slotCost) []limit {
	limits := []limit{{1 << 24, "that is the most"}, {fdLimit(cost), "the limit of open files (ulimit -n) allows no more"}}
	if n, ok := processLimit(want, cost); ok {
		limits = append(limits, limit{n, "the limit of processes (ulimit -u) allows no more"})
	}
	if want <= few {
		return limits
	}
	if n, ok := taskLimit(cost); ok {
		limits = append(limits, limit{n, "the control group's limit of processes allows no more"})
	}
	return limits
}

func fdLimit(cost slotCost) int {
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) != nil || r.Cur > 1<<30 {
		return 1 << 24
	}
	return (int(r.Cur) - fdsElse) / cost.fds
}

// slotsFor is how many slots so many tasks, threads included, make possible:
// each has its thread and its processes, and the more there are the more threads
// serve them. The program can't go on where it gets no thread.
func (cost slotCost) slotsFor(tasks int) int { return (tasks - tasksElse) * 2 / (3 + 2*cost.tasks) }

// manyTasks is more than what else a user runs is taken to be: where the limit
// leaves that much, nobody counts.
const manyTasks = 8192

// processLimit is the user's, which doesn't hold for root. What the user runs
// is counted where that can matter. Should there be more of it later, the pool
// waits where a start fails.
func processLimit(want int, cost slotCost) (slots int, ok bool) {
	var r unix.Rlimit
	if os.Geteuid() == 0 || unix.Getrlimit(unix.RLIMIT_NPROC, &r) != nil || r.Cur > 1<<30 {
		return 0, false
	}
	free := int(r.Cur)
	if cost.slotsFor(free-manyTasks) < want {
		free -= tasksOf(os.Getuid())
	}
	return cost.slotsFor(free), true
}

// tasksOf counts a user's processes and their threads, as far as they can be
// seen.
func tasksOf(uid int) (tasks int) {
	dirs, _ := filepath.Glob("/proc/[1-9]*")
	for _, dir := range dirs {
		var st unix.Stat_t
		if unix.Stat(dir, &st) != nil || int(st.Uid) != uid {
			continue
		}
		stat, _ := os.ReadFile(dir + "/stat")
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > threadsField {
			n, _ := strconv.Atoi(fields[threadsField])
			tasks += n
		}
	}
	return tasks
}

// threadsField is the place of the number of threads in /proc/PID/stat, counted
// from the field after the command's name.
const threadsField = 17

// taskLimit is what the control group of pmap and those above it leave.
func taskLimit(cost slotCost) (slots int, ok bool) {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	_, path, found := strings.Cut(string(data), "0::")
	if !found {
		return 0, false
	}
	path, _, _ = strings.Cut(path, "\n")
	for {
		if n, err := readNumber("/sys/fs/cgroup" + path + "/pids.max"); err == nil {
			used, _ := readNumber("/sys/fs/cgroup" + path + "/pids.current")
			if s := cost.slotsFor(n - used); !ok || s < slots {
				slots, ok = s, true
			}
		}
		up := strings.LastIndexByte(path, '/')
		if up < 0 {
			return slots, ok
		}
		path = path[:up]
	}
}

func readNumber(file string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

// memoryLimit is what the memory that is free now has room for.
func memoryLimit() limit {
	none := limit{1 << 24, ""}
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return none
	}
	_, rest, _ := strings.Cut(string(data), "MemAvailable:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return none
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return none
	}
	return limit{int(min(kib<<10/bytesPerSlot, 1<<24)), "the memory that is free has room for no more"}
}
