package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// parse reads a command line up to the point where everything is known of it.
func parse(t *testing.T, args ...string) (*options, *commandLine, error) {
	t.Helper()
	o := &options{}
	root := newRootCommand(o, "pmap", nil)
	fs := root.Flags()
	args = attachValues(fs, args)
	if err := fs.Parse(args); err != nil {
		return o, nil, flagError(fs, err)
	}
	if err := o.parseShellWord(fs, args); err != nil {
		return o, nil, flagError(fs, err)
	}
	words, err := o.input.split(fs.Args())
	if err != nil {
		return o, nil, err
	}
	return o, words, o.conflicts(fs, words)
}

func TestOptionsEndAtTheFirstWord(t *testing.T) {
	o, words, err := parse(t, "-j4", "echo", "-j8", "--", "-0", ":::", "-k", "--", "a")
	if err != nil {
		t.Fatal(err)
	}
	if o.pool.jobs.count != 4 || o.input.null || o.output.keepOrder {
		t.Errorf("an option after the first word was taken: %+v", o)
	}
	want := &commandLine{command: []string{"echo", "-j8", "--", "-0"}, sources: []source{{values: []string{"-k", "--", "a"}}}}
	if d := cmp.Diff(want, words, cmp.AllowUnexported(commandLine{}, source{})); d != "" {
		t.Error(d)
	}
}

func TestDashesEndOptions(t *testing.T) {
	_, words, err := parse(t, "-k", "--", "-x", "report")
	if err != nil || !slices.Equal(words.command, []string{"-x", "report"}) {
		t.Errorf("command = %q, %v", words.command, err)
	}
}

func TestSources(t *testing.T) {
	v := func(values ...string) source { return source{values: values} }
	f := func(name string) source { return source{file: name} }
	l := func(s source) source { s.linked = true; return s }
	for _, c := range []struct {
		words string
		want  []source
		err   string
	}{
		{"echo", []source{f("-")}, ""},
		{"echo :::", []source{v()}, ""},
		{"echo ::: a b", []source{v("a", "b")}, ""},
		{"::: a", []source{v("a")}, ""},
		{"echo a:::b", []source{f("-")}, ""},
		{"echo ::: a ::: b", []source{v("a"), v("b")}, ""},
		{"echo ::: a :::+ b", []source{v("a"), l(v("b"))}, ""},
		{"--link echo ::: a ::: b", []source{v("a"), {values: []string{"b"}, linked: true, byLink: true}}, ""},
		{"echo ::: a :::: f g", []source{v("a"), f("f"), f("g")}, ""},
		{"echo ::: a ::::+ f g", []source{v("a"), l(f("f")), l(f("g"))}, ""},
		{"-a f -a g echo ::: a", []source{f("f"), f("g"), v("a")}, ""},
		{"-a f echo :::+ a", []source{f("f"), l(v("a"))}, ""},
		{"--arg-sep ,, --arg-file-sep @ echo ::: ,, a @ f ,,+ b", []source{v("a"), f("f"), l(v("b"))}, ""},
		{"echo :::+ a", nil, "no source before :::+"},
		{"echo ::::", nil, "no file is named after ::::"},
		{"echo :::: - ::: a :::: -", nil, "standard input is given as two sources"},
		{"echo ::: a b :::+ c", nil, "has 1 value, and source 1 (:::), which it is linked to, has 2"},
		{"--arg-sep :::: echo", nil, "are the same"},
	} {
		_, line, err := parse(t, strings.Fields(c.words)...)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) || hintOf(err) == "" {
				t.Errorf("%q: error %v, want %q and a hint", c.words, err, c.err)
			}
		case err != nil:
			t.Errorf("%q: %v", c.words, err)
		default:
			if d := cmp.Diff(c.want, line.sources, cmp.AllowUnexported(source{}), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%q: %s", c.words, d)
			}
		}
	}
}

func TestSubcommandsAreTheFirstWordOnly(t *testing.T) {
	for args, want := range map[string]string{
		"xargs echo": "xargs", "report": "report", "completion bash": "completion", "help": "help",
		"": "", "-k xargs": "", "-- help": "", "echo help": "", "helper": "",
	} {
		if got := subcommandOf(strings.Fields(args)); got != want {
			t.Errorf("%q: subcommand %q, want %q", args, got, want)
		}
	}
}

func TestAttachValues(t *testing.T) {
	fs := newRootCommand(&options{}, "pmap", nil).Flags()
	for args, want := range map[string]string{
		"-i echo":               "-i echo",
		"-i@ echo":              "-i=@ echo",
		"-ti@ echo":             "-ti=@ echo",
		"-it echo":              "-i=t echo",
		"-eEND echo":            "-e=END echo",
		"-i=@ echo":             "-i=@ echo",
		"-E -iX echo":           "-E -iX echo",
		"-EeX echo":             "-EeX echo",
		"-j 4 -i@ echo":         "-j 4 -i=@ echo",
		"--jobs 4 -i@ echo":     "--jobs 4 -i=@ echo",
		"--jobs=4 -i@ echo":     "--jobs=4 -i=@ echo",
		"--shell -i@ echo":      "--shell -i=@ echo",
		"echo -i@":              "echo -i@",
		"-- -i@":                "-- -i@",
		"-ki@ -j2 echo -eX":     "-ki=@ -j2 echo -eX",
		"--unknown -i@ -Z -eX":  "--unknown -i=@ -Z -e=X",
		"-a - -eX -":            "-a - -e=X -",
		"-Zi@ is left to pflag": "-Zi@ is left to pflag",
	} {
		if got := strings.Join(attachValues(fs, strings.Fields(args)), " "); got != want {
			t.Errorf("%s\n got %s\nwant %s", args, got, want)
		}
	}
}

func TestOldReplaceStrings(t *testing.T) {
	for args, want := range map[string]string{
		"-i echo": "{}", "-i@ echo": "@", "-I % echo": "%", "-I% echo": "%", "echo": "",
	} {
		o, _, err := parse(t, strings.Fields(args)...)
		if err != nil || o.command.only() != want {
			t.Errorf("%s: placeholder %q, %v; want %q", args, o.command.only(), err, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for _, c := range []struct {
		args    []string
		given   bool
		shell   string
		command []string
		jobs    int
	}{
		{[]string{"--shell", "echo {}"}, true, "", []string{"echo {}"}, 0},
		{[]string{"--shell=bash -eu", "echo {}"}, true, "bash -eu", []string{"echo {}"}, 0},
		{[]string{"--shell", "bash", "echo {}"}, true, "bash", []string{"echo {}"}, 0},
		{[]string{"--shell", "zsh", "-j3", "echo {}"}, true, "zsh", []string{"echo {}"}, 3},
		{[]string{"--shell", "bash", ":::", "a"}, true, "", []string{"bash"}, 0},
		{[]string{"--shell", "bash"}, true, "", []string{"bash"}, 0},
		{[]string{"--shell", "--", "bash", "x"}, true, "", []string{"bash", "x"}, 0},
		{[]string{"--shell=sh", "bash", "x"}, true, "sh", []string{"bash", "x"}, 0},
		{[]string{"bash", "x"}, false, "", []string{"bash", "x"}, 0},
	} {
		o, words, err := parse(t, c.args...)
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		if o.command.shell.given != c.given || o.command.shell.command != c.shell ||
			!slices.Equal(words.command, c.command) || o.pool.jobs.count != c.jobs {
			t.Errorf("%q: shell %+v, command %q, jobs %d", c.args, o.command.shell, words.command, o.pool.jobs.count)
		}
	}
}

func TestUnknownOptions(t *testing.T) {
	for args, want := range map[string]string{
		"--retrys 3":      "did you mean --retries?",
		"--time-out 3":    "did you mean --timeout?",
		"--line-bufer":    "did you mean --line-buffer?",
		"--unorderd":      "did you mean --unordered?",
		"--qqqqqqqqq":     "pmap --help shows all options",
		"-Z":              "pmap -h shows",
		"-kZ":             "pmap -h shows",
		"-q echo":         "{q}",
		"--quote echo":    "{q}",
		"-J prof":         "shell function",
		"-S host":         "pmap ssh HOST",
		"--sshlogin host": "pmap ssh HOST",
		"--rpl x":         "in a script",
		"--total-jobs 3":  "--total",
		"--ll":            "--help",
		"--minversion 1":  "--help",
	} {
		_, _, err := parse(t, strings.Fields(args)...)
		if err == nil || statusOfError(err) != exitUsage || !strings.Contains(hintOf(err), want) {
			t.Errorf("%s: %v with hint %q, want a usage error with %q", args, err, hintOf(err), want)
		}
	}
}

// The hints of refused options must not be shadowed by options that exist.
func TestRefusedAreNotDefined(t *testing.T) {
	fs := newRootCommand(&options{}, "pmap", nil).Flags()
	for name := range refused {
		if fs.Lookup(name) != nil || len(name) == 1 && fs.ShorthandLookup(name) != nil {
			t.Errorf("%s is refused and defined", name)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1},
		{"retrys", "retries", 2}, {"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want || distance(c.b, c.a) != got {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
