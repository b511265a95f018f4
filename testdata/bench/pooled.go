package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// spawnPool is what the workers of one task each are held against.
const spawnPool = `
import multiprocessing, sys
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    with multiprocessing.Pool(2, maxtasksperchild=1) as pool:
        for line in pool.imap(str.upper, sys.stdin):
            sys.stdout.write(line)
`

// pooled are the rows of built-in workers, and of workers as such.
func (l *lab) pooled() []row {
	p := strconv.Itoa(processes)
	python, _ := realPython()
	files, lines, workers := l.jobs(20_000), l.jobs(170_000_000/len(textLine)), l.jobs(500)
	sums := func(each string, bound float64) row {
		return row{
			work: "sha256sum, built in", items: files, prints: true, bound: bound, prepare: l.smallFiles(files),
			ours:   l.ours("--builtin", "sha256sum"),
			theirs: contestant{name: "xargs -P" + p + " " + each, argv: []string{"xargs", "-P" + p, each, "sha256sum"}},
		}
	}
	records := func(theirs string, bound float64, words ...string) row {
		ours := append([]string{"sh", "-c", `"$@" | cat`, "sh"}, l.ours(append([]string{"--builtin"}, words...)...)...)
		return row{
			work: words[0] + ", a file of lines", items: lines, same: textLine[:len(textLine)-1], prints: true, bound: bound,
			ours: ours, theirs: contestant{name: theirs, argv: []string{"sh", "-c", theirs + " | cat"}},
		}
	}
	return []row{
		sums("-n1", 20), sums("-n100", 1),
		records("tr a-z A-Z", 0.8, "upper"),
		records("tr A-Z a-z", 0.8, "lower"),
		records("grep dog", 0, "match", "dog"),
		records("sed s/dog/cat/", 0, "replace", "dog", "cat"),
		{
			work: fmt.Sprint(workers, " workers of one task"), items: workers, prints: true, bound: 6,
			prepare: l.file("spawn.py", spawnPool),
			ours:    l.ours("--builtin", "upper", "--max-tasks-per-child", "1"),
			theirs:  contestant{name: "Pool(" + p + "), spawn", argv: []string{python, "spawn.py"}},
		},
	}
}

// textLine is one of a file's.
const textLine = "The quick brown fox jumps over the lazy dog 0123456789\n"

// smallFiles makes n files whose names are the items.
func (l *lab) smallFiles(n int) func() error {
	return func() error {
		for i := 1; i <= n; i++ {
			if err := l.file(strconv.Itoa(i), strings.Repeat(textLine, i%20))(); err != nil {
				return err
			}
		}
		return nil
	}
}

// file makes a file where everything runs.
func (l *lab) file(name, text string) func() error {
	return func() error { return os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600) }
}
