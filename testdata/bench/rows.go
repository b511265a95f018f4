package main

import (
	"fmt"
	"strconv"
	"time"
)

// processes is how many run at a time, on every side.
const processes = 2

// rows are what pmap is held to. -k and the like are spelled out where a peer
// needs them; captured and in input order is what pmap does by default.
func (l *lab) rows() []row {
	var rows []row
	rows = append(rows, l.againstFloor()...)
	rows = append(rows, l.againstXargs()...)
	rows = append(rows, l.asXargs()...)
	rows = append(rows, l.againstOthers()...)
	rows = append(rows, l.pooled()...)
	rows = append(rows, l.warm()...)
	rows = append(rows, l.blocks()...)
	rows = append(rows, l.records()...)
	rows = append(rows, l.columns()...)
	return append(rows, l.limits()...)
}

// guard is what a change must not break, far from what noise can do.
func (l *lab) guard() []row {
	n := l.jobs(8000)
	return []row{{
		work: "free job, --ungroup", items: n, bound: 0.6, guards: true,
		ours: l.ours("-u", l.free), theirs: l.theFloor(n),
	}}
}

// ours is a command line of pmap's.
func (l *lab) ours(words ...string) []string {
	return append([]string{l.pmap, fmt.Sprint("-j", processes)}, words...)
}

func (l *lab) theFloor(n int) contestant {
	return contestant{name: "C floor", argv: []string{l.floor, strconv.Itoa(processes), strconv.Itoa(n), l.free}}
}

func xargs(program string) contestant {
	p := strconv.Itoa(processes)
	return contestant{name: "xargs -P" + p + " -n1", argv: []string{"xargs", "-P" + p, "-n1", program}}
}

func (l *lab) againstFloor() []row {
	n := l.jobs(20000)
	return []row{
		{work: "free job, --ungroup", items: n, bound: 0.88, ours: l.ours("-u", l.free), theirs: l.theFloor(n)},
		{work: "free job", items: n, bound: 0.72, ours: l.ours(l.free), theirs: l.theFloor(n)},
	}
}

func (l *lab) againstXargs() []row {
	many, some, packed := l.jobs(10000), l.jobs(4000), l.jobs(1_000_000)
	return []row{
		{work: "free job", items: many, bound: 3.9, ours: l.ours(l.free), theirs: xargs(l.free)},
		{work: "static job", items: many, bound: 1.4, ours: l.ours(l.static), theirs: xargs(l.static)},
		{work: "/bin/true", items: some, bound: 1.2, ours: l.ours("/bin/true"), theirs: xargs("/bin/true")},
		{work: "/bin/echo", items: some, bound: 1.2, prints: true, ours: l.ours("/bin/echo"), theirs: xargs("/bin/echo")},
		{
			work: fmt.Sprint(packed, " items packed into /bin/true"), items: packed, bound: 1.2, ours: l.ours("-X", "/bin/true"),
			theirs: contestant{name: "xargs -n4096", argv: []string{"xargs", "-n4096", "/bin/true"}},
		},
		{
			work: "one item, whole run", items: 1, repeat: 200, kind: cost, bound: 1.8,
			ours: l.ours(l.free), theirs: xargs(l.free),
		},
	}
}

// asXargs are the rows of pmap xargs, which does what xargs does.
func (l *lab) asXargs() []row {
	pair := func(work string, items int, bound float64, options ...string) row {
		return row{
			work: work, items: items, bound: bound,
			ours:   append([]string{l.pmap, "xargs"}, options...),
			theirs: contestant{name: "xargs", argv: append([]string{"xargs"}, options...)},
		}
	}
	lines, words := l.jobs(1_000_000), l.jobs(20<<20/len(quotedWord))
	quoted := pair(fmt.Sprint("xargs: ", words, " quoted words"), words, 1, "/bin/true")
	quoted.same = quotedWord
	single := pair("xargs: one item, whole run", 1, 1.8, l.free)
	single.kind, single.repeat = cost, 200
	return []row{
		pair(fmt.Sprint("xargs: ", lines, " short lines"), lines, 1, "/bin/true"),
		quoted,
		pair("xargs: free job", l.jobs(10000), 4, fmt.Sprint("-P", processes), "-n1", l.free),
		single,
	}
}

// quotedWord is one line of an input that has quotes of all kinds.
const quotedWord = `'a word' "and more" one\ more`

func (l *lab) againstOthers() []row {
	p := strconv.Itoa(processes)
	some, few := l.jobs(4000), l.jobs(500)
	var values []string
	for i := 1; i <= l.jobs(2000); i++ {
		values = append(values, strconv.Itoa(i))
	}
	echo := "/bin/echo"
	return []row{
		{
			work: echo, items: few, bound: 7.5, prints: true, ours: l.ours(echo),
			theirs: contestant{
				name: "GNU parallel -k", shows: "GNU parallel",
				argv: []string{"parallel", "--will-cite", "-k", "-j" + p, echo},
			},
		},
		{
			work: "free job", items: some, ours: l.ours(l.free),
			theirs: contestant{name: "xe", argv: []string{"xe", "-j" + p, l.free}},
		},
		{
			work: echo, items: some, prints: true, ours: l.ours(echo),
			theirs: contestant{name: "xe", argv: []string{"xe", "-j" + p, echo}},
		},
		{
			work: echo + ", values as words", items: len(values), prints: true,
			ours: l.ours(append([]string{echo, ":::"}, values...)...),
			theirs: contestant{
				name: "moreutils parallel",
				argv: append([]string{"parallel.moreutils", "-j", p, echo, "--"}, values...),
			},
		},
	}
}

// limits are what a whole run may take.
func (l *lab) limits() []row {
	sleepers := max(500, l.jobs(2000)/500*500)
	sleep := []string{l.pmap, "-j500", "sleep"}
	own := contestant{name: "(peak memory)"}
	var rows []row
	for _, n := range []int{l.jobs(100_000), l.jobs(1_000_000)} {
		rows = append(rows, row{
			work: fmt.Sprint(n, " free jobs"), items: n, kind: memory, bound: 25, ours: l.ours(l.free), theirs: own,
		})
	}
	packed := l.jobs(1_000_000)
	rows = append(rows, row{
		work: fmt.Sprint(packed, " items packed"), items: packed, kind: memory, bound: 25, ours: l.ours("-X", "/bin/true"), theirs: own,
	})
	work := fmt.Sprint(sleepers, " sleep 1, 500 at a time")
	return append(rows, row{
		work: work, items: sleepers, same: "1", kind: versusIdeal, bound: 1.2, ours: sleep,
		theirs: contestant{name: "the ideal time"}, ideal: time.Duration(sleepers/500) * time.Second,
	}, row{
		work: work, items: sleepers, same: "1", kind: memory, bound: 100, ours: sleep, theirs: own,
	})
}
