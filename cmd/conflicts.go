package cmd

import (
	"cmp"
	"strings"

	"github.com/spf13/pflag"
)

// conflicts refuses options that can't stand together, right after parsing.
// An option that could only be ignored is refused too.
func (o *options) conflicts(fs *pflag.FlagSet, words *commandLine) error {
	given := func(names ...string) bool {
		for _, n := range names {
			if fs.Changed(n) {
				return true
			}
		}
		return false
	}
	return cmp.Or(
		emptyConflict(fs),
		o.blockConflict(given, words),
		o.input.conflict(given, words), o.commandConflict(given), o.packConflict(given, words),
		o.outputConflict(given), o.terminalConflict(given),
		o.builtinConflict(given, words), o.warmConflict(given, words), o.workers.conflict(given, o.method(), o.pool.terminal),
		o.reportConflict(), o.failureConflict(given),
		o.recordsConflict(given), o.resultsConflict(given), o.jsonConflict(given))
}

// emptyConflict refuses an empty value where it would say nothing: it comes
// from a variable that isn't set.
func emptyConflict(fs *pflag.FlagSet) error {
	for _, name := range []string{"stdin", "stdout", "tagstring", "failed-to", "tmpdir", "init", "fini"} {
		if f := fs.Lookup(name); f.Changed && f.Value.String() == "" {
			return usage("an empty value says nothing: --"+name, "leave it out, or see why it is empty")
		}
	}
	return nil
}

func (o *options) commandConflict(given func(...string) bool) error {
	switch {
	case given("shell") && o.command.noShell:
		return usage("--shell and --no-shell contradict each other", "keep one of them")
	case given("replace") && given("replace-old"):
		return usage("-I and -i both name the placeholder", "keep one of them: -i is -I {}")
	case given("eof") && given("end-string"):
		return usage("-E and -e both name what ends the input", "keep one of them")
	case given("replace", "replace-old") && o.command.only() == "":
		return usage("-I needs a placeholder that isn't empty", "for example: pmap -I @ cp @ backup/@")
	case o.command.explain && o.records.resume:
		return usage("--explain looks at the command alone, and --resume is about the items", "leave --resume out; --dry-run --resume prints what is left to do")
	case o.pool.ask && (o.command.dryRun || o.command.explain):
		return usage("-p asks what is to run, and --dry-run and --explain run nothing", "leave -p out")
	case o.pool.ask && o.output.progress:
		return usage("-p asks on the terminal, and progress can't be shown on it meanwhile", "leave --progress out")
	case given("workdir", "wd") && o.command.workdir == "":
		return usage("--workdir needs a directory", "for an empty one for each job: --workdir ...")
	case o.command.dryRun && o.command.explain:
		return usage("--dry-run and --explain print different things", "keep one of them")
	}
	return nil
}

func (o *options) packConflict(given func(...string) bool, words *commandLine) error {
	p := &o.pack
	counted := p.items.given || p.lines.given
	switch {
	case p.repeat && (p.splice || p.fill):
		return usage("-X repeats a word for each item, and -m and --xargs put all items into it", "keep one of them")
	case given("max-args") && given("max-replace-args"):
		return usage("-n and -N are the same number", "keep one of them")
	case given("max-lines") && given("max-lines-old"):
		return usage("-L and -l are the same number", "keep one of them")
	case p.items.given && p.lines.given:
		return usage("-n counts items and -L counts lines", "keep one of them")
	case counted && p.items.n+p.lines.n == 0 && (p.repeat || p.splice || p.fill || p.size.bytes > 0 || p.exit || p.pad):
		return usage("with 0 no item is put into the command, so nothing bounds or places them", "leave the other options about it out")
	case p.pad && p.items.n < 2 && !o.input.rows(words):
		return usage("--pad fills a command up to the number of -n, and rows up to the columns that the command names", "add -n N, such as -n 3")
	case given("max-chars") && p.size.bytes == 0:
		return usage("-s 0 leaves room for no command", "leave it out: the system's own limit holds")
	}
	return nil
}

func (o *options) outputConflict(given func(...string) bool) error {
	out := &o.output
	switch {
	case out.keepOrder && out.unordered:
		return usage("-k and --unordered contradict each other", "input order is the default: leave -k out, or --unordered")
	case out.keepOrder && out.ungroup:
		return usage("-k and -u contradict each other: with -u output is never held back", "leave one of them out")
	case out.group && out.ungroup:
		return usage("--group and -u contradict each other", "leave one of them out")
	case out.group && out.lineBuffer:
		return usage("--group and --line-buffer contradict each other", "leave one of them out")
	case out.lineBuffer && out.ungroup:
		return usage("--line-buffer and -u contradict each other", "--line-buffer keeps lines whole, -u costs least: keep one of them")
	case out.tag && given("tagstring"):
		return usage("--tag and --tagstring both say what goes before each line", "keep one of them: --tag is --tagstring {}")
	case (out.tag || given("tagstring")) && out.ungroup:
		return usage("with -u jobs write their lines themselves, so nothing can be put before them", "leave -u out; --line-buffer shows lines as they come")
	case given("color") && !out.tag && !given("tagstring"):
		return usage("--color is about tags, and there are none", "add --tag, or leave --color out")
	case given("buffer", "spill", "tmpdir") && out.ungroup:
		return usage("with -u no output waits, so --buffer, --spill and --tmpdir say nothing", "leave them out, or -u")
	}
	return nil
}

// terminalConflict is about -o, which implies -j1 and -u.
func (o *options) terminalConflict(given func(...string) bool) error {
	out := &o.output
	if !o.pool.terminal {
		return nil
	}
	switch {
	case given("jobs", "max-procs") && o.pool.jobs.text != "1":
		return usage("-o gives the terminal to one job at a time", "leave -j out")
	case o.command.stdin != "":
		return usage("-o and --stdin both say what a job reads", "keep one of them")
	case out.keepOrder || out.unordered || out.group || out.lineBuffer:
		return usage("with -o jobs write to the terminal themselves: there is no order or grouping to choose",
			"leave -k, --unordered, --group and --line-buffer out")
	case out.tag || given("tagstring"):
		return usage("with -o jobs write to the terminal themselves, so nothing can be put before their lines", "leave --tag and --tagstring out")
	case given("buffer", "spill", "tmpdir"):
		return usage("with -o no output waits, so --buffer, --spill and --tmpdir say nothing", "leave them out")
	case out.progress:
		return usage("with -o the terminal is the job's, and progress can't be shown on it", "leave --progress out")
	}
	return nil
}

func (o *options) reportConflict() error {
	out := &o.output
	switch {
	case out.progress && out.noProgress:
		return usage("--progress and --no-progress contradict each other", "keep one of them")
	case out.quiet && out.progress:
		return usage("--quiet and --progress contradict each other", "leave one of them out")
	case out.quiet && out.commands:
		return usage("--quiet and -t contradict each other", "leave one of them out")
	case out.quiet && out.verbose:
		return usage("--quiet and -v contradict each other", "leave one of them out")
	}
	return nil
}

func (o *options) failureConflict(given func(...string) bool) error {
	f := &o.failure
	once := f.tries == 1
	switch {
	case given("tries") && given("retries"):
		return usage("--tries and --retries are the same number", "keep one of them")
	case once && given("retry-delay", "retry-max-delay", "retry-on"):
		return usage("--retry-delay, --retry-max-delay and --retry-on say nothing while each item is tried once", "add --tries N, such as --tries 5")
	case f.delay > f.maxDelay && given("retry-max-delay"):
		return usage("--retry-max-delay is shorter than --retry-delay", "the delay grows from the one to the other")
	case f.failFast && given("halt"):
		return usage("--fail-fast and --halt both say when to stop", "keep one of them: --fail-fast is --halt now,fail=1")
	}
	return nil
}

// recordsConflict is about records that don't go together.
func (o *options) recordsConflict(given func(...string) bool) error {
	r := &o.records
	switch {
	case given("journal") && r.journal == "":
		return usage("--journal needs the name of a file", "for example: --journal run.jsonl")
	case given("joblog") && (r.jobLog == "" || r.jobLog == "+"):
		return usage("--joblog needs the name of a file", "for example: --joblog run.log")
	case (r.resumeFailed || r.retryFailed) && r.journal == "" && r.jobLog == "":
		return usage("--resume-failed and --retry-failed go by a job log", "name it: --joblog FILE")
	case r.resumes() && r.journal == "" && r.jobLog == "":
		return usage("--resume needs a record to go on with", "name it: --journal FILE --resume")
	case r.resumes() && r.journal != "" && r.jobLog != "":
		return usage("--journal and --joblog each say what is done already", "to go on, name one of them")
	case (r.resumeFailed || r.retryFailed) && r.jobLog == "":
		return usage("--resume-failed and --retry-failed go by a job log", "with a journal, --resume runs what failed again")
	case (r.resume || r.resumeFailed) && r.jobLog != "" && given("shuf") && !given("seed"):
		return usage("a job log tells jobs apart by their numbers, which go to other items each time under --shuf", "add the --seed of the earlier run; or go by items: --journal FILE --resume")
	case r.retryFailed && (r.resume || r.resumeFailed):
		return usage("--retry-failed runs what failed and nothing else", "leave --resume and --resume-failed out, or --retry-failed")
	case r.retryFailed && (o.command.explain || o.builtins.name != "" || o.warm.forks() || o.warm.coproc != "" || o.pack.several() || o.pack.none() || len(o.input.files) > 0):
		return usage("--retry-failed takes the commands from the job log, as they are", "leave out what says what to run, and with which items")
	case r.retryFailed && (o.command.noShell || given("shuf", "skip", "head", "part")):
		return usage("--retry-failed runs all that failed, in the order of the job log, by a shell", "leave --shuf, --skip, --head, --part and --no-shell out")
	case r.retryFailed && given("stdin", "stdout", "workdir", "wd"):
		return usage("--retry-failed takes the commands from the job log, which has their files and directories, too", "leave --stdin, --stdout and --workdir out")
	case r.keyMtime && r.journal == "":
		return usage("--key-mtime says how a journal tells items apart", "add --journal FILE")
	case r.keyMtime && o.command.workdir != "":
		return usage("--key-mtime looks at files where pmap runs, and under --workdir their names mean others", "leave --workdir out: (cd DIR && pmap ...)")
	}
	return nil
}

// resultsConflict is about what keeps the jobs' output.
func (o *options) resultsConflict(given func(...string) bool) error {
	r := &o.records
	_, kind, _ := r.resultsFile()
	ungrouped := o.output.ungroup || o.pool.terminal
	switch {
	case given("results") && r.results == "":
		return usage("--results needs the name of a folder or file", "for example: --results out")
	case strings.HasSuffix(r.results, ".json"):
		return usage("--results writes no JSON", "--json prints it: --json > "+r.results)
	case kind != noResults && hasPlaceholder(r.results):
		return usage("--results names one folder, without placeholders", "--stdout gives each job a file of its own name")
	case (kind != noResults || r.files) && ungrouped:
		return usage("with -u or -o jobs write their output themselves, so it can't be kept", "leave -u and -o out, or --results and --files")
	case kind == resultsDir && o.blocks.pipe:
		return usage("--results DIR has folders that are called by the items, and under --pipe there are none", "--results FILE.csv keeps rows; or --files")
	case kind == resultsTable && o.output.lineBuffer:
		return usage("--results FILE.csv holds the output of a job until its end, and --line-buffer doesn't", "keep one of them")
	case kind == resultsTable && r.files:
		return usage("--files prints the names of files, and --results FILE.csv makes none for a job", "--results DIR does")
	case r.files && o.command.stdout != "":
		return usage("--stdout names the files already that --files would", "leave --files out")
	}
	return nil
}

// jsonConflict is about --json and --events.
func (o *options) jsonConflict(given func(...string) bool) error {
	r, out := &o.records, &o.output
	_, kind, _ := r.resultsFile()
	switch {
	case given("events") && r.events == "":
		return usage("--events needs the name of a file, or fd:N", "for example: --events events.jsonl")
	case (r.json || r.events != "") && (o.command.dryRun || o.command.explain):
		return usage("--json and --events tell how jobs ran, and --dry-run and --explain run none", "leave them out")
	case !r.json:
		return nil
	case out.ungroup || o.pool.terminal:
		return usage("with -u or -o jobs write their output themselves, so it can't be put into JSON", "leave -u and -o out, or --json")
	case out.lineBuffer:
		return usage("--json prints what a job has printed at its end, and --line-buffer doesn't wait for that", "keep one of them; --unordered doesn't wait for other jobs")
	case out.tag || given("tagstring"):
		return usage("--json has the item in each object, and tags are for lines", "leave --tag and --tagstring out")
	case r.files:
		return usage("--json prints the output, and --files names of files with it", "keep one of them")
	case kind == resultsDir && r.resume:
		return usage("--json tells how jobs ended, and of those that are done only their output is kept", "leave --json out, or --results")
	}
	return nil
}
