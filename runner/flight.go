package runner

import "sync"

// A flight is the tasks that a worker has been sent and has not answered, in
// the order of their sending. They are the slot's to settle, unless a run that
// was killed has taken them away because the slot hangs.
type flight struct {
	mu    sync.Mutex
	tasks []*Task
}

func (f *flight) add(tasks ...*Task) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tasks = append(f.tasks, tasks...)
}

func (f *flight) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.tasks)
}

// shift takes the first; nil where there is none any more.
func (f *flight) shift() *Task {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.tasks) == 0 {
		return nil
	}
	t := f.tasks[0]
	f.tasks = f.tasks[1:]
	return t
}

// takeAll takes all of them.
func (f *flight) takeAll() []*Task {
	f.mu.Lock()
	defer f.mu.Unlock()
	tasks := f.tasks
	f.tasks = nil
	return tasks
}
