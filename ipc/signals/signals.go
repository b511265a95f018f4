// Package signals tells a process which signals it gets, as os/signal does, and
// for less: os/signal hands every signal that it takes over, and gives back, to
// a thread of its own and waits for that, which for half a dozen of them lasts
// longer than to start a process. Here that is a system call each.
//
// On linux/amd64 the handler is a few instructions that write the signal's
// number into a pipe. Elsewhere it is os/signal's.
package signals

import "golang.org/x/sys/unix"

// kept is how many signals wait for who receives them; more are lost, as
// signals are.
const kept = 16

// A Receiver gets the signals that it was made for. There is one at a time.
type Receiver struct {
	C <-chan unix.Signal // closed by Stop, after what came before

	source
}

// Notify takes signals over: from now on they do nothing but arrive at C. One
// that was ignored is no longer.
func Notify(sigs ...unix.Signal) (*Receiver, error) {
	c := make(chan unix.Signal, kept)
	r := &Receiver{C: c}
	if err := r.open(c, sigs); err != nil {
		return nil, err
	}
	return r, nil
}

// Stop gives the signals back: they do what they did before Notify.
func (r *Receiver) Stop() { r.close() }

// send never waits.
func send(c chan<- unix.Signal, sig unix.Signal) {
	select {
	case c <- sig:
	default:
	}
}
