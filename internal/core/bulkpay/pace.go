package bulkpay

import "time"

// pace decides how many requests may be on their way at once. It grows while
// answers come as fast as before, stands still when they slow down, and halves
// when the portal asks for less (AIMD). The portal's own limit per minute is the
// transport's pacer's.
type pace struct {
	limit    float64
	most     float64
	probing  bool          // doubling until the first sign of trouble
	fastest  time.Duration // the shortest latency seen, slowly forgotten
	smoothed time.Duration
}

// slow is the latency below which nobody is crowded.
const slow = time.Second

func newPace(most int) *pace {
	return &pace{limit: min(4, float64(most)), most: float64(most), probing: true}
}

// now returns how many requests may be on their way, at least one.
func (p *pace) now() int { return max(1, int(p.limit)) }

// answered takes the latency of an answer.
func (p *pace) answered(d time.Duration) {
	d = max(d, time.Microsecond) // a clock that was set back
	if p.fastest == 0 || d < p.fastest {
		p.fastest = d
	} else {
		p.fastest += (d - p.fastest) / 1024
	}
	if p.smoothed == 0 {
		p.smoothed = d
	}
	p.smoothed += (d - p.smoothed) / 16
	// A portal that works on one request at a time answers n at once n times slower
	// and loses nothing; only answers that are slow in themselves mean congestion.
	if p.smoothed > max(8*p.fastest, slow) {
		p.probing = false
		p.limit = max(1, p.limit-0.1) // so that a round of requests takes a tenth of it away
		return
	}
	if p.probing {
		p.limit = min(p.most, p.limit+1)
	} else {
		p.limit = min(p.most, p.limit+1/p.limit)
	}
}

// refused takes a "too many requests".
func (p *pace) refused() {
	p.probing = false
	p.limit = max(1, p.limit/2)
}
