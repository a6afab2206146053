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
	// With n requests at once a portal that works on one at a time answers n times
	// slower and loses nothing; only what goes beyond that is congestion.
	if crowded := time.Duration(2*p.limit) * p.fastest; p.smoothed > max(crowded, 20*time.Millisecond) {
		p.probing = false
		p.limit = max(1, p.limit*0.98)
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
