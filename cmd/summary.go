package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"pmap/runner"
)

const (
	maxRanges  = 100  // of jobs in the line that names those without a result
	maxCommand = 1000 // bytes of a command in a line about its failure
)

// An account is what is known of a run at its end.
type account struct {
	runner.Summary
	total       int64 // items, or -1 where that isn't known
	interrupted bool
	failure     error   // pmap's own
	numbers     []int64 // under --retry-failed: what the job log calls the jobs
}

// lines are what pmap says at the end, without prefix.
func (a *account) lines() []string {
	var lines []string
	if cause := a.cause(); cause != "" {
		lines = append(lines, a.gaps(cause))
	}
	if a.Failed > 0 {
		lines = append(lines, a.failed())
	}
	return lines
}

// cause says why the run stopped early, or is empty.
func (a *account) cause() string {
	switch {
	case a.interrupted:
		return "interrupted"
	case a.failure != nil:
		return "stopped"
	case a.Halted:
		return "halted"
	}
	return ""
}

// gaps names the jobs that have no result, such as
//
//	interrupted: 31 of 500 done; not finished: #1, #14, #33-#500
func (a *account) gaps(cause string) string {
	total, ranges := a.missing()
	if a.numbers != nil {
		ranges = renumbered(ranges, a.numbers)
	}
	var b strings.Builder
	switch {
	case total >= 0:
		fmt.Fprintf(&b, "%s: %d of %d done", cause, a.Before+a.Done, total)
	default:
		fmt.Fprintf(&b, "%s: %d done", cause, a.Before+a.Done)
	}
	var names []string
	for i, r := range ranges {
		if i == maxRanges {
			names = append(names, fmt.Sprintf("and others up to #%d", ranges[len(ranges)-1].To))
			break
		}
		names = append(names, rangeName(r))
	}
	if total < 0 {
		names = append(names, "what was not read")
	}
	if len(names) > 0 {
		b.WriteString("; not finished: " + strings.Join(names, ", "))
	}
	return b.String()
}

// missing is the number of items, -1 where nobody knows, and the jobs without
// a result: those that the pool knows, and those whose items were never read.
func (a *account) missing() (total int64, ranges []runner.SeqRange) {
	ranges = slices.Clone(a.Unfinished)
	if a.AtEnd {
		return a.Read, ranges
	}
	if a.total < a.Read {
		return -1, ranges
	}
	if a.total == a.Read {
		return a.total, ranges
	}
	unread := runner.SeqRange{From: a.Read + 1, To: a.total}
	if n := len(ranges); n > 0 && ranges[n-1].To == a.Read {
		ranges[n-1].To = a.total
		return a.total, ranges
	}
	return a.total, append(ranges, unread)
}

// renumbered are the ranges by the numbers that the job log has, which ascend.
func renumbered(ranges []runner.SeqRange, numbers []int64) (logged []runner.SeqRange) {
	for _, r := range ranges {
		for _, n := range numbers[r.From-1 : r.To] {
			if last := len(logged) - 1; last >= 0 && logged[last].To == n-1 {
				logged[last].To = n
			} else {
				logged = append(logged, runner.SeqRange{From: n, To: n})
			}
		}
	}
	return logged
}

func rangeName(r runner.SeqRange) string {
	if r.From == r.To {
		return fmt.Sprintf("#%d", r.From)
	}
	return fmt.Sprintf("#%d-#%d", r.From, r.To)
}

// failed sums the failures up, such as
//
//	3 of 500 failed (2 exit 22, 1 timeout); first #17, exit 22 after 5 tries: curl -fsS https://x/17
func (a *account) failed() string {
	line := fmt.Sprintf("%d of %d failed (%s)", a.Failed, a.Done, statusCounts(a.ByStatus))
	if a.Before > 0 {
		line += fmt.Sprintf("; %d done before", a.Before)
	}
	if f := a.First; f != nil {
		line += "; first " + failureText(f)
	}
	return line
}

// statusCounts lists the most frequent first.
func statusCounts(by map[string]int64) string {
	var names []string
	for name := range by {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		return cmp.Or(cmp.Compare(by[y], by[x]), cmp.Compare(x, y))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", by[name], name)
	}
	return strings.Join(names, ", ")
}

func failureText(f *runner.Failure) string {
	text := fmt.Sprintf("#%d, %s", f.Seq, statusText(f.Status, f.Reason))
	if f.Tries > 1 {
		text += fmt.Sprintf(" after %d tries", f.Tries)
	}
	return text + ": " + shortened(f.Command)
}

// shortened cuts a command that holds a huge item to what can be read.
func shortened(command string) string {
	if len(command) <= maxCommand {
		return command
	}
	end := maxCommand
	for end > maxCommand-utf8.UTFMax && !utf8.RuneStart(command[end]) {
		end--
	}
	return command[:end] + "…"
}

// withoutMiddle cuts a reason that names a huge item: what has gone wrong stands
// at its beginning and at its end.
func withoutMiddle(reason string) string {
	if len(reason) <= maxCommand {
		return reason
	}
	tail := reason[len(reason)-maxCommand/2:]
	return strings.ToValidUTF8(reason[:maxCommand/2]+"…"+tail, "")
}

// statusText names a status and, where that doesn't say it, its reason, or what
// to do about it.
func statusText(s runner.Status, reason string) string {
	reason = withoutMiddle(reason)
	switch {
	case reason == "":
		return s.String()
	case s.Kind == runner.WantedTerm:
		return s.String() + ": " + reason
	}
	if s.Kind == runner.NotStarted && (strings.HasPrefix(reason, "cannot find ") || strings.HasPrefix(reason, "cannot run ")) {
		return reason // which says it already
	}
	return s.String() + " (" + reason + ")"
}
