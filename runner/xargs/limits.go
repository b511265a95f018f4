package xargs

import "errors"

const (
	// Headroom is what POSIX wants to be left for the job itself.
	Headroom = 2048
	// DefaultBytes is how long commands get where nothing else is asked for.
	DefaultBytes = 128 << 10
	// LeastBytes is what every system takes.
	LeastBytes = 4096
)

const pointerSize = 8

// A Room is what the system leaves for commands.
type Room struct {
	Environ int // bytes of the environment, with their NULs
	Most    int // bytes that a command may have
	Words   int // strings that it may have
}

// ErrNoRoom is the error of an environment that leaves nothing for a command.
var ErrNoRoom = errors.New("environment is too large for exec")

// MakeRoom says what is left where the system takes argMax bytes in all.
func MakeRoom(environ []string, argMax int) (Room, error) {
	r := Room{}
	for _, pair := range environ {
		r.Environ += len(pair) + 1
	}
	r.Most = argMax - r.Environ - Headroom
	if r.Most <= 0 {
		return r, ErrNoRoom
	}
	r.Words = r.Most/pointerSize - 2
	return r, nil
}

// Default is how long commands get where nothing is asked for.
func (r Room) Default() int { return min(DefaultBytes, r.Most) }
