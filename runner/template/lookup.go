package template

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// defaultPath is searched where the environment has no PATH.
const defaultPath = "/bin:/usr/bin"

// getenv returns the last value of a variable, as os.Getenv would.
func getenv(environ []string, name string) (value string, ok bool) {
	for i := len(environ) - 1; i >= 0; i-- {
		if v, found := strings.CutPrefix(environ[i], name); found && strings.HasPrefix(v, "=") {
			return v[1:], true
		}
	}
	return "", false
}

// LookPath returns the path of the program that execvp would run under the
// environment. The error is a *ProgramError.
func LookPath(name string, environ []string) (path string, err error) {
	switch {
	case name == "":
		return "", notFound(name)
	case strings.Contains(name, "/"):
		return name, runnable(name, name)
	}
	list, ok := getenv(environ, "PATH")
	if !ok {
		list = defaultPath
	}
	var refused error
	for _, dir := range filepath.SplitList(list) {
		path := dir + "/" + name
		if dir == "" {
			path = "./" + name
		}
		err := runnable(path, name)
		if err == nil {
			return path, nil
		}
		if pe, ok := err.(*ProgramError); ok && pe.Status == 126 && refused == nil {
			refused = err
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", notFound(name)
}

// Relative reports whether the program's name is a path from the directory that
// a process runs in.
func Relative(name string) bool {
	return strings.Contains(name, "/") && !strings.HasPrefix(name, "/")
}

func notFound(name string) *ProgramError {
	return &ProgramError{Status: 127, Msg: fmt.Sprintf("cannot find the program %q", name)}
}

// runnable returns nil if path is a file that may be executed.
func runnable(path, name string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && isMissing(err):
		return notFound(name)
	case err != nil:
		return &ProgramError{Status: 126, Msg: fmt.Sprintf("cannot run %q: %s", path, reason(err))}
	case info.IsDir():
		return &ProgramError{Status: 126, Msg: fmt.Sprintf("cannot run %q: is a directory", path)}
	}
	if err := unix.Access(path, unix.X_OK); err != nil {
		return &ProgramError{Status: 126, Msg: fmt.Sprintf("cannot run %q: %s", path, err)}
	}
	return nil
}

func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
}

// reason is the system's error behind err.
func reason(err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err
	}
	return err
}

// lookProgram is LookPath for the program of the command line, whose error
// says what may have been meant.
func lookProgram(cfg *Config, name string) (string, error) {
	if cfg.Moved && Relative(name) {
		return name, nil
	}
	path, err := LookPath(name, cfg.Environ)
	if pe, ok := err.(*ProgramError); ok {
		pe.Hint = programHint(cfg, name)
		return "", pe
	}
	return path, nil
}

// programHint says what fits a name that can't be run.
func programHint(cfg *Config, name string) string {
	switch {
	case name == "" || name[0] == '-':
		return ""
	case strings.ContainsAny(name, " \t\n") && len(cfg.Words) > 1 && strings.HasPrefix(cfg.Words[1], "-"):
		return optionsFirst
	case isAssignment(name):
		return "to set a variable: pmap env " + quoteSources(cfg.Words)
	case isInteger([]byte(name)):
		return "for the memory of a process, procps has another pmap: /usr/bin/pmap " + name
	case strings.ContainsAny(name, " \t\n") && cfg.Mode == Argv && len(cfg.Words) == 1:
		return "it holds spaces; as a script: pmap " + quoteSource(name)
	case strings.ContainsAny(name, " \t\n") && hasScriptByte(strings.Join(strings.Fields(name), "")):
		return "as a script it is one word with what follows: pmap " + quoteSource(withItem(cfg, name+" "+quoteSources(cfg.Words[1:])))
	case strings.ContainsAny(name, " \t\n"):
		return "it holds spaces; as words of their own: pmap " + quoteSources(append(strings.Fields(name), cfg.Words[1:]...))
	case isBuiltin(name):
		return fmt.Sprintf("it is a shell builtin: pmap --shell %s", quoteSource(withItem(cfg, oneWord(cfg.Words))))
	case strings.Contains(name, "/"):
		return unrunnableHint(name)
	case runnable("./"+name, name) == nil:
		return fmt.Sprintf("the file ./%s exists: pmap %s", name, quoteSources(append([]string{"./" + name}, cfg.Words[1:]...)))
	case hasFile("./" + name):
		return unrunnableHint("./" + name)
	}
	if _, ok := exportedFunction(name, cfg.Around); ok {
		return "it is a function of bash, which these jobs don't get by themselves: --env " + quoteSource(name)
	}
	if !canBeFunction(name) {
		return ""
	}
	return "if it is a shell function: export -f " + quoteSource(name) + " (bash)"
}

// isAssignment reports whether a shell would take the word for NAME=VALUE.
func isAssignment(word string) bool {
	name, _, found := strings.Cut(word, "=")
	return found && isName(name)
}

// canBeFunction reports whether people give such names to functions of bash.
func canBeFunction(name string) bool {
	return isName(strings.NewReplacer("-", "_", ".", "_", ":", "_", "+", "_").Replace(name))
}

// unrunnableHint is for a path: only a file that is there can be helped.
func unrunnableHint(path string) string {
	if !hasFile(path) {
		return ""
	}
	return fmt.Sprintf("the file %s exists but isn't executable: chmod +x %s", path, quoteSource(path))
}

// withItem is the script that the command line makes, such that it says where
// the item goes.
func withItem(cfg *Config, script string) string {
	for _, s := range cfg.Words {
		if w, err := compileWord(s, cfg.Replace); err == nil && !w.Constant() {
			return script
		}
	}
	if cfg.Replace != "" {
		return script + " " + cfg.Replace
	}
	return script + " {}"
}

func hasFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// exportedFunction reports whether bash exported a function of that name to
// the environment.
func exportedFunction(name string, environ []string) (function string, ok bool) {
	if name == "" || strings.Contains(name, "/") {
		return "", false
	}
	body, ok := getenv(environ, "BASH_FUNC_"+name+"%%")
	return name, ok && strings.HasPrefix(body, "() {")
}
