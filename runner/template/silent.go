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
		if where, feature := s.beyond(n); feature != "" {
			return s.lacks(int(where.Pos().Offset()), feature)
		}
	}
	return nil
}

// beyond names the syntax at the node that POSIX hasn't got, and where it is.
func (s *script) beyond(n syntax.Node) (where syntax.Node, feature string) {
	switch n := n.(type) {
	case *syntax.CallExpr:
		return s.beyondCall(n)
	case *syntax.WordIter:
		return braces(n.Items)
	case *syntax.Subshell:
		if s.looksArithmetic(n) && s.holds(n) {
			return n, "(( … )); for a subshell in a subshell write ( ("
		}
	case *syntax.Word:
		return n, s.afterDollars(n.Parts)
	case *syntax.DblQuoted:
		return n, s.afterDollars(n.Parts)
	}
	return nil, ""
}

func (s *script) beyondCall(call *syntax.CallExpr) (where syntax.Node, feature string) {
	switch {
	case len(call.Args) == 0:
		return nil, ""
	case call.Args[0].Lit() == "[[":
		return call, "[[ … ]]"
	case s.assignsElement(call.Args[0]):
		return call, "arrays"
	}
	return braces(call.Args)
}

// looksArithmetic reports whether the subshell begins like bash's (( … )).
func (s *script) looksArithmetic(n *syntax.Subshell) bool {
	next := n.Lparen.Offset() + 1
	return len(n.Stmts) > 0 && n.Stmts[0].Pos().Offset() == next && s.src[next] == '('
}

// assignsElement reports whether the word looks like name[…{}…]=….
func (s *script) assignsElement(w *syntax.Word) bool {
	name, rest, found := strings.Cut(masked(s.src, s.spans)[w.Pos().Offset():w.End().Offset()], "[")
	index, _, closed := strings.Cut(rest, "]")
	return found && closed && isName(name) && strings.IndexByte(index, stand) >= 0
}

// braces names brace expansion, if bash would expand one of the words.
func braces(words []*syntax.Word) (where syntax.Node, feature string) {
	for _, w := range words {
		trial := &syntax.Word{Parts: slices.Clone(w.Parts)}
		syntax.SplitBraces(trial)
		for _, p := range trial.Parts {
			if _, ok := p.(*syntax.BraceExp); ok {
				return w, "brace expansion; in quotes braces are plain text"
			}
		}
	}
	return nil, ""
}

// afterDollars names what bash would take a dollar before one of the parts
// for.
func (s *script) afterDollars(parts []syntax.WordPart) string {
	for i := 1; i < len(parts); i++ {
		dollar, ok := parts[i-1].(*syntax.Lit)
		if !ok || !strings.HasSuffix(dollar.Value, "$") || strings.HasSuffix(dollar.Value, `\$`) {
			continue
		}
		switch p := parts[i].(type) {
		case *syntax.SglQuoted:
			return "$'…'"
		case *syntax.DblQuoted:
			return `$"…"`
		case *syntax.Lit:
			if strings.HasPrefix(p.Value, "[") && s.holds(p) {
				return "$[ … ]; write $(( … ))"
			}
		}
	}
	return ""
}
