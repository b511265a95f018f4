package runner

import (
	"fmt"
	"strconv"
	"strings"
)

// HaltWhen says what happens once a Halt's condition holds.
type HaltWhen int

const (
	HaltNever HaltWhen = iota
	HaltSoon           // start no more jobs
	HaltNow            // and end those that run
)

// HaltWhy says what a Halt counts.
type HaltWhy int

const (
	HaltOnFail HaltWhy = iota
	HaltOnSuccess
	HaltOnDone
)

// Halt says when a run stops early. The zero value: never.
type Halt struct {
	When    HaltWhen
	Why     HaltWhy
	Count   int64   // jobs; or, where Percent is set,
	Percent float64 // of the jobs ended so far, at least 3 of them
}

// ParseHalt reads "never", "now,fail=1", "soon,done=50%" and GNU parallel's
// older 0, 1 and 2.
func ParseHalt(s string) (Halt, error) {
	switch s {
	case "0", "never":
		return Halt{}, nil
	case "1":
		return Halt{When: HaltSoon, Count: 1}, nil
	case "2":
		return Halt{When: HaltNow, Count: 1}, nil
	}
	when, rest, _ := strings.Cut(s, ",")
	why, amount, _ := strings.Cut(rest, "=")
	whens := map[string]HaltWhen{"soon": HaltSoon, "now": HaltNow}
	whys := map[string]HaltWhy{"fail": HaltOnFail, "success": HaltOnSuccess, "done": HaltOnDone}
	h := Halt{When: whens[when]}
	var known bool
	if h.Why, known = whys[why]; !known || h.When == HaltNever {
		return Halt{}, haltError(s)
	}
	if pct, ok := strings.CutSuffix(amount, "%"); ok {
		p, err := strconv.ParseFloat(pct, 64)
		if err != nil || !(p > 0 && p <= 100) {
			return Halt{}, haltError(s)
		}
		h.Percent = p
		return h, nil
	}
	n, err := strconv.ParseInt(amount, 10, 64)
	if err != nil || n < 1 {
		return Halt{}, haltError(s)
	}
	h.Count = n
	return h, nil
}

func haltError(s string) error {
	return fmt.Errorf("%q is no halt rule: write never, or soon or now, a comma, and fail, success or done with =N or =P%%, such as now,fail=1 or soon,fail=30%%", s)
}

// reached says whether the rule holds after the given counts of jobs that
// ended for good.
func (h Halt) reached(failed, succeeded int64) bool {
	if h.When == HaltNever {
		return false
	}
	n, done := failed, failed+succeeded
	switch h.Why {
	case HaltOnSuccess:
		n = succeeded
	case HaltOnDone:
		n = done
	}
	if h.Percent > 0 {
		return done >= 3 && float64(n)*100 >= h.Percent*float64(done)
	}
	return n >= h.Count
}
