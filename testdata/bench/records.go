package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
)

// records are the rows of what is written about a run while it goes on,
// against the same run without.
func (l *lab) records() []row {
	n, entries := l.jobs(20000), l.jobs(1_000_000)
	if err := l.writeJournal(entries); err != nil {
		fmt.Fprintln(os.Stderr, "cannot write a journal:", err)
		return nil
	}
	without := func(words ...string) contestant {
		return contestant{name: "pmap without", argv: l.fresh(l.ours(words...)...)}
	}
	return []row{
		{
			work: "free job, --journal", items: n, bound: 0.9,
			ours: l.fresh(l.ours("--journal", "run.jsonl", l.free)...), theirs: without(l.free),
		},
		{
			work: "/bin/echo, --json", items: n, bound: 0.95, prints: true,
			ours: l.ours("--json", "/bin/echo"), theirs: contestant{name: "pmap without", argv: l.ours("/bin/echo")},
		},
		{
			work: fmt.Sprint("report of ", entries, " entries"), items: 1, bound: 1,
			ours:   silent(l.pmap, "report", journalFile),
			theirs: contestant{name: "jq -c .", argv: silent("jq", "-c", ".", journalFile)},
		},
		{
			work: fmt.Sprint("report of ", entries, " entries"), items: 1, kind: memory, bound: 200,
			ours: []string{l.pmap, "report", journalFile}, theirs: contestant{name: "(peak memory)"},
		},
	}
}

// journalFile is a journal of many entries.
const journalFile = "big.jsonl"

func (l *lab) writeJournal(entries int) error {
	f, err := os.Create(filepath.Join(l.dir, journalFile))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, `{"run":{"version":1,"template":"gzip -9 {}","id":"3b1e5f3f7ae5a69162458b4979154862","mtime":false,"start":1763789000,"slots":8,"host":"alpha","pid":4711}}`)
	for i := range entries {
		fmt.Fprintf(w, `{"key":"%032x","item":"logs/%d/app.log","values":["logs/%d/app.log"],"seq":%d,"try":1,"ok":true,"status":0,"end":"exit 0","command":"gzip -9 logs/%d/app.log","start":%d.%06d,"seconds":0.%06d,"user":0.2,"system":0.012345,"memory":9437184,"slot":%d,"host":"alpha","pid":%d,"out":%d}`+"\n",
			i, i, i, i+1, i, 1763789000+i/32, i%1_000_000, i*7919%1_000_000, i%8+1, 5000+i%30000, i%4096)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// silent is a command line that prints nothing.
func silent(words ...string) []string {
	return append([]string{"sh", "-c", `exec "$@" >/dev/null`, "sh"}, words...)
}

// fresh is a command line that finds no record of an earlier run.
func (l *lab) fresh(words ...string) []string {
	return append([]string{"sh", "-c", `rm -f run.jsonl; exec "$@"`, "sh"}, words...)
}
