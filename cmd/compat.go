package cmd

import (
	"fmt"

	"github.com/spf13/pflag"
)

// compatOptions are options of xargs and GNU parallel that say what pmap does
// anyway. Others are refused by name, with what to write instead.
type compatOptions struct{ accepted bool }

func (o *compatOptions) AddFlags(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.accepted, "no-run-if-empty", "r", false, "nothing runs without items: always so")
	fs.BoolVar(&o.accepted, "will-cite", false, "accepted, as GNU parallel has it; nothing is asked")
	fs.BoolVar(&o.accepted, "gnu", false, "accepted, as GNU parallel has it")
}

const refusedRPL = "to change a value, do it in a script: pmap 'f={}; mv -- \"$f\" \"${f%.txt}\"'"

const refusedPipepart = "--pipe does it by itself where the input is a regular file: pmap --pipe -a FILE"

// refused are options that pmap knows and doesn't take, with the hint.
var refused = map[string]string{
	"q":                "nothing needs -q: no item becomes code; {q} is the item quoted for a second shell",
	"quote":            "nothing needs --quote: no item becomes code; {q} is the item quoted for a second shell",
	"J":                "there are no profiles: put the options into a shell function; for BSD's -J write the item's place as {}",
	"profile":          "there are no profiles: put the options into a shell function",
	"S":                "to work on other machines: pmap ssh HOST COMMAND {q}",
	"sshlogin":         "to work on other machines: pmap ssh HOST COMMAND {q}",
	"pipepart":         refusedPipepart,
	"pipe-part":        refusedPipepart,
	"spreadstdin":      "it is --pipe",
	"halt-on-error":    "it is --halt",
	"total-jobs":       "it is --total",
	"process-slot-var": "a job finds its slot in PMAP_SLOT, and {%} is it",
	"fifo":             "--pipe gives a job its block as its stdin: for a file write /dev/stdin",
	"rpl":              refusedRPL,
	"parens":           refusedRPL,
	"extensions":       refusedRPL,
}

// later are options of GNU parallel without a counterpart.
var later = map[string]bool{
	"load": true, "memfree": true, "noswap": true,
	"sqlmaster": true, "sshloginfile": true, "slf": true, "onall": true,
	"nonall": true, "transfer": true, "return": true, "cleanup": true, "basefile": true, "semaphore": true,
	"tmux": true, "limit": true, "compress": true, "plus": true, "filter": true, "group-by": true,
	"ctag": true, "ctagstring": true, "id": true, "latest-line": true, "ll": true, "memsuspend": true, "minversion": true,
	"parset": true, "remove-rec-sep": true, "rrs": true, "sem": true, "session": true, "shard": true, "bin": true,
	"shellquote": true, "sqlworker": true, "sqlandworker": true, "tee": true, "template": true, "tmpl": true,
	"transferfile": true, "trc": true, "unsafe": true, "wait": true, "record-env": true,
}

// unknownOption is the error for an option that is not defined.
func unknownOption(fs *pflag.FlagSet, e *pflag.NotExistError) error {
	name := e.GetSpecifiedName()
	dashes := "--"
	if e.GetSpecifiedShortnames() != "" {
		dashes = "-"
	}
	if hint, ok := refused[name]; ok {
		return usage(fmt.Sprintf("%s%s is refused", dashes, name), hint)
	}
	if later[name] {
		return usage(fmt.Sprintf("%s%s of GNU parallel is not part of this version", dashes, name), "pmap --help shows all options")
	}
	text := fmt.Sprintf("unknown option %s%s", dashes, name)
	if fs.Changed("builtin") {
		return usage(text, noBuiltinOptions)
	}
	if dashes == "-" {
		if in := e.GetSpecifiedShortnames(); in != name {
			text += fmt.Sprintf(" in -%s", in)
		}
		return usage(text, "pmap -h shows the options that matter, pmap --help all of them")
	}
	if near := nearest(fs, name); near != "" {
		return usage(text, "did you mean --"+near+"?")
	}
	return usage(text, "pmap --help shows all options")
}

// nearest is the option whose name needs the fewest changes, or empty where
// none is near.
func nearest(fs *pflag.FlagSet, name string) string {
	best, bestDistance := "", 1+max(1, len(name)/3)
	fs.VisitAll(func(f *pflag.Flag) {
		if d := distance(name, f.Name); d < bestDistance {
			best, bestDistance = f.Name, d
		}
	})
	return best
}

// distance is the number of bytes to insert, delete, replace or swap with
// their neighbour that makes b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
