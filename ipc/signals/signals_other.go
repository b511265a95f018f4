//go:build !linux || !amd64

package signals

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

type source struct{ ch chan os.Signal }

func (s *source) open(c chan<- unix.Signal, sigs []unix.Signal) error {
	s.ch = make(chan os.Signal, kept)
	all := make([]os.Signal, len(sigs))
	for i, sig := range sigs {
		all[i] = sig
	}
	signal.Notify(s.ch, all...)
	go func() {
		defer close(c)
		for sig := range s.ch {
			send(c, sig.(unix.Signal))
		}
	}()
	return nil
}

func (s *source) close() {
	signal.Stop(s.ch) // after it nothing more is sent
	close(s.ch)
}
