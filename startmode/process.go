package startmode

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// SignalGroup sends sig to every process of the group. That there is none any
// more is no error.
func SignalGroup(pgid int, sig unix.Signal) error {
	if err := unix.Kill(-pgid, sig); err != unix.ESRCH {
		return err
	}
	return nil
}

// GroupAlive reports whether the group has a member that has not ended:
// zombies don't count. Callers within snapshotLife of each other share one
// look at the process table, so a member may be reported that long after its
// end.
func GroupAlive(pgid int) bool {
	err := unix.Kill(-pgid, 0)
	if err == unix.ESRCH {
		return false
	}
	alive, known := sharedGroups.alive(pgid)
	if !known {
		// Nothing was found of a group that was there a moment ago. Either it
		// ended meanwhile, or it is hidden from pmap, as it is from kill.
		return err == unix.EPERM
	}
	return alive
}

// snapshotLife is how long a look at the process table is good for. To take
// one costs some 10 µs per process on the machine.
const snapshotLife = 20 * time.Millisecond

var sharedGroups groupCache

// A groupCache holds the last look at the process table: for each group,
// whether a member had not ended.
type groupCache struct {
	mu     sync.Mutex
	taken  time.Time
	groups map[int]bool
}

// alive reports whether the group has a living member, and whether anything is
// known of it. A group of zombies stays one, so old news of it is good; a group
// that the last look didn't find may be younger than that, and is looked for
// again.
func (c *groupCache) alive(pgid int) (alive, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.taken) < snapshotLife {
		if alive, known = c.groups[pgid]; known {
			return alive, true
		}
	}
	c.look()
	alive, known = c.groups[pgid]
	return alive, known
}

func (c *groupCache) look() {
	c.taken = time.Now()
	c.groups = make(map[int]bool)
	eachProcess(func(p process) {
		c.groups[p.group] = c.groups[p.group] || p.alive
	})
}

// A process is a line of the system's process table.
type process struct {
	pid, group, session int
	alive               bool // not a zombie
}
