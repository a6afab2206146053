package drive

import "time"

// Span is how long something took: by the clock, and of the processor, which does
// not grow while other programs have it. The latter is right only for a goroutine
// that is locked to its thread, and on Linux; elsewhere it is the former.
type Span struct{ Clock, Processor time.Duration }

func (s Span) minus(o Span) Span { return Span{s.Clock - o.Clock, s.Processor - o.Processor} }

func (s Span) plus(o Span) Span { return Span{s.Clock + o.Clock, s.Processor + o.Processor} }

// watch measures spans.
type watch struct {
	began     time.Time
	processor time.Duration
}

func begin() watch { return watch{time.Now(), processor()} }

func (w watch) span() Span {
	s := Span{time.Since(w.began), processor() - w.processor}
	if s.Processor == 0 {
		s.Processor = s.Clock
	}
	return s
}
