package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const manPage = "man/pmap.1"

// A described option is what a reader is told of it.
type described struct {
	Theme string
	Form  string // such as "-j, --jobs N"
	text  string
}

// manSections cuts the page's source at a macro: "Sh" or, within a section,
// "Ss".
func manSections(source, macro string) map[string]string {
	sections := map[string]string{}
	for i, part := range strings.Split("\n"+source, "\n."+macro+" ") {
		title, body, _ := strings.Cut(part, "\n")
		if i > 0 {
			sections[title] = body
		}
	}
	return sections
}

func manSection(t *testing.T, title string) string {
	t.Helper()
	source, err := os.ReadFile(manPage)
	if err != nil {
		t.Fatal(err)
	}
	body, ok := manSections(string(source), "Sh")[title]
	if !ok {
		t.Fatalf("the page has no section %s", title)
	}
	return body
}

// manOptions are the options of the page, in its order.
func manOptions(t *testing.T) (found []described) {
	theme := ""
	for line := range strings.Lines(manSection(t, "OPTIONS")) {
		macro, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case macro == ".Ss":
			theme = rest
		case macro == ".It":
			found = append(found, described{Theme: theme, Form: manForm(rest)})
		case len(found) > 0:
			found[len(found)-1].text += line
		}
	}
	return found
}

// manForm is the form of an option as mdoc would print it.
func manForm(words string) string {
	form, glued, closing := "", false, ""
	for _, word := range strings.Fields(words) {
		space := " "
		if glued || form == "" || word == "," {
			space = ""
		}
		glued = false
		switch word {
		case "Ns":
			glued = true
		case "Op":
			form += space + "["
			glued, closing = true, "]"
		case "Fl":
			form += space + "-"
			glued = true
		case "Ar":
			glued = space == ""
			if !glued {
				form, glued = form+" ", true
			}
		default:
			form += space + word
		}
	}
	return form + closing
}

// helpOptions are the options of --help, in its order.
func helpOptions(help string) (found []described) {
	theme := ""
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line != "" && line[0] != ' ':
			theme = line
		case helpOption.MatchString(line):
			m := helpOption.FindStringSubmatch(line)
			found = append(found, described{Theme: theme, Form: strings.TrimSpace(m[1]), text: m[2]})
		case strings.HasPrefix(line, helpIndent) && len(found) > 0:
			found[len(found)-1].text += " " + strings.TrimSpace(line)
		}
	}
	return found
}

var (
	helpIndent = strings.Repeat(" ", 29)
	helpOption = regexp.MustCompile(`^  ((?:-., |    )--\S+(?: \S+)?)(?:  +(.*))?$`)
	helpValue  = regexp.MustCompile(`\(default ([^ )]+)\)`)
)

func pmapHelp(t *testing.T) string {
	t.Helper()
	help, err := exec.Command(filepath.Join(binDir(), "pmap"), "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(help)
}

// TestManHasEveryOption holds the options of the page against those of --help:
// the same ones, under the same themes, in the same order, with the same
// letters, arguments and defaults.
func TestManHasEveryOption(t *testing.T) {
	man, help := manOptions(t), helpOptions(pmapHelp(t))
	forms := func(options []described) (forms []string) {
		for _, o := range options {
			forms = append(forms, o.Theme+": "+o.Form)
		}
		return forms
	}
	if len(help) < 50 {
		t.Fatalf("only %d options were found in --help", len(help))
	}
	if diff := cmp.Diff(forms(help), forms(man)); diff != "" {
		t.Fatalf("--help (-) and the page (+) differ:\n%s", diff)
	}
	for i, o := range man {
		if strings.TrimSpace(o.text) == "" {
			t.Errorf("%s has no text", o.Form)
		}
		for _, m := range helpValue.FindAllStringSubmatch(help[i].text, -1) {
			if !strings.Contains(o.text, "default") || !strings.Contains(o.text, m[1]) {
				t.Errorf("%s: the page doesn't say that the default is %s", o.Form, m[1])
			}
		}
	}
}

// statusRows are command lines that end with the statuses of the page.
var statusRows = map[string]string{
	"0":   "pmap true ::: item",
	"1":   "pmap -a nosuch.txt true",
	"2":   "pmap --nosuch true ::: item",
	"123": "pmap false ::: item",
	"125": "pmap 'kill -9 $$; : {}' ::: item",
	"126": "pmap /etc/passwd ::: item",
	"127": "pmap ./nosuch ::: item",
}

// TestManStatuses holds that the page has just the statuses that --help has,
// and that there are such runs.
func TestManStatuses(t *testing.T) {
	var man []string
	for line := range strings.Lines(manSection(t, "EXIT STATUS")) {
		if item, ok := strings.CutPrefix(line, ".It "); ok && item != "Em signal\n" {
			man = append(man, strings.TrimSpace(item))
		}
	}
	_, tail, _ := strings.Cut(pmapHelp(t), "\nExit status\n")
	help := regexp.MustCompile(`\d+`).FindAllString(tail, -1)
	slices.Sort(man)
	slices.Sort(help)
	if diff := cmp.Diff(help, man); diff != "" {
		t.Errorf("--help (-) and the page (+) differ:\n%s", diff)
	}
	for _, status := range man {
		command := statusRows[status]
		sh := readerShell(t, command)
		sh.Run()
		if got := sh.ProcessState.String(); got != "exit status "+status {
			t.Errorf("%s: %q ended with %s", status, command, got)
		}
	}
}

// readerShell is a shell command that finds pmap, in a folder of its own.
func readerShell(t *testing.T, command string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = t.TempDir()
	cmd.Env = append(readerEnvironment(), "PATH="+binDir()+string(os.PathListSeparator)+os.Getenv("PATH"), "LC_ALL=C")
	return cmd
}

// exampleWidth is how long an example may be, behind its margin.
const exampleWidth = 69

// TestManExamples holds that pmap takes each command line of the examples. It
// runs none of them: what they call may not be there.
func TestManExamples(t *testing.T) {
	tools := t.TempDir()
	for _, name := range []string{"curl", "ssh"} {
		if err := os.Symlink("/bin/true", filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	count := 0
	for line := range strings.Lines(manSection(t, "EXAMPLES")) {
		literal, ok := strings.CutPrefix(line, ".Dl ")
		if !ok {
			continue
		}
		count++
		command := strings.TrimSpace(roff.Replace(literal))
		if len(command) > exampleWidth {
			t.Errorf("%s: a terminal of 80 columns would break it", command)
		}
		sh := readerShell(t, strings.ReplaceAll(command, "pmap ", "pmap --dry-run "))
		sh.Env = append(sh.Env, "PATH="+binDir()+":"+os.Getenv("PATH")+":"+tools)
		for _, input := range []string{"urls.txt", "commands.txt", "runs.txt", "names", "names.txt", "hosts.txt"} {
			if err := os.WriteFile(filepath.Join(sh.Dir, input), []byte("one\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		out, err := sh.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
	if count < 8 {
		t.Errorf("only %d examples were found", count)
	}
}

// roff is what the page writes for characters that roff would change.
var roff = strings.NewReplacer(`\(aq`, "'", `\(dq`, `"`, `\(ga`, "`", `\-`, "-", `\e`, `\`, `\&`, "")

// TestManWords holds that a word of a command line isn't taken for punctuation,
// which would stand right behind the word before it.
func TestManWords(t *testing.T) {
	mark := func(w string) bool { return len(w) == 1 && strings.Contains(",.:;!?)]([", w) }
	for _, page := range []string{manPage, "man/pmap-xargs.1", "man/pmap-journal.5"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != ".Dl" && words[0] != ".Ql" {
				continue
			}
			for len(words) > 1 && words[0] == ".Ql" && mark(words[len(words)-1]) {
				words = words[:len(words)-1] // what follows the literal
			}
			for _, w := range words[1:] {
				if mark(w) && w != "," {
					t.Errorf("%s: %s: write \\&%s", page, strings.TrimSpace(line), w)
				}
			}
		}
	}
}

// TestManLint holds the page against mandoc's own rules.
func TestManLint(t *testing.T) {
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("there is no mandoc here to check the page with")
	}
	for _, page := range []string{manPage, "man/pmap-xargs.1", "man/pmap-journal.5"} {
		if out, err := exec.Command(mandoc, "-T", "lint", "-W", "warning", page).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
