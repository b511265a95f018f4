package runner

import (
	"fmt"
	"time"
)

// A holdLimit says how long a process that a job left behind may hold the job's
// pipes, once the job has ended.
type holdLimit struct {
	silence time.Duration // without writing, at a time
	total   time.Duration // of such times together
}

var usualHold = holdLimit{500 * time.Millisecond, 5 * time.Second}

// holdTick is the longest wait for who holds a pipe.
const holdTick = 10 * time.Millisecond

// A lull is the time in which nothing came through a pipe that is held. It is
// made up of short waits, and one that took longer adds no more than it was to
// take: the machine stood still then, or was busy, and who holds the pipe had no
// more time than pmap. That may be a job of another slot, which has all of pmap's
// fds until its exec.
type lull struct {
	silence time.Duration // since something came
	total   time.Duration
}

func (l *lull) add(wait time.Duration) {
	wait = min(wait, holdTick)
	l.silence += wait
	l.total += wait
}

// left is how long it may go on.
func (l *lull) left(limit holdLimit) time.Duration {
	return min(limit.silence-l.silence, limit.total-l.total)
}

// letGo gives up the pipes that somebody still holds.
func (j *job) letGo() {
	for stream, open := range j.reading {
		if open {
			j.slot.pipes[stream].renew()
			j.reading[stream] = false
		}
	}
	if !j.beingEnded() && !j.lost {
		j.slot.pool.leftHolding(fmt.Sprintf("job #%d", j.task.Number()))
	}
}

// drain reads what the ended process left in its pipes. What somebody else
// may still write is waited for within bounds. Only time in which nothing came
// counts: a reader of pmap's own output may be as slow as it likes.
func (j *job) drain() {
	var l lull
	for !j.quiet() {
		left := l.left(j.slot.pool.hold)
		if j.slot.pool.isKilled() {
			left = 0
		} else if j.beingEnded() {
			left = min(left, groupTick)
		}
		reading, received := j.reading, j.task.capture.received
		begin := time.Now()
		j.step(max(min(left, holdTick), 0))
		switch {
		case j.reading != reading, j.task.capture.received != received, !j.task.capture.room():
			l.silence = 0
		case left <= 0:
			j.letGo()
			return
		default:
			l.add(time.Since(begin))
		}
	}
}
