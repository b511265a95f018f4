package template

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A walker visits a script's syntax tree and gives each span its place, by
// the nodes that enclose it.
type walker struct {
	*script
	stack []syntax.Node
	err   error
	ints  map[string]bool // the names of integer variables
	names bool            // the script names its parameters
}

func newWalker(s *script) *walker {
	return &walker{script: s, ints: s.integers()}
}

// walk places the spans. The error is a *UsageError.
func (w *walker) walk() error {
	syntax.Walk(w.file, w.visit)
	if w.err != nil {
		return w.err
	}
	return nil
}

func (w *walker) visit(n syntax.Node) bool {
	if n == nil {
		w.stack = w.stack[:len(w.stack)-1]
		return true
	}
	if w.err != nil {
		return false
	}
	w.stack = append(w.stack, n)
	w.err = w.node(n)
	if w.err != nil {
		return false
	}
	return true
}

// node handles the nodes that say something about spans.
func (w *walker) node(n syntax.Node) error {
	switch n := n.(type) {
	case *syntax.Comment:
		w.each(n, func(i int) error { w.passed[i] = true; return nil })
	case *syntax.Lit, *syntax.SglQuoted:
		return w.each(n, func(i int) error { return w.leaf(n, i) })
	case *syntax.Redirect:
		if n.Hdoc != nil && w.holds(n.Hdoc) {
			if d := w.documentOf(n); d.quoted {
				return w.openDocument(d)
			}
		}
	case *syntax.CallExpr:
		return w.call(n)
	case *syntax.DeclClause:
		return w.declaration(n)
	case *syntax.ParamExp:
		w.names = w.names || namesParameter(n)
	case *syntax.WordIter:
		w.names = w.names || !n.InPos.IsValid()
	}
	return nil
}

// each calls f with the index of every span inside n.
func (w *walker) each(n syntax.Node, f func(i int) error) error {
	start, end := int(n.Pos().Offset()), int(n.End().Offset())
	for i, sp := range w.spans {
		if sp.start >= start && sp.end <= end && !w.placed[i] {
			if err := f(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// holds reports whether a span that isn't a literal stands inside n.
func (s *script) holds(n syntax.Node) bool {
	start, end := int(n.Pos().Offset()), int(n.End().Offset())
	for _, sp := range s.spans {
		if sp.start >= start && sp.end <= end && sp.literal == "" {
			return true
		}
	}
	return false
}

// namesParameter reports whether the expansion is of $1, $@ or the like.
func namesParameter(p *syntax.ParamExp) bool {
	return p.Param != nil && (p.Param.Value == "@" || p.Param.Value == "*" || isNumber(p.Param.Value) && p.Param.Value != "0")
}

// leaf makes the edit for the span inside the literal or quoted text n.
func (w *walker) leaf(n syntax.Node, i int) error {
	sp := w.spans[i]
	c, err := w.context(n, sp)
	if err != nil {
		return err
	}
	if w.afterDollar(sp) && c.place != placeSingle && c.place != placeVerbatim {
		return w.misplaced(sp.start, "right after a $", "")
	}
	e := edit{start: sp.start, end: sp.end}
	e.shown.text, err = w.backslash(&e, c)
	if err != nil {
		return err
	}
	e.text = e.shown.text
	w.placed[i] = true
	if sp.literal != "" {
		text := c.place.literal(sp.literal)
		e.text, e.shown.text = e.text+text, e.shown.text+text
	} else {
		all, err := w.checkPlace(sp, n)
		if err != nil {
			return err
		}
		w.value(&e, sp, c, n, all)
	}
	w.edits = append(w.edits, e)
	return nil
}

// value fills in the edit for a placeholder; all as expand has it.
func (w *walker) value(e *edit, sp span, c context, n syntax.Node, all bool) {
	e.text += w.script.names.expand(sp.op, c.place, all)
	text := e.shown.text
	e.shown = shown{
		text: text, isOp: true, op: sp.op, place: c.place, all: all,
		hard: c.hard || w.inBackquotes(), named: c.named, delim: c.doc.delim, tabs: c.doc.tabs,
		glued: w.glued(n, sp),
	}
	if c.place.number() && !sp.op.integer() {
		w.numbers = append(w.numbers, numberOp{sp.op, c.index})
	}
}

// afterDollar reports whether a bare dollar stands before the span. Only a
// placeholder that isn't in braces can be there.
func (w *walker) afterDollar(sp span) bool {
	return strings.HasSuffix(w.src[:sp.start], "$") && !strings.HasSuffix(w.src[:sp.start], `\$`)
}

// backslash returns the text before the span's replacement where a backslash
// stands right before it, which the edit then covers.
func (w *walker) backslash(e *edit, c context) (text string, err error) {
	n := 0
	for n < e.start && w.src[e.start-n-1] == '\\' {
		n++
	}
	if n%2 == 0 {
		return "", nil
	}
	doubled, refused := c.place.backslash()
	if refused || doubled && (c.hard || w.inBackquotes()) {
		return "", at(w.src, e.start-1, "for a literal {} write {{}}; for a backslash before the item, \\\\{}",
			"a backslash right before a placeholder")
	}
	if !doubled {
		return "", nil
	}
	e.start--
	return `\\`, nil
}

func (w *walker) inBackquotes() bool {
	for _, n := range w.stack {
		if c, ok := n.(*syntax.CmdSubst); ok && c.Backquotes {
			return true
		}
	}
	return false
}

// glued reports whether a value written plainly could join its neighbours to
// something else: an assignment, a tilde, a redirection of an fd, a pattern.
func (w *walker) glued(n syntax.Node, sp span) bool {
	word, ok := w.stack[len(w.stack)-2].(*syntax.Word)
	if !ok {
		return true
	}
	start, end := int(word.Pos().Offset()), int(word.End().Offset())
	if end < len(w.src) && strings.IndexByte("<>(", w.src[end]) >= 0 {
		return true
	}
	text := masked(w.src, w.spans)[start:end]
	for i := range len(text) {
		if text[i] != stand && !isSafeByte(text[i]) {
			return true
		}
	}
	return false
}
