package main

import "fmt"

// blocks are the rows of jobs that read a share of the input each. Every side
// adds up what its jobs print, and fails where that isn't all.
func (l *lab) blocks() []row {
	n := l.jobs(20_500_000) // lines, of 170 MB
	lines := func(command string) []string {
		return []string{"sh", "-c", command + fmt.Sprintf(" | awk '{n += $1} END {exit n != %d}'", n)}
	}
	quiet := func(command string) []string { return []string{"sh", "-c", command + " >/dev/null"} }
	ours := fmt.Sprintf("%s -j%d --pipe", l.pmap, processes)
	parallel := fmt.Sprintf("parallel --will-cite -k -j%d", processes)
	return []row{
		{
			work: "--pipe --block 1M wc -l, from a pipe", items: n, bound: 7, ours: lines("cat | " + ours + " --block 1M wc -l"),
			theirs: contestant{name: "parallel --pipe", needs: "parallel", argv: lines("cat | " + parallel + " --pipe --block 1M wc -l")},
		},
		{
			work: "--pipe --block 1M wc -l, from a file", items: n, bound: 7, ours: lines(ours + " --block 1M wc -l"),
			theirs: contestant{name: "parallel --pipepart", needs: "parallel", argv: lines(parallel + " --pipepart -a " + l.inputPath(n, "") + " --block 1M wc -l")},
		},
		{
			work: "--pipe --block -1 wc -l, from a file", items: n, bound: 0.5, ours: lines(ours + " --block -1 wc -l"),
			theirs: contestant{name: "wc -l", argv: lines("wc -l")},
		},
		{
			work: "--round-robin cat, from a file", items: n, bound: 0.3, ours: quiet(ours + " --round-robin cat"),
			theirs: contestant{name: "cat | cat", argv: quiet("cat | cat")},
		},
		{
			work: "--round-robin cat, from a pipe", items: n, bound: 0.3, ours: quiet("cat | " + ours + " --round-robin cat"),
			theirs: contestant{name: "cat | cat | cat", argv: quiet("cat | cat | cat")},
		},
	}
}
