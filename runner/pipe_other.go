//go:build !linux

package runner

import "errors"

// openEnds returns -1: a pipe has no name here, and each job gets a new one.
func openEnds() int { return -1 }

type endName struct{}

func nameOf(int) endName { return endName{} }

func (endName) open(int) (int, error) { return -1, errors.ErrUnsupported }
