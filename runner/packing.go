package runner

import (
	"fmt"
	"io"
	"strconv"

	"pmap/chunker"
)

// packing is intake for jobs that get several items.
type packing struct {
	pool   *Pool
	packer *chunker.Packer
}

// read waits until one chunk is full, or the input has ended, and takes with
// it what can be had at once: up to n chunks, and little more than packedMax
// items.
func (pk *packing) read(n int) (chunks []chunker.Chunk, err error) {
	src := pk.pool.cfg.Source
	defer func() { pk.pool.read.Add(int64(len(chunks))) }()
	for items := 0; len(chunks) == 0 || len(chunks) < n && items < packedMax && src.Ready(); items++ {
		it, err := src.Next()
		if err == io.EOF {
			return append(chunks, pk.packer.Rest()...), err
		}
		if err != nil {
			pk.giveUp()
			return chunks, err
		}
		c, full, err := pk.packer.Add(it)
		if full {
			chunks = append(chunks, c)
		}
		if err != nil {
			pk.giveUp()
			return chunks, err
		}
	}
	return chunks, nil
}

// packedMax is how many items go to the slots at once, where they make many
// chunks.
const packedMax = 4096

// giveUp leaves undone what waits for its chunk to be full.
func (pk *packing) giveUp() {
	for _, c := range pk.packer.Rest() {
		pk.pool.read.Add(1)
		pk.pool.tally.leave(SeqRange{c.Seq, c.Seq})
		pk.pool.failedTo(c)
	}
}

// A tooLong says why a command is too long to be started.
type tooLong struct{ reason string }

func (e *tooLong) Error() string { return e.reason }

// runItems runs a try of t with the items. Where they are too many for one
// command after all, two commands get them, one after the other, as one job.
func (s *slot) runItems(t *Task, items []chunker.Item) (st Status, reason string, ran bool) {
	st, reason, err := s.attempt(t, items)
	switch {
	case err == nil:
		return st, reason, true
	case err == errStopped:
		return Status{}, "", false
	case s.pool.mustFit():
		s.pool.fail(fmt.Errorf("job %d, whose first item is %s: %w", t.Seq(), shownRecord(items), err))
	case len(items) > 1 && s.pool.divisible():
		return s.halves(t, items)
	}
	return Status{Kind: NotStarted, Code: 126}, err.Error(), true
}

// halves runs the items in two commands. The job's status is that of the first
// that doesn't succeed.
func (s *slot) halves(t *Task, items []chunker.Item) (st Status, reason string, ran bool) {
	middle := len(items) / 2
	st, reason, ran = s.runItems(t, items[:middle])
	if !ran || st.Kind == Cancelled {
		return st, reason, ran
	}
	st2, reason2, ran := s.runItems(t, items[middle:])
	switch {
	case !ran:
		return Status{Kind: Cancelled}, "", true
	case s.pool.cfg.Retry.succeeds(st):
		return st2, reason2, true
	}
	return st, reason, true
}

// begins reports whether the items are the first of the task's.
func begins(t *Task, items []chunker.Item) bool {
	return len(items) == 0 || &items[0] == &t.Chunk.Items[0]
}

// checkLength holds the argv against the limit that the user set. That of the
// system needs no look: a start tells.
func (s *slot) checkLength() error {
	l := s.pool.cfg.Limits
	if l == nil || l.Bytes == 0 || s.argv.Bytes() <= l.Bytes {
		return nil
	}
	return &tooLong{fmt.Sprintf("the command has %d bytes, and the limit is %d", s.argv.Bytes(), l.Bytes)}
}

// mustFit reports whether the run ends where a command is too long.
func (p *Pool) mustFit() bool { return p.cfg.Limits != nil && p.cfg.Limits.Whole }

// divisible reports whether one job may be two commands: its output, where it
// goes to a file, can be that of one only.
func (p *Pool) divisible() bool { return p.cfg.Template.Divisible() && p.cfg.Jobs.StdoutTo == nil }

// shownRecord is how an item is named in a message.
func shownRecord(items []chunker.Item) string {
	r := items[0].Text()
	if len(r) > 40 {
		return strconv.Quote(string(r[:40])) + "…"
	}
	return strconv.Quote(string(r))
}
