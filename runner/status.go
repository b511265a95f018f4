package runner

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Kind says how a try ended.
type Kind uint8

const (
	Exited       Kind = iota // with Code
	Signaled                 // by Signal
	TimedOut                 // ended by --timeout; Code is 124
	NotStarted               // not found or not executable: Code is 127 or 126
	Refused                  // its item can't be passed to the command; nothing ran; Code is 1
	WantedTerm               // ended because it wanted the terminal
	OutputFailed             // its --stdin or --stdout file failed; Code is 1
	Cancelled                // ended by pmap with the run
	WorkerLost               // the worker that ran it has ended; Code is 1
)

// A Status is how a try ended.
type Status struct {
	Kind   Kind
	Code   int
	Signal unix.Signal
}

// ExitCode is the status as a shell would give it: 128+N for a signal.
func (s Status) ExitCode() int {
	if s.Signal != 0 && s.Kind != TimedOut {
		return 128 + int(s.Signal)
	}
	return s.Code
}

// String names the status as the summary does.
func (s Status) String() string {
	switch s.Kind {
	case TimedOut:
		return "timeout"
	case WantedTerm:
		return "wanted the terminal"
	case Refused:
		return "refused"
	case OutputFailed:
		return "file error"
	case Cancelled:
		return "ended"
	case WorkerLost:
		return "worker lost"
	case Signaled:
		return unix.SignalName(s.Signal)
	case NotStarted:
		if s.Code == 127 {
			return "not found"
		}
		return "cannot run"
	}
	return "exit " + strconv.Itoa(s.Code)
}

// A StatusSet is a set of exit statuses and signals. The zero value is empty.
type StatusSet struct {
	codes   [256]bool
	signals [65]bool
}

// ParseStatusSet reads a list such as "0,1", "75,124,SIGKILL" or "1-9". A
// signal counts by its name, or by the shell's 128+N.
func ParseStatusSet(list string) (StatusSet, error) {
	var set StatusSet
	for _, word := range strings.Split(list, ",") {
		if err := set.add(strings.TrimSpace(word)); err != nil {
			return StatusSet{}, err
		}
	}
	return set, nil
}

func (set *StatusSet) add(word string) error {
	if word == "" {
		return fmt.Errorf("empty status in the list: write numbers 0-255 or signal names, such as 0,1 or 75,SIGKILL")
	}
	if word[0] < '0' || word[0] > '9' {
		return set.addSignal(word)
	}
	first, last, isRange := strings.Cut(word, "-")
	lo, err := parseCode(first)
	hi := lo
	if err == nil && isRange {
		hi, err = parseCode(last)
	}
	if err != nil || hi < lo {
		return fmt.Errorf("%q is no exit status: write numbers 0-255 or signal names, such as 0,1 or 75,SIGKILL", word)
	}
	for c := lo; c <= hi; c++ {
		set.codes[c] = true
	}
	return nil
}

func (set *StatusSet) addSignal(word string) error {
	name := strings.ToUpper(word)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	sig := unix.SignalNum(name)
	if sig == 0 {
		return fmt.Errorf("%q is no signal: write a name such as SIGKILL, or numbers 0-255", word)
	}
	set.signals[sig] = true
	return nil
}

func parseCode(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err == nil && (n < 0 || n > 255) {
		err = strconv.ErrRange
	}
	return n, err
}

// Has reports whether the set holds the status.
func (set *StatusSet) Has(s Status) bool {
	if s.Kind == Signaled && set.signals[s.Signal] {
		return true
	}
	c := s.ExitCode()
	return c >= 0 && c < len(set.codes) && set.codes[c]
}
