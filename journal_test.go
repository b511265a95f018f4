package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	killItems = 150
	killSlots = 4
)

// killedJob fails at first for some items, is slow for others, and prints a lot
// for yet others. It notes each of its starts.
const killedJob = `n={}
echo "$PMAP_PID $n" >>starts
case $((n % 5)) in
0) [ -e failed.$n ] || { echo early; : >failed.$n; exit 1; } ;;
1) sleep 0.03 ;;
2) seq $((n * 40)); sleep 0.01 ;;
3) echo "to stderr" >&2 ;;
esac
echo "item $n"`

// kills is how often the test kills pmap: a few times where it must be quick.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("PMAP_TEST_KILLS")); err == nil {
		return n
	}
	if testing.Short() || os.Getenv("CI") != "" {
		return 10
	}
	return 50
}

// TestKilledAndResumed kills pmap again and again and resumes it each time. At
// the end every item has succeeded once, none has run twice but those that were
// running when pmap was killed, and the last run prints what the plain loop
// would have printed.
func TestKilledAndResumed(t *testing.T) {
	t.Parallel()
	k := &killing{t: t, dir: t.TempDir()}
	k.write("items", numbers(1, killItems))
	for range kills() {
		if k.run(time.Duration(rand.IntN(120)) * time.Millisecond) {
			k.forget() // all is done already: begin anew
		}
	}
	for tries := 0; !k.run(-1); tries++ {
		if tries > 3 {
			t.Fatal("the run never comes to its end")
		}
	}
	k.check()
}

// A killing is a run with its folder.
type killing struct {
	t   *testing.T
	dir string
	out bytes.Buffer // of the last run
}

func (k *killing) write(name, text string) {
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o666); err != nil {
		k.t.Fatal(err)
	}
}

func (k *killing) read(name string) string {
	text, err := os.ReadFile(filepath.Join(k.dir, name))
	if err != nil && !os.IsNotExist(err) {
		k.t.Fatal(err)
	}
	return string(text)
}

// forget begins anew.
func (k *killing) forget() {
	old, _ := filepath.Glob(filepath.Join(k.dir, "[^i]*")) // all but the items
	for _, name := range old {
		os.RemoveAll(name)
	}
}

// run starts or resumes pmap, kills it after a while (negative: not at all) and
// waits until all that it started is gone. done says that everything has
// succeeded.
func (k *killing) run(after time.Duration) (done bool) {
	k.t.Helper()
	mark := fmt.Sprintf("pmap-test-%d-%d-killed", os.Getpid(), time.Now().UnixNano())
	cmd := exec.Command(filepath.Join(binDir(), "pmap"), "-a", "items", fmt.Sprint("-j", killSlots),
		"--journal", "run.jsonl", "--results", "kept", "--resume", killedJob)
	var said bytes.Buffer
	k.out.Reset()
	cmd.Dir, cmd.Stdout, cmd.Stderr = k.dir, &k.out, &said
	cmd.Env = append(os.Environ(), "PMAP_TEST_MARK="+mark, "TMPDIR="+k.dir, "LC_ALL=C", quickExit)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	if after >= 0 {
		time.Sleep(after)
		cmd.Process.Kill()
	}
	cmd.Wait()
	for _, left := range waitGone(mark) {
		k.t.Fatal("left behind: " + left)
	}
	switch code := cmd.ProcessState.ExitCode(); {
	case code == 0:
		return true
	case code != -1 && code != 123:
		k.t.Fatalf("pmap ended with %d: %s", code, said.String())
	}
	return false
}

// a killedRun is what a run started, and what it has recorded.
type killedRun struct {
	started, recorded []string
	succeeded         []string
}

// runs reads the journal and the jobs' own record.
func (k *killing) runs() []*killedRun {
	var runs []*killedRun
	var pids []string // of runs
	for line := range strings.Lines(k.read("run.jsonl")) {
		var e struct {
			Run  *struct{ PID int }
			Item string
			OK   bool
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			k.t.Fatalf("%q: %v", line, err)
		}
		if e.Run != nil {
			runs = append(runs, new(killedRun))
			pids = append(pids, strconv.Itoa(e.Run.PID))
			continue
		}
		r := runs[len(runs)-1]
		r.recorded = append(r.recorded, e.Item)
		if e.OK {
			r.succeeded = append(r.succeeded, e.Item)
		}
	}
	at := 0 // the runs follow each other, and two may have had the same pid
	for line := range strings.Lines(k.read("starts")) {
		pid, item, _ := strings.Cut(strings.TrimSpace(line), " ")
		for at < len(runs) && pids[at] != pid {
			at++
		}
		if at == len(runs) {
			k.t.Fatalf("item %s was started by a run that the journal doesn't know", item)
		}
		runs[at].started = append(runs[at].started, item)
	}
	return runs
}

// loop is what the plain loop prints, once nothing fails any more.
func (k *killing) loop() string {
	dir := k.t.TempDir()
	script := "for item in $(seq " + strconv.Itoa(killItems) + "); do : >failed.$item; (\n" +
		strings.Replace(killedJob, "{}", "$item", 1) + "\n); done"
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		k.t.Fatal(err)
	}
	return string(out)
}

func (k *killing) check() {
	if k.out.String() != k.loop() {
		k.t.Errorf("the last run printed:\n%.2000s", k.out.String())
	}
	done := map[string]int{}
	for i, r := range k.runs() {
		for _, item := range r.started {
			if done[item] > 0 {
				k.t.Errorf("run %d started item %s, which had succeeded before", i+1, item)
			}
		}
		if lost := len(r.started) - len(r.recorded); lost < 0 || lost > killSlots {
			k.t.Errorf("run %d started %d items and recorded %d: only %d can have been running when it was killed", i+1, len(r.started), len(r.recorded), killSlots)
		}
		for _, item := range r.succeeded {
			done[item]++
		}
	}
	for n := 1; n <= killItems; n++ {
		if times := done[strconv.Itoa(n)]; times != 1 {
			k.t.Errorf("item %d has succeeded %d times", n, times)
		}
	}
}

// TestRecordedFirst kills pmap while answers come, and holds that none was
// printed without its entry.
func TestRecordedFirst(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]string{
		"built in":   {"--builtin", "upper"},
		"coprocess":  {"--coproc", "sed -u s/^/x/"},
		"unordered":  {"--unordered", "--coproc", "sed -u s/^/x/"},
		"of one job": {"-j1", "--coproc", "sed -u s/^/x/"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				k := &killing{t: t, dir: t.TempDir()}
				k.write("items", numbers(1, 100_000))
				printed, recorded := k.answers(words)
				if printed > recorded {
					t.Errorf("%d lines printed, %d recorded", printed, recorded)
				}
			}
		})
	}
}

// answers kills pmap once it prints, and counts the lines that it has printed
// and the entries of its journal.
func (k *killing) answers(words []string) (printed, recorded int) {
	k.t.Helper()
	cmd := exec.Command(filepath.Join(binDir(), "pmap"), append([]string{"-a", "items", "--journal", "run.jsonl"}, words...)...)
	mark := fmt.Sprintf("pmap-test-%d-%d-answers", os.Getpid(), time.Now().UnixNano())
	cmd.Dir, cmd.Env = k.dir, append(os.Environ(), "PMAP_TEST_MARK="+mark, "TMPDIR="+k.dir, quickExit)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		k.t.Fatal(err)
	}
	read, _ := io.CopyN(&k.out, out, 1+rand.Int64N(50_000))
	cmd.Process.Kill()
	io.Copy(&k.out, out)
	cmd.Wait()
	if read == 0 {
		k.t.Fatal("nothing was printed")
	}
	for _, left := range waitGone(mark) {
		k.t.Fatal("left behind: " + left)
	}
	return bytes.Count(k.out.Bytes(), []byte{'\n'}), strings.Count(k.read("run.jsonl"), `"status"`)
}
