package template

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// refuseSilent refuses the syntax beyond POSIX that a plain sh takes for
// something else without a word. What makes it fail aloud is left to it.
func (s *script) refuseSilent() error {
	if !s.dialect.posix() {
		return nil
	}
	for n := range syntax.Preorder(s.file) {
		if feature := s.beyond(n); feature != "" {
			return s.lacks(int(n.Pos().Offset()), feature)
		}
	}
	return nil
}

// beyond names the syntax at the node that POSIX hasn't got.
func (s *script) beyond(n syntax.Node) string {
	switch n := n.(type) {
	case *syntax.CallExpr:
		if len(n.Args) > 0 && n.Args[0].Lit() == "[[" {
			return "[[ … ]]"
		}
		if len(n.Args) > 0 && s.assignsElement(n.Args[0]) {
			return "arrays"
		}
		return braces(n.Args)
	case *syntax.WordIter:
		return braces(n.Items)
	case *syntax.Subshell:
		if len(n.Stmts) > 0 && n.Stmts[0].Pos().Offset() == n.Lparen.Offset()+1 && s.src[n.Lparen.Offset()+1] == '(' && s.holds(n) {
			return "(( … )); for a subshell in a subshell write ( ("
		}
	case *syntax.Lit:
		if i := strings.Index(n.Value, "$["); i >= 0 && !strings.HasSuffix(n.Value[:i], `\`) && s.holds(n) {
			return "$[ … ]; write $(( … ))"
		}
	case *syntax.Word:
		return dollarQuote(n)
	}
	return ""
}

// assignsElement reports whether the word looks like name[…{}…]=….
func (s *script) assignsElement(w *syntax.Word) bool {
	name, rest, found := strings.Cut(masked(s.src, s.spans)[w.Pos().Offset():w.End().Offset()], "[")
	index, _, closed := strings.Cut(rest, "]")
	return found && closed && isName(name) && strings.IndexByte(index, stand) >= 0
}

// braces names brace expansion, if bash would expand one of the words.
func braces(words []*syntax.Word) string {
	for _, w := range words {
		trial := &syntax.Word{Parts: slices.Clone(w.Parts)}
		syntax.SplitBraces(trial)
		for _, p := range trial.Parts {
			if _, ok := p.(*syntax.BraceExp); ok {
				return "brace expansion; in quotes braces are plain text"
			}
		}
	}
	return ""
}

// dollarQuote names the quotes that begin with a dollar.
func dollarQuote(w *syntax.Word) string {
	for i, p := range w.Parts {
		lit, ok := p.(*syntax.Lit)
		if !ok || !strings.HasSuffix(lit.Value, "$") || strings.HasSuffix(lit.Value, `\$`) || i+1 == len(w.Parts) {
			continue
		}
		switch w.Parts[i+1].(type) {
		case *syntax.SglQuoted:
			return "$'…'"
		case *syntax.DblQuoted:
			return `$"…"`
		}
	}
	return ""
}
