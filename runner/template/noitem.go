package template

// refuseItems refuses the placeholders of items in the command of jobs that
// have none.
func refuseItems(s string, spans []span) error {
	for _, sp := range spans {
		if sp.literal == "" && sp.op.ofItem() {
			text := s[sp.start:sp.end]
			return at(s, sp.start, "for a literal "+text+" write {"+text+"}, or name another placeholder: -I @@",
				"%s stands for nothing: a job reads its block as its stdin, and has no item", text)
		}
	}
	return nil
}
