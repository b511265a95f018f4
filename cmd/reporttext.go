package cmd

import (
	"fmt"
	"strings"

	"pmap/runner/report"
)

const (
	reportWidth  = 80 // columns
	reportBar    = 44 // columns of the longest bar
	reportListed = 3  // items in a list, so that all fits a screen
)

// reportText is a report for a person: what fits a screen.
func reportText(r *report.Report) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(strings.TrimRight(fit(fmt.Sprintf(format, args...), reportWidth), " ") + "\n")
	}
	if r.Command != "" {
		line("%s", r.Command)
	}
	line("jobs    %d: %d succeeded, %s", r.Jobs, r.Succeeded, failedJobs(r))
	line("wall    %s in %s; %s, %.0f %% in use; CPU time %s", span(r.Wall), plural(int64(r.Runs), "run"),
		plural(r.Slots, "slot"), 100*r.Utilisation, span(r.CPU))
	line("tries   %d, wasted %d: %s of %s", r.Tries, r.WastedTries, span(r.WastedTime), span(r.Busy))
	line("time    p50 %s, p95 %s, max %s; memory at most %s", span(r.P50), span(r.P95), span(r.Max), bytesText(r.Memory))
	if r.Torn {
		line("        the journal's last line is torn")
	}
	writeHistogram(line, r.Histogram)
	writeItems(line, "slowest", r.Slowest)
	writeItems(line, fmt.Sprintf("last %s, in which slots had nothing to do", span(r.Tail)), r.Stragglers)
	return b.String()
}

func failedJobs(r *report.Report) string {
	text := fmt.Sprintf("%d failed", r.Failed)
	if len(r.Failures) > 0 {
		text += " (" + statusCounts(r.Failures) + ")"
	}
	return text
}

func writeHistogram(line func(string, ...any), buckets []report.Bucket) {
	most := int64(1)
	for _, bucket := range buckets {
		most = max(most, bucket.Tries)
	}
	for _, bucket := range buckets {
		width := int((bucket.Tries*reportBar + most - 1) / most)
		line("%9s to %-9s %8d %s", span(bucket.From), span(bucket.To), bucket.Tries, strings.Repeat("=", width))
	}
}

func writeItems(line func(string, ...any), title string, items []report.Item) {
	if len(items) > 0 {
		line("%s", title)
	}
	for _, it := range items[:min(len(items), reportListed)] {
		line("%9s  #%d  %s  %s", span(it.Seconds), it.Seq, it.End, it.Item)
	}
}

// span is a length of time for a person.
func span(seconds float64) string {
	switch {
	case seconds == 0:
		return "0 s"
	case seconds < 0.001:
		return fmt.Sprintf("%.0f us", seconds*1e6)
	case seconds < 1:
		return fmt.Sprintf("%.3g ms", seconds*1e3)
	case seconds < 100:
		return fmt.Sprintf("%.3g s", seconds)
	}
	whole := int64(seconds + 0.5)
	if whole < 3600 {
		return fmt.Sprintf("%d:%02d", whole/60, whole%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", whole/3600, whole/60%60, whole%60)
}

// bytesText is a size for a person.
func bytesText(n int64) string {
	for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
		if n < 10_000 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		n = (n + 512) / 1024
	}
	return fmt.Sprintf("%d TiB", n)
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
