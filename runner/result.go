package runner

import (
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
)

// A Task is a chunk on its way through the pool: what a slot is given to run,
// once per try.
type Task struct {
	Chunk chunker.Chunk
	Try   int // from 1
	Slot  int // from 1
	Start time.Time
	PID   int   // of its process, the last where it had several; 0: none of its own
	Usage Usage // of its processes that have ended

	due     time.Time // not before, for a retry
	final   bool      // no later try can replace this one's output
	dealt   bool      // its process has read what is dealt, and has left
	capture capture

	answered chunker.Block // what of Chunk.Block has its answer, as the block of that
	singly   bool          // its records go one by one: a worker was lost with it
}

// Received is how many bytes of the try's stream have passed through pmap.
func (t *Task) Received(stream int) int64 { return t.capture.received[stream] }

// Seq is the job's place in the run, from 1.
func (t *Task) Seq() int64 { return t.Chunk.Seq }

// Number is what the job is called by: its place, unless an earlier run gave it a
// number.
func (t *Task) Number() int64 { return t.Chunk.Number() }

// A Result is how one try of a task ended.
type Result struct {
	*Task
	Status Status
	OK     bool
	Took   time.Duration
	Reason string // why, where the status alone doesn't say it
}

// A Summary is what became of a run.
type Summary struct {
	Done   int64 // jobs that ended for good by themselves
	Failed int64 // of those
	Before int64 // jobs that an earlier run has done
	Read   int64 // jobs that the items read so far make
	AtEnd  bool  // the input was read to its end

	// ByStatus counts the failed ones by their Status.String.
	ByStatus map[string]int64
	First    *Failure // the failed job with the lowest number

	// What the exit status is made from: whether any job failed for good so.
	NotFound, CannotRun, Signaled bool

	Halted     bool        // the Halt rule stopped the run
	Signal     unix.Signal // the signal that stopped it, or 0
	Unfinished []SeqRange  // jobs of the items read that have no result
	OutputGone bool        // stdout was closed by its reader

}

// A Failure describes one failed job.
type Failure struct {
	Seq     int64
	Status  Status
	Tries   int
	Command string // as Config.Display has it
	Reason  string
}

// A SeqRange is an inclusive range of job numbers.
type SeqRange struct{ From, To int64 }

// Progress is a look at a run in passing.
type Progress struct {
	Done, Failed, Running int64
	Before                int64 // done by an earlier run
	Read                  int64 // jobs that the items read so far make
	AtEnd                 bool  // Read is all of them
	Retrying              int64 // waiting for another try
	Behind                int64 // ended, their output waiting behind Head

	// The job whose turn it is, where one runs.
	Head        int64 // its number, or 0
	HeadCommand string
	HeadFor     time.Duration
}
