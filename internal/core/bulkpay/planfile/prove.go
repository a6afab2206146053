package planfile

import (
	"bytes"
	"encoding/json"
	"io"
)

// Prove checks that the totals are those of the rows, by adding the rows up anew.
// The hash in the file shows only that nothing was changed since; whoever made the
// file could have sealed other totals. It costs one pass that decodes every row, so
// it is for those who sign what the totals say.
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
	if _, err := w.Close(); err != nil { // ranks the groups
		return err
	}
	t := w.Totals()
	t.Balance, t.ETA = p.Totals.Balance, p.Totals.ETA // of the portal, not of the rows
	want, err := json.Marshal(t)
	if err != nil {
		return err
	}
	have, err := json.Marshal(&p.Totals)
	if err != nil {
		return err
	}
	if !bytes.Equal(want, have) {
		return damaged("the totals are not those of the rows")
	}
	return nil
}
