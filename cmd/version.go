package cmd

// Version is what pmap calls itself. A release sets it with -ldflags -X.
var Version = "0.1.0-dev"

func versionText() string { return "pmap " + Version + "\n" }
