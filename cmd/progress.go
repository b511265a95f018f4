package cmd

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"pmap/runner"
)

const (
	progressAfter = 2 * time.Second        // a shorter run shows nothing
	repaintEvery  = 200 * time.Millisecond // on a terminal
	reportEvery   = 30 * time.Second       // elsewhere
	barWidth      = 24                     // columns
)

// A progress shows how a run goes, for as long as it lasts: a transient line
// on a terminal, a line now and then elsewhere.
type progress struct {
	con   *console
	look  func() runner.Progress
	total atomic.Int64             // items, or -1 for as long as that isn't known
	file  *countable               // where they can be counted; may be nil
	bar   *progressbar.ProgressBar // shown where the total is known; may be nil

	stopped chan struct{}
	ended   chan struct{}
}

// A progressStyle says whether and how progress is shown.
type progressStyle struct {
	transient, lines, bar bool
}

// progressStyle follows the options. By itself the line appears only where
// somebody looks at a terminal that nothing else is being written to.
func (o *outputOptions) progressStyle(con *console, stdout int, dumb, ungrouped bool) progressStyle {
	canPaint := con.tty && !dumb && !ungrouped
	switch {
	case o.noProgress || o.quiet:
		return progressStyle{}
	case o.progress:
		return progressStyle{transient: canPaint, lines: !canPaint, bar: canPaint}
	}
	return progressStyle{transient: canPaint && !isPipe(stdout) && con.ours()}
}

// startProgress shows the run's progress until stop is called. total is -1
// where it isn't known ahead; then file is counted, unless it is nil, once the
// run has lasted long enough to be shown.
func startProgress(con *console, look func() runner.Progress, total int64, file *countable, style progressStyle) *progress {
	p := &progress{con: con, look: look, file: file,
		stopped: make(chan struct{}), ended: make(chan struct{})}
	p.total.Store(total)
	switch {
	case style.transient:
		if style.bar {
			p.bar = newBar()
		}
		go p.loop(progressAfter, repaintEvery, p.repaint)
	case style.lines:
		go p.loop(reportEvery, reportEvery, p.report)
	default:
		close(p.ended)
	}
	return p
}

// stop ends the display and erases the line. wait is false where a terminal
// may never take another byte.
func (p *progress) stop(wait bool) {
	close(p.stopped)
	if wait {
		<-p.ended
	}
	p.con.clear()
}

func (p *progress) loop(first, every time.Duration, show func()) {
	defer close(p.ended)
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-p.stopped:
			return
		case <-timer.C:
			p.count()
			show()
			timer.Reset(every)
		}
	}
}

// count finds out how many items there are, once.
func (p *progress) count() {
	if p.file != nil && p.total.Load() < 0 {
		p.total.Store(p.file.count(p.stopped))
	}
	p.file = nil
}

func (p *progress) repaint() {
	look, total := p.look(), p.total.Load()
	line := progressLine(look, total)
	if look.AtEnd {
		total = look.Read
	}
	if p.bar != nil && total > 0 {
		line = barText(p.bar, look.Before+look.Done, total) + "  " + line
	}
	p.con.paint(line)
}

func (p *progress) report() { p.con.say(progressLine(p.look(), p.total.Load())) }

// progressLine is such as
//
//	[12/500  8 running  1 failed]  waiting for #1 ssh host1 (0:34), 11 done behind it
func progressLine(p runner.Progress, total int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%d", p.Before+p.Done)
	if p.AtEnd {
		total = p.Read
	}
	if total >= 0 {
		fmt.Fprintf(&b, "/%d", total)
	}
	if p.Before > 0 {
		fmt.Fprintf(&b, "  %d before", p.Before)
	}
	fmt.Fprintf(&b, "  %d running", p.Running)
	if p.Retrying > 0 {
		fmt.Fprintf(&b, "  %d to be tried again", p.Retrying)
	}
	if p.Failed > 0 {
		fmt.Fprintf(&b, "  %d failed", p.Failed)
	}
	b.WriteByte(']')
	if p.Head > 0 {
		fmt.Fprintf(&b, "  waiting for #%d %s (%s)", p.Head, p.HeadCommand, clock(p.HeadFor))
		if p.Behind > 0 {
			fmt.Fprintf(&b, ", %d done behind it", p.Behind)
		}
	}
	return b.String()
}

// clock is a duration as 0:34 or 1:02:03.
func clock(d time.Duration) string {
	sec := int64(d / time.Second)
	if sec < 3600 {
		return fmt.Sprintf("%d:%02d", sec/60, sec%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", sec/3600, sec/60%60, sec%60)
}

// newBar makes a bar whose time runs from now and whose total is known later.
// It is only drawn into a string: the console alone writes to the terminal.
func newBar() *progressbar.ProgressBar {
	bar := progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionShowIts(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "|", BarEnd: "|"}),
	)
	bar.StartWithoutRender()
	return bar
}

// barText draws the bar. It can't show more than its total, which a --total
// that is too small leads to.
func barText(bar *progressbar.ProgressBar, done, total int64) string {
	if bar.GetMax64() != total {
		bar.ChangeMax64(total)
	}
	bar.Set64(min(done, total))
	return strings.TrimSpace(bar.String())
}
