package runner

// maxrssUnit is what Rusage.Maxrss counts in.
const maxrssUnit = 1024
