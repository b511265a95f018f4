package cmd

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// conflictCases has a row for each refusal. The text is compared in part, and
// every refusal must be reached by one row.
var conflictCases = []struct{ args, text string }{
	{"-0 -d , echo", "-0 and -d both say how an item ends"},
	{"--total 3 echo ::: x", "--total is for items that can't be counted"},
	{"--shell --no-shell echo", "--shell and --no-shell contradict"},
	{"--shell=bash --no-shell echo", "--shell and --no-shell contradict"},
	{"-I @ -i echo", "-I and -i both name"},
	{"-E x -e echo", "-E and -e both name"},
	{"-I= echo", ""},
	{"--replace= echo", "-I needs a placeholder"},
	{"--dry-run --explain echo", "--dry-run and --explain"},
	{"-p --dry-run echo", "-p asks what is to run"},
	{"-p --progress echo", "-p asks on the terminal, and progress"},
	{"--wd= echo", "--workdir needs a directory"},
	{"-k --unordered echo", "-k and --unordered contradict"},
	{"-k -u echo", "-k and -u contradict"},
	{"--group -u echo", "--group and -u contradict"},
	{"--group --lb echo", "--group and --line-buffer contradict"},
	{"--line-buffer -u echo", "--line-buffer and -u contradict"},
	{"--tag --tagstring x echo", "--tag and --tagstring both"},
	{"--tag -u echo", "with -u jobs write their lines themselves"},
	{"--tagstring x -u echo", "with -u jobs write their lines themselves"},
	{"--buffer 1M -u echo", "with -u no output waits"},
	{"--spill 1M -u echo", "with -u no output waits"},
	{"--tmpdir / -u echo", "with -u no output waits"},
	{"-o -j2 echo", "-o gives the terminal to one job"},
	{"-o -P2 echo", "-o gives the terminal to one job"},
	{"-o --stdin {} echo", "-o and --stdin both"},
	{"-o -k echo", "there is no order or grouping"},
	{"-o --unordered echo", "there is no order or grouping"},
	{"--tty --lb echo", "there is no order or grouping"},
	{"-o --tag echo", "nothing can be put before their lines"},
	{"-o --buffer 1 echo", "with -o no output waits"},
	{"-o --progress echo", "with -o the terminal is the job's"},
	{"--progress --no-progress echo", "--progress and --no-progress contradict"},
	{"--bar --no-progress echo", "--progress and --no-progress contradict"},
	{"--quiet --eta echo", "--quiet and --progress contradict"},
	{"--quiet -t echo", "--quiet and -t contradict"},
	{"--quiet -v echo", "--quiet and -v contradict"},
	{"--tries 2 --retries 2 echo", "--tries and --retries are the same"},
	{"--retry-delay 1 echo", "say nothing while each item is tried once"},
	{"--retry-max-delay 1 echo", "say nothing while each item is tried once"},
	{"--retry-on 1 --tries 1 echo", "say nothing while each item is tried once"},
	{"--tries 3 --retry-delay 5 --retry-max-delay 1 echo", "--retry-max-delay is shorter"},
	{"--fail-fast --halt 2 echo", "--fail-fast and --halt both"},
	{"-X -m echo", "-X repeats a word for each item"},
	{"-X --xargs echo", "-X repeats a word for each item"},
	{"-n 2 -N 2 echo", "-n and -N are the same number"},
	{"-L 2 -l2 echo", "-L and -l are the same number"},
	{"-n 2 -L 2 echo", "-n counts items and -L counts lines"},
	{"-n 0 -X echo", "with 0 no item is put into the command"},
	{"-N0 -s 100 echo", "with 0 no item is put into the command"},
	{"-L 0 -x echo", "with 0 no item is put into the command"},
	{"--pad echo", "--pad fills a command up"},
	{"--pad -n 1 echo", "--pad fills a command up"},
	{"--pad -L 3 echo", "--pad fills a command up"},
	{"-s 0 echo", "-s 0 leaves room for no command"},

	{"--stdout= echo", "an empty value says nothing: --"},
	{"--init= echo", "an empty value says nothing: --"},
	{"-d , echo ::: x", "-d says how the items of a file end"},
	{"-d , --failed-to f echo ::: x", ""},
	{"-d , echo ::: x :::: f", ""},
	{"-d , --builtin upper ::: x", ""},
	{"--resume echo", "--resume needs a record"},
	{"--color always echo", "--color is about tags"},
	{"--events= echo", "--events needs the name"},
	{"--json --dry-run echo", "--json and --events tell how jobs ran"},
	{"--events f --explain echo", "--json and --events tell how jobs ran"},
	{"--json -u echo", "with -u or -o jobs write their output themselves"},
	{"--json --lb echo", "--json prints what a job has printed at its end"},
	{"--json --tag echo", "--json has the item in each object"},
	{"--json --files echo", "--json prints the output, and --files"},
	{"--json --results d --journal j --resume echo", "--json tells how jobs ended"},
	{"--json --results d --unordered echo", ""},
	{"--color never --tag echo", ""},
	{"--results= echo", "--results needs the name"},
	{"--results f.json echo", "--results writes no JSON"},
	{"--results {}.x echo", "--results names one folder"},
	{"--results d -u echo", "with -u or -o jobs write their output themselves"},
	{"--files -o echo", "with -u or -o jobs write their output themselves"},
	{"--pipe --results d cat", "--results DIR has folders"},
	{"--results f.csv --lb echo", "--results FILE.csv holds the output"},
	{"--results f.csv --files echo", "--files prints the names of files"},
	{"--files --stdout {}.x echo", "--stdout names the files already"},
	{"--results d --lb --tag --files echo", ""},
	{"--joblog + echo", "--joblog needs the name of a file"},
	{"--journal f --joblog g --resume echo", "--journal and --joblog each say"},
	{"--journal f --resume-failed echo", "--resume-failed and --retry-failed go by a job log"},
	{"--joblog f --resume --shuf echo", "a job log tells jobs apart by their numbers"},
	{"--joblog f --resume-failed --shuf --seed 1 echo", ""},
	{"--journal f --resume --shuf echo", ""},
	{"--joblog f --retry-failed --resume", "--retry-failed runs what failed and nothing else"},
	{"--joblog f --retry-failed -n2", "--retry-failed takes the commands from the job log"},
	{"--joblog f --retry-failed -a g", "--retry-failed takes the commands from the job log"},
	{"--joblog f --retry-failed --stdout {}.x", "--retry-failed takes the commands from the job log, which has their files"},
	{"--joblog f --retry-failed --wd d", "--retry-failed takes the commands from the job log, which has their files"},
	{"--joblog f --retry-failed --shuf", "--retry-failed runs all that failed, in the order of the job log"},
	{"--joblog f --resume-failed echo", ""},
	{"--journal= echo", "--journal needs the name of a file"},
	{"--key-mtime echo", "--key-mtime says how a journal"},
	{"--journal f --key-mtime --workdir d echo", "--key-mtime looks at files where pmap runs"},
	{"--explain --journal f --resume echo", "--explain looks at the command alone"},

	{"--journal f --resume --key-mtime echo", ""},
	{"-m --xargs echo", ""},
	{"-X -n 3 -s 100 -x echo", ""},
	{"-m -L 3 echo", ""},
	{"-n 0 echo", ""},
	{"-x echo", ""},
	{"-n 3 -I @ echo", ""},
	{"-o -j1 echo", ""},
	{"-j2 -P3 echo", ""},
	{"-k --line-buffer echo", ""},
	{"--line-buffer --unordered echo", ""},
	{"--group --unordered -k=false echo", ""},
	{"--tries 0 --retry-on 1 --retry-delay 0 echo", ""},
	{"--retry-delay 120 --tries 3 echo", ""},
	{"-0 echo ::: x", ""},
	{"--total 3 --no-progress echo", ""},
	{"-r --will-cite --gnu -k --group echo", ""},
}

func TestConflicts(t *testing.T) {
	for _, c := range conflictCases {
		_, _, err := parse(t, strings.Fields(c.args)...)
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: refused: %v", c.args, err)
		case c.text != "" && err == nil:
			t.Errorf("%s: taken, want %q", c.args, c.text)
		case c.text != "" && (!strings.Contains(err.Error(), c.text) || hintOf(err) == "" || statusOfError(err) != exitUsage):
			t.Errorf("%s: %v (hint %q), want %q and a hint", c.args, err, hintOf(err), c.text)
		}
	}
}

var refusal = regexp.MustCompile(`return usage\((?:fmt\.Sprintf\()?"([^"%]*)`)

// A conflict that no row reaches may be one that can't happen.
func TestEveryConflictHasACase(t *testing.T) {
	source, err := os.ReadFile("conflicts.go")
	if err != nil {
		t.Fatal(err)
	}
	found := refusal.FindAllStringSubmatch(string(source), -1)
	if len(found) < 25 {
		t.Fatalf("only %d refusals found in the source", len(found))
	}
	for _, m := range found {
		if !slices.ContainsFunc(conflictCases, func(c struct{ args, text string }) bool {
			return c.text != "" && strings.Contains(m[1], c.text)
		}) {
			t.Errorf("no case for %q", m[1])
		}
	}
}
