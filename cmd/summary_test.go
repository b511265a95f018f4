package cmd

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"pmap/runner"
)

func TestAccount(t *testing.T) {
	ranges := func(pairs ...int64) (r []runner.SeqRange) {
		for i := 0; i < len(pairs); i += 2 {
			r = append(r, runner.SeqRange{From: pairs[i], To: pairs[i+1]})
		}
		return r
	}
	first := &runner.Failure{Seq: 17, Status: runner.Status{Code: 22}, Tries: 5, Command: "curl -fsS https://x/17"}
	for _, c := range []struct {
		name string
		a    account
		want []string
	}{
		{"all well", account{Summary: runner.Summary{Done: 3, Read: 3, AtEnd: true}, total: -1}, nil},
		{"failures", account{total: -1, Summary: runner.Summary{Done: 500, Failed: 3, Read: 500, AtEnd: true,
			ByStatus: map[string]int64{"timeout": 1, "exit 22": 2}, First: first}},
			[]string{"3 of 500 failed (2 exit 22, 1 timeout); first #17, exit 22 after 5 tries: curl -fsS https://x/17"}},
		{"one try, with a reason", account{total: -1, Summary: runner.Summary{Done: 2, Failed: 1, Read: 2, AtEnd: true,
			ByStatus: map[string]int64{"refused": 1},
			First:    &runner.Failure{Seq: 2, Status: runner.Status{Kind: runner.Refused, Code: 1}, Tries: 1, Reason: "holds a NUL", Command: "x"}}},
			[]string{"1 of 2 failed (1 refused); first #2, refused (holds a NUL): x"}},
		{"interrupted, total known", account{interrupted: true, total: 500,
			Summary: runner.Summary{Done: 31, Read: 40, Unfinished: ranges(1, 1, 14, 14, 33, 40)}},
			[]string{"interrupted: 31 of 500 done; not finished: #1, #14, #33-#500"}},
		{"interrupted, unread apart", account{interrupted: true, total: 9,
			Summary: runner.Summary{Done: 3, Read: 4, Unfinished: ranges(2, 2)}},
			[]string{"interrupted: 3 of 9 done; not finished: #2, #5-#9"}},
		{"interrupted, all read", account{interrupted: true, total: -1,
			Summary: runner.Summary{Done: 3, Read: 5, AtEnd: true, Unfinished: ranges(4, 5)}},
			[]string{"interrupted: 3 of 5 done; not finished: #4-#5"}},
		{"interrupted, endless input", account{interrupted: true, total: -1,
			Summary: runner.Summary{Done: 3, Read: 5, Unfinished: ranges(4, 5)}},
			[]string{"interrupted: 3 done; not finished: #4-#5, what was not read"}},
		{"interrupted when all was done", account{interrupted: true, total: -1,
			Summary: runner.Summary{Done: 5, Read: 5, AtEnd: true}},
			[]string{"interrupted: 5 of 5 done"}},
		{"a total that was too small", account{interrupted: true, total: 2,
			Summary: runner.Summary{Done: 3, Read: 3}},
			[]string{"interrupted: 3 done; not finished: what was not read"}},
		{"halted", account{total: 3, Summary: runner.Summary{Done: 1, Failed: 1, Read: 2, Halted: true, Unfinished: ranges(2, 2),
			ByStatus: map[string]int64{"SIGKILL": 1},
			First:    &runner.Failure{Seq: 1, Status: runner.Status{Kind: runner.Signaled, Signal: unix.SIGKILL}, Tries: 1, Command: "c"}}},
			[]string{"halted: 1 of 3 done; not finished: #2-#3", "1 of 1 failed (1 SIGKILL); first #1, SIGKILL: c"}},
		{"failed jobs again", account{interrupted: true, total: 6, numbers: []int64{3, 7, 8, 20, 30, 31},
			Summary: runner.Summary{Done: 1, Read: 5, Unfinished: ranges(2, 2, 3, 5)}},
			[]string{"interrupted: 1 of 6 done; not finished: #7-#8, #20, #30-#31"}},
		{"pmap failed", account{failure: errors.New("x"), total: -1, Summary: runner.Summary{Done: 1, Read: 2, Unfinished: ranges(2, 2)}},
			[]string{"stopped: 1 done; not finished: #2, what was not read"}},
	} {
		if d := cmp.Diff(c.want, c.a.lines()); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestGapsAreBounded(t *testing.T) {
	a := account{total: -1, interrupted: true, Summary: runner.Summary{AtEnd: true, Read: 1000}}
	for seq := int64(1); seq <= 1000; seq += 2 {
		a.Unfinished = append(a.Unfinished, runner.SeqRange{From: seq, To: seq})
	}
	line := a.gaps("interrupted")
	const end = "#197, #199, and others up to #999"
	if len(line) < len(end) || line[len(line)-len(end):] != end {
		t.Errorf("line ends %q", line[max(0, len(line)-60):])
	}
	if len(a.Unfinished) != 500 {
		t.Error("the summary's own ranges were changed")
	}
}

func TestEndedText(t *testing.T) {
	r := &runner.Result{Task: &runner.Task{Try: 1}, Status: runner.Status{Code: 3}}
	r.Chunk.Seq = 17
	for _, c := range []struct {
		try   int
		again bool
		want  string
	}{
		{1, false, "#17 failed: exit 3: c"},
		{1, true, "#17 failed: exit 3, try 1, to be tried again: c"},
		{2, false, "#17 failed: exit 3, try 2: c"},
	} {
		r.Try = c.try
		if got := endedText(r, c.again, "c"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestShortened(t *testing.T) {
	fits := strings.Repeat("é", maxCommand/2)
	if got := shortened(fits); got != fits {
		t.Errorf("a command of %d bytes was cut to %d", len(fits), len(got))
	}
	if got, want := shortened("a"+fits), "a"+strings.Repeat("é", maxCommand/2-1)+"…"; got != want {
		t.Errorf("%q at the end instead of %q", got[len(got)-8:], want[len(want)-8:])
	}
	torn := strings.Repeat("\x80", maxCommand+1)
	if got := shortened(torn); len(got) > len(torn)+len("…") || !strings.HasSuffix(got, "\x80…") {
		t.Errorf("bytes that are no text: %q at the end", got[len(got)-8:])
	}
}

// TestHugeReason holds that a reason which names a huge item is cut where it
// says least.
func TestHugeReason(t *testing.T) {
	text := statusText(runner.Status{Kind: runner.OutputFailed}, `cannot open "`+strings.Repeat("ä", 1<<20)+`": file name too long`)
	if len(text) > 2*maxCommand || !utf8.ValidString(text) {
		t.Errorf("%d bytes", len(text))
	}
	if !strings.HasPrefix(text, `file error (cannot open "ä`) || !strings.HasSuffix(text, `": file name too long)`) {
		t.Errorf("got %q", text)
	}
}
