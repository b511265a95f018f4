package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// jobLogHead is the first line of a job log as GNU parallel writes it.
const jobLogHead = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

// jobLogColumns is how many columns there are.
const jobLogColumns = 9

// A JobLine is a line of a job log in GNU parallel's nine columns.
type JobLine struct {
	Seq     int64
	Start   time.Time
	Took    time.Duration
	Receive int64 // bytes on stdout
	Exit    int   // -1: ended for its time
	Signal  int
	Command []byte
}

// AppendJobLogHead adds the line that a job log begins with.
func AppendJobLogHead(dst []byte) []byte { return append(dst, jobLogHead...) }

// Append adds the line. A newline in the command is written as NUL, as GNU
// parallel does.
func (l *JobLine) Append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, l.Seq, 10)
	dst = fmt.Appendf(dst, "\t:\t%d.%03d\t%10.3f\t0\t%d\t%d\t%d\t",
		l.Start.Unix(), l.Start.Nanosecond()/1e6, l.Took.Seconds(), l.Receive, l.Exit, l.Signal)
	from := len(dst)
	dst = append(dst, l.Command...)
	for i := from; i < len(dst); i++ {
		if dst[i] == '\n' {
			dst[i] = 0
		}
	}
	return append(dst, '\n')
}

// A LoggedJob is what a job log says last of a job.
type LoggedJob struct {
	Failed  bool
	Command string // of a failed one
}

// ReadJobLog reads a job log: the jobs by their numbers. size and torn are as
// for ReadDone; a log that isn't there is empty. The error wraps ErrOther where it
// doesn't begin as a job log, and ErrDamaged where a later line is none's.
func ReadJobLog(name string) (jobs map[int64]LoggedJob, size int64, torn int, err error) {
	jobs = make(map[int64]LoggedJob)
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return jobs, 0, 0, nil
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("cannot read %q: %w", name, err.(*os.PathError).Err)
	}
	defer f.Close()
	tail, err := Lines(f, func(number int, line []byte) error {
		size += int64(len(line)) + 1
		switch {
		case number > 1:
			return readJobLine(jobs, name, number, line)
		case string(line)+"\n" != jobLogHead:
			return fmt.Errorf("%s is no job log of GNU parallel's form: %w", name, ErrOther)
		}
		return nil
	})
	if err == nil && size == 0 && string(tail) != jobLogHead[:min(len(tail), len(jobLogHead))] {
		err = fmt.Errorf("%s is no job log of GNU parallel's form: %w", name, ErrOther)
	}
	return jobs, size, len(tail), err
}

func readJobLine(jobs map[int64]LoggedJob, name string, number int, line []byte) error {
	columns := bytes.SplitN(line, []byte{'\t'}, jobLogColumns)
	if len(columns) == jobLogColumns {
		seq, err1 := strconv.ParseInt(string(columns[0]), 10, 64)
		exit, err2 := strconv.Atoi(string(columns[6]))
		signal, err3 := strconv.Atoi(string(columns[7]))
		if err1 == nil && err2 == nil && err3 == nil {
			job := LoggedJob{Failed: exit != 0 || signal != 0}
			if job.Failed {
				job.Command = string(bytes.ReplaceAll(columns[8], []byte{0}, []byte{'\n'}))
			}
			jobs[seq] = job
			return nil
		}
	}
	return fmt.Errorf("%s, line %d isn't of GNU parallel's nine columns: %w", name, number, ErrDamaged)
}
