package template

import (
	"path/filepath"
	"slices"
	"strings"
)

// compileArgv compiles words that are executed as they are.
func compileArgv(cfg *Config) (*Template, error) {
	words, err := compileWords(cfg)
	if err != nil {
		return nil, err
	}
	if err := refuseCodeWords(cfg, words); err != nil {
		return nil, err
	}
	t := &Template{show: argvDisplay(words)}
	if cfg.Prepared {
		return t, t.runPrepared(cfg, words)
	}
	if words[0].Several() && words[0].many != byColumn {
		return nil, manyPrograms(cfg)
	}
	if !words[0].Constant() {
		t.words = words
		return t, nil
	}
	name := words[0].literal()
	if cfg.Program != "" {
		t.program = cfg.Program
		t.split(words)
		return t, nil
	}
	if function, ok := exportedFunction(name, cfg.Environ); ok {
		return t, t.runFunction(function, words, cfg.Environ)
	}
	if t.program, err = lookProgram(cfg, name); err != nil {
		return nil, err
	}
	t.split(words)
	return t, nil
}

// compileWords compiles each word, and adds one for the item where none has
// a placeholder.
func compileWords(cfg *Config) ([]Word, error) {
	words := make([]Word, 0, len(cfg.Words)+1)
	placed := cfg.Placed
	for _, s := range cfg.Words {
		w, err := cfg.Packing.compileWord(s, cfg.Replace)
		if err != nil {
			return nil, err
		}
		placed = placed || !w.Constant()
		words = append(words, w)
	}
	if !placed && cfg.Named {
		return nil, unnamed(cfg.Replace, quoteSources(cfg.Words))
	}
	if !placed {
		words = append(words, cfg.Packing.itemWord())
	}
	return words, nil
}

// Whole is the template of jobs whose items are the words of their command,
// the program first.
func Whole() *Template {
	all := Packing{Mode: Repeat, Pad: true} // or the words could be divided
	words := []Word{all.itemWord()}
	return &Template{words: words, pack: all, show: argvDisplay(words)}
}

// manyPrograms is the error where several items would name the program.
func manyPrograms(cfg *Config) error {
	return &UsageError{
		Msg:  "several items can't be the program: " + quoteSource(cfg.Words[0]),
		Hint: "write the program first; {1} is the first of a job's items",
	}
}

// runFunction makes bash call the function that it exported to the
// environment.
func (t *Template) runFunction(name string, words []Word, environ []string) error {
	bash, err := LookPath("bash", environ)
	if err != nil {
		return err
	}
	t.program, t.shell = bash, true
	t.script = string(Quote(nil, []byte(name))) + ` "$@"`
	shell := []Word{constant("bash"), constant("-c"), constant(t.script), constant("bash")}
	t.split(append(shell, words[1:]...))
	return nil
}

// runPrepared makes the shell that has read a file run the words.
func (t *Template) runPrepared(cfg *Config, words []Word) error {
	shell, err := lookShell(cfg)
	if err != nil {
		return err
	}
	t.program, t.shell = shell, true
	t.script = `"$@"`
	lead := constants(append(slices.Clone(cfg.Shell), "-c", t.script, filepath.Base(cfg.Shell[0])))
	t.split(append(lead, words...))
	return nil
}

// constant is the word that has no placeholder.
func constant(s string) (w Word) {
	w.addLiteral(s)
	return w
}

func constants(list []string) []Word {
	words := make([]Word, len(list))
	for i, s := range list {
		words[i] = constant(s)
	}
	return words
}

// operators are the words that only a shell would understand. The ones that
// programs take as words of their own (find's ";" and "+") aren't among them.
var operators = map[string]bool{
	"|": true, "||": true, "&&": true, ">": true, ">>": true, "2>": true, "2>&1": true, "&>": true,
}

// refuseOperators refuses a shell's operator among words that no shell sees.
// A word that follows the program or an option may be meant for the program.
func refuseOperators(cfg *Config) error {
	for i := 2; i < len(cfg.Words); i++ {
		if operators[cfg.Words[i]] && !strings.HasPrefix(cfg.Words[i-1], "-") {
			return &UsageError{
				Msg: "no shell runs several words, so " + quoteSource(cfg.Words[i]) + " would be an argument of " + quoteSource(cfg.Words[0]),
				Hint: "for a shell, write one word: pmap " + quoteSource(oneWord(cfg.Words)) + "\n" +
					"for an argument: pmap --no-shell " + quoteSources(cfg.Words),
			}
		}
	}
	return nil
}

// oneWord is the script that the words look like.
func oneWord(words []string) string {
	parts := make([]string, len(words))
	for i, w := range words {
		if parts[i] = w; !operators[w] {
			parts[i] = quoteSource(w)
		}
	}
	return strings.Join(parts, " ")
}
