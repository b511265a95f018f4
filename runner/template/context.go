package template

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A context is the place of one span and what its display has to know.
type context struct {
	place  place
	doc    document
	hard   bool // nested so deep that only plain values can be displayed
	named  bool // $name stands right before it
	inner  bool // inside an expansion ${…}
	quotes bool // inside quotes that are inside an expansion
	number bool // the shell evaluates it
	test   bool // … as a word of a test or let
	arith  bool // … directly in an arithmetic expression
	index  bool // … as a subscript
	done   bool // a command encloses it
}

// context finds the place of a span in the leaf n, which is on top of the
// stack, from the inside out.
func (w *walker) context(n syntax.Node, sp span) (context, error) {
	var c context
	if q, ok := n.(*syntax.SglQuoted); ok {
		c.place, c.quotes = placeSingle, true
		if q.Dollar {
			c.place = placeANSI
		}
	}
	if lit, ok := n.(*syntax.Lit); ok {
		if err := w.checkLit(lit, sp); err != nil {
			return c, err
		}
	}
	for i := len(w.stack) - 2; i >= 0 && !c.done; i-- {
		if err := w.enclose(&c, w.stack[i], w.stack[i+1], sp); err != nil {
			return c, err
		}
	}
	c.named = w.afterName(sp)
	return c, w.settle(&c, n, sp)
}

// enclose takes into account that parent encloses what has been seen.
func (w *walker) enclose(c *context, parent, child syntax.Node, sp span) error {
	switch p := parent.(type) {
	case *syntax.DblQuoted:
		return w.encloseQuotes(c, sp)
	case *syntax.ParamExp:
		return w.encloseExpansion(c, p, child, sp)
	case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.CStyleLoop:
		c.number, c.arith = true, !c.test && !c.inner
	case *syntax.LetClause:
		c.number, c.test = true, true
	case *syntax.BinaryTest:
		c.test = c.test || numeric(p.Op)
		c.number = c.number || numeric(p.Op)
	case *syntax.UnaryTest:
		if p.Op == syntax.TsFdTerm {
			c.number, c.test = true, true
		}
		if p.Op == syntax.TsVarSet || p.Op == syntax.TsRefVar {
			return w.misplaced(sp.start, namePlace, "")
		}
	case *syntax.Assign:
		return w.encloseAssign(c, p, child, sp)
	case *syntax.ArrayElem:
		if p.Index != nil && child == syntax.Node(p.Index) {
			c.number, c.test, c.index = true, true, true
		}
	case *syntax.Redirect:
		return w.encloseRedirect(c, p, child, sp)
	case *syntax.FuncDecl, *syntax.WordIter, *syntax.ForClause:
		if _, ok := child.(*syntax.Lit); ok {
			return w.misplaced(sp.start, "in a name", variableHint)
		}
	case *syntax.Stmt:
		c.done = true
	}
	return nil
}

// encloseQuotes is enclose for double quotes.
func (w *walker) encloseQuotes(c *context, sp span) error {
	switch {
	case !c.inner && c.place == placeBare:
		c.place = placeDouble
	case c.inner && c.quotes:
		return w.misplaced(sp.start, "in quotes inside an expansion that is quoted itself", variableHint)
	case c.inner && c.place == placeBare:
		c.place = placeParameter
	}
	c.quotes = true
	return nil
}

// encloseExpansion is enclose for ${…}.
func (w *walker) encloseExpansion(c *context, p *syntax.ParamExp, child syntax.Node, sp span) error {
	c.hard = true
	switch {
	case p.Slice != nil && (child == syntax.Node(p.Slice.Offset) || child == syntax.Node(p.Slice.Length)):
		c.number, c.arith = true, !c.inner
	case p.Index != nil && child == syntax.Node(p.Index):
		c.number, c.test, c.index = true, true, true
	case p.Exp != nil && child == syntax.Node(p.Exp.Word):
		return w.encloseOperand(c, !isDefault(p.Exp.Op), sp)
	case p.Repl != nil && (child == syntax.Node(p.Repl.Orig) || child == syntax.Node(p.Repl.With)):
		return w.encloseOperand(c, true, sp)
	default:
		return w.misplaced(sp.start, "in a name", variableHint)
	}
	c.inner = true
	return nil
}

// encloseOperand is enclose for the word of an expansion: a pattern keeps
// its own quotes, a default takes on those around the expansion.
func (w *walker) encloseOperand(c *context, pattern bool, sp span) error {
	if c.inner && c.place == placeParameter {
		return w.misplaced(sp.start, "in an expansion inside an expansion in quotes", variableHint)
	}
	if pattern && c.place == placeBare {
		c.place = placePattern
	}
	c.inner = true
	return nil
}

// isDefault reports whether the word of the expansion is text, not a
// pattern.
func isDefault(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.ErrorUnset, syntax.ErrorUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return true
	}
	return false
}

// encloseAssign is enclose for NAME=… and NAME[…]=….
func (w *walker) encloseAssign(c *context, p *syntax.Assign, child syntax.Node, sp span) error {
	if p.Index != nil && child == syntax.Node(p.Index) {
		c.number, c.test, c.index = true, true, true
		return nil
	}
	if p.Name != nil && child == syntax.Node(p.Name) {
		return w.misplaced(sp.start, "in a name", variableHint)
	}
	if p.Name != nil && w.ints[p.Name.Value] {
		c.number, c.test = true, true
	}
	return nil
}

// encloseRedirect is enclose for a redirection.
func (w *walker) encloseRedirect(c *context, r *syntax.Redirect, child syntax.Node, sp span) error {
	switch {
	case r.Hdoc != nil && child == syntax.Node(r.Hdoc):
		return w.encloseDocument(c, r, sp)
	case r.N != nil && child == syntax.Node(r.N):
		return w.misplaced(sp.start, "in the number of a redirection", variableHint)
	case r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc:
		return w.misplaced(sp.start, "in the delimiter of a here-document", variableHint)
	}
	return nil
}

func (w *walker) encloseDocument(c *context, r *syntax.Redirect, sp span) error {
	c.doc = w.documentOf(r)
	switch {
	case c.doc.quoted && w.inBackquotes():
		return at(w.src, sp.start, "write $(…) instead of `…`", "a placeholder can't stand in a quoted here-document inside `…`")
	case c.doc.quoted:
		c.place = placeVerbatim
	case c.inner && c.quotes:
		return w.misplaced(sp.start, "in quotes inside an expansion in a here-document", variableHint)
	case c.inner && c.place == placeBare:
		c.place = placeParameter
	case c.inner && c.place == placePattern:
		return w.misplaced(sp.start, "in a pattern in a here-document", variableHint)
	case c.place == placeBare:
		c.place = placeDocument
	}
	return nil
}

// settle makes the place final where a number is wanted.
func (w *walker) settle(c *context, n syntax.Node, sp span) error {
	if !c.number {
		return nil
	}
	if c.place == placeSingle || c.place == placeANSI {
		return w.misplaced(sp.start, "in single quotes in arithmetic", numberHint)
	}
	whole := int(n.Pos().Offset()) == sp.start && int(n.End().Offset()) == sp.end
	_, word := w.stack[len(w.stack)-2].(*syntax.Word)
	c.place = placeNumber
	if c.arith && whole && word && !sp.op.integer() {
		c.place = placeOperand
	}
	return nil
}

func numeric(op syntax.BinTestOperator) bool {
	switch op {
	case syntax.TsEql, syntax.TsNeq, syntax.TsLeq, syntax.TsGeq, syntax.TsLss, syntax.TsGtr:
		return true
	}
	return false
}

// afterName reports whether the text before the span ends in $name, which a
// value written there would lengthen.
func (w *walker) afterName(sp span) bool {
	i := sp.start
	for i > 0 && isNameByte(w.src[i-1]) {
		i--
	}
	return i > 0 && w.src[i-1] == '$' || sp.start > 1 && w.src[sp.start-2] == '$'
}

// checkLit refuses spans in text whose meaning a shell finds out later:
// ranges, and patterns with code or quotes in them.
func (w *walker) checkLit(lit *syntax.Lit, sp span) error {
	start, end := int(lit.Pos().Offset()), int(lit.End().Offset())
	before, after := w.src[start:sp.start], w.src[sp.end:end]
	switch w.stack[len(w.stack)-2].(type) {
	case *syntax.ExtGlob:
		if strings.ContainsAny(before+after, "'\"\\$`") {
			return w.misplaced(sp.start, "in a pattern with quotes", variableHint)
		}
	case *syntax.Word:
		if w.inDocument() {
			return nil
		}
		ranged := strings.HasSuffix(before, "..") || strings.HasPrefix(after, "..")
		if ranged && !w.dialect.posix() && strings.Contains(before, "{") && strings.Contains(after, "}") {
			return at(w.src, sp.start, "$(seq 1 {})", "%s expands {x..y} before values are put in", w.dialect.name)
		}
		if w.dialect.name == "zsh" && strings.Contains(before+after, "(") {
			return w.misplaced(sp.start, "in a glob qualifier", variableHint)
		}
	case *syntax.DblQuoted:
	default:
		return w.misplaced(sp.start, "in a name", variableHint)
	}
	return nil
}

// inDocument reports whether the word on top of the stack is the body of a
// here-document.
func (w *walker) inDocument() bool {
	r, ok := w.stack[len(w.stack)-3].(*syntax.Redirect)
	return ok && r.Hdoc != nil && syntax.Node(r.Hdoc) == w.stack[len(w.stack)-2]
}
