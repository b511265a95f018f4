package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parallelFiles are what the command lines of testdata/parallel find.
var parallelFiles = map[string]string{
	"two": "1\n2\n", "letters": "a\nb\n", "empty": "", "spaces": " a  b \nc\n",
	"nuls": "a b\x00c\x00", "commas": "a,b c,d",
	"tsv": "a\tb\nc\td\n", "headed": "first\tsecond\na\tb.c\nd\te\n",
	"csv": "a,\"b, c\"\n\"d \"\"e\"\"\",f\n", "list": "a,b\n1,x\n2,y\n",
	"d/x.y": "",
}

// A lineRunner runs a command line in which par stands for a program.
type lineRunner struct {
	par string // body of the function
	env []string
}

// lineRunners are pmap and GNU parallel, where that is installed. -k and -j2 are what
// pmap does anyway, and PARALLEL_SHELL is its default.
func lineRunners(t *testing.T) (pmap, parallel lineRunner) {
	out, err := exec.Command("parallel", "--version").Output()
	if err != nil || !bytes.HasPrefix(out, []byte("GNU parallel")) {
		t.Skip("GNU parallel isn't installed")
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "will-cite"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"LC_ALL=C", "HOME=" + home, "PARALLEL_HOME=" + home, "PARALLEL_SHELL=/bin/sh", "TMPDIR=" + t.TempDir()}
	pmap = lineRunner{`pmap "$@"`, append(slices.Clone(base), "PATH="+binDir()+string(os.PathListSeparator)+os.Getenv("PATH"), "PMAP_JOBS=2", quickExit)}
	return pmap, lineRunner{`parallel -k -j2 "$@"`, append(base, "PATH="+os.Getenv("PATH"))}
}

// do runs a command line in a directory of its own, and returns what it prints
// and whether it succeeds.
func (p *lineRunner) do(t *testing.T, line string) string {
	dir := t.TempDir()
	for name, text := range parallelFiles {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("sh", "-c", "par() { "+p.par+"; }; "+line)
	c.Dir, c.Env = dir, append(slices.Clone(p.env), "PWD="+dir)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	t.Logf("%s: stderr: %s", p.par, &errs)
	return fmt.Sprintf("%s[success %t]", out, err == nil)
}

// parallelLines are the command lines of a file.
func parallelLines(t *testing.T, file string) (lines []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestAsParallel gives GNU parallel and pmap the same command lines: those of
// testdata/parallel/*.txt, a shell's line each. They print the same, but for
// what differ.txt has.
func TestAsParallel(t *testing.T) {
	if testing.Short() {
		t.Skip("GNU parallel takes its time")
	}
	pmap, parallel := lineRunners(t)
	files, _ := filepath.Glob("testdata/parallel/*.txt")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if name == "csv" && exec.Command("perl", "-MText::CSV", "-e1").Run() != nil {
			continue
		}
		for i, line := range parallelLines(t, file) {
			t.Run(fmt.Sprint(name, i), func(t *testing.T) {
				t.Parallel()
				want, got := parallel.do(t, line), pmap.do(t, line)
				if (got == want) == (name == "differ") {
					t.Errorf("%s\nparallel: %s\npmap:     %s", line, want, got)
				}
			})
		}
	}
}
