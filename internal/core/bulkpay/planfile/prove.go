package planfile

import "io"

// Prove checks that the totals and the payments' root are those of the rows, by
// writing the plan anew. The seal shows only that nothing was changed since; whoever
// made the file could have sealed other totals, or payments that no row shows. It
// costs one pass that decodes every row, so it is for those who sign.
func (p *Plan) Prove() error {
	w, err := NewWriter(io.Discard, p.Header)
	if err != nil {
		return err
	}
	for r, err := range p.Rows(1) {
		if err != nil {
			return err
		}
		if err := w.Write(r); err != nil {
			return err
		}
	}
	w.Seen = p.Seen // of the portal, not of the rows
	sum, err := w.Close()
	if err != nil {
		return err
	}
	if sum != p.SHA256 {
		return damaged(say("итоги не те, что дают строки", "the totals are not those of the rows"))
	}
	return nil
}

// Verify holds every block against its hash without decoding a row, at the speed of
// SHA-256.
func (p *Plan) Verify() error {
	var buf []byte
	for i := range p.blocks {
		var err error
		if buf, err = p.load(i, buf); err != nil {
			return err
		}
	}
	return nil
}
