package onec

import "crypto/sha256"

// Seen finds repeated documents by the rule that 1C DirectBank itself uses:
// the same date, number and payer's account. It keeps about 40 bytes a
// document.
type Seen struct{ first map[[16]byte]int }

// Add remembers d and returns the ordinal of the first document with the same
// date, number and payer, if there was one.
func (s *Seen) Add(d *Document) (first int, repeated bool) {
	if s.first == nil {
		s.first = make(map[[16]byte]int)
	}
	payer := d.Get(PayerAccount)
	if payer == "" {
		payer = d.Get(PayerSettlement)
	}
	text := make([]byte, 0, 96)
	for _, part := range []string{d.Get(Date), d.Get(Number), payer} {
		text = append(append(text, part...), 0)
	}
	sum := sha256.Sum256(text)
	key := [16]byte(sum[:])
	if first, repeated = s.first[key]; repeated {
		return first, true
	}
	s.first[key] = d.Ordinal
	return 0, false
}
