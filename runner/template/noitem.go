package template

import "strings"

// refuseItems refuses the placeholders of items in the command of jobs that
// have none.
func refuseItems(s string, spans []span) error {
	for _, sp := range spans {
		if sp.literal == "" && sp.op.ofItem() {
			text := s[sp.start:sp.end]
			return at(s, sp.start, literalHint(text), "%s stands for nothing: a job reads its block as its stdin, and has no item", text)
		}
	}
	return nil
}

// literalHint is how to write what looks like a placeholder and isn't meant to
// be one.
func literalHint(text string) string {
	inner, braces := strings.CutPrefix(strings.TrimSuffix(text, "}"), "{")
	switch {
	case !braces:
		return "leave it out, or name another placeholder by -I"
	case inner == "" || isNumber(inner):
		return "for a literal " + text + " write {" + text + "}"
	}
	return "for a literal " + text + " choose another placeholder: -I @@"
}
