package bulkpay

import "context"

// Scheduler runs what an engine waits for. Next and Go are called by the loop
// alone.
type Scheduler interface {
	// Go begins work elsewhere. What work returns is given back by Next once work
	// has ended.
	Go(what Step, work func() (apply func()))
	// Next waits until some work has ended and returns its apply. It returns nil
	// when ctx has ended first, and an error when the engine is to stop where it
	// stands, as if the process had died.
	Next(ctx context.Context) (apply func(), err error)
	// Rest says that nothing more is begun for now.
	Rest()
}

// Step names what is waited for.
type Step string

// The steps.
const (
	StepFill   Step = "fill"
	StepMark   Step = "mark"
	StepSend   Step = "send"
	StepRecord Step = "record"
	StepAsk    Step = "ask"
	StepHold   Step = "hold"
	StepGather Step = "gather"
)

// Goroutines is the Scheduler of real life: a goroutine for each piece of work that is
// under way. One that has ended its work waits for more: a request needs a deep stack,
// and a new goroutine would grow it anew for each.
type Goroutines struct {
	ended chan func()
	work  chan func() func()
	over  chan struct{} // closed when those that wait are to end
}

// NewGoroutines returns a scheduler whose finished work queues up to n deep.
func NewGoroutines(n int) *Goroutines {
	return &Goroutines{ended: make(chan func(), n), work: make(chan func() func()), over: make(chan struct{})}
}

// Go begins work in a goroutine that the loop waits for before it ends.
func (g *Goroutines) Go(_ Step, work func() func()) {
	select {
	case g.work <- work:
	default:
		go g.serve(work, g.over)
	}
}

func (g *Goroutines) serve(work func() func(), over <-chan struct{}) {
	for {
		g.ended <- work()
		select {
		case work = <-g.work:
		case <-over:
			return
		}
	}
}

// Rest ends the goroutines that wait for work.
func (g *Goroutines) Rest() {
	close(g.over)
	g.over = make(chan struct{})
}

// Next waits for work or for the end of ctx.
func (g *Goroutines) Next(ctx context.Context) (func(), error) {
	select {
	case f := <-g.ended:
		return f, nil
	default:
	}
	select {
	case f := <-g.ended:
		return f, nil
	case <-ctx.Done():
		return nil, nil
	}
}
