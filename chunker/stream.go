package chunker

// A Stream yields items. It is used by one goroutine, but for Interrupt.
type Stream interface {
	// Next returns the next item, io.EOF after the last, or ErrInterrupted.
	// Errors are final.
	Next() (Item, error)
	// Ready reports whether Next can answer from what has been read already.
	Ready() bool
	// Interrupt makes a Next that waits for input, and all later ones, return
	// ErrInterrupted once the records already read are used up. It may be
	// called from any goroutine.
	Interrupt()
}

// A Named stream is known to the user by that name: a file's in quotes,
// "standard input".
type Named struct {
	Stream
	Name string
}
