//go:build !linux

package startmode

import "os"

// self is this program.
func self() (string, error) { return os.Executable() }

// nameGuardian does nothing: the name is that of the file.
func nameGuardian() {}
