package ipc

import "fmt"

// Version is that of the protocol. Both ends are the same program, unless its
// file was replaced in mid-run.
const Version = 1

const magic = "pmap"

// A Hello is the first frame to a worker: what it is to be.
type Hello struct {
	Cell  int      // of the first slot, in the table; -1: in none
	Stops bool     // tell of processes that are stopped
	Bare  bool     // close what pmap itself was given beyond fds 0 to 2
	Init  string   // script to run before the first item
	Fini  string   // script to run after the last
	Words []string // of the built-in to run; none: it starts processes

	// Blocks says that its items come as blocks of a file. That file and the
	// memory of a Window come with the frame.
	Blocks bool
}

// AppendHello appends the frame.
func AppendHello(b []byte, h *Hello) []byte {
	b, at := BeginFrame(b, FrameHello)
	b = append(b, magic...)
	b = AppendUint(b, Version)
	b = AppendUint(b, uint64(h.Cell+1))
	b = AppendUint(b, flag(h.Stops))
	b = AppendUint(b, flag(h.Bare))
	b = AppendUint(b, flag(h.Blocks))
	b = AppendBytes(b, h.Init)
	b = AppendBytes(b, h.Fini)
	for _, w := range h.Words {
		b = AppendBytes(b, w)
	}
	return EndFrame(b, at)
}

// ParseHello reads what must be a Hello.
func ParseHello(f Frame) (h Hello, err error) {
	p := f.Payload
	if f.Type != FrameHello || len(p) < len(magic) || string(p[:len(magic)]) != magic {
		return h, fmt.Errorf("a frame of type %d came where a greeting was expected", f.Type)
	}
	p = p[len(magic):]
	if v := p.Uint(); v != Version {
		return h, fmt.Errorf("version %d of the protocol came where %d was expected", v, Version)
	}
	h.Cell, h.Stops, h.Bare, h.Blocks = int(p.Uint())-1, p.Uint() != 0, p.Uint() != 0, p.Uint() != 0
	h.Init, h.Fini = string(p.Bytes()), string(p.Bytes())
	for p.More() {
		h.Words = append(h.Words, string(p.Bytes()))
	}
	return h, p.Err()
}

func flag(set bool) uint64 {
	if set {
		return 1
	}
	return 0
}

// A Start asks for a process. Lists are in the form of whoever makes and takes
// them.
type Start struct {
	Path, Dir string
	Group     bool
	Argv, Env interface {
		Len() int
		At(i int) []byte
		Append(b []byte)
	}
}

// AppendStart appends the frame.
func AppendStart(b []byte, s *Start) []byte {
	b, at := BeginFrame(b, FrameStart)
	b = AppendBytes(b, s.Path)
	b = AppendBytes(b, s.Dir)
	b = AppendUint(b, flag(s.Group))
	b = AppendUint(b, uint64(s.Argv.Len()))
	for i := range s.Argv.Len() {
		b = AppendBytes(b, s.Argv.At(i))
	}
	for i := range s.Env.Len() {
		b = AppendBytes(b, s.Env.At(i))
	}
	return EndFrame(b, at)
}

// Parse reads the payload of a FrameStart; what it says goes to the end of the
// lists.
func (s *Start) Parse(p Payload) error {
	s.Path, s.Dir = string(p.Bytes()), string(p.Bytes())
	s.Group = p.Uint() != 0
	for n := p.Uint(); n > 0 && p.More(); n-- {
		s.Argv.Append(p.Bytes())
	}
	for p.More() {
		s.Env.Append(p.Bytes())
	}
	return p.Err()
}

// A Refusal is why there is no process: startmode.StartError.
type Refusal struct {
	Op, Path string
	Errno    uint64
}

// AppendRefusal appends the frame.
func AppendRefusal(b []byte, r *Refusal) []byte {
	b, at := BeginFrame(b, FrameRefused)
	b = AppendBytes(b, r.Op)
	b = AppendBytes(b, r.Path)
	b = AppendUint(b, r.Errno)
	return EndFrame(b, at)
}

// ParseRefusal reads the payload of a FrameRefused.
func ParseRefusal(p Payload) (r Refusal, err error) {
	r = Refusal{string(p.Bytes()), string(p.Bytes()), p.Uint()}
	return r, p.Err()
}

// An End is how a process ended, and what it has used: wait4's status and
// rusage.
type End struct {
	Status       uint64
	User, System uint64 // microseconds
	Peak         uint64 // as Rusage.Maxrss has it
}

// AppendEnd appends the frame.
func AppendEnd(b []byte, e *End) []byte {
	b, at := BeginFrame(b, FrameEnded)
	for _, n := range [...]uint64{e.Status, e.User, e.System, e.Peak} {
		b = AppendUint(b, n)
	}
	return EndFrame(b, at)
}

// ParseEnd reads the payload of a FrameEnded.
func ParseEnd(p Payload) (e End, err error) {
	e = End{p.Uint(), p.Uint(), p.Uint(), p.Uint()}
	return e, p.Err()
}

// AppendNumber appends a frame that is one number.
func AppendNumber(b []byte, typ FrameType, n uint64) []byte {
	b, at := BeginFrame(b, typ)
	return EndFrame(AppendUint(b, n), at)
}

// AppendText appends a frame that is a text.
func AppendText(b []byte, typ FrameType, text string) []byte {
	b, at := BeginFrame(b, typ)
	return EndFrame(AppendBytes(b, text), at)
}

// An Answer is what became of an item, in the order of the items. Its bytes
// alias the frame.
type Answer struct {
	Status byte
	Took   uint64 // nanoseconds
	Out    []byte
	Err    []byte
}

// AppendAnswer appends an answer to an open FrameAnswers.
func AppendAnswer(b []byte, a *Answer) []byte {
	b = append(b, a.Status)
	b = AppendUint(b, a.Took)
	b = AppendBytes(b, a.Out)
	return AppendBytes(b, a.Err)
}

// NextAnswer takes an answer.
func NextAnswer(p *Payload) (a Answer) {
	a.Status = p.Uint8()
	a.Took = p.Uint()
	a.Out = p.Bytes()
	a.Err = p.Bytes()
	return a
}

// A Block is a stretch of the input file that holds whole records.
type Block struct {
	Off, Len int64
	Records  int64
	Singly   bool // answer each record by itself, at once
}

// AppendBlock appends the frame.
func AppendBlock(b []byte, k *Block) []byte {
	b, at := BeginFrame(b, FrameBlock)
	b = AppendUint(b, uint64(k.Off))
	b = AppendUint(b, uint64(k.Len))
	b = AppendUint(b, uint64(k.Records))
	return EndFrame(AppendUint(b, flag(k.Singly)), at)
}

// ParseBlock reads the payload of a FrameBlock.
func ParseBlock(p Payload) (k Block, err error) {
	k = Block{int64(p.Uint()), int64(p.Uint()), int64(p.Uint()), p.Uint() != 0}
	return k, p.Err()
}

// A Part is the answer to so many records of a block, the first that had none
// yet.
type Part struct {
	Records int64
	Len     int64  // bytes of the block that they take
	Took    uint64 // nanoseconds
	Shared  int64  // bytes of output in the window, before
	Out     []byte // which aliases the frame
}

// AppendPart appends the frame.
func AppendPart(b []byte, t *Part) []byte {
	b, at := BeginFrame(b, FramePart)
	b = AppendUint(b, uint64(t.Records))
	b = AppendUint(b, uint64(t.Len))
	b = AppendUint(b, t.Took)
	b = AppendUint(b, uint64(t.Shared))
	return EndFrame(AppendBytes(b, t.Out), at)
}

// ParsePart reads the payload of a FramePart.
func ParsePart(p Payload) (t Part, err error) {
	t = Part{int64(p.Uint()), int64(p.Uint()), p.Uint(), int64(p.Uint()), p.Bytes()}
	return t, p.Err()
}
