package report

import (
	"bytes"
	"math/bits"
	"slices"
	"time"

	"pmap/runner/journal"
)

const listed = 5 // items in each list

// A Report is what became of the runs of a journal. Times are in seconds.
type Report struct {
	Command string `json:"command,omitempty"`
	Runs    int    `json:"runs"`
	Torn    bool   `json:"torn,omitempty"` // the last line isn't whole

	Jobs      int64            `json:"jobs"` // that have succeeded, or failed for good and never succeeded since
	Succeeded int64            `json:"succeeded"`
	Failed    int64            `json:"failed"`
	Failures  map[string]int64 `json:"failures"` // those that failed, by how they ended
	Tries     int64            `json:"tries"`

	Wall        float64 `json:"wall"`        // of all runs together
	Busy        float64 `json:"busy"`        // of all slots together
	CPU         float64 `json:"cpu"`         // user and system, as far as known
	Slots       int64   `json:"slots"`       // of the last run
	Utilisation float64 `json:"utilisation"` // busy, of the time that the slots were there
	WastedTries int64   `json:"wasted_tries"`
	WastedTime  float64 `json:"wasted_seconds"`
	Memory      int64   `json:"memory"` // the most that a job had

	P50       float64  `json:"p50"` // of the tries
	P95       float64  `json:"p95"`
	Max       float64  `json:"max"`
	Histogram []Bucket `json:"histogram"`

	Slowest    []Item  `json:"slowest"`
	Tail       float64 `json:"tail"` // of the last run: while not all slots were in use any more
	Stragglers []Item  `json:"stragglers"`
}

// A Bucket is how many tries took from From up to To seconds.
type Bucket struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Tries int64   `json:"tries"`
}

// An Item is a try that stands out.
type Item struct {
	Item    string  `json:"item"`
	Seq     int64   `json:"seq"`
	Seconds float64 `json:"seconds"`
	End     string  `json:"end"`

	order int64 // what the list goes by
}

// An account is a report in the making.
type account struct {
	r      Report
	took   []int64
	failed map[string]*failures // by key
	busy   int64                // microseconds, as all below
	wasted int64
	cpu    int64

	wall           int64   // of the runs before this one
	offered        float64 // the same, of each slot
	start, end     int64   // of this run
	slots, highest int64   // of this run: said, and seen
	lastEnd        map[int64]int64
	latest         []Item // of this run, by their end
}

func newAccount() *account {
	return &account{
		r:      Report{Failures: map[string]int64{}, Slowest: []Item{}, Stragglers: []Item{}},
		failed: map[string]*failures{}, lastEnd: map[int64]int64{},
	}
}

func (a *account) add(e *entry) {
	if e.run != nil {
		a.closeRun()
		a.r.Runs++
		a.start, a.slots = e.start, e.slots
		a.r.Command = text(e.template)
		return
	}
	a.r.Tries++
	a.took = append(a.took, e.took)
	a.busy += e.took
	a.cpu += e.user + e.system
	a.r.Memory = max(a.r.Memory, e.memory)
	if !e.ok {
		a.r.WastedTries++
		a.wasted += e.took
	}
	a.settle(e)
	a.place(e)
}

// failures are how the jobs of a key ended that have failed for good and weren't
// run again since.
type failures struct {
	before []string // in earlier runs; a job of this run is one of them, run again
	now    []string // in this run
	run    int      // which is the run
}

// settle counts a job that has ended. What failed in an earlier run is counted
// as what became of it later.
func (a *account) settle(e *entry) {
	if e.again {
		return
	}
	f := a.failed[string(e.key)]
	if f != nil {
		if end, again := f.takeEarlier(a.r.Runs); again {
			a.count(end, -1)
		}
	}
	if e.ok {
		a.r.Succeeded++
		return
	}
	end := text(e.end)
	a.count(end, 1)
	if e.key == nil {
		return
	}
	if f == nil {
		f = &failures{run: a.r.Runs}
		a.failed[string(e.key)] = f
	}
	f.now = append(f.now, end)
}

// count enters n failures that ended so.
func (a *account) count(end string, n int64) {
	a.r.Failed += n
	a.r.Failures[end] += n
	if a.r.Failures[end] == 0 {
		delete(a.r.Failures, end)
	}
}

// takeEarlier takes one failure of an earlier run, if there is one. Where a
// filter has left no line of a run, each entry may be another's.
func (f *failures) takeEarlier(run int) (end string, ok bool) {
	if f.run != run || run == 0 {
		f.before, f.now, f.run = append(f.before, f.now...), nil, run
	}
	if len(f.before) == 0 {
		return "", false
	}
	end, f.before = f.before[0], f.before[1:]
	return end, true
}

// place enters when and where a try ran.
func (a *account) place(e *entry) {
	if a.start == 0 || e.start < a.start {
		a.start = e.start
	}
	end := e.start + e.took
	a.end = max(a.end, end)
	a.highest = max(a.highest, e.slot)
	if end > a.lastEnd[e.slot] {
		a.lastEnd[e.slot] = end
	}
	a.r.Slowest = enter(a.r.Slowest, e, e.took)
	a.latest = enter(a.latest, e, end)
}

// enter puts a try into a list that begins with the highest, if it belongs
// there.
func enter(list []Item, e *entry, order int64) []Item {
	if len(list) == listed && order <= list[listed-1].order {
		return list
	}
	it := Item{Item: text(e.name()), Seq: e.seq, Seconds: seconds(e.took), End: text(e.end), order: order}
	at := slices.IndexFunc(list, func(other Item) bool { return other.order < order })
	if at < 0 {
		at = len(list)
	}
	list = slices.Insert(list, at, it)
	return list[:min(len(list), listed)]
}

// closeRun adds up the run that ends with the next line.
func (a *account) closeRun() {
	if a.end > a.start {
		a.wall += a.end - a.start
		a.offered += float64(a.end-a.start) * float64(max(a.slots, a.highest))
	}
	a.start, a.end, a.slots, a.highest = 0, 0, 0, 0
	a.latest = nil
	clear(a.lastEnd)
}

func (a *account) report(torn bool) *Report {
	r := &a.r
	r.Torn = torn
	r.Runs = max(r.Runs, min(1, int(r.Tries)))
	r.Jobs = r.Succeeded + r.Failed
	r.Slots = max(a.slots, a.highest)
	a.tail()
	a.closeRun()
	r.Wall, r.Busy, r.CPU, r.WastedTime = seconds(a.wall), seconds(a.busy), seconds(a.cpu), seconds(a.wasted)
	if a.offered > 0 {
		r.Utilisation = min(1, float64(a.busy)/a.offered)
	}
	slices.Sort(a.took)
	r.P50, r.P95, r.Max = a.quantile(50), a.quantile(95), a.quantile(100)
	r.Histogram = histogram(a.took)
	return r
}

// tail finds what ran last, while there was nothing left for other slots.
func (a *account) tail() {
	if len(a.lastEnd) == 0 || a.r.Slots < 2 {
		return
	}
	idle := a.end // since when a slot had nothing to do
	for _, end := range a.lastEnd {
		idle = min(idle, end)
	}
	if int64(len(a.lastEnd)) < a.r.Slots {
		return // some never had anything
	}
	a.r.Tail = seconds(a.end - idle)
	for _, it := range a.latest {
		if it.order > idle {
			a.r.Stragglers = append(a.r.Stragglers, it)
		}
	}
}

// quantile is the time within which so many per cent of the tries ended.
func (a *account) quantile(percent int) float64 {
	if len(a.took) == 0 {
		return 0
	}
	return seconds(a.took[(len(a.took)*percent+99)/100-1])
}

// histogram counts sorted times in steps that are powers of two of
// microseconds, two to a step where there would be many.
func histogram(took []int64) []Bucket {
	buckets := []Bucket{}
	if len(took) == 0 {
		return buckets
	}
	low, high := bits.Len64(uint64(took[0])), bits.Len64(uint64(took[len(took)-1]))
	step := 1 + (high-low)/bucketMax
	for at := low; at <= high; at += step {
		b := Bucket{From: seconds(1 << at / 2), To: seconds(1 << (at + step) / 2)}
		n, _ := slices.BinarySearch(took, int64(1)<<(at+step)/2)
		b.Tries, took = int64(n), took[n:]
		buckets = append(buckets, b)
	}
	return buckets
}

const bucketMax = 9 // at most so many buckets, and one

func seconds(micros int64) float64 { return float64(micros) / float64(time.Second/time.Microsecond) }

// text is the text of a string's JSON, or the JSON where it is none.
func text(value []byte) string {
	s, err := journal.Text(value)
	if err != nil {
		return string(bytes.TrimSpace(value))
	}
	return string(s)
}
