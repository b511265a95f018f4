package template

import (
	"bytes"
	"fmt"
	"strings"
)

// A UsageError says that the command line can't mean what it says. Nothing
// has been read or run by then.
type UsageError struct {
	Msg  string // several lines where it marks a place in a script
	Hint string // what to type instead, may be several lines
}

func (e *UsageError) Error() string { return e.Msg }

// A ProgramError says that the program can't be run for any job.
type ProgramError struct {
	Status int // 126: found, but can't be run; 127: not found
	Msg    string
	Hint   string // may be empty
}

func (e *ProgramError) Error() string { return e.Msg }

// A JobError is the failure of one job whose values don't fit its command.
type JobError struct{ Msg string }

func (e *JobError) Error() string { return e.Msg }

// at returns a UsageError whose message shows the line of src that holds the
// byte at offset, with a caret below the byte.
func at(src string, offset int, hint, format string, args ...any) *UsageError {
	msg := fmt.Sprintf(format, args...)
	if shown := mark(src, offset); shown != "" {
		msg += "\n" + shown
	}
	return &UsageError{Msg: msg, Hint: hint}
}

// markWidth is how much of a long line is shown on each side of a mark.
const markWidth = 36

// mark returns the line of src around offset and, below it, a caret.
func mark(src string, offset int) string {
	offset = min(max(offset, 0), len(src))
	start := strings.LastIndexByte(src[:offset], '\n') + 1
	end := len(src)
	if i := strings.IndexByte(src[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	before, after := "", ""
	if offset-start > markWidth {
		start, before = offset-markWidth, "…"
	}
	if end-offset > markWidth {
		end, after = offset+markWidth, "…"
	}
	pad := bytes.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, []byte(before+src[start:offset]))
	return "  " + before + src[start:end] + after + "\n  " + string(pad) + "^"
}
