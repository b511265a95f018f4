package main

import "fmt"

// tabbed is a line of three columns.
const tabbed = "12345\t678\tname of 12345"

// columns are the rows of what has columns, against the same lines as items.
func (l *lab) columns() []row {
	n := l.jobs(1_000_000)
	plain := contestant{name: "the same lines plain", argv: l.ours("-X", "/bin/true")}
	of := func(work string, options ...string) row {
		words := append(append([]string{"-X"}, options...), "/bin/true", "{1}", "{2}", "{3}")
		return row{
			work: fmt.Sprint(n, " lines, ", work, ", packed"), items: n, same: tabbed, bound: 0.33,
			ours: l.ours(words...), theirs: plain,
		}
	}
	rows := []row{of(`--colsep '\t'`, "-C", `\t`), of("--csv", "--csv", "-C", `\t`)}
	peak := rows[0]
	peak.kind, peak.bound, peak.theirs = memory, 40, contestant{name: "(peak memory)"}
	return append(rows, peak)
}
