package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/runner"
	"pmap/runner/template"
	"pmap/runner/warm"
	"pmap/startmode"
)

// warmOptions say in which interpreter, started and prepared before, the items
// run.
type warmOptions struct {
	preload string
	python  string
	code    string
	setup   string
	coproc  string
	window  countValue
	framing choiceValue
}

func (o *warmOptions) AddFlags(fs *pflag.FlagSet) {
	fs.Var((*onceValue)(&o.preload), "preload", "the command runs in a shell that has read `FILE`: bash, or dash by --shell dash; it is started once for each slot")
	fs.StringVar(&o.python, "python", "", "call main(ITEM) of `FILE` for each item, in a Python that has imported it once for each slot")
	fs.StringVar(&o.code, "python-code", "", "run the Python `CODE` for each item, which it finds in item and sys.argv[1]")
	fs.Var((*onceValue)(&o.setup), "python-setup", "run `CODE` once in each slot's Python, such as imports for --python-code")
	o.framing = choiceValue{value: "line", allowed: []string{"line", "nul", "length"}}
	fs.StringVar(&o.coproc, "coproc", "", "keep `CMD` running, once for each slot: it reads the items as lines and answers each with one line")
	fs.Var(&o.window, "coproc-window", "send --coproc's program up to `N` items before they are answered (default as many as make 64 KiB)")
	fs.Var(&o.framing, "coproc-framing", "how items and answers of --coproc end: line, nul, or length, four bytes before each")
}

// program is the Python that is asked for.
const python = "python3"

func (o *warmOptions) isPython() bool { return o.python != "" || o.code != "" }

// forks reports whether items run in forks of a warm interpreter.
func (o *warmOptions) forks() bool { return o.preload != "" || o.isPython() }

// noCommand reports whether there is nothing for the command's words to say.
func (o *warmOptions) noCommand() bool { return o.isPython() || o.coproc != "" }

// overrule says which start method what runs the items implies.
func (o *warmOptions) overrule(pl *plan) {
	switch {
	case o.forks():
		pl.method, pl.methodWhy = methodForkServer, "for "+o.name()
	case o.coproc != "":
		pl.method, pl.methodWhy = methodFork, "for --coproc, once for each slot"
		pl.coproc = o.coprocOptions()
	}
}

// name is the option that asks for it.
func (o *warmOptions) name() string {
	switch {
	case o.preload != "":
		return "--preload"
	case o.python != "":
		return "--python"
	case o.code != "":
		return "--python-code"
	}
	return "--coproc"
}

// warmConflict refuses what says nothing, or something else, with a warm
// interpreter or a coprocess.
func (o *options) warmConflict(given func(...string) bool, words *commandLine) error {
	w := &o.warm
	values := map[string]string{"preload": w.preload, "python": w.python, "python-code": w.code, "coproc": w.coproc}
	chosen := 0
	for name, value := range values {
		if given(name) && value == "" {
			return usage("--"+name+" is empty", "")
		}
		if given(name) {
			chosen++
		}
	}
	switch {
	case chosen > 1:
		return usage("--preload, --python, --python-code and --coproc each say what runs the items", "keep one of them")
	case given("python-setup") && w.code == "":
		return usage("--python-setup prepares --python-code, and there is none", "a file's own imports are done once: --python FILE")
	case given("coproc-window", "coproc-framing") && w.coproc == "":
		return usage("--coproc-window and --coproc-framing are for --coproc, and there is none", "leave them out")
	case given("coproc-window") && w.window < 1:
		return usage("--coproc-window 0 would send nothing", "leave it out: then up to 64 KiB are sent ahead")
	case chosen == 0:
		return nil
	}
	return cmp.Or(o.warmMethodConflict(given), o.warmShellConflict(), o.wordsConflict(given, words), o.coprocConflict(given))
}

func (o *options) warmMethodConflict(given func(...string) bool) error {
	name, method := o.warm.name(), o.workers.startMethod.value
	switch {
	case runtime.GOOS != "linux" && o.warm.forks():
		return usage(name+" needs Linux", "")
	case method != "" && method != methodFork && o.warm.coproc != "":
		return usage("--coproc starts one program for each slot, by fork, and --start-method is "+method, "leave --start-method out")
	case method != "" && method != methodForkServer && o.warm.forks():
		return usage(name+" is a forkserver, and --start-method "+method+" is none", "leave --start-method out")
	case given("init", "fini", "max-tasks-per-child"):
		return usage("--init, --fini and --max-tasks-per-child are for spawned workers, and "+name+" has others", "leave them out")
	case given("workdir", "wd"):
		return usage("--workdir is for processes of their own, and "+name+" runs the items in others", o.warm.dirHint())
	case given("interactive") && o.warm.coproc != "":
		return usage("--coproc is sent many items at once, and -p asks for each", "leave -p out")
	case o.pool.terminal:
		return usage("-o gives the terminal to jobs that pmap itself starts", "leave "+name+" out, or -o")
	}
	return nil
}

// dirHint is how the items get a directory all the same.
func (o *warmOptions) dirHint() string {
	switch {
	case o.isPython():
		return "change the directory in Python: os.chdir(...)"
	case o.coproc != "":
		return "change the directory in the program: --coproc 'cd DIR && ...'"
	}
	return "change the directory in the command: cd {} && ..."
}

func (o *options) warmShellConflict() error {
	if o.warm.preload == "" {
		return nil
	}
	shell := o.warm.shell(o.command.shellWords(&environment{}))
	switch {
	case o.command.noShell:
		return usage("--no-shell runs no shell, and --preload prepares one", "leave one of them out")
	case !isBash(shell) && !slices.Contains([]string{"dash", "sh"}, filepath.Base(shell[0])):
		return usage("--preload works with bash, dash and sh, not with "+shell[0], "--shell bash")
	}
	return nil
}

func (o *options) wordsConflict(given func(...string) bool, words *commandLine) error {
	if !o.warm.noCommand() {
		return nil
	}
	name := o.warm.name()
	switch {
	case len(words.command) > 0:
		return usage(fmt.Sprintf("%s is what runs, so %q is one word too many", name, words.command[0]), "values stand after :::")
	case o.warm.isPython() && (given("shell") || o.command.noShell) || o.command.only() != "":
		return usage(name+" takes each item as it is: there is no shell, and no placeholder", "leave --shell, --no-shell, -I and -i out")
	case !o.blocks.pipe && given(packFlags...):
		return usage(name+" takes one item at a time", "leave out what puts several items into one command, or bounds it")
	}
	return nil
}

// coprocConflict is about what only a process of its own could do for an item.
func (o *options) coprocConflict(given func(...string) bool) error {
	switch {
	case o.warm.coproc == "":
		return nil
	case o.output.ungroup:
		return usage("--coproc matches each answer to its item, and with -u no output passes through pmap", "leave -u out; --unordered holds nothing back for the order")
	case o.command.stdin != "" || o.command.stdout != "":
		return usage("--coproc's program reads and writes all items' lines, so --stdin and --stdout say nothing", "leave them out")
	}
	return nil
}

// shell is the argv of the shell that reads the file.
func (o *warmOptions) shell(chosen []string) []string {
	if len(chosen) > 0 {
		return chosen
	}
	return []string{"bash"}
}

func isBash(shell []string) bool { return filepath.Base(shell[0]) == "bash" }

// item stands for the item in the words of a Python: code may hold braces.
const item = "\x01item\x01"

// A preparation is what a warm interpreter has done before the items, if anything,
// and how many of a job's words come before the item's own. The zero value is for
// jobs that have none.
type preparation struct {
	interpreter []string
	done        string
	lead        int
}

// String tells of the interpreter.
func (p preparation) String() string {
	return jsonWords(p.interpreter) + ", one for each slot, which " + p.done + "forks for each item"
}

// adapt makes the command that of the interpreter.
func (o *options) adapt(cfg *template.Config) (p preparation) {
	switch w := &o.warm; {
	case w.preload != "":
		cfg.Prepared = true
		cfg.Shell = w.shell(o.command.shellWords(&environment{}))
		p = preparation{cfg.Shell, fmt.Sprintf("has read %q and ", w.preload), len(cfg.Shell) + 3} // -c, the script, $0
	case w.python != "":
		cfg.Words, cfg.Mode, cfg.Replace = []string{python, w.python, item}, template.Argv, item
		p = preparation{cfg.Words[:2], "has read it and ", 2}
	case w.coproc != "":
		cfg.Words, cfg.Replace, cfg.Placed = []string{w.coproc}, item, true
	case w.code != "":
		cfg.Words, cfg.Mode, cfg.Replace = []string{python, "-c", w.code, item}, template.Argv, item
		p = preparation{cfg.Words[:3], "", 3}
		if w.setup != "" {
			p.done = fmt.Sprintf("has run %q and ", w.setup)
		}
	}
	return p
}

// file is what interpreters read first, or empty.
func (o *warmOptions) file() string { return cmp.Or(o.preload, o.python) }

// checkFile refuses a file that interpreters could not read: they would each say
// so, and less well.
func (o *warmOptions) checkFile() error {
	if o.file() == "" {
		return nil
	}
	if err := readable(o.file()); err != nil {
		return fmt.Errorf("cannot read %q, which %s names: %w", o.file(), o.name(), err)
	}
	return nil
}

// setWarm makes the interpreters the parents of the jobs.
func (r *execution) setWarm(cfg *runner.Config) error {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		return fmt.Errorf("cannot use %s, which needs /proc: %w", r.warm.name(), err.(*os.PathError).Err)
	}
	cfg.Prepare = true
	server := warm.Config{
		Interpreter: r.interpreter(), Path: startmode.MakePath(r.tmpl.Program()),
		Name:    strings.TrimSpace(r.warm.name() + " " + r.warm.file()),
		Starter: cfg.Starter, Files: [3]int{cfg.Jobs.Stdin, cfg.Output.Fds[0], cfg.Output.Fds[1]},
		Own: r.ownFiles(cfg),
	}
	cfg.Parent = func(int) (startmode.Parent, error) { return warm.NewServer(server), nil }
	return nil
}

// ownFiles are the fds that each job has of its own.
func (r *execution) ownFiles(cfg *runner.Config) [3]bool {
	captured := cfg.Output.Grouping != runner.Ungrouped
	return [3]bool{
		cfg.Jobs.StdinFrom != nil || r.plan.shares != nil && r.plan.scratch == "",
		cfg.Jobs.StdoutTo != nil || captured,
		captured,
	}
}

// readable reports why interpreters could not read a program from the file.
// Shells go on where it is a directory, as if they had read nothing.
func readable(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return err.(*os.PathError).Err
	case info.IsDir():
		return unix.EISDIR
	case info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 || isOwnName(file):
		return errors.New("each slot has an interpreter that reads it, also later in the run: save it in a file")
	}
	f, err := os.Open(file)
	if err != nil {
		return err.(*os.PathError).Err
	}
	return f.Close()
}

// isOwnName reports whether each process finds something else under a name.
func isOwnName(name string) bool {
	return slices.ContainsFunc([]string{"/dev/fd/", "/dev/std", "/proc/self/fd/", "/proc/thread-self/fd/"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// coprocOptions say how the program that answers the items is spoken to.
func (o *warmOptions) coprocOptions() *runner.CoprocOptions {
	framing := map[string]runner.Framing{"line": runner.FramedByLine, "nul": runner.FramedByNUL, "length": runner.FramedByLength}
	return &runner.CoprocOptions{Framing: framing[o.framing.value], Window: int(o.window)}
}

func (r *execution) interpreter() warm.Interpreter {
	switch w := &r.warm; {
	case w.preload != "":
		shell := w.shell(r.options.command.shellWords(&environment{}))
		if isBash(shell) {
			return warm.Bash(shell, w.preload, r.tmpl.Compiled())
		}
		return warm.Dash(shell, w.preload, r.tmpl.Compiled())
	case w.python != "":
		return warm.PythonFile(python, w.python)
	default:
		return warm.PythonCode(python, w.code, w.setup)
	}
}
