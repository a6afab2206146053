package billing

import (
	"context"
	"io"

	"github.com/epgu-cli/epgu/internal/safepath"
)

// Receipts is where receipts come from; portal/cabinet.Client.
type Receipts interface {
	Receipt(ctx context.Context, payment string, w io.Writer, limit int64) (int64, error)
}

// SaveReceipt saves the receipt that the portal makes of a payment (PDF) into dir and
// returns where, and how many bytes.
func SaveReceipt(ctx context.Context, portal Receipts, id, dir string) (path string, size int64, err error) {
	return WriteReceipt(id, dir, "pdf", func(w io.Writer) (int64, error) { return portal.Receipt(ctx, id, w, 0) })
}

// WriteReceipt saves a receipt in another form, by the extension of its name, whole or
// not at all; a name that is taken gets a number.
func WriteReceipt(id, dir, extension string, write func(io.Writer) (int64, error)) (path string, size int64, err error) {
	d, err := safepath.OpenDir(dir)
	if err != nil {
		return "", 0, err
	}
	defer d.Close()
	w, err := d.Create("receipt-"+safepath.SanitizeName(id)+"."+extension, safepath.Number)
	if err != nil {
		return "", 0, err
	}
	defer w.Close()
	if size, err = write(w); err != nil {
		return "", 0, err
	}
	path, err = w.Commit()
	return path, size, err
}
