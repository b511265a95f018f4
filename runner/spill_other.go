//go:build !linux

package runner

import (
	"errors"
	"os"
)

// openUnlinked opens a file under dir that has no name.
func openUnlinked(dir string) (*os.File, error) { return createUnlinked(dir) }

// openNameless opens a file under dir that can be given a name later.
func openNameless(string) (int, error) { return -1, errors.ErrUnsupported }
