package runner

import (
	"io"
	"time"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/ipc"
	"pmap/runner/template"
	"pmap/startmode"
)

// Order says when a job's output may appear.
type Order int

const (
	// Ordered emits in input order; the job whose turn it is writes through.
	Ordered Order = iota
	// Unordered emits each job as it ends.
	Unordered
)

// Grouping says in what units output appears.
type Grouping int

const (
	// ByJob keeps a job's output together.
	ByJob Grouping = iota
	// ByLine emits whole lines as they come: of every job under Unordered, of
	// the job whose turn it is under Ordered.
	ByLine
	// Ungrouped lets jobs inherit pmap's own stdout and stderr.
	Ungrouped
)

// Config is everything a Pool works with. The caller owns all of it and closes
// what it opened after Run has returned.
type Config struct {
	Source   Source
	Chunks   ChunkSource // where not nil, in place of Source and Limits
	Template *template.Template
	Blocks   BlockSource     // where not nil, in place of Source: for Workers that read it themselves
	Limits   *chunker.Limits // of a job's items; nil: each job gets one

	// Display appends a job's command as messages show it; nil: as Template has
	// it. Any goroutine may call it.
	Display func(dst []byte, job template.Job) []byte

	// Scratch, where not empty, has each job find its share in a file, whose
	// name is its item: one of this directory, which is made and removed again.
	Scratch string

	// Deal starts no more than Slots jobs, which go on reading: further shares go
	// to whichever has room first. Each job has one try.
	Deal bool

	Starter startmode.Starter
	Table   *ipc.Table // of TableCells(Slots) cells; may be nil: then no guardian knows the jobs
	Environ []string   // of the jobs, without the PMAP_ variables

	// Parent makes the parent of a slot's processes, anew where the last was
	// lost; nil: pmap itself is, by Starter. cell is the slot's in the Table,
	// from 0, or -1 where it has none.
	Parent func(cell int) (startmode.Parent, error)

	// Prepare says that the Parents are Preparers, and that the first is to be
	// ready before anything is read.
	Prepare bool

	// Worker makes the worker of a slot, anew where the last was lost or has
	// had its share of tasks; nil: each try is a process of its own. cell is
	// as above.
	Worker   func(cell int) (Worker, error)
	Chunking ChunkOptions

	// Coproc, where not nil, makes Template's command a program that answers
	// the items, one for each slot.
	Coproc *CoprocOptions

	Jobs   JobOptions
	Output OutputOptions
	Retry  RetryOptions
	Halt   Halt

	// FailedTo, where not nil, gets every record that failed for good, was
	// ended with the run or was read and never started, each as
	// Item.AppendSource has it with Delimiter; a share as it is, Delimiter after one
	// that lacks it if another follows, and before the first one its header. A failure to write it ends the run.
	FailedTo  io.Writer
	Delimiter []byte

	// Keeper, where not nil, keeps what jobs print.
	Keeper Keeper

	// Recorders are told of every job and try, in this order.
	Recorders []Recorder

	Observer Observer // may be nil

	// Asker, where not nil, says which jobs run. It goes only with a process
	// for each try.
	Asker Asker
}

// TableCells is how many cells the table of a pool must have.
func TableCells(slots int) int { return slots + 1 }

// A Source yields the items.
type Source = chunker.Stream

// A ChunkSource yields ready made what the jobs get: items, or a share of the
// input. It is used as a Source is.
type ChunkSource interface {
	// Next returns the chunk of the next job but for its number, io.EOF after
	// the last, or chunker.ErrInterrupted. It stays the job's; a share is
	// released once nobody needs it.
	Next() (chunker.Chunk, error)
	Interrupt()
}

// A BlockSource yields the items as blocks of a file. It is used as a Source
// is. Its blocks go to Workers. The Config must not be Itemwise, and the Observer
// is told of none that succeeds.
type BlockSource interface {
	// Next returns a block of about so many bytes, io.EOF after the last, or
	// chunker.ErrInterrupted.
	Next(size int64) (chunker.Block, error)
	// Bytes reads what stands at an offset. It may be called from any
	// goroutine.
	Bytes(off, n int64) ([]byte, error)
	Interrupt()
}

// JobOptions say how jobs run.
type JobOptions struct {
	Slots     int           // jobs at a time, at least 1
	Delay     time.Duration // between the starts of two jobs
	Timeout   Timeout
	KillAfter time.Duration // from the first signal to KILL; 0: at once
	Stdin     int           // fd given to each job as its stdin, unless StdinFrom
	StdinFrom *template.Word
	StdoutTo  *template.Word
	Dir       *JobDir // nil: jobs run in pmap's own directory
	Group     bool    // each job in a process group of its own
	Terminal  bool    // pmap has a controlling terminal that a job could want

	// Widen, where there is one, is called once, before a second slot is
	// started: most of what many need the first can do without.
	Widen func()

	// Bare leaves the jobs' environment as it is, but for SlotVar: where that
	// isn't empty, it names a variable in which a job finds its slot, from 0.
	Bare    bool
	SlotVar string
}

// Timeout bounds a try. At most one of the fields is set.
type Timeout struct {
	Fixed   time.Duration
	Percent float64 // of the median duration of the successful jobs so far
}

// ChunkOptions say how tasks go to workers. They mean nothing without
// Config.Worker.
type ChunkOptions struct {
	Size     int // tasks in a message; 0: as many as make a few milliseconds of work
	MaxTasks int // tasks that a worker gets in its life; 0: any number
}

// OutputOptions say where output goes and what may wait in between.
type OutputOptions struct {
	Order    Order
	Grouping Grouping
	Stdout   io.Writer // of ByJob and ByLine; writes are complete or fail
	Stderr   io.Writer
	Fds      [2]int                 // Ungrouped: what jobs inherit as stdout and stderr
	Merge    bool                   // stdout and stderr are one file: one pipe for both
	Hold     bool                   // nothing of a job is written through: it is emitted whole, after it has been recorded
	Object   func(r *Result) []byte // a job's output becomes part of a JSON object with these members; nil: it goes out as it is. It takes Hold
	Failed   [2]bool                // the tags of failed jobs are red in this stream
	Names    bool                   // in place of stdout the path is emitted under which Keeper has it
	Tag      *template.Word         // put before each line; nil for none
	Buffer   int64                  // bytes held in memory
	Spill    int64                  // bytes held in files under TmpDir; negative: unlimited
	TmpDir   string
	Spilling func() // called once, before the first spill file is made; may be nil
}

// RetryOptions say what is tried again, and when.
type RetryOptions struct {
	Tries    int           // in all; 0: until it succeeds
	Delay    time.Duration // before the second try; doubles with each, with full jitter
	MaxDelay time.Duration
	On       *StatusSet // only these; nil: every failure
	OK       StatusSet  // what counts as success
}

// succeeds reports whether a try with this end counts as success: it ended by
// itself, and so as OK has it.
func (r *RetryOptions) succeeds(s Status) bool {
	return (s.Kind == Exited || s.Kind == Signaled) && r.OK.Has(s)
}

// An Observer is told what happens. Its methods are called from many
// goroutines and must be quick: a slot waits for them.
type Observer interface {
	// Started is called when a process has been made, or could not be.
	Started(t *Task)
	// Ended is called after each try; again says that there will be another.
	Ended(r *Result, again bool)
	// Signaled is called when a process is sent a signal that is to end it. Of
	// t, only what doesn't change during a try may be looked at.
	Signaled(t *Task, pid int, sig unix.Signal)
	// Notice passes on something the user should read, without prefix.
	Notice(text string)
}
