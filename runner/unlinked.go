package runner

import "os"

// createUnlinked is for systems that can't make a file without a name: it
// makes one with a name and removes the name at once.
func createUnlinked(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".pmap-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
