package report

import (
	"archive/zip"
	"context"
	"fmt"
	"io"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Portal gives receipts.
type Portal interface {
	Receipt(ctx context.Context, payment string, w io.Writer, limit int64) (int64, error)
}

// maxReceipt bounds one receipt, bytes.
const maxReceipt = 20 << 20

// Receipts collects receipts in a ZIP archive, one at a time.
type Receipts struct {
	zip     *zip.Writer
	portal  Portal
	N       int
	Missing []string // payments whose receipt the portal does not have
}

// NewReceipts begins an archive.
func NewReceipts(w io.Writer, portal Portal) *Receipts {
	return &Receipts{zip: zip.NewWriter(w), portal: portal}
}

// missingLimit bounds Missing: a portal that has none of many has said so by then.
const missingLimit = 10_000

// Add fetches the receipt of a payment that is paid by the portal; others have
// none and are passed over. A receipt that the portal does not have is noted, and
// the rest is collected all the same.
func (r *Receipts) Add(ctx context.Context, q *journal.Payment) error {
	if q.State != journal.Paid || q.ReceiptID == "" || q.Via != journal.ViaPortal {
		return nil
	}
	body := &lazy{open: func() (io.Writer, error) {
		// Names are ours: nothing from outside decides where a file goes.
		return r.zip.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%07d-%s.pdf", q.Row, q.ID), Method: zip.Deflate, Modified: q.UpdatedAt})
	}}
	_, err := r.portal.Receipt(ctx, q.ID, body, maxReceipt)
	switch {
	case err == nil:
		r.N++
	case fault.ExitOf(err) == exitcode.NotFound && body.w == nil && len(r.Missing) < missingLimit:
		r.Missing = append(r.Missing, q.ID)
	default:
		return err
	}
	return nil
}

// Close ends the archive. It does not close the underlying writer.
func (r *Receipts) Close() error { return r.zip.Close() }

// lazy opens its writer at the first byte, so that a receipt that is not there
// leaves no empty file.
type lazy struct {
	open func() (io.Writer, error)
	w    io.Writer
}

// Write writes to the opened writer.
func (l *lazy) Write(p []byte) (n int, err error) {
	if l.w == nil {
		if l.w, err = l.open(); err != nil {
			return 0, err
		}
	}
	return l.w.Write(p)
}
