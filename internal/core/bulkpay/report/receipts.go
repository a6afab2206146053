package report

import (
	"archive/zip"
	"context"
	"fmt"
	"io"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Portal gives receipts.
type Portal interface {
	Receipt(ctx context.Context, payment string, w io.Writer, limit int64) (int64, error)
}

// maxReceipt bounds one receipt, bytes.
const maxReceipt = 20 << 20

// Receipts writes the receipts of all paid rows as a ZIP archive and returns how
// many there are.
func Receipts(ctx context.Context, p Plan, j Ledger, portal Portal, w io.Writer) (n int, err error) {
	z := zip.NewWriter(w)
	for q, err := range j.List(ctx, journal.Filter{Run: p.Head().ID, States: []journal.State{journal.Paid}}) {
		if err != nil {
			return n, err
		}
		if q.ReceiptID == "" || q.Via != journal.ViaPortal {
			continue
		}
		// Names are ours: nothing from outside decides where a file goes.
		f, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%07d-%s.pdf", q.Row, q.ID), Method: zip.Deflate, Modified: q.UpdatedAt})
		if err != nil {
			return n, err
		}
		if _, err := portal.Receipt(ctx, q.ID, f, maxReceipt); err != nil {
			return n, err
		}
		n++
	}
	return n, z.Close()
}
