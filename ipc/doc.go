// Package ipc is what processes of pmap share: memory and pipes.
//
// It knows nothing of jobs. Whoever makes an object here owns its fds; another
// process gets a duplicate through its Spec's files or by inheritance.
package ipc
