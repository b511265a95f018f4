package main

// records are the rows of what is written about a run while it goes on,
// against the same run without.
func (l *lab) records() []row {
	n := l.jobs(20000)
	without := func(words ...string) contestant {
		return contestant{name: "pmap without", argv: l.fresh(l.ours(words...)...)}
	}
	return []row{
		{
			work: "free job, --journal", items: n, bound: 0.9,
			ours: l.fresh(l.ours("--journal", "run.jsonl", l.free)...), theirs: without(l.free),
		},
	}
}

// fresh is a command line that finds no record of an earlier run.
func (l *lab) fresh(words ...string) []string {
	return append([]string{"sh", "-c", `rm -f run.jsonl; exec "$@"`, "sh"}, words...)
}
