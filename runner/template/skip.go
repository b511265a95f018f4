package template

import (
	"bytes"
	"os"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// withoutShell returns the template that executes the script's only command
// itself, or nil where a shell could make a difference.
func (s *script) withoutShell(cfg *Config) *Template {
	call := s.simple()
	if call == nil || len(call.Assigns) > 0 || len(s.file.Stmts[0].Redirs) > 0 || !s.quiet(cfg) {
		return nil
	}
	words := make([]Word, 0, len(call.Args)+1)
	for _, a := range call.Args {
		w, ok := s.plain(a)
		if !ok {
			return nil
		}
		if cfg.Packing.Mode != Single || a.Lit() != "" { // in quotes, columns are a text
			cfg.Packing.spread(&w)
		}
		words = append(words, w)
	}
	if len(s.edits) > 0 && s.placeholders() == 0 {
		words = append(words, cfg.Packing.itemWord())
	}
	program := s.directProgram(words[0], cfg.Environ)
	if program == "" {
		return nil
	}
	s.sortEdits()
	t := &Template{program: program, show: display{
		shown: s.displayed(), params: s.names.parameters(), script: s.names.prologue() + s.compiled(),
	}}
	t.split(words)
	return t
}

// quiet reports whether the shell is one that runs nothing of its own before
// the script and looks programs up as LookPath does.
func (s *script) quiet(cfg *Config) bool {
	if len(cfg.Shell) != 1 || s.dialect.name == "zsh" {
		return false
	}
	_, startup := getenv(cfg.Environ, "BASH_ENV")
	path, _ := getenv(cfg.Environ, "PATH")
	return path != "" && !(startup && s.dialect.name == "bash")
}

// directProgram returns the path of the program that the word names, "" if a
// shell wouldn't execute just that.
func (s *script) directProgram(w Word, environ []string) string {
	name := w.literal()
	if !w.Constant() || name == "" || s.moved && Relative(name) || isBuiltin(name) || strings.Contains(name, "=") {
		return ""
	}
	if _, function := exportedFunction(name, environ); function {
		return ""
	}
	path, err := LookPath(name, environ)
	if err != nil || !kernelRuns(path) {
		return ""
	}
	return path
}

// kernelRuns reports whether the file is one that execve takes. A script
// without a first line that names its interpreter is run by the shell itself.
func kernelRuns(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var magic [4]byte
	n, _ := f.Read(magic[:])
	return bytes.HasPrefix(magic[:n], []byte("#!")) || string(magic[:n]) == "\x7fELF"
}

// plain returns the word as an argument, if the shell expands nothing in it.
func (s *script) plain(word *syntax.Word) (w Word, ok bool) {
	if name := word.Lit(); name == "[" || name == "]" {
		return constant(name), true
	}
	for _, p := range word.Parts {
		if !s.plainPart(&w, p) {
			return Word{}, false
		}
	}
	if len(w.pieces) > 0 && !w.pieces[0].isOp && strings.HasPrefix(w.pieces[0].literal, "~") {
		return Word{}, false
	}
	return w, true
}

// plainWord returns the text of a word that is the same for every job.
func (s *script) plainWord(word *syntax.Word) (text string, ok bool) {
	w, ok := s.plain(word)
	return w.literal(), ok && w.Constant()
}

func (s *script) plainPart(w *Word, p syntax.WordPart) bool {
	start, end := int(p.Pos().Offset()), int(p.End().Offset())
	switch p := p.(type) {
	case *syntax.Lit:
		return s.addPlain(w, start, end, "*?[]{}~^")
	case *syntax.SglQuoted:
		if p.Dollar {
			return false
		}
		s.addQuoted(w, start+1, end-1)
		return true
	case *syntax.DblQuoted:
		if p.Dollar {
			return false
		}
		for _, inner := range p.Parts {
			lit, ok := inner.(*syntax.Lit)
			if !ok || !s.addPlain(w, int(lit.Pos().Offset()), int(lit.End().Offset()), "$`\\") {
				return false
			}
		}
		return true
	}
	return false
}

// addPlain adds src[start:end] to the word, unless it holds a backslash or
// one of special outside its spans.
func (s *script) addPlain(w *Word, start, end int, special string) bool {
	text := masked(s.src, s.spans)[start:end]
	if strings.ContainsAny(text, special) || strings.ContainsAny(text, "\\$") {
		return false
	}
	s.addQuoted(w, start, end)
	return true
}

// addQuoted adds src[start:end] to the word as it is, but for its spans.
func (s *script) addQuoted(w *Word, start, end int) {
	var spans []span
	for _, sp := range s.spans {
		if sp.start >= start && sp.end <= end {
			sp.start, sp.end = sp.start-start, sp.end-start
			spans = append(spans, sp)
		}
	}
	part := wordOf(s.src[start:end], spans)
	for _, p := range part.pieces {
		if p.isOp {
			w.pieces = append(w.pieces, p)
		} else {
			w.addLiteral(p.literal)
		}
	}
}
