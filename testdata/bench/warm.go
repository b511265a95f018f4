package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// What the warm interpreters of both sides run.
const (
	warmFunction = `f() { local n=$1; printf '%s\n' "$((n + 1))"; }`
	warmPython   = `
import decimal, json, re
def main(item):
    return json.dumps(str(decimal.Decimal(re.sub("x", "", item)) + 1))
`
	coldPython = `import decimal, json, re, sys; print(json.dumps(str(decimal.Decimal(re.sub("x", "", sys.argv[1])) + 1)))`
	filter     = `
import sys
def answer(line):
    return line.rstrip("\n")[::-1] + "\n"
if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(answer(line))
`
	imap = `
import multiprocessing, sys
from filter import answer
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        for line in pool.imap(answer, sys.stdin, chunksize=64):
            sys.stdout.write(line)
`
)

// warm are the rows of interpreters that are started once.
func (l *lab) warm() []row {
	p := strconv.Itoa(processes)
	files := map[string]string{"lib.sh": warmFunction + "\n", "warm.py": warmPython, "filter.py": filter, "imap.py": imap}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, "cannot write", name+":", err)
			return nil
		}
	}
	python, path := realPython()
	ours := func(words ...string) []string { return append([]string{"env", path}, l.ours(words...)...) }
	shells, pythons, lines := l.jobs(2000), l.jobs(1000), l.jobs(200_000)
	parallel := "export PARALLEL_SHELL=/bin/bash; " + warmFunction + "; export -f f; exec parallel --will-cite -k -j" + p + " f"
	return []row{
		{
			work: "bash function, preloaded", items: shells, bound: 2.6, prints: true, ours: l.ours("--preload", "lib.sh", "f {}"),
			theirs: contestant{name: "xargs -P" + p + " bash -c", argv: []string{"xargs", "-P" + p, "-n1", "bash", "-c", warmFunction + `; f "$1"`, "bash"}},
		},
		{
			work: "bash function, preloaded", items: shells, bound: 10, prints: true, ours: l.ours("--preload", "lib.sh", "f {}"),
			theirs: contestant{name: "GNU parallel -k", argv: []string{"bash", "-c", parallel}},
		},
		{
			work: "dash script, preloaded", items: shells, bound: 3.3, prints: true,
			ours:   l.ours("--shell", "dash", "--preload", "/dev/null", `n={}; printf '%s\n' "$((n + 1))"`),
			theirs: contestant{name: "xargs -P" + p + " sh -c", argv: []string{"xargs", "-P" + p, "-n1", "sh", "-c", `n=$1; printf '%s\n' "$((n + 1))"`, "sh"}},
		},
		{
			work: "Python, preloaded", items: pythons, bound: 20, prints: true, ours: ours("--python", "warm.py"),
			theirs: contestant{name: "xargs -P" + p + " python3 -c", argv: []string{"xargs", "-P" + p, "-n1", python, "-c", coldPython}},
		},
		{
			work: "Python line filter, coprocess", items: lines, bound: 1, prints: true, ours: ours("--coproc", python+" filter.py"),
			theirs: contestant{name: "Pool(" + p + ").imap", argv: []string{python, "imap.py"}},
		},
	}
}

// realPython is the interpreter behind what may be a shim, and the PATH in
// which it is the first.
func realPython() (python, path string) {
	python, path = "python3", "PATH="+os.Getenv("PATH")
	if out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output(); err == nil {
		python = strings.TrimSpace(string(out))
		path = "PATH=" + filepath.Dir(python) + ":" + os.Getenv("PATH")
	}
	return python, path
}
